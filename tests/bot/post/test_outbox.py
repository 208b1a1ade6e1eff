"""The outbox: a message exists once, goes in its order, and its fate is never made up."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlmodel import Session

from bot.db import Database
from bot.office import people
from bot.post import attempts, doubts, outbox, receipts
from bot.post.attempts import Outcome
from bot.post.outbox import LEASE, Claim
from bot.post.remedies import BACKOFF
from channels.base import (
    BadAddress,
    Busy,
    Failure,
    Misconfigured,
    Missing,
    Receipt,
    Refused,
    Sent,
    Status,
    Stopped,
    TooBig,
    Uncertain,
    Unreachable,
    WindowClosed,
)
from models.outbox import OutboxState, Weight
from models.person import Person, Via
from tests.bot import scene
from tests.bot.scene import CHEPE, KEYS, NOW, later, message, put, somebody

ACCEPTED = Outcome("accepted", OutboxState.ACCEPTED, provider_id="SM1")
UNKNOWN = Outcome("unknown", OutboxState.UNKNOWN, reason="No answer.")


def take(db: Database, *, now: datetime = NOW, off: str = "", most: int = 16) -> list[Claim]:
    return db.write_now(lambda s: scene.take(s, now=now, off=off, most=most))


def numbers(claims: list[Claim]) -> list[int]:
    return [claim.outbox_id for claim in claims]


end = scene.ends


# --- a message exists once ------------------------------------------------------------------------


def test_one_key_is_one_message(db: Database) -> None:
    marta = somebody(db)
    first = put(db, marta, "in1.0")
    assert first
    assert put(db, marta, "in1.0", text="Otra cosa") == 0
    assert put(db, marta, "in1.1") not in (0, first)
    assert [row.text for row in scene.messages(db)] == ["Hola", "Hola"]


def test_a_message_is_put_with_all_it_needs(db: Database) -> None:
    row = message(db, put(db, somebody(db), "k", weight=Weight.NOTICE, repeatable=True))
    assert (row.via, row.weight, row.state) == ("whatsapp", 3, OutboxState.PENDING)
    assert (row.next_at, row.expires_at) == (NOW, NOW + outbox.LIFE)
    assert (row.created_at, row.changed_at, row.sent_at, row.repeatable) == (NOW, NOW, None, True)
    assert (row.attempts, row.tries, row.fence, row.options, row.written) == (0, 0, 0, "[]", "")


def test_two_transactions_that_put_the_same_message_put_it_once(postgres_db: Database) -> None:
    """Both look before either commits; the loser must go on with its work, not fall over."""
    marta = somebody(postgres_db)
    looked, waits = threading.Event(), threading.Event()

    def first(s: Session) -> bool:
        made = _put(s, marta)
        looked.set()
        waits.wait(10)
        return made

    def second(s: Session) -> tuple[bool, bool]:
        return _put(s, marta), _put(s, marta, key="other")

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(postgres_db.write_now, first)
        looked.wait(10)
        two = threads.submit(postgres_db.write_now, second)
        time.sleep(0.1)  # it is waiting for the first by now, or has looked too early
        waits.set()
        assert one.result(10) is True
        assert two.result(10) == (False, True)
    assert Counter(row.key for row in scene.messages(postgres_db)) == {"same": 1, "other": 1}


def _put(s: Session, person_id: int, key: str = "same") -> bool:
    row = outbox.put(
        s,
        person_id=person_id,
        address=scene.address_of(s, person_id),
        text="Hola",
        key=key,
        weight=Weight.REPLY,
        now=NOW,
    )
    return row is not None


# --- order ----------------------------------------------------------------------------------------


def test_a_person_has_one_message_under_way_and_hears_them_in_order(db: Database) -> None:
    marta = somebody(db)
    one, two, three = (put(db, marta, f"k{n}") for n in range(3))
    for expected in (one, two, three):
        (claim,) = take(db)
        assert claim.outbox_id == expected
        assert take(db) == []
        end(db, claim, ACCEPTED)
    assert take(db) == []


def test_what_presses_more_goes_first_and_people_do_not_wait_for_each_other(db: Database) -> None:
    marta, chepe = somebody(db), somebody(db, "Chepe", CHEPE)
    notice = put(db, marta, "k1", weight=Weight.BROADCAST)
    other = put(db, chepe, "k2", weight=Weight.NOTICE)
    reply = put(db, marta, "k3", weight=Weight.REPLY)
    stop = put(db, chepe, "k4", weight=Weight.STOP)
    assert numbers(take(db, most=1)) == [stop]
    assert numbers(take(db, most=1)) == [reply]
    for number in (stop, reply):
        end(db, Claim(number, 1, 1), ACCEPTED)
    assert numbers(take(db)) == [other, notice]


def test_a_message_that_waits_for_its_second_try_keeps_its_place(db: Database) -> None:
    marta = somebody(db)
    first, second = put(db, marta, "k1"), put(db, marta, "k2")
    (claim,) = take(db)
    end(db, claim, Unreachable("away"))
    assert take(db) == []  # the second does not overtake it
    assert numbers(take(db, now=later(seconds=BACKOFF[0]))) == [first]
    assert second not in numbers(take(db, now=later(days=2)))


def test_a_message_whose_fate_is_unknown_does_not_hold_up_the_next(db: Database) -> None:
    marta = somebody(db)
    put(db, marta, "k1")
    second = put(db, marta, "k2")
    (claim,) = take(db)
    end(db, claim, UNKNOWN)
    assert numbers(take(db)) == [second]


def test_a_channel_that_pauses_holds_up_only_itself(db: Database) -> None:
    marta = somebody(db)

    def also_telegram(s: Session) -> None:
        person = s.get_one(Person, marta)
        people.add_address(s, KEYS, person, Via.TELEGRAM, "700100", NOW, "staff:1")

    db.write_now(also_telegram)
    held = put(db, marta, "k1", via=Via.WHATSAPP)
    free = put(db, marta, "k2", via=Via.TELEGRAM)
    assert numbers(take(db, off="whatsapp")) == [free]
    assert take(db) == []  # one a person under way, whatever the channel
    end(db, Claim(free, 1, 1), ACCEPTED)
    assert numbers(take(db)) == [held]


def test_nothing_is_taken_before_its_time(db: Database) -> None:
    number = put(db, somebody(db), "k", now=later(minutes=5))
    assert take(db, now=later(minutes=4)) == []
    assert numbers(take(db, now=later(minutes=5))) == [number]


def test_a_message_taken_by_another_process_a_moment_ago_is_seen(postgres_db: Database) -> None:
    """The second process looks while the first has not committed, and finds a lighter message."""
    marta = somebody(postgres_db)
    notice = put(postgres_db, marta, "k1", weight=Weight.NOTICE)
    taken, looked = threading.Event(), threading.Event()

    def first(s: Session) -> list[Claim]:
        claims = scene.take(s, most=9)
        s.flush()
        taken.set()
        looked.wait(10)
        return claims

    with ThreadPoolExecutor(1) as threads:
        one = threads.submit(postgres_db.write_now, first)
        taken.wait(10)
        put(postgres_db, marta, "k2", weight=Weight.REPLY)
        assert take(postgres_db) == []
        looked.set()
        assert numbers(one.result(10)) == [notice]
    assert take(postgres_db) == []


def test_several_senders_keep_each_person_s_order_one_at_a_time(db: Database) -> None:
    crowd = [somebody(db, f"P{n}", f"+5025555{n:04}") for n in range(4)]
    chance = random.Random(7)  # noqa: S311 - any will do
    expected = Counter(crowd[n % 4] for n in range(40))
    for n in range(40):
        put(db, crowd[n % 4], f"k{n:02}", weight=chance.choice([Weight.REPLY, Weight.NOTICE]))
    order: dict[int, list[tuple[int, int]]] = {person: [] for person in crowd}
    double: list[int] = []
    lock = threading.Lock()
    flying: Counter[int] = Counter()

    def sender() -> None:
        idle = 0
        while idle < 3:
            claims = take(db, most=3)
            idle = 0 if claims else idle + 1
            for claim in claims:
                row = message(db, claim.outbox_id)
                with lock:
                    flying[row.person_id] += 1
                    if flying[row.person_id] > 1:
                        double.append(claim.outbox_id)
                    order[row.person_id].append((row.weight, claim.outbox_id))
                with lock:
                    flying[row.person_id] -= 1
                end(db, claim, ACCEPTED)
            if not claims:
                time.sleep(0.02)

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(sender) for _ in range(4)]:
            done.result(30)
    assert not double
    assert {person: len(heard) for person, heard in order.items()} == expected
    for heard in order.values():
        for weight in (Weight.REPLY.value, Weight.NOTICE.value):
            alike = [number for one, number in heard if one == weight]
            assert alike == sorted(alike)


# --- how a try ends -------------------------------------------------------------------------------


def test_a_try_that_was_accepted_is_written_down(db: Database) -> None:
    number = put(db, somebody(db), "k")
    (claim,) = take(db)
    assert message(db, number).lease_until == NOW + LEASE
    assert end(db, claim, ACCEPTED, later(seconds=1))
    row = message(db, number)
    assert (row.state, row.provider_id, row.lease_until) == (OutboxState.ACCEPTED, "SM1", None)
    assert (row.sent_at, row.attempts, row.tries) == (later(seconds=1), 1, 1)
    (attempt,) = scene.tries(db, number)
    assert (attempt.outcome, attempt.provider_id, attempt.started_at) == ("accepted", "SM1", NOW)


def test_each_failed_try_waits_longer_than_the_last(db: Database) -> None:
    number = put(db, somebody(db), "k")
    now, waits = NOW, []
    for _ in range(len(BACKOFF) + 1):
        (claim,) = take(db, now=now)
        end(db, claim, Unreachable("away"), now)
        due = message(db, number).next_at
        assert due is not None
        waits.append((due - now).total_seconds())
        now = due
    assert waits == [*BACKOFF, BACKOFF[-1]]
    assert [one.outcome for one in scene.tries(db, number)] == ["unreachable"] * len(waits)


def test_a_provider_that_asks_us_to_wait_costs_no_try(db: Database) -> None:
    number = put(db, somebody(db), "k")
    now = NOW
    for wait in (7.0, 30.0, 3.0):
        (claim,) = take(db, now=now)
        end(db, claim, Busy("slow down", wait=wait), now)
        row = message(db, number)
        assert (row.tries, row.next_at) == (0, now + timedelta(seconds=wait))
        now += timedelta(seconds=wait)
    assert message(db, number).attempts == 3


@pytest.mark.parametrize(
    ("failure", "name", "state", "counts"),
    [
        (Sent("SM1"), "accepted", OutboxState.ACCEPTED, True),
        (Sent("7:1", Status.SENT), "accepted", OutboxState.SENT, True),
        (Busy("x"), "busy", OutboxState.PENDING, False),
        (Unreachable("x"), "unreachable", OutboxState.PENDING, True),
        (Misconfigured("x"), "misconfigured", OutboxState.PENDING, False),
        (Uncertain("x"), "unknown", OutboxState.UNKNOWN, True),
        (Stopped("x", code="21610"), "stopped", OutboxState.FAILED, True),
        (BadAddress("x"), "bad_address", OutboxState.FAILED, True),
        (Refused("x"), "refused", OutboxState.FAILED, True),
        (WindowClosed("x"), "window_closed", OutboxState.PENDING, True),  # as approved words
        (TooBig("x"), "failed", OutboxState.FAILED, True),
        (Missing("x"), "failed", OutboxState.FAILED, True),
    ],
)
def test_every_way_a_send_can_end_has_its_consequence(
    sqlite_db: Database, failure: Sent | Failure, name: str, state: OutboxState, *, counts: bool
) -> None:
    db = sqlite_db
    number = put(db, somebody(db), "k")
    (claim,) = take(db)
    outcome = db.write_now(lambda s: scene.judged(s, claim, failure))
    assert message(db, number).state is OutboxState.SENDING  # judging is not writing down
    assert (outcome.name, outcome.state, outcome.counts) == (name, state, counts)
    assert outcome.code == getattr(failure, "code", "")


def test_a_stale_sender_changes_nothing_but_its_own_try(db: Database) -> None:
    number = put(db, somebody(db), "k", repeatable=True)
    (stale,) = take(db)
    _orphan(db, later(seconds=91))
    db.write_now(partial(_settle_without_news, number, later(seconds=200)))
    (fresh,) = take(db, now=later(seconds=200))
    assert (fresh.fence, fresh.attempt) == (2, 2)
    assert end(db, stale, Outcome("refused", OutboxState.FAILED), later(seconds=201)) is False
    assert message(db, number).state is OutboxState.SENDING
    assert [one.outcome for one in scene.tries(db, number)] == ["refused", ""]


def test_a_sender_that_was_given_up_and_comes_back_tells_what_happened(db: Database) -> None:
    number = put(db, somebody(db), "k", repeatable=True)
    (claim,) = take(db)
    _orphan(db, later(seconds=91))
    db.write_now(partial(_settle_without_news, number, later(seconds=200)))
    assert message(db, number).state is OutboxState.PENDING  # it would go out a second time
    end(db, claim, ACCEPTED, later(seconds=201))
    assert message(db, number).state is OutboxState.ACCEPTED
    assert take(db, now=later(seconds=300)) == []


def test_a_lost_try_is_tried_again_and_a_success_before_is_not_undone(db: Database) -> None:
    number = put(db, somebody(db), "k")
    (claim,) = take(db)
    told = Receipt("whatsapp", "AC1", "e", "SM1", Status.DELIVERED, key=str(number), attempt=1)
    db.write_now(lambda s: receipts.apply(s, {}, told, NOW))
    for outcome in (UNKNOWN, Outcome("busy", OutboxState.PENDING), ACCEPTED):
        end(db, claim, outcome)
        assert message(db, number).state is OutboxState.DELIVERED


# --- what nobody knows ----------------------------------------------------------------------------


def _orphan(db: Database, now: datetime, *, everybody: bool = False) -> list[int]:
    return db.write_now(
        lambda s: [row.id or 0 for row in outbox.orphans(s, now, clock=None if everybody else now)]
    )


def test_what_was_being_sent_when_the_process_ended_is_unknown(db: Database) -> None:
    number = put(db, somebody(db), "k")
    take(db)
    assert _orphan(db, NOW + LEASE) == []  # it may still come back
    assert _orphan(db, NOW + LEASE + timedelta(seconds=1)) == [number]
    row = message(db, number)
    assert (row.state, row.lease_until) == (OutboxState.UNKNOWN, None)
    assert "ended" in row.reason
    assert take(db, now=later(days=1)) == []


def test_at_the_start_of_an_embedded_bot_nobody_sends_any_more(sqlite_db: Database) -> None:
    number = put(sqlite_db, somebody(sqlite_db), "k")
    take(sqlite_db)
    assert _orphan(sqlite_db, NOW, everybody=True) == [number]


def test_a_message_of_unknown_fate_is_asked_about_once_news_of_it_was_awaited(
    db: Database,
) -> None:
    marta, chepe = somebody(db), somebody(db, "Chepe", "700100", Via.TELEGRAM)
    twilio, telegram = put(db, marta, "k1"), put(db, chepe, "k2")
    for claim in take(db):
        end(db, claim, UNKNOWN, NOW)

    def asked(before: datetime) -> list[int]:
        return sorted(db.read_now(lambda s: [one.id for one in doubts.unknown(s, before)]))

    assert asked(NOW) == [telegram]  # which brings no news, so nothing is gained by waiting
    assert asked(later(seconds=1)) == sorted([twilio, telegram])
    db.write_now(lambda s: doubts.ask_later([twilio], later(seconds=30), s))
    assert asked(later(seconds=30)) == [telegram]
    doubt = db.read_now(lambda s: doubts.unknown(s, later(seconds=31)))[-1]
    assert (doubt.via, doubt.to, doubt.started_at) == ("whatsapp", scene.MARTA, NOW)


@pytest.mark.parametrize(("repeatable", "times"), [(False, 1), (True, 2)])
@pytest.mark.parametrize("how", ["no answer", "process ended"])
def test_of_unknown_fate_only_a_harmless_message_goes_out_again_and_only_once(
    db: Database, how: str, times: int, *, repeatable: bool
) -> None:
    number = put(db, somebody(db), "k", repeatable=repeatable)
    now, went = NOW, 0
    for _ in range(5):
        for claim in take(db, now=now):
            went += 1
            if how == "no answer":
                end(db, claim, UNKNOWN, now)
        now += LEASE + timedelta(seconds=1)
        _orphan(db, now)
        db.write_now(partial(_settle_without_news, number, now))
    assert went == times
    row = message(db, number)
    assert (row.state, row.next_at) == (OutboxState.UNKNOWN, None)
    assert db.read_now(lambda s: doubts.unknown(s, later(days=9))) == []  # in a human's hands


def _settle_without_news(number: int, now: datetime, s: Session) -> None:
    for _ in range(doubts.LOOKS):
        doubts.settle(s, number, None, now)


def test_tries_that_certainly_failed_do_not_use_up_the_one_repetition(db: Database) -> None:
    number = put(db, somebody(db), "k", repeatable=True)
    now = NOW
    for _ in range(3):
        (claim,) = take(db, now=now)
        end(db, claim, Unreachable("away"), now)
        now += timedelta(hours=1)
    (claim,) = take(db, now=now)
    end(db, claim, UNKNOWN, now)
    db.write_now(partial(_settle_without_news, number, now))
    assert message(db, number).state is OutboxState.PENDING


def test_of_unknown_fate_nothing_goes_out_again_too_late(db: Database) -> None:
    number = put(db, somebody(db), "k", repeatable=True, expires_at=later(minutes=1))
    (claim,) = take(db)
    end(db, claim, UNKNOWN)
    db.write_now(partial(_settle_without_news, number, later(minutes=2)))
    assert message(db, number).state is OutboxState.UNKNOWN


def test_what_the_provider_has_is_adopted(db: Database) -> None:
    number = put(db, somebody(db), "k")
    (claim,) = take(db)
    end(db, claim, UNKNOWN)
    db.write_now(lambda s: doubts.settle(s, number, Sent("SM9"), later(minutes=3)))
    row = message(db, number)
    assert (row.state, row.provider_id) == (OutboxState.ACCEPTED, "SM9")
    assert row.sent_at == later(minutes=3)
    # Asked twice, or answered meanwhile: nothing more happens.
    assert db.write_now(lambda s: doubts.settle(s, number, None, later(minutes=4)) is None)


def test_the_same_words_of_another_message_are_not_adopted(db: Database) -> None:
    marta = somebody(db)
    first, second = put(db, marta, "k1"), put(db, marta, "k2")
    end(db, take(db)[0], ACCEPTED)
    end(db, take(db)[0], UNKNOWN)
    db.write_now(lambda s: doubts.settle(s, second, Sent("SM1"), later(minutes=3)))
    assert message(db, first).provider_id == "SM1"
    row = message(db, second)
    assert (row.state, row.provider_id) == (OutboxState.UNKNOWN, "")


def test_every_state_has_its_height_or_only_proof_moves_it() -> None:
    outside = {OutboxState.EXPIRED, OutboxState.CANCELLED, OutboxState.REFUSED}
    assert set(attempts.HEIGHT) | outside == set(OutboxState)
    assert set(attempts.OF_STATUS) == set(Status)


@pytest.mark.parametrize("state", [OutboxState.EXPIRED, OutboxState.CANCELLED])
def test_proof_that_it_went_out_counts_more_than_what_we_believed(
    db: Database, state: OutboxState
) -> None:
    number = put(db, somebody(db), "k")
    (claim,) = take(db)
    scene.change(db, number, lambda row: setattr(row, "state", state))
    told = Receipt("whatsapp", "AC1", "e", "SM1", Status.SENT, key=str(number), attempt=1)
    db.write_now(lambda s: receipts.apply(s, {}, told, NOW))
    assert message(db, claim.outbox_id).state is OutboxState.SENT
