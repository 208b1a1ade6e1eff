"""A record of each kind, migrated once; each test works in a transaction that is taken back."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from bot import migrate
from bot.db import Database
from bot.vault.keys import Keys
from models.base import use_sealer
from tests.office.scene import Office


@pytest.fixture(autouse=True)
def sealed() -> None:
    """Seal with the key of these tests, whatever ran before."""
    use_sealer(Keys(b"1" * 32))


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def database(request, tmp_path_factory) -> Iterator[Database]:
    """Open a record of each kind in turn: what passes on one must pass on both."""
    use_sealer(Keys(b"1" * 32))
    if request.param == "sqlite":
        yield from _opened(f"sqlite:///{tmp_path_factory.mktemp('office')}/enlace.db")
    else:
        with request.getfixturevalue("postgres_server").database() as url:
            yield from _opened(url)


def _opened(url: str) -> Iterator[Database]:
    migrate.upgrade(url)
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def s(database) -> Iterator[Session]:
    """Give a session as an act gets it; nothing it does is kept."""
    with database._writer.connect() as connection:
        transaction = connection.begin()
        with Session(
            connection, join_transaction_mode="rollback_only", expire_on_commit=False
        ) as session:
            yield session
        transaction.rollback()


@pytest.fixture
def office(s) -> Office:
    """Give the office at work in that session."""
    return Office(s)
