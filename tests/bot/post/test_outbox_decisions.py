"""What a human may decide about a message, from every state it can be in, on both records."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from bot.db import Database
from bot.office import tasks as office
from bot.office.refusal import Refusal
from bot.post import outbox_decisions
from bot.post.outbox_decisions import Decision, decide
from models.outbox import Outbox, OutboxState, Part
from models.staff import Staff
from models.task import TaskKind, TaskState
from models.trail import Trail
from tests.bot.scene import NOW, change, later, message, put, somebody, tasks

KNOWN = [state for state in OutboxState if state is not OutboxState.UNKNOWN]
MADE = {
    Decision.ARRIVED: OutboxState.ACCEPTED,
    Decision.REPEAT: OutboxState.PENDING,
    Decision.LEAVE: OutboxState.UNKNOWN,
}


def member(db: Database) -> int:
    def act(s: Session) -> int:
        staff = Staff(username="ana", name="Ana", password_hash="-", created_at=NOW)
        s.add(staff)
        s.flush()
        return staff.id or 0

    return db.write_now(act)


def doubtful(db: Database, *parts: OutboxState, of: int = 1) -> int:
    """Put a message of which the bot has asked all it can, with the parts that were tried."""
    number = put(db, somebody(db), "a")

    def act(s: Session) -> None:
        row = s.get_one(Outbox, number)
        row.state, row.next_at = OutboxState.UNKNOWN, None
        row.reason = "No answer."
        for n, state in enumerate(parts or (OutboxState.UNKNOWN,), 1):
            part = Part(outbox_id=number, n=n, of=of, via=row.via, address_id=row.address_id)
            part.state = state
            s.add(part)
        old = Part(outbox_id=number, leg=7, via="sms", address_id=row.address_id)
        old.state = OutboxState.UNKNOWN
        s.add(old)
        office.need(s, kind=TaskKind.NOT_SENT, cause=f"kept:{number}", now=NOW)

    db.write_now(act)
    return number


def decided(db: Database, number: int, decision: Decision, staff: int) -> None:
    db.write_now(lambda s: decide(s, number, decision, staff, later(hours=1)))


def states(db: Database, number: int) -> list[OutboxState]:
    """Where the parts are that go to the address the message goes to now."""
    return db.read_now(
        lambda s: [
            part.state
            for part in s.exec(
                select(Part).where(Part.outbox_id == number, Part.leg == 0).order_by(col(Part.n))
            )
        ]
    )


@pytest.mark.parametrize("decision", list(Decision))
def test_a_decision_moves_the_message_and_its_part_and_says_whose_it_was(
    db: Database, decision: Decision
):
    staff = member(db)
    number = doubtful(db)
    decided(db, number, decision, staff)
    row = message(db, number)
    assert row.state is MADE[decision]
    assert states(db, number) == [MADE[decision]]
    assert row.changed_at == later(hours=1)
    (task,) = tasks(db)
    assert (task.state, task.done_by) == (TaskState.DONE, staff)
    (told,) = db.read_now(
        lambda s: [
            (one.actor, one.act, one.object)
            for one in s.exec(select(Trail).where(col(Trail.act).startswith("message.")))
        ]
    )
    assert told == (f"staff:{staff}", f"message.{decision.value}", f"outbox:{number}")


@pytest.mark.parametrize("decision", list(Decision))
@pytest.mark.parametrize("state", KNOWN)
def test_what_is_known_is_not_decided_about(db: Database, state: OutboxState, decision: Decision):
    staff = member(db)
    number = doubtful(db)
    change(db, number, lambda row: setattr(row, "state", state))
    with pytest.raises(Refusal) as refused:
        decided(db, number, decision, staff)
    assert refused.value.reasons == (outbox_decisions.KNOWN,)
    assert message(db, number).state is state
    assert states(db, number) == [OutboxState.UNKNOWN]
    assert tasks(db)[0].state is TaskState.OPEN


def test_a_message_that_there_is_not_is_nothing(db: Database):
    assert db.write_now(lambda s: decide(s, 9, Decision.LEAVE, 1, NOW)) is None


def test_a_second_decision_finds_that_it_is_known(db: Database):
    staff = member(db)
    number = doubtful(db)
    decided(db, number, Decision.REPEAT, staff)
    with pytest.raises(Refusal):
        decided(db, number, Decision.REPEAT, staff)


def test_once_more_it_is_due_at_once_and_its_reason_tells_why_there_may_be_two(db: Database):
    number = doubtful(db)
    decided(db, number, Decision.REPEAT, member(db))
    row = message(db, number)
    assert (row.next_at, row.reason) == (later(hours=1), outbox_decisions.REPEATED.source)


def test_what_the_bot_still_asks_about_may_be_known_to_have_arrived_but_not_go_again(
    db: Database,
):
    staff = member(db)
    number = doubtful(db)
    change(db, number, lambda row: setattr(row, "next_at", NOW))
    with pytest.raises(Refusal) as refused:
        decided(db, number, Decision.REPEAT, staff)
    assert refused.value.reasons == (outbox_decisions.ASKING,)
    assert message(db, number).state is OutboxState.UNKNOWN
    decided(db, number, Decision.ARRIVED, staff)
    assert message(db, number).state is OutboxState.ACCEPTED


def test_what_is_left_is_asked_about_no_more(db: Database):
    number = doubtful(db)
    change(db, number, lambda row: setattr(row, "next_at", NOW))
    decided(db, number, Decision.LEAVE, member(db))
    row = message(db, number)
    assert (row.next_at, row.reason) == (None, outbox_decisions.LEFT.source)


def test_what_has_expired_does_not_go_again(db: Database):
    """D7.12: nothing is sent after its time, also by hand."""
    number = doubtful(db)
    change(db, number, lambda row: setattr(row, "expires_at", later(hours=1)))
    with pytest.raises(Refusal) as refused:
        decided(db, number, Decision.REPEAT, member(db))
    assert refused.value.reasons == (outbox_decisions.TOO_OLD,)
    change(db, number, lambda row: setattr(row, "expires_at", None))
    decided(db, number, Decision.REPEAT, 1)
    assert message(db, number).state is OutboxState.PENDING


@pytest.mark.parametrize(
    ("tried", "of"),
    [
        ((OutboxState.ACCEPTED, OutboxState.UNKNOWN), 3),  # the third was not drawn yet
        ((OutboxState.ACCEPTED, OutboxState.UNKNOWN, OutboxState.PENDING), 3),
    ],
)
def test_a_long_message_goes_on_after_the_part_that_is_known_to_have_arrived(
    db: Database, tried: tuple[OutboxState, ...], of: int
):
    number = doubtful(db, *tried, of=of)
    decided(db, number, Decision.ARRIVED, member(db))
    row = message(db, number)
    assert (row.state, row.next_at) == (OutboxState.PENDING, later(hours=1))
    assert states(db, number)[:2] == [OutboxState.ACCEPTED, OutboxState.ACCEPTED]


def test_only_the_doubtful_part_of_a_long_message_goes_again(db: Database):
    number = doubtful(db, OutboxState.DELIVERED, OutboxState.UNKNOWN, of=2)
    decided(db, number, Decision.REPEAT, member(db))
    assert states(db, number) == [OutboxState.DELIVERED, OutboxState.PENDING]
    other = db.read_now(lambda s: s.exec(select(col(Part.state)).where(Part.leg == 7)).one())
    assert other is OutboxState.UNKNOWN, "what was tried elsewhere is another story"


def test_when_it_was_sent_is_kept_where_it_is_known_better(db: Database):
    number = doubtful(db)
    change(db, number, lambda row: setattr(row, "sent_at", NOW + timedelta(minutes=1)))
    decided(db, number, Decision.ARRIVED, member(db))
    assert message(db, number).sent_at == NOW + timedelta(minutes=1)
