"""Pacing: nothing goes faster than the limits, however many processes send."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.post.buckets import SECOND, Buckets, Demand
from bot.post.limits import Limits

__all__ = ["Demand", "Lately", "Pacer"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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

    Without Redis each process keeps to its part of the limits. It begins with nothing to give, for
    as long as a window of each limit, unless it can look into the record: `recall` does that, at
    the first `ask` and whenever what was known is lost; `restore` hands it over directly. Until
    one of them has, nobody new is written to where a channel counts them.
    """

    def __init__(
        self,
        limits: Limits,
        redis_url: str,  # noqa: ARG002 - not used yet
        processes: int,
        now: Callable[[], datetime],
        recall: Callable[[], Awaitable[Lately]] | None = None,
    ) -> None:
        self._now = now
        self._limits = limits
        self._processes = processes
        self._recall = recall
        self._buckets = Buckets(limits, processes, self._time())

    async def ask(self, demands: Sequence[Demand]) -> list[float]:
        """Give each demand 0.0, and its tokens, or the seconds until it is worth asking again.

        Demands come in the order of their urgency. One either gets all the tokens it needs or none.
        """
        if self._recall is not None:
            recall, self._recall = self._recall, None
            lately = await recall()
            self.restore(lately.sends, lately.people)
        return [wait / SECOND for wait in self._buckets.take(demands, self._time())]

    def restore(
        self,
        recent: Sequence[tuple[str, int, datetime, int]],
        people: Sequence[tuple[str, int, datetime]] = (),
    ) -> None:
        """Take over what went lately, as in `Lately`, so that nothing is held back for it."""
        self._buckets.restore(
            [(via, who, _micro(at), cost) for via, who, at, cost in recent],
            [(via, who, _micro(at)) for via, who, at in people],
            self._time(),
        )

    def rest(self, via: str, seconds: float) -> None:
        """Stop a whole sender: its provider said how long. Then it goes on at half its rate."""
        now = self._time()
        self._buckets.rest(via, now + int(seconds * SECOND), now)

    def at_once(self, via: str) -> int:
        """Say how many requests of this process may be on the wire at a time for this channel."""
        factor = self._buckets.factor(via, self._time())
        return max(1, int(self._limits.senders[via].at_once * factor / self._processes))

    async def close(self) -> None:
        """Let go of the connection."""
        await asyncio.sleep(0)

    def _time(self) -> int:
        return _micro(self._now())


def _micro(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)
