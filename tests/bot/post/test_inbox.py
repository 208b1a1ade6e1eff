"""The inbox: one event is one row, a lane keeps its order, and nobody but its holder works it."""

import asyncio
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.db import Database, Unavailable
from bot.post import inbox
from bot.post.inbox import LEASE, TRIES, Keeper, Kept, LaneClaim
from channels.base import Envelope, Kind
from models.inbox import Inbox, InboxState, Lane
from tests.bot.scene import KEYS

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
MARTA = "+50255551234"


def envelope(event: str, sender: str = MARTA, kind: Kind = Kind.MESSAGE) -> Envelope:
    return Envelope("whatsapp", "AC1", event, kind, sender, f"raw {event}".encode())


def kept(event: str, lane: str = "marta") -> Kept:
    return Kept(envelope(event), lane, NOW)


def keeper(db: Database) -> Keeper:
    return Keeper(db, KEYS, lambda: NOW)


def rows(s: Session) -> list[Inbox]:
    found = list(s.exec(select(Inbox).order_by(col(Inbox.id))))
    s.expunge_all()
    return found


def lanes(s: Session) -> dict[str, Lane]:
    found = {lane.id: lane for lane in s.exec(select(Lane))}
    s.expunge_all()
    return found


async def put(db: Database, *events: str, lane: str = "marta") -> None:
    await db.write(lambda s: inbox.insert(s, [kept(event, lane) for event in events], KEYS))


async def take(
    db: Database, now: datetime = NOW, owner: str = "one", most: int = 8
) -> list[LaneClaim]:
    return await db.write(lambda s: inbox.claim_lanes(s, now=now, owner=owner, most=most))


# --- keeping --------------------------------------------------------------------------------------


async def test_an_envelope_is_kept_as_it_came(db: Database) -> None:
    raw = bytes(range(256)) * 3
    await keeper(db).keep(Envelope("sms", "AC1", "SM1", Kind.MESSAGE, MARTA, raw))
    (row,) = await db.read(rows)
    assert (row.channel, row.account, row.event_id, row.kind) == ("sms", "AC1", "SM1", "message")
    assert (row.raw, row.state, row.received_at) == (raw, InboxState.NEW, NOW)
    assert (await db.read(lanes))[row.lane].pending


async def test_its_words_cannot_be_read_on_the_disk(db: Database) -> None:
    await keeper(db).keep(Envelope("sms", "AC1", "SM1", Kind.MESSAGE, MARTA, b"me dicen Chepe"))

    def on_disk(s: Session) -> str:
        return str(s.connection().exec_driver_sql("SELECT raw FROM inbox").one())

    assert "Chepe" not in await db.read(on_disk)


@pytest.mark.parametrize("times", [2, 7])
async def test_many_deliveries_of_one_event_are_one_row(db: Database, times: int) -> None:
    first, second = keeper(db), keeper(db)  # two processes, or a restart
    await asyncio.gather(
        *(random.choice((first, second)).keep(envelope("SM1")) for _ in range(times))  # noqa: S311 - any will do
    )
    await first.keep(envelope("SM1"))
    assert len(await db.read(rows)) == 1


async def test_two_keepers_at_once_keep_each_event_once(db: Database) -> None:
    first, second = keeper(db), keeper(db)
    events = [envelope(f"SM{n}", f"+5025555{n % 5}") for n in range(40)]
    await asyncio.gather(
        *(one.keep(event) for one in (first, second) for event in random.sample(events, 40))
    )
    assert sorted(row.event_id for row in await db.read(rows)) == sorted(
        f"SM{n}" for n in range(40)
    )


async def test_the_same_number_of_two_accounts_is_two_events(db: Database) -> None:
    door = keeper(db)
    await door.keep(Envelope("telegram", "1", "7", Kind.MESSAGE, "70", b"{}"))
    await door.keep(Envelope("telegram", "2", "7", Kind.MESSAGE, "70", b"{}"))
    assert len(await db.read(rows)) == 2


