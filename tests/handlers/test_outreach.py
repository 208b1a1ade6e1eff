from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.office.guard import tells
from handlers.outreach import outreach
from handlers.talk import play
from models.facts import (
    CallBooked,
    CallWanted,
    IdentityTold,
    NeverHere,
    NotNow,
    OutreachGiven,
    Unanswered,
)
from tests.stage import Actor, Stage

FIVE, NINE, NOON = (
    "2026-11-24T23:00:00+00:00",
    "2026-11-25T15:00:00+00:00",
    "2026-11-25T18:30:00+00:00",
)
GIVEN = OutreachGiven(
    case=9,
    slots=(FIVE, NINE),
    zone="America/Guatemala",
    organisation="la Red de Defensoras",
    phone="+502 2222 0000",
)
ASKING = replace(GIVEN, question="¿cómo le dicen en su comunidad?")
WHO_IS_IT = "Gracias. Para cuidarle, una pregunta: ¿cómo le dicen en su comunidad?"
FIRST = (
    "Hola. Le escribe el asistente de una organización de derechos humanos."
    " Es personal y gratuito. ¿Es seguro hablar ahora?\n1 Sí\n2 Ahora no\n3 No me escriba aquí"
)
HOURS = (
    "Gracias. Somos la Red de Defensoras. Es gratis: nunca pedimos dinero."
    " ¿Cuándo le podemos llamar?\n1 mar 24 nov 5pm\n2 mié 25 nov 9am\n3 Otra hora"
)
AT_FIVE = (
    "Gracias. Una persona le llamará: martes 24 de noviembre, 5:00 de la tarde."
    " Nunca pedimos dinero ni contraseñas."
)
WHO = (
    "Entiendo. Nunca pedimos dinero ni contraseñas. Somos la Red de Defensoras."
    " Puede comprobarlo: llame usted al +502 2222 0000. No hay prisa."
)
KNOWN = "Gracias. Una persona de nuestro equipo ya lo sabe."


def written_to(stage: Stage, given: OutreachGiven = GIVEN) -> Actor:
    chepe = stage.plays("outreach", given)
    chepe.hears(FIRST)
    return chepe


def test_a_call_is_agreed_and_nothing_else_is_said(stage: Stage):
    chepe = written_to(stage)
    chepe.taps("Sí")
    chepe.hears(HOURS)
    chepe.taps("mar 24 nov 5pm")
    chepe.hears(AT_FIVE)
    assert chepe.recorded == [CallBooked(9, FIVE)]
    assert chepe.ended


def test_fear_of_a_swindle_is_answered_and_the_question_waits(stage: Stage):
    chepe = written_to(stage)
    chepe.says("quien es? no tengo dinero, ya nos estafaron")
    chepe.hears(WHO)
    assert chepe.recorded == []
    chepe.says("ya llame. si soy yo. q paso")
    chepe.hears(HOURS)
    chepe.says("5")
    chepe.hears(AT_FIVE)
    assert chepe.recorded == [CallBooked(9, FIVE)]


def test_not_now_asks_when_and_leaves_it_there(stage: Stage):
    chepe = written_to(stage)
    chepe.taps("Ahora no")
    chepe.hears("Está bien. ¿Cuándo le podemos escribir?")
    chepe.says("el domingo en la tarde")
    chepe.hears("Gracias. Quedó anotado. Que tenga buen día.")
    assert chepe.recorded == [NotNow(9, "el domingo en la tarde")]


def test_when_is_not_asked_of_who_has_said_it(stage: Stage):
    chepe = written_to(stage)
    chepe.says("ahora no, mejor escríbame el domingo")
    chepe.hears("Gracias. Quedó anotado. Que tenga buen día.")
    assert chepe.recorded == [NotNow(9, "ahora no, mejor escríbame el domingo")]


