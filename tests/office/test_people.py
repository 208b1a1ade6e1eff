"""A number is an address, not a person."""

from datetime import timedelta

import pytest

from bot.office import people
from bot.office.refusal import Refusal
from models.person import Address, Link, Person, Role, Trust, Via
from models.trail import Trail
from tests.office.scene import HOUR, KEYS, NOON


def links(office, person):
    return [(link.trust, link.address_id) for link in office.all(Link, Link.person_id == person.id)]


def test_an_unknown_number_is_an_unknown_person(s, office):
    person, address = people.meet(s, KEYS, Via.SMS, "+50255559001", "Doña Carmen", NOON)
    assert (person.role, person.name) == (Role.UNKNOWN, "Doña Carmen")
    assert links(office, person) == [(Trust.CLAIMED, address.id)]
    assert people.meet(s, KEYS, Via.SMS, "+50255559001", "", NOON) == (person, address)
    assert len(office.all(Person, Person.id == person.id)) == 1


def test_the_same_number_on_another_channel_is_another_address(s, office):
    marta = office.person("Marta", Role.DEFENDER, Via.SMS)
    number = office.only_address(marta).wire
    assert people.find(s, KEYS, Via.SMS, number) is not None
    assert people.find(s, KEYS, Via.WHATSAPP, number) is None


def test_a_mexican_number_is_one_person_and_is_answered_as_it_wrote(s, office):
    sofia = office.person("Sofía")
    address = people.add_address(s, KEYS, sofia, Via.WHATSAPP, "+52 55 1234 5678", NOON, "staff:1")
    assert address.wire == "+525512345678"
    found = people.meet(s, KEYS, Via.WHATSAPP, "whatsapp:+5215512345678", "", NOON)
    assert found == (sofia, address)
    assert address.wire == "whatsapp:+5215512345678"


def test_an_address_is_whoever_confirmed_it_last(s, office):
    ana, eva = office.person("Ana"), office.person("Eva")
    wire = office.only_address(ana).wire
    shared = people.add_address(s, KEYS, eva, Via.WHATSAPP, wire, NOON + HOUR, "staff:1")
    assert people.find(s, KEYS, Via.WHATSAPP, wire) == (eva, shared)
    people.add_address(s, KEYS, ana, Via.WHATSAPP, wire, NOON + 2 * HOUR, "staff:1")
    assert people.find(s, KEYS, Via.WHATSAPP, wire) == (ana, shared)
    people.disprove(s, ana, shared, None, NOON + 3 * HOUR)
    assert people.find(s, KEYS, Via.WHATSAPP, wire) == (eva, shared)
    people.disprove(s, eva, shared, None, NOON + 3 * HOUR)
    assert people.find(s, KEYS, Via.WHATSAPP, wire) is None
    stranger, again = people.meet(s, KEYS, Via.WHATSAPP, wire, "", NOON + 4 * HOUR)
    assert again == shared
    assert stranger.role is Role.UNKNOWN


def test_staff_enrol_somebody_who_wrote_before(s, office):
    stranger, address = people.meet(s, KEYS, Via.SMS, "+50255559002", "", NOON)
    office.heard(stranger, "hola", address)
    rosa = people.enrol(
        s,
        KEYS,
        name="Rosa",
        role=Role.DEFENDER,
        via=Via.SMS,
        wire="+502 5555 9002",
        now=NOON,
        country="HN",
        language="spa",
        zone="America/Tegucigalpa",
        actor="staff:1",
    )
    assert people.find(s, KEYS, Via.SMS, "+50255559002") == (rosa, address)
    assert links(office, stranger) == []
    assert rosa.stopped_at is None


def test_a_stop_stays_a_stop_when_staff_learn_whose_number_it_is(s, office):
    """I6: who asked for no more messages before we knew them is not written to after."""
    stranger, address = people.meet(s, KEYS, Via.SMS, "+50255559002", "", NOON)
    assert people.stop(s, stranger, address, Via.SMS, "alto", None, NOON)
    rosa = office.person("Rosa", Role.DEFENDER, Via.WHATSAPP)
    people.add_address(s, KEYS, rosa, Via.SMS, "+50255559002", NOON + HOUR, "staff:1")
    assert rosa.stopped_at == NOON
    assert "consent.stop_carried_over" in office.acts()


