"""Rows put into a table all at once, past the ORM: for the roads that every message takes.

SQLite runs one prepared statement for each row. PostgreSQL takes the rows as columns, so that
however many there are it is one statement, and one way there and back.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlmodel import Session, SQLModel

_Turn = Callable[[Any], Any]  # a value into what the driver takes


class Rows:
    """An insert into one table, written once for each kind of record."""

    def __init__(self, model: type[SQLModel], columns: str, *, conflict: str) -> None:
        """Name the columns that rows give, in order, and what `ON CONFLICT` does."""
        table: sa.Table = model.__table__  # type: ignore[attr-defined]  # SQLModel gives it one
        self._name = table.name
        self._columns = [table.c[name] for name in columns.split()]
        self._conflict = conflict
        self._ready: dict[str, tuple[str, list[tuple[int, _Turn]]]] = {}

    def put(
        self, s: Session, rows: Sequence[Sequence[Any]], *, more: str = ""
    ) -> sa.CursorResult[Any]:
        """Insert at least one row. `more` ends the statement, such as with `RETURNING id`."""
        connection = s.connection()
        dialect = connection.dialect
        if dialect.name not in self._ready:
            self._ready[dialect.name] = self._written(dialect)
        statement, turns = self._ready[dialect.name]
        given: list[Any] = [list(row) for row in rows]
        for row in given:
            for place, turn in turns:
                row[place] = turn(row[place])
        if dialect.name == "sqlite":
            given = [tuple(row) for row in given]
        else:
            given = [tuple(list(column) for column in zip(*given, strict=True))]
        return connection.exec_driver_sql(f"{statement} {more}", given)

    def _written(self, dialect: Dialect) -> tuple[str, list[tuple[int, _Turn]]]:
        if dialect.name == "sqlite":
            values = f"VALUES ({', '.join('?' for _ in self._columns)})"
        else:
            kinds = (column.type.compile(dialect) for column in self._columns)
            values = f"SELECT * FROM unnest({', '.join(f'%b::{kind}[]' for kind in kinds)})"  # noqa: S608 - our own columns
        names = ", ".join(column.name for column in self._columns)
        turns = (
            column.type.dialect_impl(dialect).bind_processor(dialect) for column in self._columns
        )
        return (
            f"INSERT INTO {self._name} ({names}) {values} ON CONFLICT {self._conflict}",
            [(place, turn) for place, turn in enumerate(turns) if turn is not None],
        )
