"""Tells open pages and waiting tests that a phone has changed."""

import asyncio
import time
from collections.abc import AsyncIterator

from bot.simulator.line import Line


class Live:
    """Marks each phone with a number that changes whenever the phone does."""

    def __init__(self) -> None:
        self._first = time.time_ns()
        self._marks: dict[Line, int] = {}
        self._listeners: set[asyncio.Queue[Line | None]] = set()

    def touch(self, line: Line) -> None:
        """Say that this phone shows something new."""
        self._marks[line] = time.time_ns()
        for listener in self._listeners:
            listener.put_nowait(line)

    def mark(self, line: Line) -> int:
        """The number of the phone's present state; after a restart every phone has a new one."""
        return self._marks.get(line, self._first)

    async def change(self, line: Line, seen: int, within: float) -> None:
        """Return as soon as the phone's state is not the one already seen, or time is up."""
        if self.mark(line) != seen:
            return
        with self._listening() as queue:
            try:
                async with asyncio.timeout(within):
                    while self.mark(line) == seen:
                        if await queue.get() is None:
                            return
            except TimeoutError:
                return

    async def changes(self, beat: float) -> AsyncIterator[Line | None]:
        """Every change from now on, with nothing as a heartbeat, until the simulator stops."""
        with self._listening() as queue:
            while True:
                try:
                    async with asyncio.timeout(beat):
                        line = await queue.get()
                except TimeoutError:
                    yield None
                    continue
                if line is None:
                    return
                yield line

    def close(self) -> None:
        """End every open stream."""
        for listener in self._listeners:
            listener.put_nowait(None)

    def _listening(self) -> "_Listening":
        return _Listening(self._listeners)


class _Listening:
    """A queue that hears changes for as long as it is held."""

    def __init__(self, listeners: set[asyncio.Queue[Line | None]]) -> None:
        self._listeners = listeners
        self._queue: asyncio.Queue[Line | None] = asyncio.Queue()

    def __enter__(self) -> asyncio.Queue[Line | None]:
        self._listeners.add(self._queue)
        return self._queue

    def __exit__(self, *_: object) -> None:
        self._listeners.discard(self._queue)
