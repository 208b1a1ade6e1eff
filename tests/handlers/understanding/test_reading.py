"""What a reply means: the cases the rules were written for, and what no reply may do."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.understanding import Expect, Meaning, understand
from tests.handlers.understanding.replies import labelled

ACCENT = "\N{COMBINING ACUTE ACCENT}"
ZERO_WIDTH = "\N{ZERO WIDTH SPACE}\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NO-BREAK SPACE}"
REPLIES = sorted({row.text for part in ("known", "unseen") for row in labelled(part)})


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("si la agaro 417 cuanto dan d viaticos", Meaning.YES),
        ("no hay problema", Meaning.YES),
        ("no falla, ahí estaré", Meaning.YES),
        ("sí, cómo no", Meaning.YES),
        ("fíjese que sí puedo", Meaning.YES),
        ("aunque no paguen, la tomo", Meaning.YES),
        ("claro que no", Meaning.NO),
        ("Fijese q esta semana no voy a poder, ando en audiencia. Talvez Lic. Reyes", Meaning.NO),
        ("fíjese que tengo otro compromiso", Meaning.NO),
        ("sí pero no puedo", Meaning.NO),
        ("yo no pero mi compañera sí", Meaning.NO),
        ("ahorita no", Meaning.LATER),
        ("hoy no, mañana sí", Meaning.LATER),
        ("con gusto pero en 8 días", Meaning.LATER),
        ("la tomo, déjeme ver mi agenda", Meaning.LATER),
        ("primero Dios", Meaning.LATER),
        ("¿me permite confirmarle mañana por la mañana?", Meaning.LATER),
        ("si me pagan", Meaning.UNCLEAR),
        ("sí pero cuánto", Meaning.UNCLEAR),
        ("¿sí?", Meaning.UNCLEAR),
        ("¿no?", Meaning.UNCLEAR),
        ("sí, ¿y?", Meaning.UNCLEAR),
        ("yo no dije que sí", Meaning.UNCLEAR),
        ("dijo que sí mi hermano", Meaning.UNCLEAR),
        ("sí, cómo no iba a poder otro", Meaning.UNCLEAR),
        ("la tomó Reyes", Meaning.UNCLEAR),
        ("Marta sí puede", Meaning.UNCLEAR),
        ("iré si puedo", Meaning.UNCLEAR),
        ("si no puedo, le aviso", Meaning.UNCLEAR),
        ("no si puedo", Meaning.UNCLEAR),
        ("sí y no", Meaning.UNCLEAR),
        ("1 no puedo", Meaning.UNCLEAR),
        ("sí, 2", Meaning.UNCLEAR),
        ("¿Es seguro ir? Si sí, la tomo.", Meaning.UNCLEAR),
        ("", Meaning.UNCLEAR),
        ("¿?", Meaning.UNCLEAR),
    ],
)
def test_an_offer_is_taken_only_by_who_takes_it(text: str, meaning: Meaning):
    assert understand(text, Expect.OFFER) is meaning


@pytest.mark.parametrize(
    ("text", "offer", "plain", "nothing"),
    [
        ("sí", Meaning.YES, Meaning.YES, Meaning.YES),
        ("1", Meaning.YES, Meaning.YES, Meaning.UNCLEAR),
        ("puedo", Meaning.YES, Meaning.YES, Meaning.UNCLEAR),
        ("si la encontré", Meaning.UNCLEAR, Meaning.YES, Meaning.UNCLEAR),
        ("soy yo", Meaning.UNCLEAR, Meaning.YES, Meaning.UNCLEAR),
        ("sí, son todas", Meaning.DONE, Meaning.YES, Meaning.DONE),
        ("sí, mañana voy", Meaning.YES, Meaning.LATER, Meaning.LATER),
        ("estoy trabajando", Meaning.NO, Meaning.LATER, Meaning.UNCLEAR),
        ("no lo encontré", Meaning.NO, Meaning.NO, Meaning.UNCLEAR),
        ("hablo mam", Meaning.UNCLEAR, Meaning.LANGUAGE, Meaning.LANGUAGE),
        ("listo, la tomo", Meaning.YES, Meaning.YES, Meaning.DONE),
    ],
)
def test_the_question_decides_what_the_same_words_mean(
    text: str, offer: Meaning, plain: Meaning, nothing: Meaning
):
    assert understand(text, Expect.OFFER) is offer
    assert understand(text, Expect.YES_NO) is plain
    assert understand(text) is nothing


def test_a_language_without_word_lists_is_read_with_the_spanish_ones():
    assert understand("acepto", Expect.OFFER, "mam") is Meaning.YES
    assert understand("I'll take it", Expect.OFFER, "en") is Meaning.YES
    assert understand("k", Expect.YES_NO, "en") is Meaning.YES
    assert understand("k", Expect.YES_NO, "es") is Meaning.UNCLEAR


@given(st.text(), st.sampled_from(Expect), st.sampled_from(["es", "en", "mam"]))
def test_any_text_has_a_meaning(text: str, expect: Expect, language: str):
    assert understand(text, expect, language) in Meaning


@given(st.sampled_from(REPLIES), st.sampled_from(Expect), st.data())
def test_accents_capitals_spaces_and_invisible_characters_change_nothing(
    text: str, expect: Expect, data: st.DataObject
):
    changed = "".join(
        data.draw(st.sampled_from(_ways(character)), label=character) for character in text
    )
    assert understand(changed, expect) is understand(text, expect)


def _ways(character: str) -> list[str]:
    if character == " ":
        return [" ", "  ", "\N{NO-BREAK SPACE}"]
    if character in string.ascii_letters:
        hidden = [character + invisible for invisible in ZERO_WIDTH]
        return [character, character.upper(), character.lower(), character + ACCENT, *hidden]
    return [character]


@given(st.sampled_from(["si no hay problema", "claro que no", "no puedo"]), st.integers(1, 5))
def test_letters_drawn_out_change_nothing(text: str, times: int):
    drawn = text.replace("i", "i" * (times + 1)).replace("a", "a" * (times + 2))
    assert understand(drawn, Expect.OFFER) is understand(text, Expect.OFFER)


@given(st.sampled_from(REPLIES))
def test_a_yes_under_a_condition_is_no_yes(text: str):
    assert understand(f"{text}, si me pagan primero", Expect.OFFER) is not Meaning.YES
