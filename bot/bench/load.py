"""The load: people who write, each waiting for an answer before the next, or at a fixed pace."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import httptools

from bot.bench import letters
from bot.bench.provider import Provider

PEOPLE = 64  # more than are ever under way: nobody writes twice before being answered
KEPT = 200
PATIENCE = 30.0  # seconds for an answer, before it counts as lost


class Caller(asyncio.Protocol):
    """One connection to a web server, kept open: one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._answered: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Tell who waits."""
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(self._parser.get_status_code())
        self._parser = httptools.HttpResponseParser(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits that nothing will come."""
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionError("closed"))

    async def post(self, request: bytes) -> int:
        """Send a request and give the status of its answer."""
        loop = asyncio.get_running_loop()
        if self._transport.is_closing():  # it was idle for too long
            await loop.create_connection(lambda: self, "127.0.0.1", self._port)
        self._answered = loop.create_future()
        self._transport.write(request)
        return await self._answered

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


@dataclass
class Talk:
    """What to say, to whom, and how many at a time."""

    shape: str
    port: int
    count: int
    window: int
    start: int  # the first message's number, never used before
    people: int = PEOPLE
    words: str = "ayuda"
    pace: float = 0.0  # messages a second, whatever the answers; 0: as fast as they come


@dataclass
class Told:
    """What was seen."""

    acks: list[float] = field(default_factory=list)
    replies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    acked: Counter[str] = field(default_factory=Counter)  # of each person, where the pace is fixed
    seconds: float = 0.0
    extra: int = 0  # replies that nobody waited for

    def as_json(self) -> dict[str, object]:
        """Give counts and percentiles in milliseconds."""
        return {
            "seconds": self.seconds,
            "answered": len(self.acks),
            "statuses": dict(self.statuses),
            "acked": dict(self.acked),
            "ack_p50": percentile(self.acks, 50),
            "ack_p99": percentile(self.acks, 99),
            "replied": len(self.replies),
            "reply_p50": percentile(self.replies, 50),
            "reply_p99": percentile(self.replies, 99),
            "extra": self.extra,
        }


def percentile(seconds: Sequence[float], share: int) -> float:
    """Give a percentile in milliseconds; 0 where nothing was measured."""
    if not seconds:
        return 0.0
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)] * 1000


async def acks(talk: Talk) -> Told:
    """Post messages and wait for nothing but the acknowledgement."""
    told = Told()
    callers = await _callers(talk)
    numbers = iter(range(talk.start, talk.start + talk.count))

    async def call(caller: Caller) -> None:
        for serial in numbers:
            request = letters.letter(
                talk.shape, talk.port, serial, serial % talk.people, talk.words
            )
            began = time.perf_counter()
            told.statuses[str(await caller.post(request))] += 1
            told.acks.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(call(caller) for caller in callers))
    told.seconds = time.perf_counter() - began
    _hang_up(callers)
    return told


async def paced(talk: Talk, seconds: float) -> Told:
    """Post messages at a fixed pace; latency counts from when each should have left."""
    told = Told()
    callers = deque(await _callers(talk))
    waiting: deque[tuple[int, float]] = deque()
    began = time.perf_counter()

    async def call(caller: Caller) -> None:
        while waiting:
            serial, due = waiting.popleft()
            sender = serial % talk.people
            request = letters.letter(talk.shape, talk.port, serial, sender, talk.words)
            status = await caller.post(request)
            told.statuses[str(status)] += 1
            if status == KEPT:
                told.acked[_name(talk, sender)] += 1
            told.acks.append(time.perf_counter() - due)
        callers.append(caller)

    calls: set[asyncio.Task[None]] = set()
    for n in range(int(talk.pace * seconds)):
        due = began + n / talk.pace
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        waiting.append((talk.start + n, due))
        if callers:
            task = asyncio.create_task(call(callers.popleft()))
            calls.add(task)
            task.add_done_callback(calls.discard)
    if calls:
        await asyncio.wait(calls, timeout=PATIENCE)
    told.seconds = time.perf_counter() - began
    _hang_up(callers)
    return told


async def talks(talk: Talk, provider: Provider) -> Told:
    """Let people write, each again only when the reply to the last message has arrived."""
    told = Told()
    callers = await _callers(talk)
    free = deque(range(talk.people))
    waited: dict[str, asyncio.Future[float]] = {}
    numbers = iter(range(talk.start, talk.start + talk.count))

    def heard(to: str, when: float) -> None:
        reply = waited.pop(to, None)
        if reply is None or reply.done():
            told.extra += 1
        else:
            reply.set_result(when)

    async def call(caller: Caller) -> None:
        loop = asyncio.get_running_loop()
        for serial in numbers:
            sender = free.popleft()
            reply = waited[_name(talk, sender)] = loop.create_future()
            request = letters.letter(talk.shape, talk.port, serial, sender, talk.words)
            began = time.perf_counter()
            told.statuses[str(await caller.post(request))] += 1
            told.acks.append(time.perf_counter() - began)
            try:
                told.replies.append(await asyncio.wait_for(reply, PATIENCE) - began)
            except TimeoutError:
                waited.pop(_name(talk, sender), None)
            free.append(sender)

    provider.heard = heard
    began = time.perf_counter()
    await asyncio.gather(*(call(caller) for caller in callers))
    told.seconds = time.perf_counter() - began
    provider.heard = lambda _to, _when: None
    _hang_up(callers)
    return told


def _name(talk: Talk, sender: int) -> str:
    return letters.user(sender) if talk.shape == "telegram" else letters.phone(sender)


async def _callers(talk: Talk) -> list[Caller]:
    loop = asyncio.get_running_loop()
    made = [
        loop.create_connection(lambda: Caller(talk.port), "127.0.0.1", talk.port)
        for _ in range(min(talk.window, talk.count))
    ]
    return [caller for _, caller in await asyncio.gather(*made)]


def _hang_up(callers: Sequence[Caller] | deque[Caller]) -> None:
    for caller in callers:
        caller.close()
