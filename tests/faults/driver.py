"""SQLite as SQLAlchemy knows it from the standard library, over apsw, so that its disk is ours."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw
import pytest
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from tests.faults.disk import Disk

_KINDS: dict[type[apsw.Error], type[sqlite3.Error]] = {
    apsw.ConstraintError: sqlite3.IntegrityError,
    apsw.CorruptError: sqlite3.DatabaseError,
    apsw.NotADBError: sqlite3.DatabaseError,
}


class _Driver:
    """The module that SQLAlchemy asks: errors and the rest are the standard library's own."""

    def __init__(self, disk: Disk, says_instead: Callable[[str], str]) -> None:
        self._disk = disk
        self._says_instead = says_instead

    def __getattr__(self, name: str) -> Any:
        return getattr(sqlite3, name)

    @property
    def sqlite_version_info(self) -> tuple[int, ...]:
        """The version that really runs."""
        return tuple(int(part) for part in apsw.sqlite_lib_version().split("."))

    def connect(self, path: str, **_settings: object) -> "_Connection":
        """Open a database. A disk of ours has no shared memory: whoever opens it has it alone."""
        with _translated():
            connection = apsw.Connection(path, vfs=self._disk.name)
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        return _Connection(connection, self._says_instead)


class _Connection:
    """One connection, as the standard library's behaves with `isolation_level = None`."""

    isolation_level: str | None = None

    def __init__(self, real: apsw.Connection, says_instead: Callable[[str], str]) -> None:
        self.real = real
        self.says_instead = says_instead

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self.real.in_transaction

    def cursor(self, *_factory: object) -> "_Cursor":
        """Make a cursor."""
        return _Cursor(self)

    def execute(self, sql: str) -> "_Cursor":
        """Run one statement."""
        return self.cursor().execute(sql)

    def create_function(self, name: str, count: int, function: Any, **_settings: object) -> None:
        """Add a function to the language."""
        self.real.create_scalar_function(name, function, count)

    def commit(self) -> None:
        """End the transaction, if one is open."""
        if self.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """Give the transaction up, if one is open."""
        if self.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Close it."""
        with _translated():
            self.real.close()


class _Cursor:
    """The rows of one statement, taken all at once."""

    arraysize = 1

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._rows: Iterator[Any] = iter(())
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid = 0

    def execute(self, sql: str, values: Sequence[Any] = ()) -> "_Cursor":
        """Run one statement."""
        real = self._connection.real
        cursor = real.cursor()
        self.description = None
        cursor.exec_trace = self._describe
        before = real.total_changes()
        with _translated():
            self._rows = iter(
                list(cursor.execute(self._connection.says_instead(sql), tuple(values)))
            )
        changed = real.total_changes() - before
        self.rowcount = changed if changed or self.description is None else -1
        self.lastrowid = real.last_insert_rowid()
        return self

    def _describe(self, cursor: apsw.Cursor, _sql: str, _values: Any) -> bool:
        names = cursor.get_description()
        self.description = [(name, *[None] * 6) for name, _ in names] or None
        return True

    def executemany(self, sql: str, many: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row."""
        count = 0
        for values in many:
            count += max(0, self.execute(sql, values).rowcount)
        self.rowcount = count

    def fetchone(self) -> Any:
        """Give the next row, if there is one."""
        return next(self._rows, None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        """Give the next rows."""
        return [row for row, _ in zip(self._rows, range(size), strict=False)]

    def fetchall(self) -> list[Any]:
        """Give all rows that are left."""
        return list(self._rows)

    def close(self) -> None:
        """Let go of it."""
        self._rows = iter(())


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except apsw.Error as problem:
        kind = next((ours for one, ours in _KINDS.items() if isinstance(problem, one)), None)
        error = (kind or sqlite3.OperationalError)(str(problem))
        error.sqlite_errorcode = getattr(problem, "extendedresult", 0)
        raise error from problem


def use(
    patch: pytest.MonkeyPatch, disk: Disk, says_instead: Callable[[str], str] = lambda sql: sql
) -> None:
    """Have SQLAlchemy open SQLite on this disk. `says_instead` may change a statement."""
    driver = _Driver(disk, says_instead)
    patch.setattr(SQLiteDialect_pysqlite, "import_dbapi", classmethod(lambda _cls: driver))