async def test_news_of_sent_messages_has_a_lane_for_each_channel(db: Database) -> None:
    door = keeper(db)
    await door.keep(envelope("SM1.sent.", "+50211111111", Kind.RECEIPT))
    await door.keep(envelope("SM2.sent.", "+50222222222", Kind.RECEIPT))
    assert [row.lane for row in await db.read(rows)] == ["receipts:whatsapp"] * 2


async def test_one_that_cannot_be_kept_does_not_cost_the_others_their_place(db: Database) -> None:
    # A name that no column takes: the whole statement fails.
    door = keeper(db)
    bad = Envelope("whatsapp", "AC1", "SM\ud800", Kind.MESSAGE, MARTA, b"")
    told = await asyncio.gather(
        door.keep(envelope("SM1")),
        door.keep(bad),
        door.keep(envelope("SM2")),
        return_exceptions=True,
    )
    assert told[0] is None
    assert isinstance(told[1], Exception)
    assert not isinstance(told[1], Unavailable)
    assert told[2] is None
    assert [row.event_id for row in await db.read(rows)] == ["SM1", "SM2"]


async def test_without_a_database_nothing_is_told_as_kept(db: Database) -> None:
    door = keeper(db)
    db.close()
    told = await asyncio.gather(
        *(door.keep(envelope(f"SM{n}")) for n in range(3)), return_exceptions=True
    )
    assert [type(one) for one in told] == [Unavailable] * 3


# --- order ----------------------------------------------------------------------------------------


async def test_a_lane_is_worked_in_the_order_of_its_commits(postgres_db: Database) -> None:
    """Numbers are given out before commits: without the lane's lock a later one commits first."""
    went_in = threading.Event()
    order: list[str] = []

    def slow(s: Session) -> None:
        inbox.insert(s, [kept("SM1")], KEYS)
        went_in.set()
        _until(lambda: _waits_for_a_lock(postgres_db))

    def quick(s: Session) -> None:
        inbox.insert(s, [kept("SM2")], KEYS)

    first = asyncio.create_task(postgres_db.write(slow))
    await asyncio.to_thread(went_in.wait, 10)
    await postgres_db.write(quick)
    await first
    found = await postgres_db.read(rows)
    order = [row.event_id for row in found]
    assert order == ["SM1", "SM2"]
    assert [row.event_id for row in await postgres_db.read(lambda s: inbox.heads(s, "marta", 9))]


async def test_crowds_in_many_lanes_cannot_lock_each_other_out(db: Database) -> None:
    def batch(n: int) -> Callable[[Session], None]:
        chosen = random.Random(n).sample([f"lane{k}" for k in range(6)], 6)  # noqa: S311 - any will do
        return lambda s: inbox.insert(s, [kept(f"SM{n}.{lane}", lane) for lane in chosen], KEYS)

    await asyncio.gather(*(db.write(batch(n)) for n in range(20)))
    assert len(await db.read(rows)) == 120


async def test_the_heads_of_a_lane_are_its_oldest_that_have_not_taken_effect(db: Database) -> None:
    await put(db, "SM1", "SM2", "SM3")
    await put(db, "SM4", lane="chepe")

    def worked(s: Session) -> None:
        (head,) = inbox.heads(s, "marta")
        inbox.finish(s, head, InboxState.DONE, NOW)

    await db.write(worked)

    def heads(s: Session) -> list[str]:
        return [row.event_id for row in inbox.heads(s, "marta", 5)]

    assert await db.read(heads) == ["SM2", "SM3"]


# --- lanes: lease and fence -----------------------------------------------------------------------


async def test_a_lane_has_one_holder_at_a_time(db: Database) -> None:
    await put(db, "SM1")
    await put(db, "SM2", lane="chepe")
    claims = await asyncio.gather(*(take(db, owner=f"{n}") for n in range(6)))
    assert sorted(claim.lane for some in claims for claim in some) == ["chepe", "marta"]
    assert await take(db) == []


async def test_a_lane_without_work_is_left_alone(db: Database) -> None:
    await put(db, "SM1")
    (claim,) = await take(db)
    await db.write(lambda s: inbox.finish(s, inbox.heads(s, "marta")[0], InboxState.DONE, NOW))
    assert await db.write(lambda s: inbox.release(s, claim)) is False
    assert await take(db) == []
    await put(db, "SM2")
    assert [one.lane for one in await take(db)] == ["marta"]


