"""Words are taken away at the provider: when nobody asks it about them any more, and once."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.db import Database
from bot.post.bodies import AGAIN, AT_ONCE, EVERY, Bodies
from bot.world import World
from models.inbox import Inbox, InboxState
from models.outbox import Attempt, Outbox, OutboxState
from models.person import Via
from tests.bot import here
from tests.bot.here import Clock
from tests.bot.scene import NOW, put, somebody, take
from tests.channels.desk import ACCOUNT
from tests.channels.standins import Provider, message, raw, refusal, says, serve

ROOT = Path(__file__).parents[3]
OLD, YOUNG = NOW - timedelta(days=7, minutes=1), NOW - timedelta(days=6, hours=23)
OVER = (
    OutboxState.SENT,
    OutboxState.DELIVERED,
    OutboxState.READ,
    OutboxState.FAILED,
    OutboxState.EXPIRED,
    OutboxState.CANCELLED,
    OutboxState.REFUSED,
)


class Desk:
    """Bodies in their world, and the provider that keeps the words."""

    def __init__(self, db: Database, world: World, clock: Clock, provider: Provider) -> None:
        self.db = db
        self.world = world
        self.clock = clock
        self.provider = provider
        self.bodies = Bodies(world)
        self._people: dict[Via, int] = {}

    def went(self, sid: str, state: OutboxState = OutboxState.DELIVERED, via: Via = Via.SMS) -> int:
        """Let a message have gone out long ago, be in this state now, and give its number."""
        if via not in self._people:
            self._people[via] = somebody(self.db, wire="+50255550101", via=via)
        number = put(self.db, self._people[via], f"out-{sid}", text="Su caso", now=OLD)

        def act(s: Session) -> None:
            take(s, now=OLD)
            tried = s.exec(select(Attempt).where(Attempt.outbox_id == number)).one()
            tried.provider_id = sid
            row = s.get_one(Outbox, number)
            row.state, row.lease_until = state, None
            s.add_all((tried, row))

        self.db.write_now(act)
        return number

    def came(
        self,
        sid: str,
        state: InboxState = InboxState.DONE,
        *,
        kind: str = "message",
        account: str = ACCOUNT,
        channel: str = "sms",
    ) -> None:
        """Let a message have come in long ago."""
        row = Inbox(
            channel=channel,
            account=account,
            event_id=sid,
            kind=kind,
            lane="lane",
            raw=b"words",
            state=state,
            received_at=OLD,
        )
        self.db.write_now(lambda s: s.add(row))

    def blanked(self) -> list[str]:
        """Whose words the provider was asked to take away, in that order."""
        assert all((one.method, one.body) == ("POST", b"Body=") for one in self.provider.asked)
        return [one.path.rpartition("/")[2].removesuffix(".json") for one in self.provider.asked]

    def kept(self) -> set[str]:
        """Which messages the provider has the words of, as far as the record knows."""

        def act(s: Session) -> set[str]:
            sent = s.exec(select(Attempt.provider_id).where(col(Attempt.blanked_at).is_(None)))
            came = s.exec(select(Inbox.event_id).where(col(Inbox.blanked_at).is_(None)))
            return {*sent, *came}

        return self.db.read_now(act)

    def passes(self, time: timedelta) -> None:
        """Let time pass. The record's clock is its own, so what is due moves towards it."""
        self.clock.goes_on(seconds=time.total_seconds())

        def act(s: Session) -> None:
            for row in (*s.exec(select(Attempt)), *s.exec(select(Inbox))):
                row.blank_at = row.blank_at and row.blank_at - time
                s.add(row)

        self.db.write_now(act)

    async def works(self) -> None:
        """Look until there is no more to do."""
        while await self.bodies.work():
            pass


