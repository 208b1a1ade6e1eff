"""Hours at which somebody answers, what is told by them, and the ladder of a task."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.db import Database
from bot.office import organisation, tasks
from bot.office.duty import answering, hands, shifts
from bot.office.duty.ladder import Tell, ladder
from bot.office.reach.addresses import best_address
from bot.office.refusal import Refusal
from bot.tongues import render
from models.duty import Shift
from models.person import Person, Role, Via
from models.staff import Duty, Staff
from models.task import Task, TaskKind, TaskNote, TaskState, Urgency
from tests.office.conftest import _opened
from tests.office.scene import Office

HERE = "America/Guatemala"
WORKDAYS = range(5)
ACTOR = "staff:1"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Open an embedded record: nothing here is different on another."""
    yield from _opened(f"sqlite:///{tmp_path_factory.mktemp('duty')}/enlace.db")


def at(day: int, hour: int, minute: int = 0, zone: str = HERE) -> datetime:
    """A moment of the last week of November 2026; the 24th is a Tuesday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def serves(office: Office, begins: int = 8, ends: int = 17, days=WORKDAYS, zone=HERE) -> Staff:
    """Have somebody answer at these hours."""
    staff = office.staff()
    shifts.add(
        office.s,
        staff,
        weekdays=list(days),
        begins=begins * 60,
        ends=ends * 60,
        zone=zone,
        now=office.now,
        actor=ACTOR,
    )
    return staff


def phone_of(office: Office, staff: Staff) -> Person:
    person = office.person(staff.name, Role.STAFF, Via.SMS)
    shifts.join(office.s, staff, person, office.now, ACTOR)
    return person


def told(office: Office, person: Person, now: datetime) -> str:
    """What somebody is told who writes what the bot cannot place."""
    due = answering.due(office.s, TaskKind.UNPLACED, now)
    address = best_address(office.s, person)
    return render(answering.told(office.s, person, address, due, now), "spa")


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (at(24, 10), "antes de la 1 de la tarde."),
        (at(24, 10, 20), "antes de las 2 de la tarde."),
        (at(24, 13, 30), "antes de las 5 de la tarde."),
        (at(24, 14, 20), "mañana a partir de las 8 de la mañana."),
        (at(24, 21, 40), "mañana a partir de las 8 de la mañana."),
        (at(25, 6), "hoy a partir de las 8 de la mañana."),
        (at(27, 20), "el lunes 30 de noviembre a partir de las 8 de la mañana."),
    ],
)
def test_the_time_that_is_told_is_one_at_which_somebody_answers(office, now, words):
    serves(office)
    assert told(office, office.person(), now) == f"Una persona le responde {words}"


def test_at_every_hour_of_the_week_a_task_is_due_while_somebody_answers(office):
    serves(office)
    serves(office, 20, 2, days=[5])  # on Saturday over midnight
    for hour in range(7 * 24):
        now = at(23, 0, 7) + timedelta(hours=hour)
        due = answering.due(office.s, TaskKind.UNPLACED, now)
        open_ = shifts.windows(shifts.spans(office.s, now))
        assert any(begins < due <= ends for begins, ends in open_), now
        assert due > now


def test_whose_clock_we_cannot_know_is_told_in_hours_and_no_place_is_named(office):
    serves(office)
    unknown = office.person("", Role.UNKNOWN, Via.TELEGRAM, country="")
    assert told(office, unknown, at(24, 21, 40)) == "Tendrá respuesta en menos de 14 horas."
    caller = office.person("", Role.UNKNOWN, Via.SMS, country="")  # with +502
    assert told(office, caller, at(24, 21, 40)).endswith("mañana a partir de las 8 de la mañana.")


def test_where_nobody_said_at_which_hours_we_answer_the_hours_of_ours_are_told(office):
    person = office.person()
    assert told(office, person, at(24, 21)) == "Tendrá respuesta en menos de 24 horas."
    organisation.describe(
        office.s,
        name="Red",
        phone="",
        website="",
        hours="",
        owner="Ana",
        review_by=office.now + timedelta(days=1),
        reply_hours=1,
        now=office.now,
        actor=ACTOR,
    )
    assert told(office, person, at(24, 21)) == "Tendrá respuesta en menos de una hora."


def test_who_is_away_answers_nobody_and_when_all_are_no_time_is_told(office):
    staff = serves(office)
    person = phone_of(office, staff)
    leave = shifts.go_away(
        office.s, person, date(2026, 11, 25), date(2026, 11, 25), at(24, 9), ACTOR
    )
    marta = office.person()
    assert "jueves 26 de noviembre a partir de las 8" in told(office, marta, at(24, 21))
    shifts.come_back(office.s, leave, at(24, 9), ACTOR)
    assert "mañana" in told(office, marta, at(24, 21))
    shifts.go_away(office.s, person, date(2026, 11, 20), date(2027, 1, 20), at(24, 9), ACTOR)
    assert "No podemos decirle" in told(office, marta, at(24, 21))
    with pytest.raises(Refusal):
        shifts.go_away(office.s, person, date(2026, 12, 2), date(2026, 12, 1), at(24, 9), ACTOR)


def test_who_answers_now_who_next_and_the_days_of_nobody(office):
    morning, evening = serves(office, 8, 12), serves(office, 12, 17)
    spans = shifts.spans(office.s, at(24, 9))
    assert shifts.on_duty(spans, at(24, 9)) == [morning.id]
    assert shifts.coming(spans, at(24, 9)) == [evening.id]
    days = shifts.week(spans, ZoneInfo(HERE), at(24, 9))
    assert [len(who) for _day, who in days] == [2, 2, 2, 2, 0, 0, 2]
    first, *_others = office.all(Shift)
    shifts.end(office.s, first, at(24, 9), ACTOR)
    assert first not in shifts.kept(office.s)


def test_hours_that_are_said_twice_are_there_once_and_those_that_cannot_be_are_refused(office):
    staff = serves(office)
    more = {"weekdays": [0, 1], "zone": HERE, "now": office.now, "actor": ACTOR}
    shifts.add(office.s, staff, begins=480, ends=1020, **more)
    assert len(shifts.kept(office.s)) == 5
    for begins, ends in ((480, 480), (-1, 5), (0, 1441)):
        with pytest.raises(Refusal):
            shifts.add(office.s, staff, begins=begins, ends=ends, **more)
    staff.disabled_at = office.now
    with pytest.raises(Refusal, match="closed"):
        shifts.add(office.s, staff, begins=0, ends=60, **more)


def test_a_phone_of_staff_belongs_to_one_account(office):
    ana, eva = office.staff(), office.staff()
    person = phone_of(office, ana)
    assert shifts.account_of(office.s, person) == ana
    with pytest.raises(Refusal, match="already"):
        shifts.join(office.s, eva, person, office.now, ACTOR)
    with pytest.raises(Refusal, match="not of staff"):
        shifts.join(office.s, eva, office.person(), office.now, ACTOR)
    shifts.join(office.s, ana, None, office.now, ACTOR)
    assert shifts.account_of(office.s, person) is None


# --- the ladder -----------------------------------------------------------------------------------


def test_nobody_is_woken_but_for_danger():
    table = ladder()
    woken = {kind for kind in TaskKind if table.rules[table.urgency[kind]].by_clock}
    assert woken == {TaskKind.DANGER}
    for urgency, rule in table.rules.items():
        assert rule.by_clock is (urgency is Urgency.NOW)
        assert all(step.tell is not Tell.ALL for step in rule.steps if not rule.by_clock)
    assert table.rules[Urgency.WAITS].steps == ()
    assert {Tell.OWNER, Tell.ON_CALL, Tell.NEXT} <= {
        step.tell for step in table.rules[Urgency.SOON].steps
    }


def test_what_is_needed_at_night_rings_in_the_morning_and_danger_in_the_night(office):
    serves(office)
    night = at(24, 22)
    asks = tasks.need(office.s, kind=TaskKind.PERSON_WANTED, cause="a", now=night)
    danger = tasks.need(office.s, kind=TaskKind.DANGER, cause="b", now=night)
    waits = tasks.need(office.s, kind=TaskKind.REVIEW, cause="c", now=night)
    assert (asks.urgency, asks.ring_at, asks.due_at) == (Urgency.SOON, at(25, 8, 30), at(25, 10))
    assert (danger.urgency, danger.ring_at) == (Urgency.NOW, night + timedelta(minutes=10))
    assert (waits.urgency, waits.ring_at, waits.due_at) == (Urgency.WAITS, None, at(25, 16))


# --- what staff do with a task --------------------------------------------------------------------


@pytest.fixture
def task(office: Office) -> Task:
    serves(office)
    who = office.person().id
    return tasks.need(
        office.s, kind=TaskKind.PERSON_WANTED, cause="x", person_id=who, now=office.now
    )


def test_a_task_is_taken_passed_on_and_left_again(office, task):
    ana, reader = office.staff(), office.staff()
    reader.duty = Duty.READER
    hands.give(office.s, task, ana, office.now, ACTOR)
    assert task.owner_id == ana.id
    with pytest.raises(Refusal, match="may not act"):
        hands.give(office.s, task, reader, office.now, ACTOR)
    task.rung = 2
    hands.give(office.s, task, None, office.now, ACTOR)
    assert (task.owner_id, task.rung) == (None, 0)
    assert office.acts()[-2:] == ["task.given", "task.left"]


def test_a_task_is_put_off_but_never_past_what_was_promised_nor_when_somebody_is_in_danger(
    office, task
):
    hour = timedelta(hours=1)
    task.told_by = office.now + 2 * hour
    hands.snooze(office.s, task, office.now + hour, office.now, ACTOR)
    assert task.snoozed_until == office.now + hour
    assert task.ring_at is not None
    assert task.ring_at >= office.now + hour
    for until in (office.now, office.now + 3 * hour):
        with pytest.raises(Refusal):
            hands.snooze(office.s, task, until, office.now, ACTOR)
    hands.press(office.s, task, Urgency.NOW, office.now, ACTOR)
    assert task.snoozed_until is None
    with pytest.raises(Refusal, match="danger"):
        hands.snooze(office.s, task, office.now + hour, office.now, ACTOR)
    hands.press(office.s, task, Urgency.WAITS, office.now, ACTOR)
    assert task.ring_at is None


def test_that_a_task_is_done_can_be_undone_and_what_was_written_stays(office, task):
    ana = office.staff()
    tasks.finish(office.s, task, ana.id or 0, "La llamé.", office.now)
    assert task.ring_at is None
    with pytest.raises(Refusal, match="done"):
        hands.give(office.s, task, ana, office.now, ACTOR)
    hands.reopen(office.s, task, office.now, ACTOR)
    assert (task.state, task.done_by, task.done_note) == (TaskState.OPEN, None, "")
    assert office.all(Task, Task.ring_at != None) == [task]  # noqa: E711 - SQL's
    (note,) = office.all(TaskNote)
    assert (note.words, note.staff_id) == ("La llamé.", ana.id)
    assert note.person_id == task.person_id is not None  # by whose key it is sealed
    hands.reopen(office.s, task, office.now, ACTOR)
    assert len(office.all(TaskNote)) == 1