async def test_a_lane_whose_lease_ran_out_is_worked_by_another(db: Database) -> None:
    await put(db, "SM1")
    (stale,) = await take(db, owner="one")
    assert await take(db, NOW + LEASE) == []
    (fresh,) = await take(db, NOW + LEASE + timedelta(seconds=1), owner="two")
    assert fresh.fence == stale.fence + 1


async def test_a_stale_holder_cannot_commit(db: Database) -> None:
    await put(db, "SM1")
    (stale,) = await take(db)
    later = NOW + LEASE * 2
    (fresh,) = await take(db, later)

    def effect(claim: LaneClaim) -> Callable[[Session], bool]:
        def act(s: Session) -> bool:
            if not inbox.holds(s, claim, later):
                return False
            inbox.finish(s, inbox.heads(s, "marta")[0], InboxState.DONE, later)
            return True

        return act

    assert await db.write(effect(stale)) is False
    assert (await db.read(rows))[0].state is InboxState.NEW
    assert await db.write(effect(fresh)) is True
    assert (await db.read(rows))[0].state is InboxState.DONE


async def test_a_stale_holder_neither_fails_nor_releases_what_is_another_s(db: Database) -> None:
    await put(db, "SM1")
    (stale,) = await take(db)
    (fresh,) = await take(db, NOW + LEASE * 2)
    number = (await db.read(rows))[0].id or 0
    for _ in range(TRIES):
        assert not await db.write(lambda s: inbox.fail(s, stale, number, "x", NOW))
    assert await db.write(lambda s: inbox.release(s, stale)) is False
    lane = (await db.read(lanes))["marta"]
    assert (lane.fence, lane.next_at) == (fresh.fence, None)
    assert lane.lease_until == NOW + LEASE * 3
    assert (await db.read(rows))[0].attempts == 0


async def test_each_turn_renews_the_lease(db: Database) -> None:
    await put(db, "SM1")
    (claim,) = await take(db)
    assert await db.write(lambda s: inbox.holds(s, claim, NOW + LEASE))
    assert await take(db, NOW + LEASE + timedelta(seconds=1)) == []


async def test_an_embedded_bot_that_starts_finds_no_lane_held(sqlite_db: Database) -> None:
    await put(sqlite_db, "SM1")
    (stale,) = await take(sqlite_db)
    await sqlite_db.write(inbox.free_lanes)
    (fresh,) = await take(sqlite_db)
    assert fresh.fence > stale.fence


async def test_lanes_that_always_have_work_do_not_starve_the_others(db: Database) -> None:
    for n in range(12):
        await put(db, f"SM{n}", lane=f"busy{n:02}")
    await put(db, "SM-quiet", lane="zz-quiet")
    for _ in range(60):
        claims = await take(db, most=8)
        if "zz-quiet" in {claim.lane for claim in claims}:
            return
        for claim in claims:
            await db.write(partial(_let_go, claim))
    pytest.fail("The quiet lane never had its turn.")


# --- the flag of a lane ---------------------------------------------------------------------------


def _naive(s: Session, claim: LaneClaim) -> None:
    """Clear the flag in one statement, as one would at first.."""
    s.connection().execute(
        sa.text(
            "UPDATE lane SET lease_until = NULL, pending = EXISTS (SELECT 1 FROM inbox "
            "WHERE inbox.lane = lane.id AND state = 'new') WHERE id = :id AND fence = :fence"
        ),
        {"id": claim.lane, "fence": claim.fence},
    )