@pytest.fixture
async def desk(db: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    """Give a desk whose provider takes words away when it is told to."""
    async with serve(says(message())) as provider:
        clock = Clock()
        world = here.world(db, tmp_path, provider=provider.url, clock=clock)
        yield Desk(db, world, clock, provider)
        await here.closed(world)


def sid(number: int) -> str:
    return f"SM{number:032x}"


async def test_words_that_came_and_words_that_went_are_taken_away_once(desk: Desk) -> None:
    desk.went(sid(1))
    desk.came(sid(2))
    await desk.works()
    assert desk.blanked() == [sid(1), sid(2)]
    assert desk.kept() == set()
    desk.passes(timedelta(days=30))
    await desk.works()
    assert len(desk.blanked()) == 2


async def test_nothing_goes_before_its_days_are_over(desk: Desk) -> None:
    desk.went(sid(1))
    desk.came(sid(2))

    def act(s: Session) -> None:
        s.exec(select(Attempt)).one().started_at = YOUNG
        s.exec(select(Inbox)).one().received_at = YOUNG

    desk.db.write_now(act)
    await desk.works()
    assert desk.blanked() == []
    desk.passes(timedelta(hours=2))
    await desk.works()
    assert desk.blanked() == [sid(1), sid(2)]


async def test_what_goes_out_keeps_its_words_until_it_is_over(desk: Desk) -> None:
    """One in doubt is looked for by its words; one on its way, nobody knows enough of."""
    numbers = {state: sid(n) for n, state in enumerate(OutboxState)}
    rows = {state: desk.went(number) for state, number in numbers.items()}

    def act(s: Session) -> None:
        for state, row in rows.items():
            s.get_one(Outbox, row).state = state

    desk.db.write_now(act)
    await desk.works()
    assert set(desk.blanked()) == {numbers[state] for state in OVER}
    assert desk.kept() == {number for state, number in numbers.items() if state not in OVER}
    assert OutboxState.UNKNOWN not in OVER


async def test_what_came_in_keeps_its_words_until_it_took_effect(desk: Desk) -> None:
    for n, state in enumerate(InboxState):
        desk.came(sid(n), state)
    desk.came(f"{sid(8)}.delivered.", kind="receipt")
    desk.came(sid(9), account="AC" + "9" * 32)
    await desk.works()
    assert desk.blanked() == [sid(list(InboxState).index(InboxState.DONE))]


async def test_nobody_is_asked_about_telegram_and_about_what_never_reached_a_provider(
    desk: Desk,
) -> None:
    desk.went("77:5", via=Via.TELEGRAM)
    desk.went("", OutboxState.FAILED)
    desk.came("1234", channel="telegram", account=desk.world.channels["telegram"].account)
    await desk.works()
    assert desk.blanked() == []
    assert desk.kept() == {""}


async def test_one_that_is_gone_is_as_good_as_blanked(desk: Desk) -> None:
    desk.went(sid(1))
    desk.provider.will(says(refusal(20404), 404))
    await desk.works()
    assert desk.kept() == set()


@pytest.mark.parametrize("status", [409, 500])
async def test_what_failed_is_tried_again_later_and_the_others_go_on(
    desk: Desk, status: int
) -> None:
    desk.went(sid(1))
    desk.came(sid(2))
    desk.provider.will(raw(b"", status))
    await desk.works()
    assert desk.blanked() == [sid(1), sid(2)]
    assert desk.kept() == {sid(1)}
    desk.passes(EVERY)
    await desk.works()
    assert len(desk.blanked()) == 2
    desk.passes(AGAIN - EVERY)
    await desk.works()
    assert desk.blanked() == [sid(1), sid(2), sid(1)]
    assert desk.kept() == set()


async def test_a_provider_that_asks_us_to_wait_is_left_alone_for_so_long(desk: Desk) -> None:
    desk.went(sid(1))
    desk.came(sid(2))
    desk.provider.will(says(refusal(20429), 429, {"Retry-After": "7200"}))
    await desk.works()
    desk.passes(AGAIN)
    await desk.works()
    assert desk.blanked() == [sid(1)]
    desk.passes(AGAIN)
    await desk.works()
    assert desk.blanked() == [sid(1), sid(1), sid(2)]
    assert desk.kept() == set()


async def test_many_go_in_small_batches(desk: Desk) -> None:
    for n in range(AT_ONCE + 1):
        desk.came(sid(n))
    assert await desk.bodies.work() is True
    assert len(desk.blanked()) == AT_ONCE
    await desk.works()
    assert sorted(desk.blanked()) == [sid(n) for n in range(AT_ONCE + 1)]


async def test_two_processes_do_not_take_the_same(desk: Desk) -> None:
    desk.went(sid(1))
    desk.came(sid(2))
    await asyncio.gather(desk.bodies.work(), Bodies(desk.world).work())
    assert sorted(desk.blanked()) == [sid(1), sid(2)]


async def test_killed_before_it_is_written_down_it_is_asked_for_again_and_is_over(
    desk: Desk,
) -> None:
    desk.went(sid(1))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bot.post.filer"),
        desk.db.url.render_as_string(hide_password=False),
        *(str(desk.world.settings.data_dir.parent), desk.provider.url),
        cwd=ROOT,
        env={**os.environ, "CRASH_AT": "bodies.blanked"},
    )
    assert await process.wait() == -signal.SIGKILL
    assert (desk.blanked(), desk.kept()) == ([sid(1)], {sid(1)})
    desk.passes(AGAIN)
    await desk.works()
    assert (desk.blanked(), desk.kept()) == ([sid(1)] * 2, set())


async def test_finding_what_is_due_costs_the_same_however_much_is_over(
    sqlite_db: Database, tmp_path: Path
) -> None:
    """Only what has words there still is in the indexes that it is found by."""
    asked: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    world = here.world(sqlite_db, tmp_path)
    sa.event.listen(sa.Engine, "before_cursor_execute", keep)
    try:
        await Bodies(world).work()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", keep)
    await here.closed(world)

    def plan(s: Session) -> list[str]:
        explained = [(f"EXPLAIN QUERY PLAN {one}", parameters) for one, parameters in asked]
        run = s.connection().exec_driver_sql
        return [str(row) for one in explained for row in run(*one)]

    steps = sqlite_db.read_now(plan)
    assert sum("ix_attempt_worded" in step for step in steps) == 2
    assert sum("ix_inbox_worded" in step for step in steps) == 2
    assert not any("SCAN attempt" in step or "SCAN inbox" in step for step in steps)
    assert not any("TEMP B-TREE" in step for step in steps)
