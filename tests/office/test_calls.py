"""For a possible parent the bot is only a door to a human."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bot.office import casebook, organisation
from bot.office.refusal import Refusal
from models.appointment import Appointment, AppointmentState, Established
from models.conversation import ConversationState
from models.facts import (
    CallBooked,
    CallWanted,
    NeverHere,
    NotNow,
    OutreachGiven,
    Unanswered,
    unpack,
)
from models.person import Role
from models.task import Task, TaskKind, TaskState
from tests.office.scene import HOUR, NOON

AT_FIVE = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def father(office):
    return office.person("Pedro Cuento", Role.PARENT)


@pytest.fixture
def case(office, father):
    return office.case("GT-0417", parent_id=father.id)


@pytest.fixture
def talked(office, case, father):
    return office.outreach(case, father)


def test_a_first_contact_is_given_hours_and_who_we_are_and_no_code(s, office, case, father):
    facts: dict[str, Any] = {
        "name": "Red",
        "phone": "+502 2222 0000",
        "website": "",
        "hours": "",
        "owner": "Ana",
    }
    organisation.describe(s, **facts, review_by=NOON + HOUR, now=NOON, actor="staff:1")
    guatemala = timezone(timedelta(hours=-6))
    later, sooner = AT_FIVE + DAY, AT_FIVE.astimezone(guatemala)
    talked = office.outreach(case, father, later, sooner)
    assert unpack(json.loads(talked.given)) == OutreachGiven(
        case=case.id or 0,
        slots=("2026-11-24T23:00:00+00:00", "2026-11-25T23:00:00+00:00"),
        zone="America/Guatemala",
        organisation="Red",
        phone="+502 2222 0000",
    )
    assert talked.code == ""
    assert office.acts(case)[-1] == "outreach.started"


def test_a_number_past_its_review_is_not_given(talked):
    assert '"phone": ""' in talked.given


def test_only_a_possible_parent_who_may_be_reached_is_written_to(office, case, father):
    with pytest.raises(Refusal, match="Marta is not a possible parent"):
        office.outreach(case, office.person("Marta"))
    with pytest.raises(Refusal, match="none that has passed"):
        office.outreach(case, father, NOON)
    father.stopped_at = NOON
    with pytest.raises(Refusal, match="no more messages"):
        office.outreach(case, father)


def test_nobody_is_pressed(office, case, father):
    for _ in range(3):
        talked = office.outreach(case, father)
        with pytest.raises(Refusal, match="open already"):
            office.outreach(case, father)
        talked.state = ConversationState.ENDED
        office.later(23 * HOUR)
        with pytest.raises(Refusal, match="often enough"):
            office.outreach(case, father)
        office.later(HOUR)
    with pytest.raises(Refusal, match="often enough"):
        office.outreach(case, father)
    office.later(timedelta(days=8))
    office.outreach(case, father)


def test_an_agreed_hour_is_a_task_due_then(office, case, father, talked):
    fact = CallBooked(case.id or 0, AT_FIVE.isoformat())
    assert office.record(talked, fact) == office.record(talked, fact) == []
    (appointment,) = office.all(Appointment)
    assert (appointment.at, appointment.zone, appointment.person_id) == (
        AT_FIVE,
        "America/Guatemala",
        father.id,
    )
    (task,) = office.all(Task)
    assert (task.kind, task.due_at, task.case_id) == (TaskKind.CALL, AT_FIVE, case.id)
    assert office.acts(case).count("call.booked") == 1


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (CallWanted(0, "el domingo"), "el domingo"),
        (NotNow(0, "en la noche"), "en la noche"),
        (Unanswered(0), ""),
    ],
)
def test_without_an_hour_a_human_goes_on(office, case, talked, fact, words):
    fact = type(fact)(**{**fact.__dict__, "case": case.id or 0})
    office.record(talked, fact)
    office.record(talked, fact)
    assert office.tasks(case_id=case.id) == [("call", words)]
    assert office.all(Appointment) == []


def test_never_here_spares_the_address_she_wrote_from(office, case, father, talked):
    address = office.only_address(father)
    office.heard(father, "3", address)
    office.record(talked, NeverHere(case.id or 0))
    office.record(talked, NeverHere(case.id or 0))
    assert address.unsafe_at == NOON
    assert office.tasks(case_id=case.id) == [("person_wanted", "3")]
    assert talked.state is ConversationState.CANCELLED


def test_never_here_without_a_message_spares_where_we_would_write(office, case, father, talked):
    address = office.only_address(father)
    office.record(talked, NeverHere(case.id or 0))
    assert address.unsafe_at == NOON
    office.record(talked, NeverHere(case.id or 0))  # now there is nowhere left
    assert len(office.tasks()) == 1


def test_a_named_human_says_what_a_call_established_once(office, case, talked):
    office.record(talked, CallBooked(case.id or 0, AT_FIVE.isoformat()))
    (appointment,) = office.all(Appointment)
    ana = office.staff()

    def record(state: AppointmentState, established: Established) -> None:
        casebook.record_call(
            office.s, appointment, ana.id or 0, state, established, "calm", AT_FIVE
        )

    with pytest.raises(Refusal, match="recorded already"):
        record(AppointmentState.BOOKED, Established.NOTHING)
    with pytest.raises(Refusal, match="was held"):
        record(AppointmentState.MISSED, Established.IS_THE_PERSON)
    record(AppointmentState.HELD, Established.IS_THE_PERSON)
    assert (appointment.established, appointment.recorded_by, appointment.note) == (
        Established.IS_THE_PERSON,
        ana.id,
        "calm",
    )
    assert [task.state for task in office.all(Task)] == [TaskState.DONE]
    assert office.acts(case)[-2:] == ["call.held", "task.done"]
    with pytest.raises(Refusal, match="recorded already"):
        record(AppointmentState.CANCELLED, Established.NOTHING)