@pytest.mark.parametrize(("release", "left_behind"), [(_naive, True), (inbox.release, False)])
async def test_an_envelope_that_comes_while_its_lane_is_let_go_is_not_left_behind(
    postgres_db: Database, release: Callable[[Session, LaneClaim], object], *, left_behind: bool
) -> None:
    """The naive way is tried too: a race that nobody loses here would prove nothing."""
    await put(postgres_db, "SM1")
    (claim,) = await take(postgres_db)
    await postgres_db.write(
        lambda s: inbox.finish(s, inbox.heads(s, "marta")[0], InboxState.DONE, NOW)
    )
    went_in = threading.Event()

    def comes(s: Session) -> None:
        inbox.insert(s, [kept("SM2")], KEYS)
        went_in.set()
        _until(lambda: _waits_for_a_lock(postgres_db))

    coming = asyncio.create_task(postgres_db.write(comes))
    await asyncio.to_thread(went_in.wait, 10)
    await postgres_db.write(lambda s: release(s, claim))
    await coming
    assert (await postgres_db.read(rows))[1].state is InboxState.NEW
    assert (await take(postgres_db) == []) is left_behind


def _waits_for_a_lock(db: Database) -> bool:
    query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    return db.read_now(lambda s: bool(s.connection().execute(query).scalar_one()))


def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(1000):
        if is_so():
            return
        time.sleep(0.01)
    pytest.fail("It never came to be so.")


async def test_an_envelope_that_came_before_its_lane_is_let_go_is_seen(db: Database) -> None:
    await put(db, "SM1")
    (claim,) = await take(db)
    await db.write(lambda s: inbox.finish(s, inbox.heads(s, "marta")[0], InboxState.DONE, NOW))
    await put(db, "SM2")
    assert await db.write(lambda s: inbox.release(s, claim)) is True
    assert [one.lane for one in await take(db)] == ["marta"]


# --- poison ---------------------------------------------------------------------------------------


async def test_a_poison_envelope_is_tried_five_times_with_growing_waits_then_parked(
    db: Database,
) -> None:
    await put(db, "poison", "SM2")
    number = (await db.read(rows))[0].id or 0
    now, waits, parked = NOW, [], []
    for _ in range(TRIES):
        (claim,) = await take(db, now)
        parked.append(await db.write(partial(_fails, claim, number, now)))
        due = (await db.read(lanes))["marta"].next_at
        assert due is not None
        if due > now:
            waits.append((due - now).total_seconds())
            # Whoever is behind it waits too: order is kept.
            assert await take(db, due - timedelta(seconds=1)) == []
            now = due
    assert waits == [5, 30, 120, 600]
    assert parked == [0] * 4 + [TRIES]
    dead, behind = await db.read(rows)
    assert (dead.state, dead.attempts, len(dead.error)) == (InboxState.DEAD, 5, 300)
    assert behind.state is InboxState.NEW
    (claim,) = await take(db, now)
    heads = await db.read(lambda s: [row.event_id for row in inbox.heads(s, claim.lane)])
    assert heads == ["SM2"]


def _let_go(claim: LaneClaim, s: Session) -> bool:
    return inbox.release(s, claim)


def _fails(claim: LaneClaim, number: int, now: datetime, s: Session) -> int:
    parked = inbox.fail(s, claim, number, "x" * 999, now)
    inbox.release(s, claim)
    return parked


async def test_an_arrival_does_not_end_the_wait_of_a_lane_that_failed(db: Database) -> None:
    await put(db, "poison")
    number = (await db.read(rows))[0].id or 0
    (claim,) = await take(db)
    await db.write(lambda s: inbox.fail(s, claim, number, "x", NOW))
    await db.write(lambda s: inbox.release(s, claim))
    await put(db, "SM2")
    assert await take(db) == []
    assert len(await take(db, NOW + timedelta(seconds=5))) == 1


async def test_what_has_taken_effect_cannot_fail_any_more(db: Database) -> None:
    await put(db, "SM1")
    number = (await db.read(rows))[0].id or 0
    (claim,) = await take(db)
    await db.write(lambda s: inbox.finish(s, s.get_one(Inbox, number), InboxState.DONE, NOW))
    assert not await db.write(lambda s: inbox.fail(s, claim, number, "x", NOW))
    assert not await db.write(lambda s: inbox.fail(s, claim, 999, "x", NOW))
    (row,) = await db.read(rows)
    assert (row.state, row.attempts, row.done_at) == (InboxState.DONE, 0, NOW)
