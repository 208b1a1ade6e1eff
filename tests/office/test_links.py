"""What a link of a person and an address holds, when it is doubted, and what that keeps back."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from bot.office import guard, people, tasks
from bot.office.reach import fitness, proof
from bot.office.reach.addresses import best_address
from bot.office.refusal import Refusal
from bot.office.who import doubts, links, noticing
from bot.office.who.links import Facts
from models.outbox import OutboxState, Weight
from models.person import Address, Doubt, Link, Person, Role, Trust, Via
from models.proof import How
from models.task import Task, TaskKind, TaskState
from models.trail import Trail
from tests.office.scene import HOUR, KEYS, NOON, Office

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")

DAY = timedelta(days=1)


def link_of(s: Session, person: Person, address: Address) -> Link:
    link = links.of(s, person.id or 0, address.id or 0)
    assert link is not None
    return link


@pytest.fixture
def marta(office):
    return office.person("Marta")


@pytest.fixture
def link(office, marta):
    return link_of(office.s, marta, office.only_address(marta))


def verdict(office: Office, person: Person, text: str = "Hola.", **more: Any) -> str | None:
    address = office.only_address(person)
    row = office.message(person, text, **more)
    return guard.verdict(office.s, row, person, address, text, NOON)


def test_a_change_keeps_what_was_there_before_in_the_trail(s, office, link):
    facts = Facts(Trust.CLAIMED, shared=True, quiet="20:00-07:00", note="Su suegra lee.")
    links.change(s, link, facts, NOON, "staff:1")
    assert links.facts(link) == facts
    links.change(s, link, Facts(Trust.ENROLLED), NOON + HOUR, "staff:1")
    (first, second) = office.all(Trail, Trail.act == "link.changed")
    assert "trust was «enrolled»" in first.detail
    assert "note was «Su suegra lee.»" in second.detail
    assert (link.trust, link.confirmed_at) == (Trust.ENROLLED, NOON + HOUR)
    links.change(s, link, Facts(Trust.ENROLLED), NOON + 2 * HOUR, "staff:1")
    assert len(office.all(Trail, Trail.act == "link.changed")) == 2  # nothing was changed


@pytest.mark.parametrize("quiet", ["nights", "21:00", "08:00-07:30", "25:00-08:00"])
def test_hours_in_which_nobody_could_be_reached_are_refused(s, link, quiet):
    with pytest.raises(Refusal, match="21:00-08:00"):
        links.change(s, link, Facts(Trust.ENROLLED, quiet=quiet), NOON, "staff:1")


def test_an_hour_a_day_is_enough_where_it_is_known_by_which_clock(s, link):
    facts = Facts(Trust.ENROLLED, quiet="20:00-18:00")
    links.change(s, link, facts, NOON, "staff:1")
    assert link.quiet == "20:00-18:00"
    stranger, address = people.meet(s, KEYS, Via.SMS, "+50255559001", "", NOON)
    theirs = link_of(s, stranger, address)
    with pytest.raises(Refusal):
        links.change(s, theirs, facts, NOON, "staff:1")


def test_what_waits_for_an_address_that_is_not_theirs_goes_no_more(s, office, marta, link):
    waiting = office.message(marta)
    links.change(s, link, Facts(Trust.DISPROVED), NOON, "staff:1")
    s.refresh(waiting)
    assert waiting.state is OutboxState.CANCELLED
    with pytest.raises(Refusal, match="found not to be"):
        links.confirm(s, link, NOON, "staff:1")


@pytest.mark.parametrize(
    ("silent", "via", "role", "doubted"),
    [
        (31 * DAY, Via.SMS, Role.PARENT, True),
        (31 * DAY, Via.WHATSAPP, Role.UNKNOWN, True),
        (31 * DAY, Via.SMS, Role.DEFENDER, False),  # she is asked for her PIN instead
        (31 * DAY, Via.TELEGRAM, Role.PARENT, False),  # its ids are given to nobody else
        (29 * DAY, Via.SMS, Role.PARENT, False),
    ],
)
def test_a_number_that_was_silent_for_a_month_may_be_somebody_else_s(
    s, office, silent, via, role, doubted
):
    ana = office.person("Ana", role, via)
    address = office.only_address(ana)
    address.last_heard_at = NOON
    at = NOON + silent
    assert noticing.heard(s, ana, address, at, at) is doubted
    link = link_of(s, ana, address)
    assert link.doubt is (Doubt.SILENCE if doubted else Doubt.NONE)
    assert [one.person_id for one in office.all(Task, Task.kind == TaskKind.DOUBT)] == (
        [ana.id] if doubted else []
    )


def test_who_was_confirmed_in_the_meantime_is_not_doubted(s, office):
    father = office.person("Pedro", Role.PARENT)
    address = office.only_address(father)
    address.last_heard_at = NOON
    links.confirm(s, link_of(s, father, address), NOON + 20 * DAY, "staff:1")
    assert not noticing.heard(s, father, address, NOON + 40 * DAY, NOON + 40 * DAY)


def test_a_defender_who_shows_who_she_is_ends_the_doubt_herself(s, office, marta, link):
    address = office.only_address(marta)
    doubts.doubt(s, link, Doubt.NEW_ID, NOON)
    assert not proof.proved(marta, proof.places(s, marta), address, NOON)
    proof.prove(s, marta, address, How.PIN, NOON + HOUR, "person:1")
    assert (link.doubt, link.confirmed_at) == (Doubt.NONE, NOON + HOUR)
    (task,) = office.all(Task, Task.kind == TaskKind.DOUBT)
    assert (task.state, task.done_by) == (TaskState.DONE, None), "nobody has to ask any more"
    (line,) = office.all(Trail, Trail.act == "task.done")
    assert line.actor == "person:1"


@pytest.mark.parametrize(
    ("code", "heard", "doubted"),
    [
        ("63024", None, True),
        ("21211", 2 * DAY, True),
        ("30003", 2 * DAY, True),
        ("30005", 2 * DAY, True),
        ("63024", HOUR, False),  # who wrote an hour ago is there
        ("30007", 2 * DAY, False),  # the words were refused, not the number
    ],
)
def test_what_a_network_says_of_a_number_makes_one_doubt(s, office, code, heard, doubted):
    father = office.person("Pedro", Role.PARENT)
    address = office.only_address(father)
    address.last_heard_at = None if heard is None else NOON - heard
    for _again in range(2):
        noticing.undelivered(s, address, code, NOON)
    assert len(office.all(Task, Task.kind == TaskKind.DOUBT)) == int(doubted)
    assert noticing.all_doubted(s, father) is doubted


def test_nothing_of_a_case_goes_to_an_address_in_doubt(s, office, marta, link):
    case = office.case()
    assert verdict(office, marta, case_id=case.id) is None
    doubts.by_hand(s, link, office.staff().id, NOON)
    assert verdict(office, marta, case_id=case.id) == guard.DOUBTED.source
    staff = office.staff().id
    assert verdict(office, marta, case_id=case.id, written_by=staff) == guard.DOUBTED.source
    assert verdict(office, marta) is None  # help, who we are, and a human who asks
    with pytest.raises(Refusal, match="in doubt"):
        fitness.choose_defenders(s, [marta.id])
    with pytest.raises(Refusal, match="in doubt already"):
        doubts.by_hand(s, link, staff, NOON)


def test_an_address_that_is_sure_is_chosen_before_one_in_doubt(s, office, marta, link):
    sms = office.address(marta, Via.SMS)
    doubts.doubt(s, link, Doubt.SILENCE, NOON)
    assert best_address(s, marta) == sms
    assert fitness.choose_defenders(s, [marta.id]) == [marta]


def test_a_human_who_asked_ends_the_doubt_and_its_task(s, office):
    father = office.person("Pedro", Role.PARENT)
    address = office.only_address(father)
    link = link_of(s, father, address)
    noticing.undelivered(s, address, "21211", NOON)
    address.bad_at = NOON
    doubts.end(s, link, office.staff().id, NOON + HOUR)
    assert (link.doubt, link.doubted_at, link.confirmed_at) == (Doubt.NONE, None, NOON + HOUR)
    assert address.bad_at is None  # it is tried again
    assert [task.state for task in office.all(Task)] == [TaskState.DONE]
    noticing.undelivered(s, address, "21211", NOON + 2 * DAY)
    assert tasks.need(s, kind=TaskKind.DOUBT, cause="x", now=NOON).state is TaskState.OPEN
    states = [task.state for task in office.all(Task, Task.cause.startswith("doubt:"))]
    assert states == [TaskState.DONE, TaskState.OPEN]  # a new doubt asks anew


def test_a_shared_phone_gets_only_what_anybody_may_read(s, office, marta, link):
    case = office.case(sought="Tomasa Novela")
    staff = office.staff().id
    telling = "Su hija está en el albergue."
    assert verdict(office, marta, telling, written_by=staff) is None
    links.change(s, link, Facts(Trust.ENROLLED, shared=True), NOON, "staff:1")
    assert verdict(office, marta, telling, written_by=staff) == guard.TELLING_ALL.source
    naming = "Pregunte por Tomasa Novela."
    assert verdict(office, marta, naming, case_id=case.id, written_by=staff) == guard.NAMING.source
    assert verdict(office, marta, "Llámenos cuando pueda.", weight=Weight.NOTICE) is None
