"""Which choice on the screen a reply makes, and which it never makes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.understanding import Expect, Meaning, Shown, pick

OFFER = (
    Shown("yes", "Acepto", Meaning.YES),
    Shown("no", "No puedo", Meaning.NO),
    Shown("ask", "Tengo una duda", None, ("duda", "dudas", "pregunta")),
)
SAFE = (
    Shown("now", "Sí", Meaning.YES),
    Shown("later", "Ahora no", Meaning.LATER),
    Shown("never", "No me escriba aquí", Meaning.STOP),
)
FOUND = (
    Shown("found", "Sí, la encontré", Meaning.YES),
    Shown("gone", "No está ahí", Meaning.NO),
    Shown("could not", "No pude buscar", None, ("no pude", "no pudimos")),
)
ALL = (
    Shown("all", "Sí, es todo", Meaning.YES, ("listo", "todas", "todo")),
    Shown("more", "Faltan más", Meaning.NO, ("faltan", "falta", "mas")),
)
HOURS = (
    Shown("first", "mar 24 nov 5pm"),
    Shown("second", "mié 25 nov 9am"),
    Shown("other", "Otra hora"),
)
LONG = (
    Shown("a", "Falta de tiempo para viajar"),
    Shown("b", "Falta de transporte seguro"),
)


@pytest.mark.parametrize(
    ("shown", "text", "value"),
    [
        # By number.
        (OFFER, "1", "yes"),
        (OFFER, "1.", "yes"),
        (OFFER, "el 2", "no"),
        (OFFER, "1️⃣", "yes"),
        (OFFER, "uno", "yes"),
        (OFFER, "la primera", "yes"),
        (OFFER, "la última", "ask"),
        (OFFER, "3 por favor", "ask"),
        (OFFER, "1 acepto", "yes"),
        (OFFER, "acepto, 1", "yes"),
        (OFFER, "1 no puedo", None),
        (OFFER, "1 y 2", None),
        (OFFER, "1 o 2?", None),
        (OFFER, "4", None),
        (OFFER, "12", None),
        (OFFER, "2 hijos", None),
        (OFFER, "primero Dios", None),
        # By label.
        (OFFER, "ACEPTO", "yes"),
        (OFFER, "no puedo", "no"),
        (OFFER, "tengo una duda", "ask"),
        (LONG, "Falta de tiempo para", "a"),
        (LONG, "falta de tienpo para biajar", "a"),
        (LONG, "transporte", "b"),
        (LONG, "falta", None),
        (LONG, "no hay transporte", None),
        (LONG, "¿transporte?", None),
        (LONG, "me da miedo", None),
        (HOURS, "el 25", "second"),
        (HOURS, "nov", None),
        (HOURS, "a las 7", None),
        (HOURS, "mar 24 nov 6pm", None),
        (HOURS, "el la", None),
        # By its other words.
        (OFFER, "tengo dudas", "ask"),
        (FOUND, "no pude ir por la lluvia", "could not"),
        (ALL, "no son todas", "more"),
        (ALL, "sí, faltan dos", None),
        (ALL, "todas salieron borrosas", None),
        (ALL, "faltan todas", None),
        # By meaning.
        (OFFER, "cuente conmigo", "yes"),
        (OFFER, "sí puedo el viernes", "yes"),
        (OFFER, "déjeme ver", None),
        (OFFER, "sí pero cuánto", None),
        (SAFE, "sí puedo a las 8", "later"),
        (SAFE, "ya no me escriban", "never"),
        (FOUND, "no la encontré", "gone"),
        (ALL, "listo", "all"),
        (ALL, "son todas", "all"),
        (LONG, "número equivocado", None),
        (LONG, "", None),
        ((), "sí", None),
        ((), "la última", None),
    ],
)
def test_a_choice_is_made_by_what_a_person_writes(
    shown: tuple[Shown, ...], text: str, value: str | None
):
    assert pick(text, shown) == value


def test_an_offer_may_be_declined_as_politely_as_one_likes():
    assert pick("fíjese que ando en Xela", OFFER, expect=Expect.OFFER) == "no"
    assert pick("fíjese que ando en Xela", OFFER) is None


def test_two_choices_of_one_meaning_are_none():
    twice = (Shown("a", "Sí, hoy", Meaning.YES), Shown("b", "Sí, mañana", Meaning.YES))
    assert pick("claro", twice) is None
    assert pick("sí, hoy", twice) == "a"


def test_a_word_of_two_choices_makes_neither():
    both = (Shown("a", "Sí", None, ("madre",)), Shown("b", "No", None, ("madre",)))
    assert pick("la madre", both) is None


def test_a_yes_is_chosen_by_nothing_that_only_sounds_like_its_label():
    shown = (Shown("yes", "Puedo mañana", Meaning.YES), Shown("no", "Otro día", Meaning.NO))
    assert pick("mañana", shown) is None
    assert pick("no puedo mañana", shown) != "yes"
    assert pick("puedo mañanaa", shown) == "yes"


@given(st.text(), st.sampled_from([OFFER, SAFE, FOUND, ALL, HOURS, LONG]))
def test_any_text_makes_a_choice_that_is_shown_or_none(text: str, shown: tuple[Shown, ...]):
    assert pick(text, shown) in {None, *(choice.value for choice in shown)}