def test_what_was_said_with_not_now_is_kept_when_it_does_not_say_when(stage: Stage):
    chepe = written_to(stage)
    chepe.says("ahora no puedo hablar con nadie")
    chepe.hears("Está bien. ¿Cuándo le podemos escribir?")
    chepe.says("el domingo")
    chepe.hears("Gracias. Quedó anotado. Que tenga buen día.")
    assert chepe.recorded == [NotNow(9, "ahora no puedo hablar con nadie\nel domingo")]


def test_a_bare_no_is_not_now(stage: Stage):
    chepe = written_to(stage)
    chepe.says("no")
    chepe.hears("Está bien. ¿Cuándo le podemos escribir?")
    chepe.keeps_silent()
    chepe.hears_nothing()
    assert chepe.recorded == [NotNow(9)]


def test_never_here_is_never_here(stage: Stage):
    chepe = written_to(stage)
    chepe.taps("No me escriba aquí")
    chepe.hears("Entendido. No le volveremos a escribir aquí.")
    assert chepe.recorded == [NeverHere(9)]


def test_silence_ends_it_quietly_at_every_point(stage: Stage):
    first = written_to(stage)
    first.keeps_silent()
    first.hears_nothing()
    assert first.recorded == [Unanswered(9)]

    second = written_to(stage)
    second.says("1")
    second.hears(HOURS)
    second.keeps_silent()
    second.hears_nothing()
    assert second.recorded == [Unanswered(9)]

    third = written_to(stage)
    third.says("1")
    third.hears(HOURS)
    third.taps("Otra hora")
    third.hears("¿Qué día y a qué hora le queda bien una llamada?")
    third.keeps_silent()
    third.hears_nothing()
    assert third.recorded == [Unanswered(9)]


def test_another_hour_is_for_a_human_to_find(stage: Stage):
    asked = written_to(stage)
    asked.says("1")
    asked.hears(HOURS)
    asked.taps("Otra hora")
    asked.hears("¿Qué día y a qué hora le queda bien una llamada?")
    asked.says("de noche, después de las 8")
    asked.hears(KNOWN)
    assert asked.recorded == [CallWanted(9, "de noche, después de las 8")]

    told = written_to(stage)
    told.says("1")
    told.hears(HOURS)
    told.says("solo los domingos puedo hablar")
    told.hears(KNOWN)
    assert told.recorded == [CallWanted(9, "solo los domingos puedo hablar")]


def test_hours_are_offered_two_at_a_time(stage: Stage):
    given = OutreachGiven(9, (FIVE, NINE, NOON), "America/Guatemala", GIVEN.organisation, "")
    chepe = written_to(stage, given)
    chepe.says("1")
    chepe.hears(HOURS)
    chepe.taps("Otra hora")
    chepe.hears("Gracias. ¿Le queda mejor una de estas horas?\n1 mié 25 nov 12:30pm\n2 Otra hora")
    chepe.says("1")
    chepe.hears(
        "Gracias. Una persona le llamará: miércoles 25 de noviembre, 12:30 de la tarde."
        " Nunca pedimos dinero ni contraseñas."
    )
    assert chepe.recorded == [CallBooked(9, NOON)]


def test_the_second_hour_is_the_second_hour(stage: Stage):
    chepe = written_to(stage)
    chepe.says("1")
    chepe.hears(HOURS)
    chepe.says("2")
    chepe.hears(
        "Gracias. Una persona le llamará: miércoles 25 de noviembre, 9:00 de la mañana."
        " Nunca pedimos dinero ni contraseñas."
    )
    assert chepe.recorded == [CallBooked(9, NINE)]


def test_with_no_hours_to_offer_the_hour_is_asked_for(stage: Stage):
    chepe = written_to(stage, OutreachGiven(9, (), "America/Guatemala", GIVEN.organisation, ""))
    chepe.says("1")
    chepe.hears("¿Qué día y a qué hora le queda bien una llamada?")
    chepe.says("mañana a las 8")
    chepe.hears(KNOWN)
    assert chepe.recorded == [CallWanted(9, "mañana a las 8")]


