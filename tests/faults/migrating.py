"""Migrates a record many times over, and is killed at another statement each time.

Started as `python -m tests.faults.migrating URL STEP`: for the first statement, the one STEP after
it, and so on to the commit, a child of this process migrates and is killed there. After each the
record must be what it was, and refuse to be used. It prints how many statements there are.
"""

import os
import signal
import sys
from functools import partial
from typing import Any

import sqlalchemy as sa

from bot import migrate
from bot.migrate import WrongDatabase
from bot.vault.keys import Keys

END = 1_000_000
KEYS = Keys(b"1" * 32)


def rows(url: str) -> dict[str, list[dict[str, Any]]]:
    """All that is in a record, table by table."""
    with migrate._open(url) as engine, engine.connect() as connection:
        found = sa.MetaData()
        found.reflect(connection)
        return {
            table.name: sorted(
                (dict(row) for row in connection.execute(sa.select(table)).mappings()), key=repr
            )
            for table in found.sorted_tables
        }


def kill(left: list[int], *_statement: object) -> None:
    """Die when it is time."""
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1


def dies(*_connection: object) -> None:
    """Die at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def migrate_and_die(url: str, statements: int) -> bool:
    """Migrate in a child that dies after so many statements. True when it came to its end."""
    child = os.fork()
    if not child:
        before = partial(kill, [statements])
        sa.event.listen(sa.engine.Engine, "before_cursor_execute", before, named=False)
        sa.event.listen(sa.engine.Engine, "commit", before if statements < END else dies)
        migrate.upgrade(url, KEYS)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or not status, status
    return not status


def main(url: str, step: int) -> None:
    """Be killed everywhere, and then come to the end."""
    before, statements = rows(url), 0
    assert not migrate_and_die(url, END)  # all is done but the commit
    while not migrate_and_die(url, statements):
        assert rows(url) == before, f"killed before statement {statements}, it is not as it was"
        try:
            migrate.check(url)
        except WrongDatabase:
            statements += step
        else:
            raise AssertionError("A record that is not migrated was not refused.")
    migrate.check(url)
    print(statements)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
