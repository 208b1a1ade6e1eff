"""The doorbell: wakes workers at once when there is work. A lost ring costs a second, no more.

A ring goes two ways through Redis. Workers share a stream and its group: one ring wakes one of
them, not a herd that would claim the same lanes, and a ring that came while all were away still
waits. Live pages hear of it by publish and subscribe, because each of them wants every ring, and
none of them an old one. What is read from the stream is acknowledged and deleted at once: the
record says what there is to do, so a ring that is lost with its reader is made good by the poll.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any

CHANNEL = "enlace:ring"
STREAM = "enlace:work"
GROUP = "workers"
LONGEST = 10_000  # rings kept while nobody reads
BLOCK = 2.0  # seconds that one look into the stream waits
POLL = 1.0  # seconds after which a worker looks anyway
JITTER = 0.25  # of them, so that processes do not look all at once


class Ear:
    """One worker's way of hearing the bell: a ring while it works is heard when it is done."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()

    async def wait(self, seconds: float = POLL) -> None:
        """Return at the next ring, at one missed meanwhile, or after a while."""
        share = random.uniform(1 - JITTER, 1)  # noqa: S311 - chance, not secrecy
        with contextlib.suppress(TimeoutError):
            # `wait_for` would swallow a cancellation that comes with a ring, and never end.
            async with asyncio.timeout(seconds * share):
                await self.rung.wait()
        self.rung.clear()


class Doorbell:
    """Rings inside this process, and through Redis for others where one is configured.

    `works` says whether this process takes work, and so shares the workers' rings.
    """

    def __init__(self, redis_url: str = "", *, works: bool = False) -> None:
        self.works = works
        self._ears: list[Ear] = []
        self._url = redis_url
        self._redis: Any = None
        self._own = token_hex(8).encode()  # our own rings come back, and were heard already
        self._unheard = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def ear(self) -> Ear:
        """Make a new way of hearing."""
        ear = Ear()
        self._ears.append(ear)
        return ear

    def _wake(self) -> None:
        for ear in self._ears:
            ear.rung.set()

    async def start(self) -> None:
        """Listen for rings of other processes."""
        if self._url:
            # Imported here: only a deployment with Redis pays for it.
            from redis.asyncio import Redis  # noqa: PLC0415

            self._redis = Redis.from_url(self._url, socket_timeout=5, socket_connect_timeout=2)
            self._tasks = [
                asyncio.create_task(self._always(self._hear_all), name="doorbell heard"),
                asyncio.create_task(self._publish(), name="doorbell rung"),
            ]
            if self.works:
                work = asyncio.create_task(self._always(self._take_work), name="doorbell shared")
                self._tasks.append(work)

    def ring(self) -> None:
        """Wake whoever waits. Never fails, never blocks."""
        self._wake()
        self._unheard.set()

    async def stop(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._redis is not None:
            if self.works:
                with contextlib.suppress(Exception):
                    await self._redis.xgroup_delconsumer(STREAM, GROUP, self._own)
            await self._redis.aclose()

    async def _publish(self) -> None:
        # One at a time: while Redis is slow, all rings are one, and nothing piles up.
        while True:
            await self._unheard.wait()
            self._unheard.clear()
            # A ring that gets lost is made good by the poll, so every error is fine here.
            with contextlib.suppress(Exception):
                pipe = self._redis.pipeline(transaction=False)
                pipe.xadd(STREAM, {"by": self._own}, maxlen=LONGEST, approximate=True)
                await pipe.publish(CHANNEL, self._own).execute()

    async def _always(self, listen: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await listen()
            except Exception:  # noqa: BLE001 - Redis is a comfort; without it we poll
                await asyncio.sleep(POLL)

    async def _hear_all(self) -> None:
        async with self._redis.pubsub() as heard:
            await heard.subscribe(CHANNEL)
            while True:
                told = await heard.get_message(ignore_subscribe_messages=True, timeout=2)
                # A worker is woken by its share of the stream; a page by everything.
                if told is not None and told["data"] != self._own and not self.works:
                    self._wake()

    async def _take_work(self) -> None:
        """Take this process's share of the rings, until Redis or the group goes away."""
        from redis.exceptions import ResponseError  # noqa: PLC0415 - see `start`

        with contextlib.suppress(ResponseError):  # it is there already
            await self._redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        while True:
            taken = await self._redis.xreadgroup(
                GROUP, self._own, {STREAM: ">"}, count=100, block=int(BLOCK * 1000)
            )
            rings = [ring for _stream, read in taken or () for ring, _fields in read]
            if rings:
                self._wake()
                pipe = self._redis.pipeline(transaction=False).xack(STREAM, GROUP, *rings)
                await pipe.xdel(STREAM, *rings).execute()
