"""Working the lanes: each envelope is read, and takes effect in one transaction of its own."""

import asyncio
import os
import traceback
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from secrets import token_hex

from sqlmodel import Session

import bot
from bot import crash, metrics
from bot.db import Unavailable, clock
from bot.log import log
from bot.office import tasks
from bot.post import inbox
from bot.post.inbox import LaneClaim
from bot.post.turns import Turns
from bot.world import World
from channels.base import Event, Inbound, Odd
from models.inbox import Inbox, InboxState
from models.task import TaskKind

AT_ONCE = 24  # lanes worked at a time: what they share costs less the more they are
WHILE = 0.25  # seconds that one lane is worked before others have their turn
HOUSE = f"{Path(bot.__file__).parent.parent}{os.sep}"
ROOMS = tuple(f"{HOUSE}{room}{os.sep}" for room in ("bot", "handlers", "channels", "models"))
RECEIPTS = 50  # news of sent messages in one transaction
TURN = 1  # a person's messages: one each
Read = Sequence[tuple[Inbox, tuple[Event, ...]]]
"""Envelopes with what they hold."""


class Lanes:
    """Works envelopes in their order, each lane by one worker at a time."""

    def __init__(self, world: World, turns: Turns) -> None:
        self._world = world
        self._turns = turns
        self._owner = token_hex(8)
        self._worked: set[asyncio.Task[None]] = set()
        self._presses: set[asyncio.Task[None]] = set()
        self._read_before: set[str] = set()  # channels
        self._ending = False

    async def work(self) -> bool:
        """Begin to work what waits. True when there may be more at once."""
        while (room := AT_ONCE - len(self._worked)) < AT_ONCE // 2:
            # Several at once, so that they share a claim; all at once would wait for the slowest.
            await asyncio.wait(self._worked, return_when=asyncio.FIRST_COMPLETED)
        claimed = await self._world.db.write(partial(_claim, self._owner, room))
        if claimed:
            crash.point("lane.claimed")
        for claim, rows in claimed:
            task = asyncio.create_task(self._lane(claim, rows), name=f"lane {claim.lane}")
            self._worked.add(task)
            task.add_done_callback(self._worked.discard)
        return len(claimed) == room

    async def drain(self) -> None:
        """Let the envelopes under way take effect, and begin no others."""
        self._ending = True
        await asyncio.gather(*self._worked)

    async def _lane(self, claim: LaneClaim, rows: list[Inbox]) -> None:
        """Work one lane for a while. Its lease ends what we cannot end."""
        clock = asyncio.get_running_loop().time
        until = clock() + WHILE
        try:
            while await self._turn(claim, rows):
                if self._ending or clock() > until:
                    await self._world.db.write(partial(inbox.release, claim=claim))
                    self._world.ring()
                    return
                rows = await self._world.db.read(partial(_heads, claim.lane))
        except Exception as problem:  # noqa: BLE001 - the other lanes go on; this one rests its lease
            log.error("lane.left", error=_told(problem))

    async def _turn(self, claim: LaneClaim, rows: list[Inbox]) -> bool:
        """Let the next envelopes take effect. False when the lane is not ours to go on with."""
        now = self._world.now()
        try:
            events = [(row, await self._read(row)) for row in rows]
            more = await self._world.db.write(partial(self._take, claim, events, now))
        except Unavailable:
            raise  # no fault of the envelope's: nothing is counted against it
        except Exception as problem:  # noqa: BLE001 - whatever it is, the lane goes on
            if len(rows) > 1:
                return await self._one_by_one(claim, rows)
            await self._failed(claim, rows[0], problem, now)
            return False
        crash.point("turn.committed")
        self._world.ring()  # there may be words to send, files to fetch
        self._release_buttons(events)
        return more

    async def _one_by_one(self, claim: LaneClaim, rows: list[Inbox]) -> bool:
        for row in rows:
            if not await self._turn(claim, [row]):
                return False
        return True

    async def _read(self, row: Inbox) -> tuple[Event, ...]:
        channel = self._world.channels.get(row.channel)
        if channel is None:
            why = f"It came by {row.channel}, which is off."
            return (Odd(row.channel, row.account, row.event_id, "", why),)
        if row.channel in self._read_before:
            return channel.read(row.raw)
        # In a thread: the first Telegram update loads a large library.
        events = await asyncio.to_thread(channel.read, row.raw)
        self._read_before.add(row.channel)
        return events

    def _take(self, claim: LaneClaim, events: Read, now: datetime, s: Session) -> bool:
        """Let envelopes take effect, and the lane go if it is empty now. True: it is not."""
        if not inbox.holds(s, claim, clock(s)):
            metrics.fence_refusals.labels("lane").inc()
            return False  # somebody else works this lane now
        for row, read in events:
            if inbox.finish(s, row, InboxState.DONE, now):
                state = self._turns.take(s, row, read, now)
                if state is not InboxState.DONE:
                    inbox.finish(s, row, state, now)
        more = not inbox.leave(s, claim)
        crash.point("turn.mid")
        return more

    async def _failed(
        self, claim: LaneClaim, row: Inbox, problem: Exception, now: datetime
    ) -> None:
        what = _told(problem)
        log.error("turn.failed", inbox=row.id, error=what)
        await self._world.db.write(partial(_give_up, claim, row.id or 0, what, now))
        self._world.ring()

    def _release_buttons(self, events: Read) -> None:
        """Let pressed buttons stop spinning. A slow provider must not hold the lane for it."""
        for row, read in events:
            for event in read:
                if isinstance(event, Inbound) and event.press:
                    task = asyncio.create_task(
                        self._world.channels[row.channel].release(event.press)
                    )
                    self._presses.add(task)
                    task.add_done_callback(self._released)

    def _released(self, task: asyncio.Task[None]) -> None:
        self._presses.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.warning("button.not_released", error=type(task.exception()).__name__)


def _claim(owner: str, most: int, s: Session) -> list[tuple[LaneClaim, list[Inbox]]]:
    # Leases go by the record's clock: this process' own may jump.
    claims = inbox.claim_lanes(s, now=clock(s), owner=owner, most=most)
    return [(claim, _heads(claim.lane, s)) for claim in claims]


def _heads(lane: str, s: Session) -> list[Inbox]:
    rows = inbox.heads(s, lane, RECEIPTS if lane.startswith(inbox.RECEIPTS) else TURN)
    s.expunge_all()
    return rows


def _told(problem: Exception) -> str:
    """Say what failed and where. Never in the error's own words: they may hold a person's."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(ROOMS)]
    where = f" in {ours[-1].filename.removeprefix(HOUSE)}:{ours[-1].lineno}" if ours else ""
    return f"{type(problem).__name__}{where}"


def _give_up(claim: LaneClaim, inbox_id: int, what: str, now: datetime, s: Session) -> None:
    tries = inbox.fail(s, claim, inbox_id, what, clock(s))
    inbox.release(s, claim)
    if tries:
        # Tried again at a human's word, it may fail again: that is another need.
        again = f":{tries}" if tries > inbox.TRIES else ""
        tasks.need(
            s,
            kind=TaskKind.BROKEN,
            cause=f"dead:{inbox_id}{again}",
            now=now,
            due_hours=1,
            detail=f"Envelope {inbox_id} failed {tries} times and waits for staff.",
        )
