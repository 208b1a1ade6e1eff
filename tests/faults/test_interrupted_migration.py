"""A migration of a record that has been in use is killed at each of its statements (D8.29)."""

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
from tests.faults.migrating import KEYS, rows

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
ROWS = 3
HEAD = migrate._newest()


@pytest.fixture
def step(request: pytest.FixtureRequest) -> int:
    """Try each statement in the long run, and every so many in the others."""
    return 1 if request.config.getoption("--long", default=False) else 23


def value(column: sa.Column[Any], number: int, filled: set[str]) -> Any:
    """Make a value for a column, of its kind, another one in each row."""
    for key in column.foreign_keys:
        target = key.column.table.name
        return number if target in filled and not _is_text(key.column) else None
    kind = column.type
    if _is_text(column):
        return f"{column.name}{number}"[: getattr(kind, "length", None) or 99]
    if isinstance(kind, sa.DateTime):
        return NOW
    if isinstance(kind, sa.LargeBinary):
        return f"sealed {column.name} {number}".encode()
    return number


def _is_text(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.String)


def in_use_since_the_first_version(url: str) -> None:
    """Make a record of the first shape, with rows in every table."""
    with migrate._open(url) as engine, migrate._alone(engine) as connection:
        command.upgrade(migrate.config(connection), "0001")
    with migrate._open(url) as engine, engine.begin() as connection:
        found = sa.MetaData()
        found.reflect(connection)
        filled = set[str]()
        for table in found.sorted_tables:
            if table.name == "alembic_version":
                continue
            for number in range(1, ROWS + 1):
                row = {
                    column.name: bool(number % 2)
                    if isinstance(column.type, sa.Boolean)
                    else value(column, number, filled)
                    for column in table.columns
                }
                connection.execute(sa.insert(table).values(row))
            filled.add(table.name)


def test_killed_at_any_statement_it_is_the_old_record_and_the_next_start_finishes(
    database_url: str, step: int
) -> None:
    in_use_since_the_first_version(database_url)
    with pytest.raises(WrongDatabase, match="migrate"):
        migrate.check(database_url)
    before = rows(database_url)
    assert sum(len(found) for found in before.values()) > 29 * ROWS
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.migrating", database_url, str(step)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    print(f"Killed at each of {done.stdout.strip()} statements.")  # noqa: T201 - shown by the long run
    assert int(done.stdout) > 30
    after = rows(database_url)
    for row in after["broadcast"]:  # sealed on the way
        row["title"] = KEYS.open(row["title"], "broadcast.title").decode()
    before["alembic_version"] = [{"version_num": HEAD}]
    for table, found in before.items():  # nobody and nothing was lost on the way
        as_before = [{name: row[name] for name in found[0]} for row in after[table]]
        assert sorted(map(repr, as_before)) == sorted(map(repr, found)), table
    migrate.check(database_url)
    assert len(after["part"]) == ROWS  # each message got its piece, and each attempt belongs to one
    assert all(row["part_id"] is not None for row in after["attempt"])
