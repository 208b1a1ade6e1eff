"""A crowd: what comes while the record is busy is written in one transaction, not one each."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from sqlmodel import Session

from bot.db import Database, Unavailable

T = TypeVar("T")
R = TypeVar("R")

MOST = 16  # things in one transaction: a webhook may wait behind it


class Crowd(Generic[T, R]):
    """Writes things by an act that takes many of them and gives a result for each."""

    def __init__(self, db: Database, act: Callable[[Sequence[T], Session], Sequence[R]]) -> None:
        self._db = db
        self._act = act
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, one: T) -> R:
        """Give the result of one thing when it is on disk, with whatever else waited.

        Raises `Unavailable`, or what the act raises for this one thing alone.
        """
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._empty(), name="crowd")
        return await future

    async def _empty(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            # Whoever has given up waiting has kept it elsewhere.
            await self._write([one for one in together if not one[1].done()])

    async def _write(self, together: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        things = [one for one, _ in together]
        try:
            results = await self._db.write(partial(self._act, things)) if things else ()
        except Exception as problem:  # noqa: BLE001 - whoever waits hears it
            if len(together) > 1 and not isinstance(problem, Unavailable):
                for one in together:  # one of them cannot be written; the others can
                    await self._write([one])
                return
            for _, future in together:
                if not future.done():
                    future.set_exception(problem)
        else:
            for (_, future), result in zip(together, results, strict=True):
                if not future.done():
                    future.set_result(result)
