"""The record of a simulation: real SQLite, acts run in place, and a witness of what they change."""

import asyncio
import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TypeVar

from bot import migrate
from bot.db import Act, Database

T = TypeVar("T")

SEEN = """
CREATE TABLE seen (n INTEGER PRIMARY KEY, what TEXT, id INTEGER, old TEXT, new TEXT, more TEXT);
CREATE TRIGGER seen_inbox_kept AFTER INSERT ON inbox BEGIN
  INSERT INTO seen(what, id, old, new, more) VALUES('inbox', new.id, '', new.state, new.lane); END;
CREATE TRIGGER seen_inbox AFTER UPDATE OF state ON inbox WHEN old.state <> new.state BEGIN
  INSERT INTO seen(what, id, old, new, more)
  VALUES('inbox', new.id, old.state, new.state, new.lane); END;
CREATE TRIGGER seen_fence AFTER UPDATE OF fence ON lane WHEN old.fence <> new.fence BEGIN
  INSERT INTO seen(what, id, old, new, more)
  VALUES('lane', new.rowid, old.fence, new.fence, new.id); END;
CREATE TRIGGER seen_outbox_put AFTER INSERT ON outbox BEGIN
  INSERT INTO seen(what, id, old, new, more)
  VALUES('outbox', new.id, '', new.state, new.person_id); END;
CREATE TRIGGER seen_outbox AFTER UPDATE OF state ON outbox WHEN old.state <> new.state BEGIN
  INSERT INTO seen(what, id, old, new, more)
  VALUES('outbox', new.id, old.state, new.state, new.person_id); END;
CREATE TRIGGER seen_part_put AFTER INSERT ON part BEGIN
  INSERT INTO seen(what, id, old, new, more)
  VALUES('part', new.id, '', new.state, new.outbox_id); END;
CREATE TRIGGER seen_part AFTER UPDATE OF state ON part WHEN old.state <> new.state BEGIN
  INSERT INTO seen(what, id, old, new, more)
  VALUES('part', new.id, old.state, new.state, new.outbox_id); END;
CREATE TRIGGER seen_attempt AFTER INSERT ON attempt BEGIN
  INSERT INTO seen(what, id, old, new, more)
  VALUES('attempt', new.id, '', new.n, new.outbox_id); END;
CREATE TRIGGER seen_outcome AFTER UPDATE OF outcome ON attempt WHEN old.outcome <> new.outcome BEGIN
  INSERT INTO seen(what, id, old, new, more)
  VALUES('outcome', new.id, old.outcome, new.outcome, new.outbox_id); END;
CREATE TRIGGER seen_stop AFTER UPDATE OF stopped_at ON person
  WHEN (old.stopped_at IS NULL) <> (new.stopped_at IS NULL) BEGIN
  INSERT INTO seen(what, id, old, new, more)
  VALUES('stop', new.id, '', iif(new.stopped_at IS NULL, 'open', 'stopped'), ''); END;
CREATE TRIGGER seen_file AFTER UPDATE OF state ON evidence WHEN old.state <> new.state BEGIN
  INSERT INTO seen(what, id, old, new, more)
  VALUES('file', new.id, old.state, new.state, ''); END;
CREATE TRIGGER seen_gate AFTER UPDATE ON gate BEGIN
  INSERT INTO seen(what, id, old, new, more)
  VALUES('gate', 0, '', iif(new.shut_at IS NULL, 'open', 'shut'), new.id); END;
CREATE TRIGGER seen_gate_made AFTER INSERT ON gate BEGIN
  INSERT INTO seen(what, id, old, new, more)
  VALUES('gate', 0, '', iif(new.shut_at IS NULL, 'open', 'shut'), new.id); END;
"""
"""What the record itself tells of every change, whoever made it."""


