"""People of a file join the record: all of them or nobody, and nobody twice."""

import pytest

from bot.console import words
from bot.office import people
from bot.office.reach import joining, roster
from bot.office.refusal import Refusal
from bot.tongues import render
from models.person import Address, Link, Person, Role, Trust, Via
from models.trail import Trail
from tests.office.scene import KEYS, NOON

LISTS = roster.Lists(words.LANGUAGES, words.COUNTRIES, words.ZONES)
FILE = """Nombre,Rol,País,Idioma,WhatsApp,SMS
Marta Ficticia,Defensora,GT,mam,+502 5557 0001,5557 0001
Rosa Ficticia,abogada,US,inglés,,202 555 0101
Juan Ficticio,personal,HN,español,,
"""


def join(s, text: str, by: str = "staff:1"):
    return joining.join(s, KEYS, roster.read(text.encode(), LISTS), NOON, by)


def refused(s, text: str) -> list[str]:
    with pytest.raises(Refusal) as refusal:
        join(s, text)
    return [render(reason, "eng") for reason in refusal.value.reasons]


def test_everybody_of_a_file_is_in_the_record_with_their_addresses_and_the_trail_says_by_whom(
    s, office
):
    made = join(s, FILE, "staff:7")
    assert (len(made.new), made.known, made.more) == (3, 0, ())
    marta, rosa, juan = office.all(Person)[-3:]
    assert (marta.name, marta.role, marta.language) == ("Marta Ficticia", Role.DEFENDER, "mam")
    assert (rosa.country, rosa.zone, rosa.language) == ("US", "America/New_York", "eng")
    assert (juan.role, juan.country) == (Role.STAFF, "HN")
    found = people.find(s, KEYS, Via.WHATSAPP, "+50255570001")
    assert found is not None
    assert found[0] == marta
    assert [link.trust for link in office.all(Link, Link.person_id == marta.id)] == [
        Trust.ENROLLED,
        Trust.ENROLLED,
    ]
    assert [row.act for row in office.all(Trail, Trail.actor == "staff:7")] == [
        "person.added",
        "address.added",
        "address.added",
        "person.added",
        "address.added",
        "person.added",
    ]


def test_a_plan_changes_nothing(s, office):
    before = len(office.all(Person))
    made = joining.plan(s, KEYS, roster.read(FILE.encode(), LISTS))
    assert len(made.new) == 3
    assert len(office.all(Person)) == before


def test_the_same_file_brings_nobody_in_twice(s, office):
    join(s, FILE)
    people_before, addresses = office.all(Person), office.all(Address)
    made = join(s, FILE.replace("Marta", "MARTA").replace("+502 5557 0001", "00502 5557-0001"))
    assert (made.new, made.known, made.more) == ((), 3, ())
    assert office.all(Person) == people_before
    assert office.all(Address) == addresses


def test_who_is_known_gets_the_address_that_is_new(s, office):
    join(s, FILE)
    before = len(office.all(Person))
    made = join(s, FILE.replace("inglés,,", "inglés,+1 202 555 0102,"))
    assert [place.wire for _person, place in made.more] == ["+12025550102"]
    assert len(office.all(Person)) == before
    found = people.find(s, KEYS, Via.WHATSAPP, "+12025550102")
    assert found is not None
    assert found[0].name == "Rosa Ficticia"


def test_an_address_of_somebody_else_is_named_as_theirs_and_nobody_is_brought_in(s, office):
    join(s, FILE)
    before = len(office.all(Person))
    text = (
        "name,role,country,language,sms\n"
        "Eva Ficticia,defender,GT,mam,5557 0009\n"
        "Sol Ficticia,defender,GT,mam,+502 5557 0001\n"
        "Luz Ficticia,lawyer,US,eng,+1 202 555 0101\n"
    )
    assert [fault.partition(" already")[0] for fault in refused(s, text)] == [
        "Line 3, sms: this is Marta Ficticia's",
        "Line 4, sms: this is Rosa Ficticia's",
    ]
    assert len(office.all(Person)) == before


def test_one_line_of_two_people_is_not_guessed_at(s):
    join(s, FILE)
    join(s, "name,role,country,language,sms\nRosa Ficticia,staff,GT,spa,5557 0005")
    text = (
        "name,role,country,language,sms,whatsapp\n"
        "Rosa Ficticia,staff,GT,spa,5557 0005,\n"
        "Marta Ficticia,staff,GT,spa,5557 0007,+502 5557 0001\n"
    )
    assert len(join(s, text).more) == 1
    both = "name,role,country,language,sms,whatsapp\nRosa Ficticia,staff,GT,spa,{},{}"
    marta = people.find(s, KEYS, Via.SMS, "+50255570005")
    assert marta is not None
    other = people.enrol(
        s,
        KEYS,
        name="Rosa Ficticia",
        role=Role.STAFF,
        via=Via.WHATSAPP,
        wire="+50255570006",
        now=NOON,
        country="GT",
        language="spa",
        zone="America/Guatemala",
        actor="staff:1",
    )
    assert other.id != marta[0].id
    (fault,) = refused(s, both.format("5557 0005", "5557 0006"))
    assert fault.startswith("Line 2, name: its addresses belong to two people")


def test_what_was_found_not_to_be_theirs_does_not_come_back_by_a_file(s):
    join(s, FILE)
    found = people.find(s, KEYS, Via.WHATSAPP, "+50255570001")
    assert found is not None
    people.disprove(s, *found, None, NOON)
    (fault,) = refused(s, FILE)
    assert fault.startswith("Line 2, WhatsApp: this was found not to be Marta Ficticia's.")


def test_a_stop_of_somebody_unknown_is_not_undone_by_a_file(s, office):
    stranger, address = people.meet(s, KEYS, Via.SMS, "+50255570001", "", NOON)
    office.heard(stranger, "ALTO", address)
    stranger.stopped_at = NOON
    s.add(stranger)
    (fault,) = refused(s, FILE)
    assert fault.startswith("Line 2, SMS: somebody asked from here not to be written to.")


def test_an_unknown_number_that_only_wrote_becomes_the_persons(s, office):
    stranger, address = people.meet(s, KEYS, Via.SMS, "+50255570001", "", NOON)
    join(s, FILE)
    assert [link.person_id for link in office.all(Link, Link.address_id == address.id)] != [
        stranger.id
    ]
