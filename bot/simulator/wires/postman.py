"""Carries waiting webhooks to the product, as often and as patiently as their provider does."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from bot.simulator.house import House
from bot.simulator.record.deliveries import Delivery
from bot.simulator.record.faults import Provider

_READ = 2000
"""How much of an answer is kept in the log, in characters."""
_IDLE = 30.0
"""Seconds after which the queue is looked at even when nobody woke the postman."""


@dataclass(frozen=True)
class Letter:
    """A webhook as it goes over the wire."""

    url: str
    body: bytes
    headers: dict[str, str]
    timeout: aiohttp.ClientTimeout


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt: an answer, or `ct` (never connected) or `rt` (no answer)."""

    status: int = 0
    problem: str = ""
    words: str = ""
    body: str = ""
    retry_after: float | None = None
    seconds: float = 0.0

    @property
    def arrived(self) -> bool:
        """Whether the product took it."""
        return 200 <= self.status < 300  # noqa: PLR2004 - any 2xx

    @property
    def answer(self) -> str:
        """The outcome in one word, for the log."""
        return str(self.status) if self.status else self.words


class Round(Protocol):
    """How one provider sends its webhooks."""

    provider: Provider

    def ready(self, busy: dict[int, str]) -> list[Delivery]:
        """What may be sent now, beside what is under way (its lane by its id)."""

    def letter(self, delivery: Delivery) -> Letter | None:
        """The webhook on paper, or nothing if it can no longer be sent."""

    def again(self, delivery: Delivery, outcome: Outcome) -> float | None:
        """When to try again after a failure, or nothing to give up."""


class Postman:
    """Walks one provider's round until it is stopped."""

    def __init__(self, house: House, walk: Round) -> None:
        self._house = house
        self._round = walk
        self._busy: dict[int, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._session: aiohttp.ClientSession | None = None
        house.deliveries.on_new(walk.provider, self._wake.set)

    async def start(self) -> None:
        """Begin the round."""
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._keep(self._walk())

    async def stop(self) -> None:
        """End the round; what is under way is tried again next time."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _walk(self) -> None:
        while True:
            self._wake.clear()
            for delivery in self._round.ready(self._busy):
                self._busy[delivery.id] = delivery.lane
                self._keep(self._carry(delivery))
            now = time.time()
            due = self._house.deliveries.next_due(self._round.provider, now)
            wait = _IDLE if due is None else min(_IDLE, max(0.001, due - now))
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()

    async def _carry(self, delivery: Delivery) -> None:
        try:
            letter = self._round.letter(delivery)
            if letter is None:
                self._house.deliveries.settle(delivery, arrived=False, again=None)
                return
            self._house.deliveries.begin(delivery, time.time())
            outcome = await self._post(letter)
            self._settle(delivery, letter, outcome)
        finally:
            self._busy.pop(delivery.id, None)
            self._wake.set()

    async def _post(self, letter: Letter) -> Outcome:
        assert self._session, "a postman is started before he walks"  # noqa: S101 - for the reader
        began = time.monotonic()
        try:
            async with self._session.post(
                letter.url,
                data=letter.body,
                headers=letter.headers,
                timeout=letter.timeout,
                allow_redirects=False,
            ) as response:
                body = (await response.read())[:_READ].decode("utf-8", "replace")
                return Outcome(
                    status=response.status,
                    body=body,
                    retry_after=_seconds(response.headers.get("Retry-After")),
                    seconds=time.monotonic() - began,
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as problem:
            return Outcome(problem="ct", words=_words(problem), seconds=time.monotonic() - began)
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            return Outcome(problem="rt", words=_words(problem), seconds=time.monotonic() - began)

    def _settle(self, delivery: Delivery, letter: Letter, outcome: Outcome) -> None:
        again = None if outcome.arrived else self._round.again(delivery, outcome)
        with self._house.store.transaction():
            self._house.journal.webhook(
                self._round.provider.value,
                delivery.kind,
                outcome.answer,
                {
                    "delivery": delivery.id,
                    "attempt": delivery.attempts + 1,
                    "url": letter.url,
                    "fields": delivery.fields,
                    "body": outcome.body,
                    "seconds": round(outcome.seconds, 3),
                    "again_at": again,
                },
            )
            self._house.deliveries.settle(delivery, arrived=outcome.arrived, again=again)
            if delivery.message is not None and delivery.kind != "status":
                self._tick(delivery.message, arrived=outcome.arrived, over=again is None)

    def _tick(self, message: int, *, arrived: bool, over: bool) -> None:
        """Show the person whether the organisation has the message."""
        if arrived:
            self._house.threads.change(message, status="delivered")
        elif over and self._house.threads.get(message).status != "delivered":
            self._house.threads.change(message, status="lost")


def _words(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {problem}".rstrip(": ")


def _seconds(header: str | None) -> float | None:
    """The seconds of a Retry-After header; a date in it is not used by anybody here."""
    return float(header) if header and header.isdigit() else None
