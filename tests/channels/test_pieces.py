"""A text that is too long goes in parts that a reader can follow, and nothing of it is lost."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import plain
from channels.base import Channel, Option, Outbound, Template
from channels.sms import Sms
from channels.whatsapp import WhatsApp
from tests.channels import desk

LINE = desk.line()
CHANNELS: dict[str, Channel] = {
    "sms": Sms(LINE, "+14155550100"),
    "whatsapp": WhatsApp(LINE, "+14155550100"),
    "telegram": desk.telegram(),
}
EACH = pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
YES_NO = (Option("c9:yes", "Sí, puedo"), Option("c9:no", "No puedo"))
LONG = tuple(
    Option(f"c9:{n}", f"Una respuesta muy larga de este tamaño, {n}") for n in range(1, 11)
)
MANY = tuple(Option(f"c9:{n}", f"Municipio {n}") for n in range(1, 13))


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("", 5, []),
        (" \n ", 5, []),
        ("corto", 5, ["corto"]),
        ("uno dos tres", 7, ["uno dos", "tres"]),
        ("Uno va. Dos van ya", 12, ["Uno va.", "Dos van ya"]),
        ("Uno va.\n\nDos van. Tres no", 15, ["Uno va.", "Dos van.", "Tres no"]),
        ("Uno va lejos.\n\nDos. Tres.", 20, ["Uno va lejos.", "Dos. Tres."]),
        ("Ay.\nmuchas palabras sin fin", 20, ["Ay.\nmuchas palabras", "sin fin"]),
        ("«¿Va?» Sí «¡No!» y ya", 16, ["«¿Va?» Sí «¡No!»", "y ya"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("   abcdef   ", 4, ["abcd", "ef"]),
        ("abcd efgh", 4, ["abcd", "efgh"]),
        ("\n\n\n\n\nabc", 3, ["abc"]),
    ],
)
def test_a_text_is_cut_where_a_reader_would_pause(text: str, limit: int, pieces: list[str]):
    assert plain.pieces(text, limit) == pieces


@given(st.text(st.sampled_from("ab. \n?!»…ñ")), st.integers(1, 30))
def test_nothing_is_lost_but_white_space_at_the_cuts(text: str, limit: int):
    pieces = plain.pieces(text, limit)
    assert all(piece.strip() and len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    at = 0
    for piece in pieces:
        start = text.index(piece, at)
        assert not text[at:start].strip()
        at = start + len(piece)
    assert not text[at:].strip()


def long(sentences: int) -> str:
    return " ".join(f"Esta es la frase número {n} de la carta." for n in range(sentences))


@EACH
@pytest.mark.parametrize("options", [(), YES_NO, LONG, MANY], ids=["None", "Two", "Long", "Many"])
def test_each_part_is_one_message_and_the_choices_stand_under_the_last(
    channel: Channel, options: tuple[Option, ...]
):
    limit = channel.abilities.text_limit
    outbound = Outbound("k", 3, "+502", long(260), options, expires_in=60)
    *firsts, last = channel.pieces(outbound)
    assert len(firsts) >= 2
    for part in firsts:
        assert replace(part, text="") == replace(outbound, text="", options=())
        assert 0 < len(channel.write(part).text) <= limit
        assert part.text.endswith(".")
    written = channel.write(last)
    assert replace(last, text="") == replace(outbound, text="")
    assert 0 < len(written.text) <= limit
    assert written.labels == channel.write(replace(outbound, text="¿?")).labels
    said = " ".join(part.text for part in (*firsts, last))
    assert said == channel.write(replace(outbound, options=())).text


@EACH
@pytest.mark.parametrize("text", ["", "¿Puede ir?", "¿Está ahí?\x00"])
def test_most_messages_are_just_themselves(channel: Channel, text: str):
    outbound = Outbound("k", 1, "+502", text, YES_NO)
    (one,) = channel.pieces(outbound)
    assert channel.write(one) == channel.write(outbound)
    assert one.options == YES_NO


@EACH
def test_a_text_that_just_fits_is_one_part_and_its_choices_make_it_two(channel: Channel):
    room = channel.abilities.text_limit
    outbound = Outbound("k", 1, "+502", "x" * room)
    assert channel.pieces(outbound) == (outbound,)
    asked = replace(outbound, options=MANY)
    first, last = channel.pieces(asked)
    assert (first.options, last.options) == ((), MANY)
    assert len(channel.write(last).text) <= room


def test_a_question_with_buttons_keeps_to_whatsapps_limit_for_questions():
    whatsapp = CHANNELS["whatsapp"]
    fits = Outbound("k", 1, "+502", "x" * 1024, YES_NO)
    assert whatsapp.pieces(fits) == (fits,)
    first, last = whatsapp.pieces(replace(fits, text=f"{'x' * 600} {'y' * 600}"))
    assert (first.text, last.text) == ("x" * 600, "y" * 600)
    assert whatsapp.write(last).labels == ("Sí, puedo", "No puedo")


def test_approved_words_are_never_cut():
    outbound = Outbound("k", 1, "+502", "x" * 2000, template=Template("HX1"))
    assert CHANNELS["whatsapp"].pieces(outbound) == (outbound,)


@EACH
@pytest.mark.parametrize("text", ["¿Cuál?", "", " " * 5000])
def test_choices_that_leave_no_room_are_not_cut_apart(channel: Channel, text: str):
    huge = (Option("a", "x" * 5000),)
    (one,) = channel.pieces(Outbound("k", 1, "+502", text, huge))
    assert one.options == huge


def test_a_letter_in_another_script_does_not_make_a_part_of_an_sms_too_long():
    sms = CHANNELS["sms"]
    parts = sms.pieces(Outbound("k", 1, "+502", "…" * 3000 + " Ж"))
    assert all(len(sms.write(part).text) <= 1600 for part in parts)
    assert "".join(part.text for part in parts) == "…" * 3000 + "Ж"


@given(
    st.text(st.sampled_from("aé.… \n👍Ж½"), min_size=1).map(lambda text: text * 60),
    st.sampled_from([(), YES_NO, MANY]),
    st.sampled_from(sorted(CHANNELS)),
)
def test_no_part_is_longer_than_its_channel_takes(
    text: str, options: tuple[Option, ...], name: str
):
    channel = CHANNELS[name]
    parts = channel.pieces(Outbound("k", 1, "+502", text, options))
    assert all(len(channel.write(part).text) <= channel.abilities.text_limit for part in parts)
    assert [part.options for part in parts] == [()] * (len(parts) - 1) + [options]


OTHER_FORMS: tuple[tuple[str, str], ...] = (
    ("whatsapp:+525512345678", "whatsapp:+5215512345678"),
    ("whatsapp:+5215512345678", "whatsapp:+525512345678"),
    ("+5215512345678", "+525512345678"),
    ("whatsapp:+5491123456789", "whatsapp:+541123456789"),
    ("whatsapp:+541123456789", "whatsapp:+5491123456789"),
    ("whatsapp:+50255512345", ""),
    ("whatsapp:GT.1349abc", ""),
)


@pytest.mark.parametrize(("wire", "other"), OTHER_FORMS)
def test_whatsapp_knows_the_other_way_to_write_a_number(wire: str, other: str):
    assert CHANNELS["whatsapp"].rewritten(wire) == other


def test_other_channels_have_one_way_to_write_an_address():
    rewritten: Callable[[str], str] = CHANNELS["sms"].rewritten
    assert rewritten("+525512345678") == ""
    assert CHANNELS["telegram"].rewritten("77") == ""
