import pytest

from handlers.understanding import says_phrase

AGREED = "¿Todavía venden tamales?"


@pytest.mark.parametrize(
    "text",
    [
        "todavia venden tamales",
        "buenas, TODAVÍA BENDEN tamales",
        "oiga y todavia venden tamalez porfa",
        "Todavía… venden… tamales…",
    ],
)
def test_a_frightened_thumb_is_understood(text: str):
    assert says_phrase(text, AGREED)


@pytest.mark.parametrize(
    "text",
    [
        "venden tamales",
        "tamales venden todavia",
        "todavia no venden tamales",
        "todavía vendemos elotes",
        "",
    ],
)
def test_other_words_are_not_the_agreed_ones(text: str):
    assert not says_phrase(text, AGREED)


def test_a_phrase_without_words_is_never_said():
    assert not says_phrase("¿?", "¿?")


def test_short_words_must_be_right():
    assert says_phrase("el gato pinto", "gato pinto")
    assert not says_phrase("el pato pinto", "gato pinto")
