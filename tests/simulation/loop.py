"""An event loop in which time passes only when nothing else is left to do, and processes can die.

Its clock jumps to the next timer. What runs inside a `Life` stops at once when that life ends, in
the middle of whatever it waits for and without any clearing up, as `kill -9` would have it; a
frozen life stands still, as `SIGSTOP` would have it, and goes on where it stood.
"""

import asyncio
import contextlib
import selectors
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")

LIFE: "ContextVar[Life | None]" = ContextVar("life", default=None)


class Killed(BaseException):
    """A crash point was reached: nothing after it happens."""


@dataclass(eq=False)
class Life:
    """One process. What it starts ends with it."""

    name: str
    alive: bool = True
    frozen: bool = False
    parked: "list[tuple[_Step, tuple[Any, ...]]]" = field(default_factory=list)
    mourners: list[Callable[[], None]] = field(default_factory=list)

    def end(self) -> None:
        """Die: no task of this life takes another step. Whoever waits for it hears the line cut."""
        if not self.alive:
            return
        self.alive = False
        self.parked.clear()
        for told in self.mourners:
            told()
        self.mourners.clear()


class _Step:
    """Something that the loop is asked to run later, for as long as its life lasts."""

    __slots__ = ("callback", "context", "handle", "life")

    def __init__(self, life: Life, callback: Callable[..., object], context: Context) -> None:
        self.life = life
        self.callback = callback
        self.context = context
        self.handle: asyncio.Handle | None = None

    def __call__(self, *args: Any) -> None:
        """Take the step, unless there is nobody to take it any more or just now."""
        if not self.life.alive or (self.handle is not None and self.handle.cancelled()):
            return
        if self.life.frozen:
            self.life.parked.append((self, args))
        else:
            self.callback(*args)


class Task(asyncio.Task[T]):
    """A task that sets hold in the order of birth, so that one seed is one story."""

    _births = count()

    def __init__(self, *args: Any, **more: Any) -> None:
        self._birth = next(Task._births)
        super().__init__(*args, **more)

    def __hash__(self) -> int:
        """Hash by birth."""
        return self._birth


class _NoSockets(selectors.BaseSelector):
    """Waits for nothing, and has the clock jump instead."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        self._jump = jump
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Keep the loop's own pipe, which nobody writes to."""
        key = selectors.SelectorKey(fileobj, fileobj, events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Forget it."""
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[Any]:
        """Let time pass. Waiting without a timer would be for ever."""
        if timeout is None:
            raise RuntimeError("Everybody waits, and no timer runs: the simulation stands still.")
        if timeout > 0:
            self._jump(timeout)
        return []

    def get_map(self) -> Any:
        """What is registered."""
        return self._keys


class Loop(asyncio.SelectorEventLoop):
    """The loop of one simulation. `time` is the seconds since its beginning."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_NoSockets(self._jump))
        self._clock_resolution = 1e-6
        self._born: list[asyncio.Task[Any]] = []
        Task._births = count()
        self.set_task_factory(self._bear)

    def _jump(self, seconds: float) -> None:
        self._now += seconds

    def time(self) -> float:
        """Tell the simulated time."""
        return self._now

    def _bear(self, _loop: Any, coro: Any, **more: Any) -> Any:
        task: Task[Any] = Task(coro, loop=self, **more)
        self._born.append(task)
        if len(self._born) > 4096:
            self._born = [one for one in self._born if not one.done()]
        return task

    def call_soon(  # type: ignore[override]  # typed by what is passed on
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Run something next, while the life that asked for it lasts."""
        context = context or copy_context()
        life = context.get(LIFE)
        if life is None:
            return super().call_soon(callback, *args, context=context)
        step = _Step(life, callback, context)
        step.handle = super().call_soon(step, *args, context=context)
        return step.handle

    def call_at(  # type: ignore[override]  # the same
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run something then, while the life that asked for it lasts."""
        context = context or copy_context()
        life = context.get(LIFE)
        if life is None:
            return super().call_at(when, callback, *args, context=context)
        step = _Step(life, callback, context)
        step.handle = handle = super().call_at(when, step, *args, context=context)
        return handle

    def run_in_executor(self, _executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        """Run what would run in a thread here and now: one seed is one story."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as problem:  # noqa: BLE001 - it is handed to who asked
            future.set_exception(problem)
        return future

    def spawn(
        self, coro: Coroutine[Any, Any, T], name: str, life: Life | None = None
    ) -> "asyncio.Task[T]":
        """Begin something inside a life, or outside every one."""
        context = Context()
        context.run(LIFE.set, life)
        return self.create_task(coro, name=name, context=context)

    def thaw(self, life: Life) -> None:
        """Let a frozen life go on where it stood."""
        life.frozen = False
        parked, life.parked = life.parked, []
        for step, args in parked:
            if step.handle is None or not step.handle.cancelled():
                super().call_soon(step, *args, context=step.context)

    def bury(self) -> None:
        """Let go of everything that will never be done, quietly."""
        for task in self._born:
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                with contextlib.suppress(RuntimeError, Killed):
                    task.get_coro().close()
            elif not task.cancelled():
                task.exception()  # it was looked at: nobody need hear of it when it is collected
        self._born.clear()
        self.close()
