"""The buckets that all processes share, in Redis: one script, one round trip."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.post.buckets import Demand, micro, worth
from bot.post.limits import Limits, Rate

SCRIPT = Path(__file__).with_name("gcra.lua").read_text("utf-8")
PREFIX = "enlace:pace"
PATIENCE = 0.25  # seconds; then we go on without


class Lost(Exception):  # noqa: N818 - it says where Redis is
    """Redis does not answer, or not as it should."""


@dataclass(frozen=True)
class Told:
    """What a process tells beside what it asks. Times are microseconds from now."""

    rests: Mapping[str, tuple[int, bool]] = field(default_factory=dict)  # how long, and if new
    back: bool = False  # it was alone for a while, and sent by itself
    each: Sequence[tuple[str, int, int, int]] = ()  # how far ahead each recipient's bucket is
    people: Sequence[tuple[str, int, int]] = ()  # who was written to, and how long ago
    knows_people: bool = False  # these are all of them


@dataclass(frozen=True)
class Answer:
    """What Redis said: the waits, whether it knows who was written to, and each sender's factor."""

    knows_people: bool
    waits: list[int]
    factors: dict[str, float]


class Shared:
    """The connection, and the script."""

    def __init__(self, limits: Limits, url: str) -> None:
        # Imported here: only a deployment with Redis pays for it.
        from redis.asyncio import Redis  # noqa: PLC0415
        from redis.asyncio.retry import Retry  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415

        self._redis: Any = Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),  # a script that was run twice would take twice
        )
        self._script = SCRIPT
        self._sha = hashlib.sha1(self._script.encode(), usedforsecurity=False).hexdigest()
        self._order = sorted(limits.senders)
        self._senders = {
            via: {
                "count": sender.rate.count,
                "window": micro(sender.rate.seconds),
                "step": worth(sender.rate),
                "per_second": sender.rate.per_second,
                "each": _pair(sender.each),
                "group": _pair(sender.group),
                "tier": sender.tier or 0,
            }
            for via, sender in limits.senders.items()
        }

    async def ask(self, demands: Sequence[Demand], told: Told) -> Answer:
        """Tell and ask in one go. Raises `Lost`; what was asked may then have been taken."""
        from redis.exceptions import NoScriptError, RedisError  # noqa: PLC0415

        what = json.dumps(
            {
                "senders": self._senders,
                "order": self._order,
                "rests": told.rests,
                "back": told.back,
                "each": told.each,
                "people": told.people,
                "knows_people": told.knows_people,
                "demands": [
                    (one.via, one.address_id, one.cost, one.bulk, one.first, int(one.group))
                    for one in demands
                ],
            }
        )
        try:
            try:
                said = await self._redis.evalsha(self._sha, 1, PREFIX, what)
            except NoScriptError:
                said = await self._redis.eval(self._script, 1, PREFIX, what)
        except (RedisError, OSError, TimeoutError) as problem:
            raise Lost(str(problem)) from problem
        knows, *rest = said
        waits, factors = rest[: len(demands)], rest[len(demands) :]
        parts = {via: part / 1000 for via, part in zip(self._order, factors, strict=True)}
        return Answer(bool(knows), waits, parts)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._redis.aclose()


def _pair(rate: Rate | None) -> list[int]:
    return [] if rate is None else [worth(rate), rate.burst]
