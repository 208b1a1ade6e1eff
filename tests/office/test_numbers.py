"""One form for each number, however it was written."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.office.people import canonical
from bot.office.reach.numbers import kind, reachable, sendable
from models.person import Kind, Via


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("+502 5555-0101", "+50255550101"),
        ("whatsapp:+50255550101", "+50255550101"),
        ("0050255550101", "+50255550101"),
        # Mexico: the 1 after 52 is WhatsApp's.
        ("whatsapp:+5215512345678", "+525512345678"),
        ("+525512345678", "+525512345678"),
        ("+521551234567", "+521551234567"),
        # Argentina: always 9, never 15.
        ("+5491155551234", "+5491155551234"),
        ("+54 11 5555 1234", "+5491155551234"),
        ("+54 11 15 5555 1234", "+5491155551234"),
        ("+54 9 11 15 5555 1234", "+5491155551234"),
        ("+54 221 15 555 1234", "+5492215551234"),
        ("+54 2920 15 55 1234", "+5492920551234"),
        # Brazil: mobiles have nine digits now, landlines eight.
        ("+55 31 9876 5432", "+5531998765432"),
        ("+5531998765432", "+5531998765432"),
        ("+55 31 3876 5432", "+553138765432"),
        # Nothing we know: left alone, never refused.
        ("whatsapp:US.13491208655302741918", "US.13491208655302741918"),
        ("US.ENT.1349aB", "US.ENT.1349aB"),
        ("32665", "32665"),
        ("TIGO", "TIGO"),
        ("", ""),
    ],
)
def test_a_number_has_one_form(written, form):
    assert canonical(Via.WHATSAPP, written) == form
    assert canonical(Via.SMS, written) == form


def test_a_telegram_user_is_its_digits():
    assert canonical(Via.TELEGRAM, " 700100103 ") == "700100103"
    assert canonical(Via.TELEGRAM, "tg:700100103") == "700100103"
    assert canonical(Via.TELEGRAM, "@marta") == "@marta"


def test_whatsapp_ids_differ_by_case():
    assert canonical(Via.WHATSAPP, "US.aB") != canonical(Via.WHATSAPP, "US.Ab")


@given(
    st.sampled_from(list(Via)),
    st.one_of(
        st.text(max_size=30),
        st.from_regex(r"\+(52|54|55|502|504|1)[0-9]{8,12}", fullmatch=True),
        st.from_regex(r"whatsapp:\+?[0-9 ()-]{5,20}", fullmatch=True),
    ),
)
@example(Via.WHATSAPP, "whatsapp: 0")
@example(Via.SMS, "whatsapp:whatsapp:+525512345678")
def test_the_form_of_a_form_is_itself(via, written):
    assert canonical(via, canonical(via, written)) == canonical(via, written)


def test_what_is_sent_to_is_what_the_provider_wrote():
    assert sendable(" whatsapp:+5215512345678 ") == "whatsapp:+5215512345678"
    assert sendable("+521 55 1234 5678") == "+5215512345678"


@pytest.mark.parametrize(
    ("via", "wire", "fits"),
    [
        (Via.SMS, "+50255550101", True),
        (Via.SMS, "55550101", False),
        (Via.SMS, "US.1349", False),
        (Via.WHATSAPP, "US.1349", True),
        (Via.WHATSAPP, "", False),
        (Via.TELEGRAM, "700100103", True),
        (Via.TELEGRAM, "marta", False),
    ],
)
def test_staff_can_only_type_addresses(via, wire, fits):
    assert reachable(via, wire) is fits


@pytest.mark.parametrize(
    ("via", "wire", "is_a"),
    [
        (Via.SMS, "+50255550101", Kind.PHONE),
        (Via.WHATSAPP, "whatsapp:+5215512345678", Kind.PHONE),
        (Via.WHATSAPP, "whatsapp:GT.1349abcDEF", Kind.WHATSAPP_ID),
        (Via.WHATSAPP, "US.ENT.1349abcDEF", Kind.WHATSAPP_ID),
        (Via.TELEGRAM, "700100", Kind.TELEGRAM_USER),
    ],
)
def test_an_address_is_a_phone_a_whatsapp_id_or_a_telegram_user(via, wire, is_a):
    assert kind(via, wire) is is_a
