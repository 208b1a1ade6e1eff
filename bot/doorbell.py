"""The doorbell: wakes workers at once when there is work. A lost ring costs a second, no more."""

import asyncio
import contextlib
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
        self._listening: asyncio.Task[None] | None = None

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
            self._listening = asyncio.create_task(self._listen(), name="doorbell")

    def ring(self) -> None:
        """Wake whoever waits. Never fails, never blocks."""
        self._wake()
        if self._redis is not None:
            task = asyncio.get_running_loop().create_task(self._publish())
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def stop(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
        if self._redis is not None:
            await self._redis.aclose()

    async def _publish(self) -> None:
        # A ring that gets lost is made good by the poll, so every error is fine here.
        with contextlib.suppress(Exception):
            await self._redis.publish(CHANNEL, b"1")

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as heard:
                    await heard.subscribe(CHANNEL)
                    while True:
                        if await heard.get_message(ignore_subscribe_messages=True, timeout=2):
                            self._wake()
            except asyncio.CancelledError:
                raise
            except Exception:  # noqa: BLE001 - Redis is a comfort; without it we poll
                await asyncio.sleep(POLL)
