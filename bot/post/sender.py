"""Sending: what is due is taken as fast as it may go, handed over, and its outcome kept."""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from bot import crash, metrics
from bot.db import Unavailable, clock
from bot.log import log
from bot.office import gates
from bot.post import outbox, windows
from bot.post.breakers import Breaker, State
from bot.post.drawing import Drawing, Ready, close
from bot.post.outbox import Due
from bot.post.outcomes import Outcomes
from bot.post.pacing import Demand, Pacer
from bot.world import World
from channels.base import (
    Busy,
    Failure,
    Misconfigured,
    Option,
    Outbound,
    Sent,
    Uncertain,
    Unreachable,
)
from models.outbox import Outbox, OutboxState

AT_ONCE = 64  # messages on the wire at a time, on all channels; each has its own limit below it
PATIENCE = (0.1, 0.5, 2.0, 5.0, 7.0)  # seconds between tries to write down how a send ended
HAND = 8  # messages of a channel taken in one transaction: a webhook may wait behind it
TENTH = 10  # each so many-th place is for broadcasts, however many replies wait
REST = timedelta(seconds=1)  # the longest that what may not go now is not looked at


class Sender:
    """Empties the outbox."""

    def __init__(self, world: World, pacer: Pacer) -> None:
        self._world = world
        self._pacer = pacer
        self._drawing = Drawing(world)
        self._outcomes = Outcomes(world)
        self._breakers = {via: Breaker() for via in world.channels}
        self._resting: dict[str, datetime] = {}
        self._flying: dict[asyncio.Task[None], str] = {}
        self._places: Counter[str] = Counter()  # given so far, by channel

    async def work(self) -> bool:
        """Take what is due and set it flying. True when there may be more at once."""
        world = self._world
        room = self._room()
        if not any(room.values()):
            if self._flying:
                await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)
            return bool(self._flying)
        now = world.now()
        shut, due = await world.db.read(partial(self._look, now=now, room=room))
        going = await self._let_go(due, now)
        if not going:
            return False
        taking = asyncio.ensure_future(world.db.write(partial(self._take, ids=going, shut=shut)))
        try:
            taken, ready = await asyncio.shield(taking)
        except asyncio.CancelledError:
            # Told to end while taking: what is taken must go, or nobody knows whether it went.
            _, ready = await taking
            self._launch(ready)
            raise
        crash.point("out.attempt")
        self._launch(ready)
        # There may be more behind a full hand, and behind what was put off or kept back.
        got = Counter(one.via for one in due)
        return taken > len(ready) or any(got[via] == left for via, left in room.items() if left)

    async def drain(self, seconds: float) -> None:
        """Let what is on the wire land, for so long. What does not stays unknown."""
        if self._flying:
            await asyncio.wait(self._flying, timeout=seconds)

    # --- choosing -----------------------------------------------------------------------------

    def _room(self) -> dict[str, int]:
        """Say how many more may be on the wire, by channel."""
        flying = Counter(self._flying.values())
        left = AT_ONCE - flying.total()
        return {
            via: max(0, min(left, HAND, self._pacer.at_once(via) - flying[via]))
            for via in self._world.channels
        }

    def _look(
        self, s: Session, *, now: datetime, room: Mapping[str, int]
    ) -> tuple[frozenset[str], list[Due]]:
        """Look at what is due before no shut gate, on channels that work and have room."""
        shut = gates.closed(s, now)
        on = {
            via: left
            for via, left in room.items()
            if left
            and gates.of_channel(via) not in shut
            and self._resting.get(via, now) <= now
            and self._breakers[via].state(now) is not State.OPEN
        }
        halted = frozenset(key for key in shut if key.startswith("broadcasts:"))
        due = outbox.due(s, now=now, vias=tuple(on), shut=halted, most=max(on.values(), default=0))
        return shut, [one for via, left in on.items() for one in self._share(via, due, left)]

    def _share(self, via: str, due: Sequence[Due], room: int) -> list[Due]:
        """Choose for the room there is: what presses first, and each tenth place for the many."""
        single = deque(one for one in due if one.via == via and not one.bulk)
        bulk = deque(one for one in due if one.via == via and one.bulk)
        chosen: list[Due] = []
        while len(chosen) < room and (single or bulk):
            self._places[via] += 1
            tenth = self._places[via] % TENTH == 0
            line = bulk if bulk and (tenth or not single) else single
            chosen.append(line.popleft())
        return chosen

    async def _let_go(self, due: Sequence[Due], now: datetime) -> list[int]:
        """Ask the pacing which of these may go now; a channel that may not rests until it may."""
        if not due:
            return []
        waits = await self._pacer.ask([self._demand(one, now) for one in due])
        going = [
            one.outbox_id
            for one, wait in zip(due, waits, strict=True)
            if not wait and self._breakers[one.via].allows(now)
        ]
        for via in {one.via for one in due}:
            mine = [wait for one, wait in zip(due, waits, strict=True) if one.via == via]
            if all(mine):
                rest = min(REST, timedelta(seconds=min(mine) + 0.001))
                self._resting[via] = now + rest
                # Nobody else would wake us then: what is on the wire may land earlier.
                asyncio.get_running_loop().call_later(rest.total_seconds(), self._world.ring)
        return going

    def _demand(self, due: Due, now: datetime) -> Demand:
        cost = self._segments(due) if self._world.channels[due.via].abilities.gsm7 else 1
        first = due.via == "whatsapp" and windows.is_over(due.heard_at, due.shut_at, now)
        return Demand(due.via, due.address_id, cost=cost, bulk=due.bulk, first=first)

    def _segments(self, due: Due) -> int:
        try:
            options = tuple(Option(*pair) for pair in due.choices)
        except (ValueError, TypeError):
            return 1  # it cannot be drawn, and is closed when it is
        drawn = Outbound(key="", attempt=0, to="", text=due.text, options=options)
        return self._world.channels[due.via].write(drawn).segments

    # --- taking -------------------------------------------------------------------------------

    def _take(
        self, s: Session, *, ids: Sequence[int], shut: frozenset[str]
    ) -> tuple[int, list[Ready]]:
        """Take what may go: how much it was, and what of it goes now."""
        now = self._world.now()
        rows = outbox.claim(s, ids, now=now, clock=clock(s))
        ready = self._drawn(s, rows, shut, now)
        crash.point("out.claimed")
        return len(rows), ready

    def _drawn(
        self, s: Session, rows: Sequence[Outbox], shut: frozenset[str], now: datetime
    ) -> list[Ready]:
        try:
            with s.begin_nested():
                return self._drawing.draw(s, rows, shut, now)
        except OperationalError:
            raise  # it is the database that fails, not the message
        except Exception as problem:  # noqa: BLE001 - one that cannot be drawn must not stop the others
            if len(rows) > 1:
                return [one for row in rows for one in self._drawn(s, [row], shut, now)]
            log.error("send.broken", error=type(problem).__name__, outbox=rows[0].id)
            close(s, rows[0], OutboxState.FAILED, "Our own code could not write it.", now)
            return []

    # --- flying -------------------------------------------------------------------------------

    def _launch(self, ready: Sequence[Ready]) -> None:
        for one in ready:
            task = asyncio.create_task(self._fly(one), name=f"send {one.claim.outbox_id}")
            self._flying[task] = one.via
            task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("send.broken", error=type(task.exception()).__name__)
        self._world.ring()  # the same person's next message may go now

    async def _fly(self, one: Ready) -> None:
        channel = self._world.channels[one.via]
        result: Sent | Failure
        try:
            result = await channel.send(one.outbound)
        except Failure as failure:
            result = failure
        except Exception as problem:  # noqa: BLE001 - a bug here must not make a second message
            log.error("send.error", error=type(problem).__name__, outbox=one.claim.outbox_id)
            result = Uncertain("Our own code failed while sending.")
        crash.point("out.called")
        self._learn(one.via, result)
        await self._keep(one, result)
        crash.point("out.ended")

    def _learn(self, via: str, result: Sent | Failure) -> None:
        """Let the channel rest or break where its provider says so."""
        now, breaker = self._world.now(), self._breakers[via]
        if isinstance(result, Unreachable | Uncertain):
            breaker.failed(now)
        else:
            breaker.worked(now)
        if isinstance(result, Busy) and result.everyone:
            self._pacer.rest(via, result.wait)
            self._resting[via] = now + timedelta(seconds=result.wait)
        elif isinstance(result, Misconfigured):
            self._resting[via] = now + REST  # until its gate is seen to be shut

    async def _keep(self, one: Ready, result: Sent | Failure) -> None:
        for pause in PATIENCE:
            try:
                name = await self._outcomes.keep(one.claim, result)
            except Unavailable:
                # What is not written now is not known later, and would be asked about or repeated.
                await asyncio.sleep(pause)
            else:
                metrics.sends.labels(one.via, name).inc()
                return
        log.error("send.outcome_lost", outbox=one.claim.outbox_id)