def test_a_wrong_number_is_left_in_peace(stage: Stage):
    carmen = written_to(stage)
    carmen.says("Numero ekivocado yo soy doña Carmen no conosco a nadie")
    carmen.hears("Disculpe la molestia. No le volveremos a escribir.")
    assert carmen.recorded == []
    assert carmen.ended


def test_stop_is_more_than_not_here(stage: Stage):
    chepe = written_to(stage)
    chepe.says("ya no me escriban por favor")
    chepe.hears("Listo: no le escribiremos más; si algún día quiere, escriba VOLVER.")
    assert chepe.stopped
    assert chepe.recorded == []


def test_the_same_first_contact_in_english(stage: Stage):
    joe = stage.plays("outreach", GIVEN, "eng")
    joe.hears(
        "Hello. This is the assistant of a human rights organisation."
        " It is personal and free of charge. Is it safe to talk now?"
        "\n1 Yes\n2 Not now\n3 Do not write here"
    )
    joe.says("yes")
    joe.hears(
        "Thank you. We are la Red de Defensoras. It is free: we never ask for money."
        " When may we call you?\n1 Tue Nov 24 5pm\n2 Wed Nov 25 9am\n3 Another hour"
    )
    joe.says("1")
    joe.hears(
        "Thank you. A person will call you: Tuesday, November 24, 5:00 in the afternoon."
        " We never ask for money or passwords."
    )
    assert joe.recorded == [CallBooked(9, FIVE)]


def test_who_says_that_it_is_they_is_asked_what_staff_wrote_down(stage: Stage):
    chepe = written_to(stage, ASKING)
    chepe.says("quien es? no tengo dinero, ya nos estafaron")
    chepe.hears(WHO)
    chepe.says("ya llame. si soy yo. q paso")
    chepe.hears(WHO_IS_IT)
    chepe.says("me dicen Chepe")
    chepe.hears(HOURS)
    chepe.says("5")
    chepe.hears(AT_FIVE)
    assert chepe.recorded == [IdentityTold(9, "me dicen Chepe"), CallBooked(9, FIVE)]


def test_who_has_not_said_so_is_asked_nothing(stage: Stage):
    for words in ("1", "si, digame", "si es seguro pero quien es usted"):
        somebody = written_to(stage, ASKING)
        somebody.says(words)
        heard = [message.drawn() for message in somebody.unheard]
        assert not [words for words in heard if "comunidad" in words]


def test_a_search_without_a_question_goes_on_as_before(stage: Stage):
    chepe = written_to(stage)
    chepe.says("si, soy yo")
    chepe.hears(HOURS)


def test_silence_at_the_question_ends_it_quietly(stage: Stage):
    chepe = written_to(stage, ASKING)
    chepe.says("si soy yo")
    chepe.hears(WHO_IS_IT)
    chepe.keeps_silent()
    chepe.hears_nothing()
    assert chepe.recorded == [Unanswered(9)]


SAID_SO = {"choice": "now", "aside": "si soy yo"}


@given(st.text(max_size=200))
def test_whatever_is_answered_what_follows_is_the_same(words: str):
    asked = play(outreach, ASKING, {"safe": SAID_SO}, ["", "safe"])
    told = play(outreach, ASKING, {"safe": SAID_SO, "who": {"words": words}}, ["", "safe"])
    known = play(outreach, ASKING, {"safe": SAID_SO, "who": {"words": "Chepe"}}, ["", "safe"])
    assert asked.asks is not None
    assert told.records == (IdentityTold(9, words),)
    assert (told.says, told.asks, told.settles) == (known.says, known.asks, known.settles)


def test_nothing_that_is_said_tells_why():
    for said in (FIRST, WHO, WHO_IS_IT, HOURS, AT_FIVE):
        assert not tells(said, "spa")
