"""The record's shape: made from nothing, refused when newer, never left half-way."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from bot import migrate
from bot.migrate import WrongDatabase

NEWER = "update the bot"
OLDER = "python3 -m bot migrate"


def tables(url: str) -> set[str]:
    """Look at what is there."""
    with migrate._open(url) as engine:
        return set(sa.inspect(engine).get_table_names())


def differences(url: str) -> list[object]:
    """Hold the database against the models."""
    with migrate._open(url) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"render_as_batch": True})
        return list(compare_metadata(context, SQLModel.metadata))


def test_an_empty_database_becomes_what_the_models_say(database_url):
    migrate.upgrade(database_url)
    assert differences(database_url) == []
    migrate.check(database_url)


def test_a_second_migration_changes_nothing(database_url):
    migrate.upgrade(database_url)
    before = tables(database_url)
    migrate.upgrade(database_url)
    assert tables(database_url) == before


def test_a_database_that_was_never_migrated_is_refused(database_url):
    with pytest.raises(WrongDatabase, match=OLDER):
        migrate.check(database_url)
    assert tables(database_url) == set()
    with pytest.raises(WrongDatabase, match=OLDER):
        migrate.check(database_url)


def test_the_chain_of_migrations_is_the_one_that_alembic_sees():
    scripts = ScriptDirectory(str(migrate.SCRIPTS))
    seen = {one.revision: one.down_revision or "" for one in scripts.walk_revisions()}
    assert migrate._chain() == seen
    assert [migrate._newest()] == scripts.get_heads()


def test_looking_makes_no_file(tmp_path):
    with pytest.raises(WrongDatabase, match=OLDER):
        migrate.check(f"sqlite:///{tmp_path}/none.db")
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_a_newer_version_is_refused_and_left_alone(database_url):
    migrate.upgrade(database_url)
    with migrate._open(database_url) as engine, engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'ffff'"))
    for act in (migrate.check, migrate.upgrade):
        with pytest.raises(WrongDatabase, match=NEWER):
            act(database_url)
    assert "person" in tables(database_url)


def test_each_step_can_be_taken_back(database_url):
    migrate.upgrade(database_url)
    with migrate._open(database_url) as engine, engine.begin() as connection:
        command.downgrade(migrate.config(connection), "0001")
    assert "part" not in tables(database_url)
    with pytest.raises(WrongDatabase, match=OLDER):
        migrate.check(database_url)
    migrate.upgrade(database_url)
    assert differences(database_url) == []


KILLED = """
import os, signal, sys
import sqlalchemy as sa
from bot import migrate

left = int(sys.argv[2])

@sa.event.listens_for(sa.engine.Engine, "before_cursor_execute")
def count(connection, cursor, statement, *rest):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

migrate.upgrade(sys.argv[1])
"""


@pytest.mark.parametrize("statements", [1, 9, 60])
def test_a_killed_migration_leaves_the_old_shape_and_can_be_run_again(database_url, statements):
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, database_url, str(statements)],
        check=False,
        cwd=Path(migrate.__file__).parent.parent,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert killed.returncode == -signal.SIGKILL
    assert tables(database_url) == set()
    migrate.upgrade(database_url)
    assert differences(database_url) == []


def test_two_processes_that_migrate_at_once_do_it_one_after_the_other(database_url):
    problems: list[BaseException] = []
    together = threading.Barrier(3)

    def run() -> None:
        together.wait()
        try:
            migrate.upgrade(database_url)
        except BaseException as problem:  # noqa: BLE001 - it is looked at below
            problems.append(problem)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert differences(database_url) == []


def test_rows_that_would_refer_to_nothing_are_not_kept(sqlite_url):
    migrate.upgrade(sqlite_url)
    with pytest.raises(WrongDatabase, match="link"):  # noqa: SIM117 - one story
        with migrate._open(sqlite_url) as engine, migrate._alone(engine) as connection:
            connection.execute(
                sa.text(
                    "INSERT INTO link(person_id, address_id, trust, created_at)"
                    " VALUES(7, 7, 'claimed', '2026-11-24')"
                )
            )
    with migrate._open(sqlite_url) as engine, engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM link")).scalar() == 0


def test_a_developer_can_check_for_drift_with_alembic_itself(sqlite_url):
    migrate.upgrade(sqlite_url)
    url = f"url={sqlite_url}"
    settings = Path(sqlite_url.removeprefix("sqlite:///")).parent / "alembic.ini"
    settings.write_text(f"[alembic]\nscript_location = {migrate.SCRIPTS}\n")
    checked = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", settings, "-x", url, "check"],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(migrate.__file__).parent.parent,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert checked.returncode == 0, checked.stderr
    assert "No new upgrade operations detected" in checked.stdout
