"""The breaker: a provider that fails again and again is left alone, then tried with one message."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

FAILURES = 5
WITHIN = timedelta(seconds=30)
REST = timedelta(seconds=30)  # how long nothing is tried, and how long news of a probe is awaited


class State(Enum):
    """Whether messages go through."""

    CLOSED = "closed"  # they do
    OPEN = "open"  # they wait
    HALF_OPEN = "half_open"  # one of them is trying


@dataclass
class Breaker:
    """The breaker of one channel in one process.

    Only what says that the provider itself is in trouble counts as failed: no connection, no
    answer, an answer of 5xx. The caller decides that, and says `worked` for any other answer, a
    refusal too.
    """

    _failures: deque[datetime] = field(default_factory=deque)
    _until: datetime | None = None  # open until then, and half-open after
    _probe: datetime | None = None  # when the one probe went

    def allows(self, now: datetime) -> bool:
        """Tell whether a message may go now. Half-open, it takes the one probe.

        A probe of which nothing is heard for as long as the breaker rests is forgotten, so that
        one whose process lost it does not close the channel for ever.
        """
        if self._until is None:
            return True
        if now < self._until or (self._probe is not None and now < self._probe + REST):
            return False
        self._probe = now
        return True

    def failed(self, now: datetime) -> None:
        """Count a failure. The fifth in half a minute opens, and so does a failed probe."""
        if self._until is not None:
            # One that was under way when it opened says nothing new, and moves nothing.
            if self._probe is not None:
                self._open(now)
            return
        self._failures.append(now)
        while self._failures[0] <= now - WITHIN:
            self._failures.popleft()
        if len(self._failures) >= FAILURES:
            self._open(now)

    def worked(self, now: datetime) -> None:
        """Close, if it was the probe that worked.

        While closed it changes nothing: a provider that fails every other time is in trouble too,
        and each of its failures leaves a message of which nobody knows whether it went.
        """
        if self._probe is not None and now >= self._probe:
            self._until = self._probe = None

    def state(self, now: datetime) -> State:
        """Say how it stands, for people and metrics."""
        if self._until is None:
            return State.CLOSED
        return State.OPEN if now < self._until and self._probe is None else State.HALF_OPEN

    def _open(self, now: datetime) -> None:
        self._failures.clear()
        self._probe = None
        self._until = now + REST
