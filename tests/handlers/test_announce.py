from models.broadcast import Reply
from models.facts import AnnounceGiven, Answered, Asked
from tests.stage import Stage

BODY = "¿Quién puede tomar una declaración en q'eqchi' esta semana?"
GIVEN = AnnounceGiven(broadcast=3, code="AV-0031", body=BODY)
SHOWN = f"AV-0031: {BODY}\n1 Sí puedo\n2 No puedo\n3 Más adelante"


def test_each_answer_is_kept_and_thanked_for(stage: Stage):
    for label, reply, thanks in (
        ("Sí puedo", Reply.YES, "Gracias. Coordinación ya sabe que puede: AV-0031."),
        ("No puedo", Reply.NO, "Gracias por avisar. Coordinación ya lo sabe: AV-0031."),
        (
            "Más adelante",
            Reply.LATER,
            "Gracias. Coordinación ya sabe que puede más adelante: AV-0031.",
        ),
    ):
        marta = stage.plays("announce", GIVEN)
        marta.hears(SHOWN)
        marta.taps(label)
        marta.hears(thanks)
        assert marta.recorded == [Answered(3, reply)]
        assert marta.ended


def test_the_words_around_an_answer_are_kept_and_a_question_reaches_a_human(stage: Stage):
    marta = stage.plays("announce", GIVEN)
    marta.hears(SHOWN)
    marta.says("sí puedo el viernes, ¿en qué lugar?")
    marta.hears(
        "Gracias. Coordinación ya sabe que puede: AV-0031. Coordinación ya tiene su pregunta."
    )
    words = "sí puedo el viernes, ¿en qué lugar?"
    assert marta.recorded == [Answered(3, Reply.YES, words), Asked("AV-0031", words)]


def test_words_that_are_no_question_ask_nothing_of_anybody(stage: Stage):
    marta = stage.plays("announce", GIVEN)
    marta.hears(SHOWN)
    marta.says("sí puedo, tengo carro propio")
    marta.hears("Gracias. Coordinación ya sabe que puede: AV-0031.")
    assert marta.recorded == [Answered(3, Reply.YES, "sí puedo, tengo carro propio")]


def test_who_says_nothing_has_not_answered(stage: Stage):
    marta = stage.plays("announce", GIVEN)
    marta.hears(SHOWN)
    marta.keeps_silent()
    marta.hears_nothing()
    assert marta.recorded == []
    assert marta.ended


def test_what_staff_wrote_is_shown_as_it_is(stage: Stage):
    body = "Traer {dos} copias y 100 % firmadas"
    marta = stage.plays("announce", AnnounceGiven(3, "AV-0031", body))
    marta.hears(
        "AV-0031: Traer {dos} copias y 100 % firmadas\n1 Sí puedo\n2 No puedo\n3 Más adelante"
    )


def test_the_buttons_speak_english_to_who_reads_english(stage: Stage):
    ana = stage.plays("announce", AnnounceGiven(3, "AV-0031", "Who can translate?"), "eng")
    ana.hears("AV-0031: Who can translate?\n1 I can\n2 I cannot\n3 Later on")
    ana.says("3")
    ana.hears("Thank you. Coordination knows that you can later on: AV-0031.")
