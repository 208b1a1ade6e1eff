from dataclasses import replace

import pytest

from handlers.offer import VERSION
from models.assignment import AssignmentKind, DeclineReason
from models.facts import Accepted, Asked, Declined, FreeNextWeek, Lapsed, OfferGiven
from tests.stage import Stage

GIVEN = OfferGiven(
    assignment=7,
    code="GT-0417",
    first_name="Marta",
    kind=AssignmentKind.FIELD_SEARCH,
    municipality="Todos Santos Cuchumatán",
    language_needed="mam",
    due="2026-12-05",
    budget="Q400",
)
OFFERED = (
    "Hola Marta. GT-0417: búsqueda en Todos Santos Cuchumatán. Idioma: mam."
    " Para el 5 dic. Viáticos: Q400.\n1 Acepto\n2 No puedo\n3 Tengo dudas"
)
REASON = (
    "GT-0417: gracias por avisar. ¿Cuál es el motivo?"
    "\n1 Falta de tiempo\n2 Queda muy lejos\n3 Otro motivo"
)
YOURS = (
    "Gracias, Marta. GT-0417 queda a su cargo. Coordinación le dará los detalles."
    " Cuando tenga noticias, escriba GT-0417."
)
CLOSED = "Entendido. No le preguntaremos más por GT-0417. Gracias."


def test_a_defender_takes_it_with_a_button_or_a_number(stage: Stage):
    marta = stage.plays("offer", GIVEN)
    marta.hears(OFFERED)
    marta.taps("Acepto")
    marta.hears(YOURS)
    assert marta.recorded == [Accepted(7)]
    assert marta.ended


def test_whoever_gets_the_details_by_a_link_is_not_told_to_wait_for_them(stage: Stage):
    marta = stage.plays("offer", replace(GIVEN, version=VERSION, details=True))
    marta.hears(OFFERED)
    marta.says("si la agaro 417 cuanto dan d viaticos")
    marta.hears(
        "Gracias, Marta. GT-0417 queda a su cargo. Coordinación ya tiene su pregunta."
        " Cuando tenga noticias, escriba GT-0417."
    )


def test_a_defender_takes_it_with_typos_and_her_question_reaches_a_human(stage: Stage):
    marta = stage.plays("offer", GIVEN)
    marta.hears(OFFERED)
    marta.says("si la agaro 417 cuanto dan d viaticos")
    marta.hears(
        "Gracias, Marta. GT-0417 queda a su cargo. Coordinación ya tiene su pregunta."
        " Coordinación le dará los detalles. Cuando tenga noticias, escriba GT-0417."
    )
    assert marta.recorded == [
        Accepted(7),
        Asked("GT-0417", "si la agaro 417 cuanto dan d viaticos"),
    ]


def test_a_defender_declines_politely_and_is_asked_once_why(stage: Stage):
    marta = stage.plays("offer", GIVEN)
    marta.hears(OFFERED)
    words = "Fijese q esta semana no voy a poder, ando en audiencia. Talvez Lic. Reyes"
    marta.says(words)
    marta.hears(REASON)
    marta.says("1")
    marta.hears(CLOSED)
    assert marta.recorded == [Declined(7, DeclineReason.TIME, words)]
    assert marta.ended


LEFT_OUT = "Gracias por avisar. ¿La dejamos fuera de GT-0417?\n1 Sí\n2 Puedo la otra semana"
POLITE = "Fijese q esta semana no voy a poder, ando en audiencia. Talvez Lic. Reyes"
NOW = replace(GIVEN, version=VERSION)


def test_a_no_that_says_it_is_one_of_time_is_recorded_and_asked_about_next_week(stage: Stage):
    marta = stage.plays("offer", NOW)
    marta.hears(OFFERED)
    marta.says(POLITE)
    marta.hears(LEFT_OUT)
    assert marta.recorded == [Declined(7, DeclineReason.TIME, POLITE)]
    marta.says("1")
    marta.hears(CLOSED)
    assert marta.recorded == [Declined(7, DeclineReason.TIME, POLITE)]
    assert marta.ended


