"""What time brings about: patience that runs out, bursts that are over, lines that move on."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot import crash, metrics
from bot.db import clock
from bot.log import log
from bot.office import broadcasts
from bot.post import files, inbox, outbox, reminding
from bot.post.acts import Acts
from bot.post.doubts import reconcile
from bot.vault import audit
from bot.world import Rhythm, World
from models.broadcast import Broadcast, BroadcastState
from models.conversation import ConversationState, Talked
from models.person import Person

T = TypeVar("T")

MANY = 100
MINUTE = timedelta(minutes=1)
EXPAND = 25  # recipients handed over between two looks at what else is due
FEW = 5  # … and in one transaction: a webhook may wait behind it
TOGETHER = 8  # people whose turn it is, each in a transaction of their own: they share a commit


class Clockwork:
    """Looks at what is due. Every look finds the same work again until it is done."""

    def __init__(self, world: World, acts: Acts) -> None:
        self._world = world
        self._acts = acts
        self._swept: datetime | None = None

    async def work(self) -> bool:
        """Do what is due now."""
        world, now = self._world, self._world.now()
        await self._each(_patience_over, self._silence, now)
        await self._each(_in_line, self._next, now)
        await self._each(partial(_bursts, world.rhythm), self._burst, now)
        sending = await world.db.read(partial(_sending, now))
        more = [await self._expand(number, now) for number in sending]
        await world.db.write(partial(_give_up_orphans, now))
        await reconcile(world)
        if self._swept is None or now - self._swept >= MINUTE:
            self._swept = now
            if await world.db.write(inbox.remark):
                log.error("clock.lanes_unmarked")  # there should be none
                world.ring()
            await world.db.write(lambda s: audit.mark(s, world.keys, now))
        return any(more)

    async def _each(
        self,
        find: Callable[[datetime, Session], Sequence[T]],
        act: Callable[[T, Session], None],
        now: datetime,
    ) -> None:
        found = await self._world.db.read(partial(find, now))
        for first in range(0, len(found), TOGETHER):
            some = found[first : first + TOGETHER]
            await asyncio.gather(*(self._try(partial(act, one)) for one in some))
            self._world.ring()

    async def _try(self, act: Callable[[Session], None]) -> None:
        try:
            await self._world.db.write(act)
        except Exception as problem:  # noqa: BLE001 - one that fails must not stop the others
            log.error("clock.failed", error=type(problem).__name__)

    def _silence(self, number: int, s: Session) -> None:
        talked = s.get(Talked, number, with_for_update=True)
        now = self._world.now()
        if talked is None or talked.patience_until is None or talked.patience_until > now:
            return
        if talked.state is ConversationState.ASKING:
            self._acts.silence(s, talked, now)
            crash.point("clock.fired")

    def _next(self, number: int, s: Session) -> None:
        if s.get(Person, number, with_for_update=True) is not None:
            self._acts.screen.next(s, number, self._world.now())

    def _burst(self, whose: tuple[int, int | None], s: Session) -> None:
        person_id, conversation_id = whose
        person = s.get_one(Person, person_id, with_for_update=True)
        now = self._world.now()
        for one in files.waiting(s, person_id=person_id):
            if one.conversation_id == conversation_id and one.over(now, self._world.rhythm):
                self._acts.thanks.give(s, person, one.ripe(), now)

    async def _expand(self, number: int, now: datetime) -> bool:
        def few(s: Session) -> bool:
            more: bool = broadcasts.expand(s, number, now, FEW)
            more |= reminding.remind(s, self._acts.screen, number, now, FEW)
            crash.point("clock.expanded")
            return more

        more = True
        for _ in range(EXPAND // FEW):
            more = more and await self._world.db.write(few)
        return more


def _patience_over(now: datetime, s: Session) -> list[int]:
    found = s.exec(
        select(Talked.id)
        .where(Talked.state == ConversationState.ASKING, col(Talked.patience_until) <= now)
        .limit(MANY)
    )
    return [number for number in found if number is not None]


def _in_line(_now: datetime, s: Session) -> list[int]:
    # In no order: people whose screen is taken for long would else keep the others in line.
    found = s.exec(
        select(Talked.person_id)
        .join(Person, col(Person.id) == col(Talked.person_id))
        .where(
            Talked.state == ConversationState.WAITING,
            col(Person.held_at).is_(None),
            col(Person.frozen_at).is_(None),
        )
        .group_by(col(Talked.person_id))
        .order_by(sa.func.random())
        .limit(MANY)
    )
    return sorted(found)


def _bursts(rhythm: Rhythm, now: datetime, s: Session) -> list[tuple[int, int | None]]:
    over = [one for one in files.waiting(s) if one.over(now, rhythm)]
    return [(one.person_id, one.conversation_id) for one in over]


def _sending(now: datetime, s: Session) -> list[int]:
    reminds = (col(Broadcast.state) == BroadcastState.SENT) & (col(Broadcast.remind_at) <= now)
    sends = col(Broadcast.state) == BroadcastState.SENDING
    found = s.exec(select(Broadcast.id).where(sends | reminds))
    return [number for number in found if number is not None]


def _give_up_orphans(now: datetime, s: Session) -> None:
    stolen = outbox.orphans(s, now, clock=clock(s))
    metrics.lease_steals.labels("outbox").inc(len(stolen))
