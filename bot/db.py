"""The database: transactions that are plain functions, so that nothing can be awaited inside one.

Every write is a function of a session. It runs in a writer's thread and commits as a whole. On
SQLite one thread owns all writes and checkpoints: it takes whatever waits, gives each function its
savepoint, and commits once for all of them, so that a crowd of webhooks shares one fsync. On
PostgreSQL several threads write, each its own transaction. Reads never wait for writes.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session

T = TypeVar("T")
Act = Callable[[Session], T]

BATCH = 128  # acts in one SQLite commit, at most
WRITERS = 6  # PostgreSQL transactions at once
READERS = 4
RETRIES = 5  # of a PostgreSQL transaction that lost a race
RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock


class Unavailable(Exception):  # noqa: N818 - a verdict: the record cannot take anything now
    """The database did not commit. Nothing of the act is in it."""


@dataclass
class _Job(Generic[T]):
    act: Act[T]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[T]"
    result: T | None = None
    error: BaseException | None = None

    def tell(self) -> None:
        """Wake whoever waits for it. Runs in the loop's thread."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(cast("T", self.result))


class Database:
    """One record, on SQLite or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self.embedded = self.url.get_backend_name() == "sqlite"
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="read")
        self._stopped = False
        if self.embedded:
            self._reader = _sqlite(self.url, writer=False)
            self._writer = _sqlite(self.url, writer=True)
            self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
            self._thread = threading.Thread(target=self._write_all, name="write", daemon=True)
            self._thread.start()
        else:
            self._writer = self._reader = _postgres(self.url)
            self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="write")

    async def write(self, act: Act[T]) -> T:
        """Run an act in one transaction, and return when it is on disk.

        Raises what the act raised, or `Unavailable`; either way nothing of it was kept.
        """
        loop = asyncio.get_running_loop()
        if self._stopped:
            raise Unavailable("The database is closed.")
        if not self.embedded:
            return await loop.run_in_executor(self._writers, self.write_now, act)
        job: _Job[T] = _Job(act, loop, loop.create_future())
        self._jobs.put(job)
        return await job.future

    async def read(self, act: Act[T]) -> T:
        """Run an act that only reads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.read_now, act)

    def read_now(self, act: Act[T]) -> T:
        """Read in this thread."""
        with self._reader.connect() as connection, Session(connection) as session:
            return act(session)

    def write_now(self, act: Act[T]) -> T:
        """Write in this thread, alone in its transaction. For start-up and commands."""
        for left in range(RETRIES, -1, -1):
            try:
                with self._writer.begin() as connection:
                    return _run(act, connection)
            except DBAPIError as problem:
                if left and getattr(problem.orig, "sqlstate", None) in RETRYABLE:
                    time.sleep(0.01 * (RETRIES - left + 1))
                    continue
                raise _verdict(problem) from problem
        raise AssertionError  # the loop returns or raises

    def close(self) -> None:
        """Finish what is under way, leave a tidy file."""
        if self._stopped:
            return
        self._stopped = True
        if self.embedded:
            self._jobs.put(None)
            self._thread.join()
        else:
            self._writers.shutdown()
        self._pool.shutdown()
        self._reader.dispose()
        self._writer.dispose()

    def _write_all(self) -> None:
        connection = self._writer.connect()
        while True:
            jobs = self._take()
            if jobs is None:
                connection.close()
                return
            self._commit(connection, jobs)
            for loop in {job.loop for job in jobs}:
                told = [job for job in jobs if job.loop is loop]
                if not loop.is_closed():
                    loop.call_soon_threadsafe(_tell, told)

    def _take(self) -> list[_Job[Any]] | None:
        first = self._jobs.get()
        if first is None:
            return None
        jobs = [first]
        while len(jobs) < BATCH:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)  # the end comes after what is already taken
                break
            jobs.append(job)
        return jobs

    @staticmethod
    def _commit(connection: Connection, jobs: list[_Job[Any]]) -> None:
        try:
            with connection.begin():
                for job in jobs:
                    try:
                        with connection.begin_nested():
                            job.result = _run(job.act, connection)
                    except Exception as problem:  # noqa: BLE001 - it is handed to who asked
                        job.error = _verdict(problem)
        except Exception as problem:  # noqa: BLE001 - nothing of the batch was kept
            for job in jobs:
                job.error = job.error or _verdict(problem)


def _run(act: Act[T], connection: Connection) -> T:
    # The session never ends the transaction: whoever called us does, for the whole batch.
    with Session(
        connection, join_transaction_mode="rollback_only", expire_on_commit=False
    ) as session:
        result = act(session)
        session.flush()
        return result


def _verdict(problem: Exception) -> Exception:
    if isinstance(problem, OperationalError):
        return Unavailable(f"The database did not take it: {problem.orig}")
    return problem


def _tell(jobs: list[_Job[Any]]) -> None:
    for job in jobs:
        job.tell()


def _sqlite(url: sa.URL, *, writer: bool) -> Engine:
    engine = sa.create_engine(
        url,
        poolclass=sa.pool.QueuePool,
        pool_size=1 if writer else READERS,
        max_overflow=1 if writer else 0,
        connect_args={"check_same_thread": False, "timeout": 10},
    )

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        # The standard driver begins late and upgrades locks; we say BEGIN ourselves, below.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "trusted_schema=OFF",
            # Two connections that checkpoint at once can corrupt SQLite before 3.51.3.
            "wal_autocheckpoint=1000" if writer else "wal_autocheckpoint=0",
            *(() if writer else ("query_only=ON",)),
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine


def _postgres(url: sa.URL) -> Engine:
    return sa.create_engine(
        url, pool_size=WRITERS + READERS, max_overflow=2, pool_pre_ping=True, pool_recycle=1800
    )
