"""News of sent messages: in any order, doubled, early or late, they come to the same end."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlmodel import Session, col, select

from bot.db import Database
from bot.office import people
from bot.post import attempts, doubts, outbox, receipts
from bot.post.attempts import Outcome
from bot.post.outbox import Claim
from channels.base import BadAddress, Receipt, Sent, Status, Stopped, Uncertain
from models.outbox import Outbox, OutboxState, ReceiptRow, Weight
from models.person import Address, Via
from models.task import TaskKind
from tests.bot import scene
from tests.bot.scene import NOW, later, message, put, somebody

SID = "SM1"


def news(
    status: Status, *, key: str = "", code: str = "", sid: str = SID, why: str = ""
) -> Receipt:
    event = f"{sid}.{status.value}.{code}"
    said = {"stopped": Stopped("Stopped."), "bad_address": BadAddress("Nobody.")}
    return Receipt("whatsapp", "AC1", event, sid, status, key=key, code=code, failure=said.get(why))


def sent(db: Database, number: int) -> None:
    """Have a message accepted by its provider."""

    def act(s: Session) -> None:
        (claim,) = scene.take(s, most=1)
        assert claim.outbox_id == number
        scene.land(s, claim, Outcome("accepted", OutboxState.ACCEPTED, provider_id=SID), NOW)

    db.write_now(act)


def comes(db: Database, *told: Receipt) -> None:
    for receipt in told:
        db.write_now(_applied(receipt))


def _applied(receipt: Receipt) -> Callable[[Session], None]:
    return lambda s: receipts.apply(s, {}, receipt, NOW)


def kept(s: Session) -> list[ReceiptRow]:
    return list(s.exec(select(ReceiptRow).order_by(col(ReceiptRow.id))))


# --- any order ------------------------------------------------------------------------------------

PIECES = [
    (Status.QUEUED, ""),
    (Status.SENDING, ""),
    (Status.SENT, ""),
    (Status.FAILED, ""),
    (Status.FAILED, "30007"),
    (Status.FAILED, "63016"),
    (Status.DELIVERED, ""),
    (Status.READ, ""),
]


@dataclass(frozen=True)
class Story:
    """What a provider tells of a message, in the order in which it comes, and when it answers."""

    told: tuple[tuple[Status, str], ...]
    answered_after: int
    keyed: bool  # whether the news carry our own id
    answer: str  # how the try itself ends


@some.composite
def stories(draw: some.DrawFn) -> Story:
    once = draw(some.lists(some.sampled_from(PIECES), min_size=1, max_size=6, unique=True))
    again = draw(some.lists(some.sampled_from(once), max_size=3))
    told = draw(some.permutations([*once, *again]))
    return Story(
        tuple(told),
        draw(some.integers(0, len(told))),
        draw(some.booleans()),
        draw(some.sampled_from(["accepted", "sent at once", "unknown"])),
    )


def ending(story: Story) -> tuple[OutboxState, str]:
    """Say where a story must end, whatever its order."""
    statuses = {status for status, _ in story.told}
    if Status.READ in statuses:
        return OutboxState.READ, ""
    if Status.DELIVERED in statuses:
        return OutboxState.DELIVERED, ""
    if Status.FAILED in statuses:
        codes = [code for status, code in story.told if status is Status.FAILED]
        return OutboxState.FAILED, max(codes)
    if Status.SENT in statuses or story.answer == "sent at once":
        return OutboxState.SENT, ""
    return OutboxState.ACCEPTED, ""


def lived(s: Session, story: Story, person: int) -> tuple[Outbox, list[int]]:
    """Live through a story; give the message, and how high it stood after each step."""
    number = outbox.put(
        s,
        person_id=person,
        address=scene.address_of(s, person),
        text="Hola",
        key="story",
        weight=Weight.REPLY,
        now=NOW,
    )
    row = s.get_one(Outbox, number)
    (claim,) = scene.take(s, most=1)
    heights = [attempts.HEIGHT[row.state]]
    for place in range(len(story.told) + 1):
        if place == story.answered_after:
            _answer(s, claim, story)
            heights.append(attempts.HEIGHT[row.state])
        if place < len(story.told):
            status, code = story.told[place]
            key = str(row.id) if story.keyed else ""
            receipts.apply(s, {}, news(status, key=key, code=code), NOW)
            heights.append(attempts.HEIGHT[row.state])
    return row, heights


def _answer(s: Session, claim: Claim, story: Story) -> None:
    if story.answer == "unknown":
        scene.land(s, claim, scene.judged(s, claim, Uncertain("No answer.")), NOW)
        if not story.keyed:  # then nothing but asking finds it
            doubts.settle(s, claim.outbox_id, Sent(SID), later(minutes=3))
        return
    status = Status.SENT if story.answer == "sent at once" else Status.QUEUED
    scene.land(s, claim, scene.judged(s, claim, Sent(SID, status)), NOW)


@settings(max_examples=70, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories())
def test_every_order_of_news_comes_to_the_same_end(db: Database, story: Story) -> None:
    class Over(Exception):  # noqa: N818 - it is no fault
        """The story is over; the record is to forget it."""

    person = _marta(db)

    def act(s: Session) -> None:
        row, heights = lived(s, story, person)
        s.flush()
        s.refresh(row)
        assert (row.state, row.code) == ending(story)
        assert row.provider_id == SID
        assert heights == sorted(heights)
        assert {one.outbox_id for one in kept(s)} == {row.id}
        assert len(kept(s)) == len(set(story.told))
        raise Over

    with pytest.raises(Over):
        db.write_now(act)


def _marta(db: Database) -> int:
    found = db.read_now(lambda s: people.find(s, scene.KEYS, Via.WHATSAPP, scene.MARTA))
    return found[0].id or 0 if found else somebody(db)


# --- by whom they are known -----------------------------------------------------------------------


def test_news_finds_its_message_by_our_own_id_before_we_know_theirs(db: Database) -> None:
    number = put(db, somebody(db), "k")
    db.write_now(lambda s: bool(scene.take(s, most=1)))
    comes(db, news(Status.DELIVERED, key=str(number)))
    row = message(db, number)
    assert (row.state, row.provider_id, row.lease_until) == (OutboxState.DELIVERED, SID, None)


def test_news_of_a_message_nobody_knows_is_kept_and_applied_when_it_is_known(db: Database) -> None:
    number = put(db, somebody(db), "k")
    comes(db, news(Status.SENT), news(Status.DELIVERED))
    assert {one.outbox_id for one in db.read_now(kept)} == {None}
    assert message(db, number).state is OutboxState.PENDING
    sent(db, number)
    assert message(db, number).state is OutboxState.DELIVERED
    assert {one.outbox_id for one in db.read_now(kept)} == {number}


@pytest.mark.parametrize("key", ["999", "²", "-1", "1 OR 1", "9" * 40, "in1.0"])
def test_a_key_that_is_none_of_ours_harms_nothing(db: Database, key: str) -> None:
    number = put(db, somebody(db), "k")
    sent(db, number)
    comes(db, news(Status.SENT, key=key))
    assert message(db, number).state is OutboxState.SENT  # their own id still tells
    comes(db, news(Status.SENT, key=key, sid="SM-other"))


def test_the_same_news_twice_is_kept_once(db: Database) -> None:
    number = put(db, somebody(db), "k")
    sent(db, number)
    comes(db, *[news(Status.SENT), news(Status.DELIVERED)] * 3)
    assert [one.status for one in db.read_now(kept)] == ["sent", "delivered"]


# --- what follows from it -------------------------------------------------------------------------


def test_a_message_that_failed_is_a_human_s_task_once(db: Database) -> None:
    number = put(db, somebody(db), "k")
    sent(db, number)
    comes(db, *[news(Status.FAILED, code="30007")] * 2, news(Status.FAILED, code="30008"))
    (task,) = scene.tasks(db)
    assert (task.kind, task.cause) == (TaskKind.NOT_SENT, f"failed:{number}")
    assert "30007" in task.detail


def test_a_failure_after_it_arrived_is_no_failure(db: Database) -> None:
    number = put(db, somebody(db), "k")
    sent(db, number)
    comes(db, news(Status.DELIVERED), news(Status.FAILED, code="21610", why="stopped"))
    assert message(db, number).state is OutboxState.DELIVERED
    assert scene.tasks(db) == []


@pytest.mark.parametrize(("what", "column"), [("stopped", "blocked_at"), ("bad_address", "bad_at")])
def test_a_failure_that_says_why_closes_the_address(db: Database, what: str, column: str) -> None:
    marta = somebody(db)
    number = put(db, marta, "k1")
    sent(db, number)
    waiting = put(db, marta, "k2")
    comes(db, news(Status.FAILED, key=str(number), code="21610", why=what))

    def closed(s: Session) -> object:
        row = s.get_one(Outbox, number)
        return getattr(s.get_one(Address, row.address_id), column)

    assert db.read_now(closed) == NOW
    expected = OutboxState.CANCELLED if what == "stopped" else OutboxState.PENDING
    assert message(db, waiting).state is expected