@pytest.mark.parametrize(
    ("via", "wire"), [(Via.SMS, "55559003"), (Via.TELEGRAM, "@rosa"), (Via.WHATSAPP, "")]
)
def test_what_is_no_address_is_refused(s, office, via, wire):
    before = len(office.all(Address))
    with pytest.raises(Refusal, match="begins with"):
        people.add_address(s, KEYS, office.person("Rosa"), via, wire, NOON, "staff:1")
    assert len(office.all(Address)) == before + 1  # the one of the helper


def test_messages_go_where_somebody_wrote_last_or_as_we_prefer(s, office):
    elena = office.person("Elena", Role.DEFENDER, Via.SMS, Via.TELEGRAM, Via.WHATSAPP)
    by_via = {address.via: address for address in office.all(Address) if address.wire}
    mine = {via: by_via[via] for via in Via}
    assert people.best_address(s, elena) == mine[Via.WHATSAPP]
    mine[Via.SMS].last_heard_at = NOON
    assert people.best_address(s, elena) == mine[Via.SMS]
    mine[Via.TELEGRAM].last_heard_at = NOON + HOUR
    assert people.best_address(s, elena) == mine[Via.TELEGRAM]
    mine[Via.TELEGRAM].blocked_at = NOON
    assert people.best_address(s, elena) == mine[Via.SMS]
    mine[Via.SMS].unsafe_at = NOON
    assert people.best_address(s, elena) == mine[Via.WHATSAPP]
    mine[Via.WHATSAPP].bad_at = NOON
    assert people.best_address(s, elena) is None
    assert people.best_address(s, Person(id=0, created_at=NOON)) is None


def test_an_invite_enrols_a_phone_once(s, office):
    lucia = office.person("Lucía", Role.DEFENDER, Via.SMS)
    stranger, phone = people.meet(s, KEYS, Via.TELEGRAM, "700200", "L.", NOON)
    heard = office.heard(stranger, "/start", phone)
    other = people.meet(s, KEYS, Via.TELEGRAM, "700201", "M.", NOON)[1]
    token = people.invite(s, KEYS, lucia, Via.TELEGRAM, NOON, "staff:1")
    assert people.redeem(s, KEYS, token, phone, NOON + HOUR) == lucia
    assert people.find(s, KEYS, Via.TELEGRAM, "700200") == (lucia, phone)
    assert links(office, stranger) == []
    assert heard.person_id == stranger.id
    # Pressed again by her it is her; by somebody else it is nobody.
    assert people.redeem(s, KEYS, token, phone, NOON + 30 * 24 * HOUR) == lucia
    assert people.redeem(s, KEYS, token, other, NOON + HOUR) is None
    acts = [row.act for row in office.all(Trail, Trail.object == f"person:{lucia.id}")]
    assert acts.count("person.enrolled") == 1


def test_an_invite_holds_a_week_on_its_channel_and_is_no_guess(s, office):
    lucia = office.person("Lucía", Role.DEFENDER, Via.SMS)
    phone = people.meet(s, KEYS, Via.TELEGRAM, "700202", "", NOON)[1]
    sms = people.meet(s, KEYS, Via.SMS, "+50255559004", "", NOON)[1]
    token = people.invite(s, KEYS, lucia, Via.TELEGRAM, NOON, "staff:1")
    assert people.redeem(s, KEYS, token, phone, NOON + timedelta(days=7)) is None
    assert people.redeem(s, KEYS, token, sms, NOON) is None
    assert people.redeem(s, KEYS, "guess", phone, NOON) is None
    just_in_time = NOON + timedelta(days=7, seconds=-1)
    assert people.redeem(s, KEYS, token, phone, just_in_time) == lucia
