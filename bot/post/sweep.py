"""The sweep: what a provider gave up delivering is taken from its list, and kept like the rest."""

from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session

from bot import crash
from bot.log import log
from bot.office.once import once
from bot.post.inbox import insert, kept
from bot.post.watch import Watch
from bot.world import World
from channels.base import Failure
from models.inbox import Watermark

EVERY = timedelta(minutes=5)
OVERLAP = timedelta(hours=1)  # providers list late, and clocks differ
FIRST = timedelta(hours=24)  # how far to look back where nobody ever looked
AT_ONCE = 200  # envelopes kept in one transaction


class Sweep:
    """Looks at start, and every five minutes. Telegram insists by itself, so it is only watched."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._watch = Watch(world)
        self._next: datetime | None = None

    async def work(self) -> bool:
        """Look when it is time. A channel that cannot be asked now is asked the next time."""
        world, now = self._world, self._world.now()
        if self._next is not None and now < self._next:
            return False
        self._next = now + EVERY
        for name, channel in world.channels.items():
            since = await world.db.read(partial(_since, name, now))
            try:
                envelopes = await channel.missed(since)
            except Failure as problem:
                log.warning("sweep.failed", channel=name, error=type(problem).__name__)
                continue
            crash.point("sweep.listed")
            for start in range(0, len(envelopes), AT_ONCE):
                some = [kept(one, world.keys, now) for one in envelopes[start : start + AT_ONCE]]
                await world.db.write(partial(insert, kept=some, keys=world.keys))
            crash.point("sweep.kept")
            # Only now: what was listed and not kept must be listed again.
            await world.db.write(partial(_looked_through, name, now))
            if envelopes:
                world.ring()
        await self._watch.look(now)
        return False


def _since(channel: str, now: datetime, s: Session) -> datetime:
    mark = s.get(Watermark, _name(channel))
    return (mark.at if mark is not None else now - FIRST) - OVERLAP


def _looked_through(channel: str, now: datetime, s: Session) -> None:
    """Say that a channel's list was kept as far as until now."""
    mark, _made = once(
        s, lambda: s.get(Watermark, _name(channel)), lambda: Watermark(id=_name(channel), at=now)
    )
    mark.at = max(mark.at, now)
    s.add(mark)


def _name(channel: str) -> str:
    return f"missed:{channel}"
