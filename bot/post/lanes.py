"""Working the lanes: each envelope is read, and takes effect in one transaction of its own."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from secrets import token_hex

from sqlmodel import Session

from bot.log import log
from bot.office import tasks
from bot.post import inbox
from bot.post.inbox import LaneClaim
from bot.post.turns import Turns
from bot.world import World
from channels.base import Event, Inbound, Odd
from models.inbox import Inbox, InboxState
from models.task import TaskKind

AT_ONCE = 8  # lanes worked at a time
RECEIPTS = 50  # news of sent messages in one transaction
TURN = 1  # a person's messages: one each


class Lanes:
    """Works envelopes in their order, each lane by one worker at a time."""

    def __init__(self, world: World, turns: Turns) -> None:
        self._world = world
        self._turns = turns
        self._owner = token_hex(8)

    async def work(self) -> bool:
        """Work what waits. True when there may be more at once."""
        world = self._world
        claims = await world.db.write(
            lambda s: inbox.claim_lanes(s, now=world.now(), owner=self._owner, most=AT_ONCE)
        )
        if claims:
            await asyncio.gather(*(self._lane(claim) for claim in claims))
            world.ring()  # there may be words to send, files to fetch
        return len(claims) == AT_ONCE

    async def _lane(self, claim: LaneClaim) -> None:
        most = RECEIPTS if claim.lane.startswith(inbox.RECEIPTS) else TURN
        while True:
            rows = await self._world.db.read(partial(_heads, claim.lane, most))
            if not rows or not await self._turn(claim, rows):
                break
        await self._world.db.write(lambda s: inbox.release(s, claim))

    async def _turn(self, claim: LaneClaim, rows: list[Inbox]) -> bool:
        """Let the next envelopes take effect. False when the lane must rest."""
        events = {row.id or 0: await self._read(row) for row in rows}
        now = self._world.now()
        try:
            done = await self._world.db.write(partial(self._take, claim, events, now))
        except Exception as problem:  # noqa: BLE001 - whatever it is, the lane goes on
            if len(rows) > 1:
                return await self._one_by_one(claim, rows)
            await self._failed(claim, rows[0], problem, now)
            return False
        await self._release_buttons(rows, events)
        return done

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
        # In a thread: the first Telegram update loads a large library.
        return await asyncio.to_thread(channel.read, row.raw)

    def _take(
        self,
        claim: LaneClaim,
        events: Mapping[int, tuple[Event, ...]],
        now: datetime,
        s: Session,
    ) -> bool:
        if not inbox.holds(s, claim, now):
            return False  # somebody else works this lane now
        for number, read in events.items():
            row = s.get_one(Inbox, number)
            if row.state is InboxState.NEW:
                inbox.finish(s, row, self._turns.take(s, row, read, now), now)
        return True

    async def _failed(
        self, claim: LaneClaim, row: Inbox, problem: Exception, now: datetime
    ) -> None:
        log.error("turn.failed", inbox=row.id, error=type(problem).__name__)
        await self._world.db.write(partial(_give_up, claim, row.id or 0, problem, now))

    async def _release_buttons(
        self, rows: list[Inbox], events: Mapping[int, tuple[Event, ...]]
    ) -> None:
        for row in rows:
            for event in events[row.id or 0]:
                if isinstance(event, Inbound) and event.press:
                    await self._world.channels[row.channel].release(event.press)


def _heads(lane: str, most: int, s: Session) -> list[Inbox]:
    rows = inbox.heads(s, lane, most)
    s.expunge_all()
    return rows


def _give_up(
    claim: LaneClaim, inbox_id: int, problem: Exception, now: datetime, s: Session
) -> None:
    parked = inbox.fail(s, claim, inbox_id, f"{type(problem).__name__}: {problem}", now)
    if parked:
        tasks.need(
            s,
            kind=TaskKind.BROKEN,
            cause=f"dead:{inbox_id}",
            now=now,
            due_hours=1,
            detail=f"Envelope {inbox_id} failed {inbox.TRIES} times and waits for staff.",
        )
