"""The demo's people are plainly fictional, there once, and the same in record and phones."""

from bot.demo import network
from bot.office import organisation, people, staff
from bot.simulator.record.book import person_of
from models.case import Case
from models.person import Address, Person, Role, Via
from models.staff import Staff
from tests.office.scene import KEYS, NOON

WORD = "maiz-puente-ceiba-lago"


def test_the_network_is_made_once(s, office):
    first = network.seed(s, KEYS, NOON, WORD)
    again = network.seed(s, KEYS, NOON, "another-password-that-is-long")
    assert again == first
    assert staff.check_password(s, network.COORDINATOR, WORD) == first.coordinator
    assert len(office.all(Staff)) == 1
    roles = [person.role for person in office.all(Person)]
    assert [roles.count(role) for role in (Role.DEFENDER, Role.LAWYER, Role.PARENT)] == [9, 2, 3]
    assert set(first.people) == {character.name for character in network.CAST}
    assert [case.reference for case in first.cases] == ["GT-0412", "HN-0233"]
    assert len(office.all(Case)) == 2
    ours = organisation.ours(s)
    assert (ours.name, organisation.phone(ours, NOON)) == ("la Red de Defensoras", "+502 2222 0000")


def test_the_phones_reach_the_people_of_the_record(s, office):
    made = network.seed(s, KEYS, NOON, WORD)
    entries = [person_of(entry) for entry in network.book()]
    assert len(entries) == len(network.CAST)
    homes = 0
    for entry in entries:
        for channel in entry.channels:
            wire = str(entry.telegram_id if channel == "telegram" else entry.phone)
            found = people.find(s, KEYS, Via(channel), wire)
            assert found is not None, (entry.name, channel)
            assert found[0] == made.people[entry.name]
            assert found[1].wire == wire
            homes += 1
    assert homes == len(office.all(Address))


def test_each_channel_has_its_defender_and_mexico_its_own_form(s):
    made = network.seed(s, KEYS, NOON, WORD)
    by_first_name = {
        name.split()[0]: address
        for name, person in made.people.items()
        if (address := people.best_address(s, person)) is not None
    }
    assert by_first_name["Marta"].via is Via.WHATSAPP
    assert by_first_name["Rosa"].via is Via.SMS
    assert by_first_name["Lucía"].via is Via.TELEGRAM
    assert by_first_name["Sofía"].wire.startswith("+521")
    countries = {person.country for person in made.people.values()}
    assert countries == {"GT", "HN", "SV", "NI", "MX", "US"}
