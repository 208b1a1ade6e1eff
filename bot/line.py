"""The line before the one writer: what waits for the next commit, and in which order it is done.

Providers wait at the door and give up within seconds; everything else that is written can wait a
moment. So what is hurried is done before whatever else waits, and once something hurried is in a
commit, the commit ends soon: after one other act, so that none starves, or after `MANNERS`.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

J = TypeVar("J")

BATCH = 128  # acts in one commit, at most
MANNERS = 0.002  # seconds that what is hurried waits for others in its commit


class Line(Generic[J]):
    """What waits. Anybody may join it; one thread serves it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._hurried: deque[J] = deque()
        self._others: deque[J] = deque()
        self._change = threading.Condition()
        self._closed = False

    def join(self, job: J, *, hurried: bool = False) -> None:
        """Wait for the next commit."""
        with self._change:
            (self._hurried if hurried else self._others).append(job)
            self._change.notify()

    def close(self) -> None:
        """Let nobody join any more. Whoever is in the line is still served."""
        with self._change:
            self._closed = True
            self._change.notify()

    def wait(self) -> bool:
        """Wait until somebody is in the line. False: it is closed and empty."""
        with self._change:
            while not (self._hurried or self._others or self._closed):
                self._change.wait()
            return bool(self._hurried or self._others)

    @property
    def alone(self) -> bool:
        """Whether not more than one waits."""
        return len(self._hurried) + len(self._others) <= 1

    def commit(self) -> Iterator[J]:
        """Give what belongs into one commit, one after the other, as it is asked for."""
        ends: float | None = None  # when those in a hurry have waited long enough
        served = False  # somebody who is not in a hurry
        for _ in range(BATCH):
            if self._hurried:
                ends = self._clock() + MANNERS if ends is None else ends
                yield self._hurried.popleft()
            elif not self._others or (ends is not None and served and self._clock() >= ends):
                return
            else:
                served = True
                yield self._others.popleft()
        if not served and self._others:
            yield self._others.popleft()