DUE = """
SELECT min(at) FROM (
  SELECT min(next_at) AS at FROM outbox WHERE state = 'pending'
  UNION ALL SELECT min(lease_until) FROM outbox WHERE state = 'sending'
  UNION ALL SELECT min(changed_at) FROM outbox WHERE state = 'unknown' AND next_at IS NOT NULL
  UNION ALL SELECT min(max(ifnull(next_at, ''), ifnull(lease_until, ''))) FROM lane WHERE pending
  UNION ALL SELECT min(next_at) FROM evidence
  UNION ALL SELECT min(received_at) FROM evidence WHERE acked_at IS NULL
  UNION ALL SELECT min(erase_at) FROM evidence WHERE erased_at IS NULL
  UNION ALL SELECT min(patience_until) FROM conversation WHERE state = 'asking'
  UNION ALL SELECT min(started_at) FROM conversation WHERE state = 'waiting'
  UNION ALL SELECT min(confirmed_at) FROM broadcast WHERE state = 'sending'
  UNION ALL SELECT min(shut_until) FROM gate WHERE shut_at IS NOT NULL
)
"""
"""When something is due that waits in the record, as far as one look can tell."""


@dataclass(frozen=True)
class Change:
    """One change of the record: what, of which row, from what to what; `more` says whose it is."""

    at: datetime
    by: str
    what: str
    id: int
    old: str
    new: str
    more: str


@cache
def _ground() -> Path:
    """Migrate one file for this process, with the witness in it, to be copied for each seed."""
    folder = Path(tempfile.mkdtemp(prefix="enlace-simulation-"))
    path = folder / "ground.db"
    migrate.upgrade(f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(SEEN)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Lend a folder in memory where there is one, with an empty record in it."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    parent = memory if memory.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="enlace-simulation-", dir=parent) as made:
        place = Path(made)
        shutil.copy(_ground(), place / "enlace.db")
        yield place


class Witness:
    """Reads what the record tells of its changes, and says when and by whom they were made."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._connection = sqlite3.connect(path)
        self._now = now
        self._last = 0
        self.changes: list[Change] = []

    def look(self, by: str) -> list[Change]:
        """Take what was changed since the last look."""
        rows = self._connection.execute(
            "SELECT n, what, id, old, new, more FROM seen WHERE n > ? ORDER BY n", (self._last,)
        ).fetchall()
        found = [
            Change(self._now(), by, what, int(number or 0), str(old), str(new), str(more))
            for _n, what, number, old, new, more in rows
        ]
        if rows:
            self._last = rows[-1][0]
        self.changes += found
        return found

    def due(self) -> datetime | None:
        """Tell when something is due next. In the past: now, if anything still hinders it."""
        (found,) = self._connection.execute(DUE).fetchone()
        if not found:
            return None if found is None else self._now()
        at = datetime.fromisoformat(found)
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


Hook = Callable[[str], Awaitable[None]]


class Record(Database):
    """A process's way into the record. Each act runs in place, as one transaction.

    `shared` makes the process believe that others work on the same record, as on PostgreSQL.
    `before` and `after` are awaited around each act: there the record is slow, away, or the last
    thing that the process sees.
    """

    def __init__(
        self,
        path: Path,
        *,
        steady: Callable[[], datetime],
        shared: bool,
        before: Hook,
        after: Hook,
        committed: Callable[[], None],
    ) -> None:
        super().__init__(f"sqlite:///{path}", steady=steady)
        self._shared = shared
        self._before = before
        self._after = after
        self._committed = committed
        self.within = False  # whether a transaction is open just now
        self.embedded = not shared

    async def write(self, act: Act[T], *, hurried: bool = False) -> T:  # noqa: ARG002 - nobody else waits here
        """Run an act in one transaction."""
        await self._before("write")
        result = self._in_place(act)
        await self._after("write")
        return result

    def _in_place(self, act: Act[T]) -> T:
        self.within = True
        try:
            return self.write_now(act)
        finally:
            self.within = False
            self._committed()

    async def read(self, act: Act[T]) -> T:
        """Run an act that only reads."""
        await self._before("read")
        result = self.read_now(act)
        await asyncio.sleep(0)
        return result

    def close(self) -> None:
        """Let go of the file."""
        self.embedded = True  # so it was opened
        super().close()
