"""A migration of a record with people in it is killed at every part of its way (D8.29, D22)."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from bot import migrate
from bot.migrate import WrongDatabase

PLACES = 8  # statements of one migration at which it is killed
ROWS = 3
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)

KILLED = """
import os, signal, sys
import sqlalchemy as sa
from bot import migrate

place = sys.argv[2]
passed = 0

def die():
    print(passed, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

@sa.event.listens_for(sa.engine.Engine, "before_cursor_execute")
def count(*_):
    global passed
    if place.isdigit() and passed == int(place):
        die()
    passed += 1

@sa.event.listens_for(sa.engine.Engine, "commit")
def commit(_):
    if place == "commit":
        die()

migrate.upgrade(sys.argv[1])
die()
"""


def kill(url: str, place: str) -> int:
    """Kill an upgrade at a statement, at its commit, or after it; give how many it had passed."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, url, place],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(migrate.__file__).parent.parent,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    return int(killed.stdout)


def shape(url: str) -> sa.MetaData:
    """Look at every table, column and index that is there."""
    found = sa.MetaData()
    with migrate._open(url) as engine:
        found.reflect(engine)
    return found


def outline(found: sa.MetaData) -> set[tuple[str, ...]]:
    """Name what a shape is made of."""
    columns = {(table.name, column.name) for table in found.sorted_tables for column in table.c}
    indexes = {
        (table.name, "index", str(index.name))
        for table in found.sorted_tables
        for index in table.indexes
    }
    return columns | indexes


def value(column: sa.Column[Any], number: int) -> object:
    """Make something that fits, and that is not the same in two rows."""
    python = column.type.python_type
    if column.foreign_keys or (column.primary_key and python is int):
        return number
    made: dict[type, object] = {
        int: number,
        bool: True,
        str: str(number),
        bytes: b"sealed %d" % number,
        datetime: AT,
    }
    return made[python]


def fill(url: str, old: sa.MetaData) -> None:
    """Put rows in every table, each table's referring to the others'."""
    with migrate._open(url) as engine, engine.begin() as connection:
        for table in old.sorted_tables:
            if table.name == "alembic_version":
                continue
            for number in range(1, ROWS + 1):
                row = {column.name: value(column, number) for column in table.c}
                connection.execute(table.insert().values(row))


def rows(url: str, old: sa.MetaData) -> dict[str, list[tuple[Any, ...]]]:
    """Read what every column of the old shape holds."""
    with migrate._open(url) as engine, engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(table.select().order_by(*key))]
            for table in old.sorted_tables
            if table.name != "alembic_version"
            for key in [list(table.primary_key)]
        }


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_a_migration_killed_at_any_statement_leaves_the_old_record_or_the_new(database_url):
    with migrate._open(database_url) as engine, engine.begin() as connection:
        command.upgrade(migrate.config(connection), "0001")
    old = shape(database_url)
    fill(database_url, old)
    data = rows(database_url, old)
    assert all(len(found) == ROWS for found in data.values())

    statements = kill(database_url, "commit")
    assert statements > PLACES
    spread = {round(n * (statements - 1) / (PLACES - 1)) for n in range(PLACES)}
    for place in sorted(spread):
        kill(database_url, str(place))
        assert outline(shape(database_url)) == outline(old), f"killed at statement {place}"
        assert rows(database_url, old) == data
        with pytest.raises(WrongDatabase, match="python3 -m bot migrate"):
            migrate.check(database_url)

    kill(database_url, "after")
    migrate.check(database_url)
    new = outline(shape(database_url))
    migrate.upgrade(database_url)
    assert outline(shape(database_url)) == new != outline(old)
    assert rows(database_url, old) == data
    with migrate._open(database_url) as engine, engine.connect() as connection:
        parts = connection.execute(sa.text("SELECT count(*) FROM part")).scalar()
        tied = connection.execute(
            sa.text("SELECT count(*) FROM attempt WHERE part_id IS NOT NULL")
        ).scalar()
    assert (parts, tied) == (ROWS, ROWS)