@pytest.mark.parametrize(
    "words", ["2", "puedo la otra semana", "la proxima semana si", "la semana q viene", "no"]
)
def test_she_may_say_that_she_can_next_week(stage: Stage, words: str):
    marta = stage.plays("offer", NOW)
    marta.hears(OFFERED)
    marta.says(POLITE)
    marta.hears(LEFT_OUT)
    marta.says(words)
    marta.hears("Gracias. Coordinación sabrá que puede la otra semana.")
    assert marta.recorded == [Declined(7, DeclineReason.TIME, POLITE), FreeNextWeek(7)]
    assert marta.ended


@pytest.mark.parametrize("words", ["si", "no puedo", "sí, no voy a poder", "👍"])
def test_what_says_again_that_she_cannot_leaves_her_out(stage: Stage, words: str):
    marta = stage.plays("offer", NOW)
    marta.hears(OFFERED)
    marta.says(POLITE)
    marta.hears(LEFT_OUT)
    marta.says(words)
    marta.hears(CLOSED)
    assert marta.recorded == [Declined(7, DeclineReason.TIME, POLITE)]


def test_her_no_stands_also_when_she_never_says_whether_next_week(stage: Stage):
    marta = stage.plays("offer", NOW)
    marta.hears(OFFERED)
    marta.says(POLITE)
    marta.hears(LEFT_OUT)
    marta.keeps_silent()
    marta.hears_nothing()
    assert marta.recorded == [Declined(7, DeclineReason.TIME, POLITE)]
    assert marta.ended


def test_who_chooses_no_time_is_asked_about_next_week_too(stage: Stage):
    marta = stage.plays("offer", NOW)
    marta.hears(OFFERED)
    marta.says("2")
    marta.hears(REASON)
    marta.taps("Falta de tiempo")
    marta.hears(LEFT_OUT.replace("Gracias por avisar", "Entendido"))
    assert marta.recorded == [Declined(7, DeclineReason.TIME)]


@pytest.mark.parametrize(
    "words", ["no puedo, queda muy lejos y ando en audiencia", "no, esta semana hay peligro ahi"]
)
def test_a_no_with_more_in_it_than_time_is_asked_for_its_reason(stage: Stage, words: str):
    marta = stage.plays("offer", NOW)
    marta.hears(OFFERED)
    marta.says(words)
    marta.hears(REASON)
    assert marta.recorded == []


def test_another_reason_is_told_in_her_own_words(stage: Stage):
    marta = stage.plays("offer", GIVEN)
    marta.hears(OFFERED)
    marta.taps("No puedo")
    marta.hears(REASON)
    marta.taps("Otro motivo")
    marta.hears("GT-0417: cuéntenos con sus palabras.")
    marta.says("Mi hermana está enferma")
    marta.hears(CLOSED)
    assert marta.recorded == [Declined(7, DeclineReason.OTHER, "Mi hermana está enferma")]


def test_a_reason_may_be_written_instead_of_chosen(stage: Stage):
    marta = stage.plays("offer", GIVEN)
    marta.hears(OFFERED)
    marta.says("2")
    marta.hears(REASON)
    marta.says("mi hermana está enferma y la cuido")
    marta.hears(CLOSED)
    assert marta.recorded == [
        Declined(7, DeclineReason.OTHER, "mi hermana está enferma y la cuido")
    ]


def test_a_doubt_is_passed_on_and_the_offer_stays(stage: Stage):
    marta = stage.plays("offer", GIVEN)
    marta.hears(OFFERED)
    marta.taps("Tengo dudas")
    marta.hears("GT-0417: ¿qué quiere saber?")
    marta.says("¿Hay transporte?")
    marta.hears(
        "Coordinación ya tiene su mensaje y le responderá. ¿Toma GT-0417?"
        "\n1 Acepto\n2 No puedo\n3 Tengo dudas"
    )
    assert marta.recorded == [Asked("GT-0417", "¿Hay transporte?")]
    marta.taps("Acepto")
    marta.hears(YOURS)
    assert marta.recorded == [Asked("GT-0417", "¿Hay transporte?"), Accepted(7)]


