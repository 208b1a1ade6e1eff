"""Who says that it is they, and whether what they answered is what staff expect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.understanding import alike, claims


@pytest.mark.parametrize(
    "text",
    [
        "ya llame. si soy yo. q paso",
        "Sí, soy yo",
        "si soy",
        "soy yo, ¿qué quiere?",
        "yo soy",
        "soy el mismo",
        "yes, it's me",
    ],
)
def test_who_says_that_it_is_they(text: str):
    assert claims(text)


@pytest.mark.parametrize(
    "text",
    [
        "sí",
        "1",
        "no soy yo",
        "si soy su hermano",
        "soy yo su hija",
        "yo soy doña Carmen",
        "quien es?",
        "si, es seguro",
    ],
)
def test_who_does_not(text: str):
    assert not claims(text)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("me dicen Chepe", "Chepe"),
        ("CHÉPE", "chepe"),
        ("Chepr", "Chepe"),
        ("El Colocho, así me dicen", "Colocho"),
        ("en san juan ixkoy", "San Juan Ixcoy"),
        ("de la aldea Las Nuves", "Las Nubes"),
        ("nací en 1981", "1981"),
        ("el", "El"),
    ],
)
def test_what_is_meant_is_alike(told: str, expected: str):
    assert alike(told, [expected])


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("me dicen Pepe", "Chepe"),
        ("nací en 1982", "1981"),
        ("San Juan", "San Juan Ixcoy"),
        ("no le digo", "Chepe"),
        ("me dicen", "Chepe"),
        ("", "Chepe"),
        ("Chepe", ""),
    ],
)
def test_what_is_not_meant_is_not(told: str, expected: str):
    assert not alike(told, [expected])


def test_one_of_several_is_enough():
    assert alike("me dicen Colocho", ["Chepe", "Colocho"])
    assert not alike("me dicen Colocho", [])


@given(st.from_regex(r"[A-Za-zÁÉÍÓÚÑáéíóúñ]{2,12}( [a-z]{2,9}){0,3}", fullmatch=True))
def test_whatever_is_expected_is_alike_itself_however_it_is_written(words: str):
    assert alike(f"me dicen {words.upper()}", ["nada de eso", words])
