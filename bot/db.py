"""The database: transactions that are plain functions, so that nothing can be awaited inside one.

Every write is a function of a session. It runs in a writer's thread and commits as a whole. On
SQLite one thread owns all writes and checkpoints: it takes whatever waits in line, gives each
function its savepoint, and commits once for all of them, so that a crowd shares one fsync. On
PostgreSQL several threads write, each its own transaction. Reads never wait for writes.
"""

import asyncio
import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Literal, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session

from bot import metrics
from bot.line import Line
from bot.log import log
from bot.vault.keyring import Key, Ring, Sealing
from bot.vault.owning import SEALING, listen
from models.data_key import Whose
from models.seal import during

T = TypeVar("T")
Act = Callable[[Session], T]

WRITERS = 6  # PostgreSQL transactions at once
READERS = 4
PATIENCE = 10  # seconds that a lock or a connection is waited for
RETRIES = 5  # of a PostgreSQL transaction that lost a race
NOT_SAFE = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}
ENDED = 74  # how we end when the disk does not keep what it was given: EX_IOERR
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

    def __init__(self, url: str, *, steady: Callable[[], datetime] | None = None) -> None:
        """Open it. `steady` is the clock of an embedded record, where it is not the machine's."""
        embedded = sa.make_url(url).get_backend_name() == "sqlite"
        self._info = {"steady": steady or _steady, "embedded": embedded}
        self.ring = Ring()
        self.url = sa.make_url(url)
        self.embedded = self.url.get_backend_name() == "sqlite"
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="read")
        self._stopped = False
        self._gate = threading.Lock()  # nothing is asked of a database that is closing
        if self.embedded:
            self._reader = _sqlite(self.url, "reader")
            self._writer = _sqlite(self.url, "owner")
            self._beside = _sqlite(self.url, "writer")
            self._line: Line[_Job[Any]] = Line()
            self._thread = threading.Thread(target=self._write_all, name="write", daemon=True)
            self._thread.start()
        else:
            self._writer = self._beside = _postgres(self.url)
            self._reader = self._writer.execution_options(postgresql_readonly=True)
            self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="write")

    async def write(self, act: Act[T], *, hurried: bool = False) -> T:
        """Run an act in one transaction, and return when it is on disk.

        `hurried`: a provider waits for it, so on SQLite it is done before what else waits. Raises
        what the act raised, or `Unavailable`; either way nothing of it was kept. Whoever stops
        waiting does not stop an act under way.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T]
        with self._gate:
            self._must_be_open()
            if self.embedded:
                future = loop.create_future()
                self._line.join(_Job(act, loop, future), hurried=hurried)
            else:
                future = loop.run_in_executor(self._writers, self.write_now, act)
        return await future

    async def read(self, act: Act[T]) -> T:
        """Run an act that only reads."""
        with self._gate:
            self._must_be_open()
            future = asyncio.get_running_loop().run_in_executor(self._pool, self.read_now, act)
        return await future

    def read_now(self, act: Act[T]) -> T:
        """Read in this thread. An act that writes is refused."""
        try:
            with (
                self._reader.connect() as connection,
                during(sealing := Sealing(self.ring, connection)),
                _Session(connection, info=self._info | {SEALING: sealing}) as session,
            ):
                return _do(act, session)
        except DBAPIError as problem:
            raise _verdict(problem) from problem

    def write_now(self, act: Act[T]) -> T:
        """Write in this thread, alone in its transaction. For start-up and commands."""
        for left in range(RETRIES, -1, -1):
            try:
                with self._beside.begin() as connection:
                    result, sealing = self._run(act, connection)
                    if self.embedded:
                        _must_be_whole(connection)
            except DBAPIError as problem:
                if left and getattr(problem.orig, "sqlstate", None) in RETRYABLE:
                    time.sleep(0.01 * (RETRIES - left + 1))
                    continue
                raise _verdict(problem) from problem
            self.ring.learn(sealing.found)
            return result
        raise AssertionError  # the loop returns or raises

    def scrub(self) -> None:
        """Leave nothing lying that was written over: in SQLite's log, or in PostgreSQL's old rows.

        It waits for whoever writes, and for what it can of who reads.
        """
        if self.embedded:
            connection = self._writer.raw_connection()  # the owner's only one: nobody writes now
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()
            return
        with self._writer.connect() as alone:
            alone.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")

    def close(self) -> None:
        """Finish what is under way, leave a tidy file."""
        with self._gate:
            if self._stopped:
                return
            self._stopped = True
        if self.embedded:
            self._line.close()
            self._thread.join()
        else:
            self._writers.shutdown()
        self._pool.shutdown()
        self._reader.dispose()
        self._beside.dispose()
        self._writer.dispose()

    def _must_be_open(self) -> None:
        if self._stopped:
            raise Unavailable("The database is closed.")

    def _run(self, act: Act[T], connection: Connection) -> tuple[T, Sealing]:
        sealing = Sealing(self.ring, connection)
        # The session never ends the transaction: whoever called us does, for the whole batch.
        with (
            during(sealing),
            _Session(
                connection,
                join_transaction_mode="rollback_only",
                expire_on_commit=False,
                info=self._info | {SEALING: sealing},
            ) as session,
        ):
            result = _do(act, session)
            for ending in session.info.pop(_ENDINGS, ()):
                ending(session)
            session.flush()
            return result, sealing

    def _write_all(self) -> None:
        while self._line.wait():
            jobs = self._commit()
            metrics.write_batch.observe(len(jobs))
            for loop in {job.loop for job in jobs}:
                told = [job for job in jobs if job.loop is loop]
                with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                    loop.call_soon_threadsafe(_tell, told)

    def _commit(self) -> list[_Job[Any]]:
        jobs: list[_Job[Any]] = []
        found: dict[Whose, Key] = {}
        alone = self._line.alone
        try:
            with self._writer.begin() as connection:
                for job in self._line.commit():
                    jobs.append(job)
                    try:
                        with contextlib.nullcontext() if alone else connection.begin_nested():
                            job.result, sealing = self._run(job.act, connection)
                            found |= sealing.found
                    except BaseException as problem:
                        job.error = _verdict(problem)
                        if alone:
                            raise  # the transaction is its savepoint
                    _must_be_whole(connection)
                    if alone:
                        break
        except BaseException as problem:  # noqa: BLE001 - nothing of it was kept
            if not jobs:  # it could not even begin; whoever waits is told so
                jobs.extend(self._line.commit())
            for job in jobs:
                job.error = job.error or _verdict(problem, whole=True)
        else:
            self.ring.learn(found)
        return jobs


def probe(s: Session) -> None:
    """Write, and change nothing: it fails where the record can take nothing, as on a full disk.

    On PostgreSQL it only asks: a server whose disk is full ends by itself.
    """
    connection = s.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA user_version = 0")
    else:
        connection.exec_driver_sql("SELECT 1")


def at_the_end(s: Session, ending: Callable[[Session], None]) -> None:
    """Have something done when the act is over, in its transaction; once, however often asked.

    What everybody waits for is locked there, for as short as can be and after every other lock.
    """
    s.info.setdefault(_ENDINGS, {})[ending] = None


_ENDINGS = "endings"


def clock(s: Session) -> datetime:
    """Tell the time by the record's own clock, for leases: processes' clocks may jump.

    On PostgreSQL it is the server's. On SQLite there is one process, and its steady clock goes on
    evenly whatever becomes of the wall clock.
    """
    connection = s.connection()
    if connection.dialect.name == "postgresql":
        told: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return told
    steady: Callable[[], datetime] = s.info["steady"]
    return steady()


_BEGAN = datetime.now(UTC) - timedelta(seconds=time.monotonic())


def _steady() -> datetime:
    return _BEGAN + timedelta(seconds=time.monotonic())


class _Session(Session):
    """A session that reads what it locks.

    By itself a session that saw a row before goes on believing what it saw, also when it gets the
    row's lock only after somebody else has changed it.
    """

    def get(self, *what: Any, with_for_update: Any = None, **more: Any) -> Any:
        """Give a row. On SQLite nobody else writes while we do, so nothing is read again."""
        if self.info["embedded"]:
            with_for_update = None
        return super().get(*what, with_for_update=with_for_update, **more)


listen(_Session)


@sa.event.listens_for(_Session, "do_orm_execute")
def _read_what_is_locked(asked: ORMExecuteState) -> None:
    if getattr(asked.statement, "_for_update_arg", None) is not None:
        asked.update_execution_options(populate_existing=True)


def _do(act: Act[T], session: Session) -> T:
    try:
        return act(session)
    except StopIteration as problem:
        # A future cannot carry this one, and whoever waits would wait for ever.
        raise RuntimeError("The act ran out of an iterator.") from problem


def _must_be_whole(connection: Connection) -> None:
    """Refuse to go on in a transaction that SQLite has ended by itself, as on a full disk.

    What came before is gone then, what came after would be kept piece by piece, and the driver's
    commit would say nothing.
    """
    driver: Any = connection.connection.dbapi_connection
    if not driver.in_transaction:
        raise Unavailable("The database gave the whole transaction up.")


def _verdict(problem: BaseException, *, whole: bool = False) -> BaseException:
    """Say what went wrong to who asked. `whole`: it is not the act that failed."""
    if isinstance(problem, DBAPIError) and _code(problem) in NOT_SAFE:
        # Nobody knows what is on the disk now, and a second sync would say that all is well. What
        # was acknowledged is in the log that the next start recovers from.
        log.critical("record.not_synced", code=_code(problem))
        os._exit(ENDED)
    if isinstance(problem, DBAPIError) and (whole or isinstance(problem, OperationalError)):
        return Unavailable(f"The database did not take it: {problem.orig}")
    return problem


def _code(problem: DBAPIError) -> int:
    return getattr(problem.orig, "sqlite_errorcode", 0)


def _tell(jobs: list[_Job[Any]]) -> None:
    for job in jobs:
        job.tell()


def _sqlite(url: sa.URL, part: Literal["reader", "writer", "owner"]) -> Engine:
    """Connect to a file. Only its owner checkpoints, and there is one in all processes.

    Two connections that checkpoint at once can corrupt it before SQLite 3.51.3.
    """
    engine = sa.create_engine(
        url,
        poolclass=sa.pool.QueuePool,
        pool_size=READERS if part == "reader" else 1,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": PATIENCE},
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
            "wal_autocheckpoint=1000" if part == "owner" else "wal_autocheckpoint=0",
            *(("query_only=ON",) if part == "reader" else ()),
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if part == "reader" else "BEGIN IMMEDIATE")

    return engine


def _postgres(url: sa.URL) -> Engine:
    return sa.create_engine(
        url,
        pool_size=WRITERS + READERS,
        max_overflow=2,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,  # they are people's words and numbers, and errors are shown
        connect_args={
            "connect_timeout": PATIENCE,
            # A host that is gone without a word is noticed, instead of being waited for.
            "keepalives_idle": PATIENCE,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 3 * PATIENCE * 1000,  # milliseconds
        },
    )
