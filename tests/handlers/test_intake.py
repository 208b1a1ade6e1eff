import pytest

from bot.tongues import render
from handlers.intake import greeting
from models.facts import IntakeAgreed, IntakeGiven, NeverHere
from tests.stage import Actor, Stage

FIVE, NINE = "2026-11-24T23:00:00+00:00", "2026-11-25T15:00:00+00:00"
GIVEN = IntakeGiven(
    organisation="la Red de Defensoras", slots=(FIVE, NINE), zone="America/Guatemala"
)
FIRST = (
    "Somos la Red de Defensoras y es gratis. ¿Es seguro hablar por aquí?"
    "\n1 Sí\n2 Ahora no\n3 No me escriba aquí"
)
ASKED = "Gracias. Una persona le puede llamar. ¿A qué hora?"
HOURS = f"{ASKED}\n1 mar 24 nov 5pm\n2 mié 25 nov 9am\n3 Otra hora"
AT_NINE = (
    "Gracias. Una persona le llamará: miércoles 25 de noviembre, 9:00 de la mañana."
    " Nunca pedimos dinero ni contraseñas."
)
WHICH = "¿Qué día y a qué hora le queda bien una llamada?"
WHEN = "Está bien. ¿Cuándo le podemos escribir?"
KNOWN = "Gracias. Una persona de nuestro equipo ya lo sabe."


def writes(stage: Stage, given: IntakeGiven = GIVEN) -> Actor:
    tono = stage.plays("intake", given)
    tono.hears(FIRST)
    return tono


@pytest.mark.parametrize(
    ("hour", "said"),
    [(None, "Hola."), (8, "Buenos días."), (15, "Buenas tardes."), (21, "Buenas noches.")],
)
def test_he_is_greeted_by_his_own_clock(hour, said):
    assert render(greeting(hour), "spa") == said


@pytest.mark.parametrize(
    ("reply", "slot", "farewell"),
    [("2", NINE, AT_NINE), ("1", FIVE, None)],
)
def test_an_hour_is_agreed(stage: Stage, reply: str, slot: str, farewell: str | None):
    tono = writes(stage)
    tono.taps("Sí")
    tono.hears(HOURS)
    tono.says(reply)
    if farewell:
        tono.hears(farewell)
    assert tono.recorded == [IntakeAgreed(slot, "America/Guatemala")]
    assert tono.ended


def test_another_hour_is_heard_in_his_words(stage: Stage):
    tono = writes(stage)
    tono.taps("Sí")
    tono.hears(HOURS)
    tono.says("3")
    tono.hears(WHICH)
    tono.says("el domingo despues de misa")
    tono.hears(KNOWN)
    assert tono.recorded == [IntakeAgreed(words="el domingo despues de misa")]


def test_another_hour_that_he_names_at_once_is_not_asked_for(stage: Stage):
    tono = writes(stage)
    tono.taps("Sí")
    tono.hears(HOURS)
    tono.says("otra hora, mejor el domingo")
    tono.hears(KNOWN)
    assert tono.recorded == [IntakeAgreed(words="otra hora, mejor el domingo")]


def test_where_nobody_is_free_his_words_are_asked_for(stage: Stage):
    tono = writes(stage, IntakeGiven(organisation="la Red de Defensoras", slots=(), zone=""))
    tono.taps("Sí")
    tono.hears(ASKED)
    tono.says("por la noche")
    tono.hears(KNOWN)
    assert tono.recorded == [IntakeAgreed(words="por la noche")]


def test_who_cannot_talk_now_says_when(stage: Stage):
    tono = writes(stage)
    tono.taps("Ahora no")
    tono.hears(WHEN)
    tono.says("el lunes")
    tono.hears(KNOWN)
    assert tono.recorded == [IntakeAgreed(words="el lunes")]


def test_what_is_told_with_an_answer_is_kept_also_where_nothing_follows(stage: Stage):
    tono = writes(stage)
    told = "ahora no, el lunes me quitaron a mi niño"
    tono.says(told)
    tono.hears(WHEN)
    tono.keeps_silent()
    tono.hears_nothing()
    assert tono.recorded == [IntakeAgreed(words=told)]


def test_who_wants_no_words_there_is_written_to_no_more(stage: Stage):
    tono = writes(stage)
    tono.taps("No me escriba aquí")
    tono.hears("Entendido. No le volveremos a escribir aquí.")
    assert tono.recorded == [NeverHere(0)]
    assert tono.ended


@pytest.mark.parametrize("steps", [[], [("1", HOURS)], [("2", WHEN)], [("1", HOURS), ("3", WHICH)]])
def test_silence_ends_it_without_a_word(stage: Stage, steps: list[tuple[str, str]]):
    tono = writes(stage)
    for reply, heard in steps:
        tono.says(reply)
        tono.hears(heard)
    tono.keeps_silent()
    tono.hears_nothing()
    assert tono.ended
    assert tono.recorded == []
