"""The sweep: what a provider gave up delivering is taken from its list, and kept like the rest."""

from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session, func, select

from bot.log import log
from bot.post.inbox import Kept, insert
from bot.world import World
from channels.base import Failure, Kind
from models.inbox import Inbox

EVERY = timedelta(minutes=5)
OVERLAP = timedelta(hours=1)  # providers list late, and clocks differ
FIRST = timedelta(hours=24)  # how far to look back where nothing ever came


class Sweep:
    """Looks at start, and every five minutes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._next: datetime | None = None

    async def work(self) -> bool:
        """Look when it is time. A channel that cannot be asked now is asked the next time."""
        world, now = self._world, self._world.now()
        if self._next is not None and now < self._next:
            return False
        self._next = now + EVERY
        for name, channel in world.channels.items():
            since = await world.db.read(partial(_watermark, name, now))
            try:
                envelopes = await channel.missed(since)
            except Failure as problem:
                log.warning("sweep.failed", channel=name, error=type(problem).__name__)
                continue
            kept = [
                Kept(one, world.keys.lookup("lane", f"{one.channel}|{one.sender}"), now)
                for one in envelopes
            ]
            if kept:
                await world.db.write(partial(insert, kept=kept))
                world.ring()
        return False


def _watermark(channel: str, now: datetime, s: Session) -> datetime:
    newest = s.exec(
        select(func.max(Inbox.received_at)).where(
            Inbox.channel == channel, Inbox.kind == Kind.MESSAGE.value
        )
    ).one()
    return (newest or now - FIRST) - OVERLAP
