"""Ageing: now and then staff are shown what was kept long enough, and decide about it."""

from datetime import datetime, timedelta
from functools import partial

from bot.office.keeping import due
from bot.world import World

EVERY = timedelta(hours=1)


class Ageing:
    """Shows staff what became due."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._next: datetime | None = None

    async def work(self) -> bool:
        """Look when it is time to. There is never more."""
        now = self._world.now()
        if self._next is None or now >= self._next:
            self._next = now + EVERY
            await self._world.db.write(partial(due.remind, now=now))
        return False
