"""The doorbell: wakes workers at once when there is work. A lost ring costs a second, no more."""

import asyncio
import contextlib
from secrets import token_hex
from typing import Any

CHANNEL = "enlace:ring"
POLL = 1.0  # seconds after which a worker looks anyway


class Ear:
    """One worker's way of hearing the bell: a ring while it works is heard when it is done."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()

    async def wait(self, seconds: float = POLL) -> None:
        """Return at the next ring, at one missed meanwhile, or after a while."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.rung.wait(), seconds)
        self.rung.clear()


class Doorbell:
    """Rings inside this process, and through Redis for others where one is configured."""

    def __init__(self, redis_url: str = "") -> None:
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
                asyncio.create_task(self._listen(), name="doorbell heard"),
                asyncio.create_task(self._publish(), name="doorbell rung"),
            ]

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
            await self._redis.aclose()

    async def _publish(self) -> None:
        # One at a time: while Redis is slow, all rings are one, and nothing piles up.
        while True:
            await self._unheard.wait()
            self._unheard.clear()
            # A ring that gets lost is made good by the poll, so every error is fine here.
            with contextlib.suppress(Exception):
                await self._redis.publish(CHANNEL, self._own)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as heard:
                    await heard.subscribe(CHANNEL)
                    while True:
                        told = await heard.get_message(ignore_subscribe_messages=True, timeout=2)
                        if told is not None and told["data"] != self._own:
                            self._wake()
            except asyncio.CancelledError:
                raise
            except Exception:  # noqa: BLE001 - Redis is a comfort; without it we poll
                await asyncio.sleep(POLL)