def test_a_question_asked_outright_is_not_asked_for_again(stage: Stage):
    marta = stage.plays("offer", GIVEN)
    marta.hears(OFFERED)
    marta.says("¿cuántos días son de camino?")
    marta.hears(
        "Coordinación ya tiene su mensaje y le responderá. ¿Toma GT-0417?"
        "\n1 Acepto\n2 No puedo\n3 Tengo dudas"
    )
    assert marta.recorded == [Asked("GT-0417", "¿cuántos días son de camino?")]


def test_an_offer_without_an_answer_lapses_without_a_word(stage: Stage):
    marta = stage.plays("offer", GIVEN)
    marta.hears(OFFERED)
    marta.keeps_silent()
    marta.hears_nothing()
    assert marta.recorded == [Lapsed(7)]
    assert marta.ended


def test_a_no_stands_also_when_she_never_says_why(stage: Stage):
    silent = stage.plays("offer", GIVEN)
    silent.hears(OFFERED)
    silent.says("2")
    silent.hears(REASON)
    silent.keeps_silent()
    silent.hears_nothing()
    assert silent.recorded == [Declined(7, DeclineReason.UNSAID)]

    vague = stage.plays("offer", GIVEN)
    vague.hears(OFFERED)
    vague.says("2")
    vague.hears(REASON)
    vague.says("3")
    vague.hears("GT-0417: cuéntenos con sus palabras.")
    vague.keeps_silent()
    vague.hears(CLOSED)
    assert vague.recorded == [Declined(7, DeclineReason.OTHER)]


def test_she_can_take_back_a_no_until_it_is_recorded(stage: Stage):
    marta = stage.plays("offer", GIVEN)
    marta.hears(OFFERED)
    marta.says("2")
    marta.hears(REASON)
    marta.says("atrás")
    marta.hears(OFFERED)
    marta.says("1")
    marta.hears(YOURS)
    assert marta.recorded == [Accepted(7)]


def test_later_is_neither_yes_nor_no(stage: Stage):
    marta = stage.plays("offer", GIVEN)
    marta.hears(OFFERED)
    marta.says("déjeme ver")
    marta.hears("Está bien. Cuando sepa, responda con el código: GT-0417.")
    assert marta.recorded == []
    assert not marta.ended


def test_an_offer_says_only_what_it_was_given(stage: Stage):
    bare = OfferGiven(7, "GT-0417", "Marta", AssignmentKind.DOCUMENTS, "")
    marta = stage.plays("offer", bare)
    marta.hears("Hola Marta. GT-0417: conseguir documentos.\n1 Acepto\n2 No puedo\n3 Tengo dudas")


@pytest.mark.parametrize(
    ("kind", "place", "words"),
    [
        (AssignmentKind.FIELD_SEARCH, "", "a search on the ground"),
        (AssignmentKind.FIELD_SEARCH, "Soloma", "a search in Soloma"),
        (AssignmentKind.DOCUMENTS, "Soloma", "documents in Soloma"),
        (AssignmentKind.DECLARATION, "", "a declaration to take"),
        (AssignmentKind.DECLARATION, "Soloma", "a declaration in Soloma"),
        (AssignmentKind.OTHER, "", "a piece of work"),
        (AssignmentKind.OTHER, "Soloma", "work in Soloma"),
    ],
)
def test_each_kind_of_work_has_its_own_words(
    stage: Stage, kind: AssignmentKind, place: str, words: str
):
    ana = stage.plays("offer", OfferGiven(7, "GT-0417", "Ana", kind, place), "eng")
    ana.hears(f"Hello Ana. GT-0417: {words}.\n1 I accept\n2 I cannot\n3 I have a question")


def test_the_same_offer_in_english(stage: Stage):
    ana = stage.plays("offer", replace(GIVEN, first_name="Ana"), "eng")
    ana.hears(
        "Hello Ana. GT-0417: a search in Todos Santos Cuchumatán."
        " Language: mam. By Dec 5. Costs: Q400.\n1 I accept\n2 I cannot\n3 I have a question"
    )
    ana.says("yes, how far is it?")
    ana.hears(
        "Thank you, Ana. GT-0417 is yours. Coordination has your question."
        " Coordination will give you the details. When you have news, write GT-0417."
    )
    assert ana.recorded == [Accepted(7), Asked("GT-0417", "yes, how far is it?")]
