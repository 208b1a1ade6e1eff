"""What the tests of bot/ share: a migrated record of each kind, empty for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import migrate
from bot.db import Database
from bot.vault.keys import Keys
from models.base import use_sealer
from tests import servers

MASTER = b"1" * 32
EMPTIED = """
DO $$ DECLARE name text; BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP EXECUTE 'DELETE FROM ' || quote_ident(name); END LOOP;
    PERFORM setval(sequencename::regclass, start_value, false) FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""
"""Ten times quicker than TRUNCATE, which makes new files for each table and index."""


@pytest.fixture(scope="session")
def sqlite_ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one SQLite file, to be copied for each test."""
    path = tmp_path_factory.mktemp("ground") / "enlace.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_ground(postgres_server: servers.Postgres) -> Iterator[str]:
    """Migrate one PostgreSQL database, to be emptied for each test."""
    with postgres_server.database() as url:
        migrate.upgrade(url)
        yield url


@pytest.fixture
def sqlite_record(sqlite_ground: Path, tmp_path: Path) -> str:
    """Give a SQLite database that is migrated and empty."""
    return f"sqlite:///{shutil.copy(sqlite_ground, tmp_path / 'enlace.db')}"


@pytest.fixture
def postgres_record(postgres_ground: str) -> str:
    """Give a PostgreSQL database that is migrated and empty, whatever a test before left open."""
    engine = sa.create_engine(postgres_ground, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(EMPTIED)
    return postgres_ground


@pytest.fixture(params=["sqlite", "postgres"])
def record_url(request: pytest.FixtureRequest) -> str:
    """Give a migrated record of each kind in turn: what holds on one must hold on both."""
    url: str = request.getfixturevalue(f"{request.param}_record")
    return url


@pytest.fixture
def keys() -> Keys:
    """Draw the keys, and seal with them."""
    drawn = Keys(MASTER)
    use_sealer(drawn)
    return drawn


@pytest.fixture
def db(record_url: str, keys: Keys) -> Iterator[Database]:  # noqa: ARG001 - rows are sealed
    """Open the record."""
    database = Database(record_url)
    yield database
    database.close()


@pytest.fixture
def sqlite_db(sqlite_record: str, keys: Keys) -> Iterator[Database]:  # noqa: ARG001 - rows are sealed
    """Open a record that is embedded."""
    database = Database(sqlite_record)
    yield database
    database.close()


@pytest.fixture
def postgres_db(postgres_record: str, keys: Keys) -> Iterator[Database]:  # noqa: ARG001 - rows are sealed
    """Open a record that processes share."""
    database = Database(postgres_record)
    yield database
    database.close()
