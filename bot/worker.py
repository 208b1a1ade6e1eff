"""The worker: works lanes, sends, fetches files and lets time pass, until it is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.log import log
from bot.post import attempts, inbox, media, outbox
from bot.post.acts import Acts
from bot.post.ageing import Ageing
from bot.post.clockwork import Clockwork
from bot.post.drain import Drain
from bot.post.duty import Escalation
from bot.post.eraser import Eraser
from bot.post.lanes import Lanes
from bot.post.orphans import Orphans
from bot.post.pacing import Lately, Pacer
from bot.post.sender import Sender
from bot.post.sweep import Sweep
from bot.post.templates import Templates
from bot.post.turns import Turns
from bot.vault.looks import Looker
from bot.world import World
from channels.telegram import Telegram

DRAIN = 20.0  # seconds that sends under way are given at the end
REST = 1.0  # seconds after a loop failed, and between looks at the clock
BREATH = 0.2  # seconds between two looks at what is not a person waiting, however the bell rings


class Worker:
    """Everything that happens after a webhook was answered."""

    def __init__(self, world: World) -> None:
        self._world = world
        acts = Acts(world)
        self._looker = Looker()
        self.fetcher = media.Fetcher(world, self._looker)
        redis_url, processes = world.settings.redis_url, world.settings.processes
        self._pacer = Pacer(world.limits, redis_url, processes, world.now, self._recall)
        self._sender = Sender(world, self._pacer)
        self._lanes = Lanes(world, Turns(world, acts))
        self._clockwork = Clockwork(world, acts)
        self._drain = Drain(world)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to work. On SQLite, what was under way before nobody will ever end."""
        await self._drain.work()
        if self._world.db.embedded:
            now = self._world.now()
            await self._world.db.write(lambda s: bool(outbox.orphans(s, now, clock=None)))
            await self._world.db.write(inbox.free_lanes)
            await self._world.db.write(media.free_files)
        telegram = self._world.channels.get("telegram")
        if isinstance(telegram, Telegram) and not self._world.db.embedded:
            # Its library takes seconds to load; nothing waits for it but Telegram itself. Where we
            # serve too, telling Telegram our address has it loaded.
            self._tasks.append(asyncio.create_task(telegram.prepare(), name="prepare telegram"))
        for name, work in (
            ("lanes", self._lanes.work),
            ("sender", self._sender.work),
            ("media", self.fetcher.work),
            ("erasing", Eraser(self._world).work),
            ("orphans", Orphans(self._world).work),
            ("clock", self._clockwork.work),
            ("duty", Escalation(self._world).work),
            ("sweep", Sweep(self._world).work),
            ("templates", Templates(self._world).work),
            ("ageing", Ageing(self._world).work),
        ):
            self._tasks.append(asyncio.create_task(self._loop(name, work), name=name))

    async def stop(self) -> None:
        """Take nothing new, let what is on the wire land, and end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sender.drain(DRAIN)
        await self._pacer.close()
        self._looker.close()

    async def _recall(self) -> Lately:
        now = self._world.now()
        return await self._world.db.read(lambda s: attempts.lately(s, now))

    async def _loop(self, name: str, work: Callable[[], Awaitable[bool]]) -> None:
        ear = self._world.bell.ear()
        breath = 0.0 if name in ("lanes", "sender") else BREATH
        while True:
            try:
                await self._drain.work()  # it may be a stop, or how a send ended
                more = await work()
            except Exception as problem:  # noqa: BLE001 - a loop that ends would stop the bot
                log.error("worker.failed", name=name, error=type(problem).__name__)
                await asyncio.sleep(REST)
                continue
            if not more:
                await asyncio.sleep(breath)
                await ear.wait(REST)
