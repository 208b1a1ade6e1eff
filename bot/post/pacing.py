"""Pacing: nothing goes faster than the limits, however many processes send."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.log import log
from bot.post.buckets import SECOND, Buckets, Demand
from bot.post.limits import Limits
from bot.post.shared import Answer, Lost, Shared, Told

__all__ = ["Demand", "Lately", "Pacer"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOOK = 0.4  # seconds between looks whether Redis is back; with its patience, less than a second
SOON = 0.05  # seconds until it is worth asking again while we change over
SETTLE = 2.0  # seconds until what others may send is in the record, or was not sent


@dataclass(frozen=True)
class Lately:
    """What the record knows of what went out, by all processes.

    `sends` are those of the last minute: channel, address, when, cost. `people` are those to whom a
    template went in the last 24 hours outside of their window: channel, address, when last.
    """

    sends: Sequence[tuple[str, int, datetime, int]] = ()
    people: Sequence[tuple[str, int, datetime]] = ()


class Pacer:
    """Says which messages may go now.

    With Redis all processes share their buckets. Without, and whenever Redis does not answer, each
    keeps to its part of the limits. Nobody is ever unlimited: whoever knows nothing of what went
    before begins with empty buckets, and nobody new is written to until it is known who was.

    `recall` looks into the record for that, at the first `ask` and whenever what was known is lost;
    `restore` hands it over directly. With neither, a new process waits out its windows.
    """

    def __init__(
        self,
        limits: Limits,
        redis_url: str,
        processes: int,
        now: Callable[[], datetime],
        recall: Callable[[], Awaitable[Lately]] | None = None,
    ) -> None:
        self._now = now
        self._limits = limits
        self._processes = processes
        self._recall = recall
        self._last = self._shift = 0  # what the clock said last, and how far it was set back since
        self._buckets = Buckets(limits, processes, self._time())
        self._shared = Shared(limits, redis_url) if redis_url else None
        self._new = True  # nothing was asked yet
        self._alone = self._shared is None  # Redis is not there, or not any more
        self._changing = False  # we tell Redis what we sent alone, and send nothing meanwhile
        self._rests: dict[str, int] = {}  # until when each sender is stopped
        self._news: set[str] = set()  # whose stop Redis was not told yet
        self._factors: dict[str, float] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, demands: Sequence[Demand]) -> list[float]:
        """Give each demand 0.0, and its tokens, or the seconds until it is worth asking again.

        Demands come in the order of their urgency. One either gets all the tokens it needs or none.
        """
        if self._shared is not None and not self._alone:
            try:
                answer = await self._agree(self._shared, demands)
            except Lost as problem:
                self._lose(problem)
            else:
                return [wait / SECOND for wait in answer.waits]
        if self._changing:
            return [SOON] * len(demands)
        if self._shared is None and self._new and self._recall is not None:
            lately = await self._recall()  # whoever sent before us has ended: nothing is missing
            self.restore(lately.sends, lately.people)
        now = self._time()
        if not self._buckets.is_sure(now):
            self._begin("learn", self._learn)
        self._new = False
        return [wait / SECOND for wait in self._buckets.take(demands, now)]

    def restore(
        self,
        recent: Sequence[tuple[str, int, datetime, int]],
        people: Sequence[tuple[str, int, datetime]] = (),
    ) -> None:
        """Take over what went lately, as in `Lately`, so that nothing is held back for it."""
        self._buckets.restore(
            [(via, who, self._when(at), cost) for via, who, at, cost in recent],
            [(via, who, self._when(at)) for via, who, at in people],
            self._time(),
        )
        self._new = False

    def rest(self, via: str, seconds: float) -> None:
        """Stop a whole sender: its provider said how long. Then it goes on at half its rate."""
        now = self._time()
        until = now + int(seconds * SECOND)
        self._buckets.rest(via, until, now)
        self._rests[via] = max(until, self._rests.get(via, 0))
        self._news.add(via)
        if not self._alone:
            self._begin("tell", self._tell)

    def at_once(self, via: str) -> int:
        """Say how many requests of this process may be on the wire at a time for this channel."""
        factor = min(self._factors.get(via, 1.0), self._buckets.factor(via, self._time()))
        return max(1, int(self._limits.senders[via].at_once * factor / self._processes))

    async def close(self) -> None:
        """Let go of the connection."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._shared is not None:
            await self._shared.close()

    async def _agree(self, shared: Shared, demands: Sequence[Demand]) -> Answer:
        """Ask Redis, telling it of stops it does not know of. Raises `Lost`."""
        now, news = self._time(), frozenset(self._news)
        self._rests = {via: until for via, until in self._rests.items() if until > now}
        rests = {via: (until - now, via in news) for via, until in self._rests.items()}
        answer = await shared.ask(demands, Told(rests=rests))
        self._news -= news
        self._factors = answer.factors
        # Whom we wrote to first is kept here too, for when Redis forgets or is gone.
        for one, wait in zip(demands, answer.waits, strict=True):
            if one.first and not wait:
                self._buckets.met(one.via, one.address_id, self._time())
        if not answer.knows_people:
            self._begin("learn", self._learn)
        return answer

    async def _tell(self) -> None:
        """Let the other processes know of a stop at once."""
        if self._shared is not None:
            try:
                await self._agree(self._shared, ())
            except Lost as problem:
                self._lose(problem)

    def _lose(self, problem: Lost) -> None:
        """Go on alone, with our part, and with empty buckets: the second may be used up."""
        if self._alone:
            return
        log.warning("pacing.alone", error=str(problem))
        self._alone = True
        self._factors = {}
        self._buckets.empty(self._time())
        self._begin("look", self._look)

    async def _look(self) -> None:
        """Go back to Redis when it answers again, and tell it what we sent alone."""
        while self._shared is not None:
            await asyncio.sleep(LOOK)
            self._changing = True
            try:
                now = self._time()
                told = Told(
                    back=True, each=self._buckets.ahead(now), people=self._buckets.people(now)
                )
                await self._shared.ask((), told)
            except Lost:
                continue
            finally:
                self._changing = False
            log.info("pacing.together")
            self._alone = False
            return

    async def _learn(self) -> None:
        """Look up in the record who was written to first, for us and for the others."""
        await asyncio.sleep(SETTLE)
        now = self._time()
        if self._recall is not None:
            lately = await self._recall()
            self._buckets.meet([(via, who, self._when(at)) for via, who, at in lately.people])
            self._buckets.know(now)
        if self._shared is not None and not self._alone and self._buckets.knows_people:
            await self._shared.ask(
                (), Told(people=self._buckets.people(self._time()), knows_people=True)
            )

    def _begin(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if name not in self._tasks:
            task = self._tasks[name] = asyncio.create_task(work(), name=f"pacing: {name}")
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task.get_name().removeprefix("pacing: ")]
        if not task.cancelled() and task.exception() is not None:
            # It begins again at the next ask; until then, what is not known is not sent.
            log.warning("pacing.failed", error=type(task.exception()).__name__)

    def _time(self) -> int:
        """Give the time in microseconds, going on though the machine's clock be set back."""
        now = _micro(self._now())
        self._shift = max(self._shift, self._last - now)
        self._last = now + self._shift
        return self._last

    def _when(self, at: datetime) -> int:
        """Give a time of the record by our own clock."""
        return self._time() - (_micro(self._now()) - _micro(at))


def _micro(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)
