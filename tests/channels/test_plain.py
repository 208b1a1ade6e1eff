"""Text for plain phones says the same in the SMS alphabet, and its cost is counted as billed."""

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import plain
from channels.base import Option

YES_NO = (Option("y", "Sí, puedo"), Option("n", "No\n puedo"))


def test_choices_are_numbered_under_the_question():
    assert plain.numbered("¿Puede ir?", YES_NO) == "¿Puede ir?\n1 Sí, puedo\n2 No puedo"
    assert plain.numbered("Gracias.", ()) == "Gracias."


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("¿Está aquí la señora? ¡Sí!", "¿Esta aqui la señora? ¡Si!"),
        ("é É ñ Ñ ü Ü à è ì ò ù Ç", "é É ñ Ñ ü Ü à è ì ò ù Ç"),
        ("Á Í Ó Ú ç", "A I O U c"),
        ("“sí” «no» ‘a’ ´b`", "\"si\" \"no\" 'a' 'b'"),
        ("de 8 – 9 — hoy…", "de 8 - 9 - hoy..."),
        ("3:05\u202fp.\u00a0m.", "3:05 p. m."),
        ("K\u02bciche\u02bc, q\ua78ceqchi\u2019", "K'iche', q'eqchi'"),
        ("1.º y 2.ª", "1.o y 2.a"),
        ("½ → •", "1/2 -> -"),
        ("a\u0301rbol m\u0308", "arbol m"),
        ("a\tb\r\nc\rd\u2028e", "a b\nc\nd\ne"),
        ("Precio: {5} €", "Precio: {5} €"),
        ("Hola 👋🏽, ¿cómo está?", "Hola, ¿como esta?"),
        ("👨‍👩‍👧 familia 🇬🇹", "familia"),
        ("1️⃣ Sí\n2️⃣ No 👍\n", "1 Si\n2 No\n"),
        ("a 👍 b", "a b"),
        ("a \U0001fae8 b", "a b"),  # younger than this Python's tables
        ("👍", ""),
        ("dos  espacios", "dos  espacios"),
        ("a\x00b\u200bc\ufeff", "abc"),
    ],
)
def test_text_is_folded_as_a_reader_would_write_it(written: str, folded: str):
    assert plain.fold(written) == folded


def test_text_in_another_script_is_left_whole():
    assert plain.fold("Прощай, María 👍") == "Прощай, María 👍"


def test_what_no_database_keeps_is_taken_out():
    assert plain.clean("a\x00b\ud83dc\udcff") == "ab\ufffdc\ufffd"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the pair does not fit in the first and is not split
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("á" * 134, 2),
        ("á" * 135, 3),
        ("👍" * 35, 1),
        ("👍" * 36, 2),
        ("👍" * 67, 3),  # 33 pairs in each: an odd unit stays empty
        ("ó" + "a" * 151, 3),
    ],
)
def test_segments_are_counted_as_they_are_billed(text: str, count: int):
    assert plain.segments(text) == count


@given(st.text())
def test_folding_is_settled_once_and_never_dearer(text: str):
    folded = plain.fold(text)
    assert plain.fold(folded) == folded
    assert plain.segments(folded) <= plain.segments(unicodedata.normalize("NFC", text))


@given(st.text("aé€👍á"))
def test_a_message_is_never_cheaper_than_its_units(text: str):
    units = len(text.encode("utf-16-le")) // 2
    assert plain.segments(text) >= math.ceil(units / plain.GSM_ALONE)
    assert plain.segments(text) <= max(1, math.ceil(units / 66) + 1)
