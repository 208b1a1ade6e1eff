"""The record's shape: bringing a database to what this code expects, or saying that it is not.

A migration is one transaction, so that an interrupted one leaves the old shape. Two processes that
migrate at once do it one after the other, and the second finds nothing left to do.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

import models
from bot.settings import WrongSetting
from bot.vault import root
from bot.vault.keys import Keys

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(models.__file__).parent / "migrations"
LOCK = 0x656E6C6163  # any number, as long as it is always this one: PostgreSQL's advisory lock
PATIENCE = 600  # seconds that SQLite waits for another process that migrates

_NAMED = re.compile(r"^(revision|down_revision) = (?:None|\"(\w+)\")$", re.MULTILINE)


class WrongDatabase(WrongSetting):
    """The database is not of the shape that this code expects. The message says what to do."""


def upgrade(url: str, keys: Keys | None = None) -> None:
    """Bring a database to the newest shape. Raises `WrongDatabase` for one of a newer version.

    Without keys it refuses only where something that is there has still to be sealed.
    """
    from alembic import command  # noqa: PLC0415 - see `config`

    with _open(url) as engine, _alone(engine) as connection:
        if _unknown(connection):
            raise _newer()
        command.upgrade(config(connection, keys), "head")


def check(url: str) -> None:
    """Raise `WrongDatabase` unless the database has just the shape that this code expects."""
    location = sa.make_url(url)
    if location.get_backend_name() == "sqlite" and not Path(location.database or "").exists():
        raise _older()  # looking would make an empty file
    with _open(url) as engine, engine.connect() as connection:
        if _unknown(connection):
            raise _newer()
        if _revisions(connection) != {_newest()}:
            raise _older()


def config(connection: Connection, keys: Keys | None = None) -> "Config":
    """Set alembic up for a connection, inside whose transaction it works."""
    # It takes as long to load as a whole web framework, and whoever starts us only wants to know
    # whether the shape is right.
    from alembic.config import Config  # noqa: PLC0415

    made = Config()
    made.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    made.attributes["connection"] = connection
    made.attributes["seal"] = partial(_seal, connection, keys)
    return made


def _seal(connection: Connection, keys: Keys | None, words: str, place: str) -> bytes:
    """Seal what stood open before, with the keys of the house."""
    if keys is None:
        raise WrongDatabase("Set MASTER_KEY: what stands open in this database is sealed now.")
    return root.grown(connection, keys).seal(words.encode("utf-8", "surrogatepass"), place)


def _newer() -> WrongDatabase:
    return WrongDatabase("This database was made by a newer version; update the bot.")


def _older() -> WrongDatabase:
    return WrongDatabase("This database is older than the bot; run: python3 -m bot migrate")


def _chain() -> dict[str, str]:
    """Give each revision with the one that it follows, as their files say."""
    told = [
        dict(_NAMED.findall(path.read_text("utf-8")))
        for path in (SCRIPTS / "versions").glob("*.py")
    ]
    return {one["revision"]: one["down_revision"] for one in told}


def _newest() -> str:
    chain = _chain()
    (newest,) = chain.keys() - chain.values()
    return newest


def _revisions(connection: Connection) -> set[str]:
    if not sa.inspect(connection).has_table("alembic_version"):
        return set()
    return set(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())


def _unknown(connection: Connection) -> bool:
    return not _revisions(connection) <= _chain().keys()


@contextmanager
def _open(url: str) -> Iterator[Engine]:
    location = sa.make_url(url)
    engine = _sqlite(location) if location.get_backend_name() == "sqlite" else _postgres(location)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """Open the one transaction of a migration, that no other process can be in."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        yield connection
        if engine.dialect.name == "sqlite":
            _must_refer(connection)


def _must_refer(connection: Connection) -> None:
    """Refuse to keep rows that refer to nothing: nobody looks while tables are made anew."""
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if dangling is not None:
        raise WrongDatabase(
            f"The migration would leave rows of {dangling[0]} that refer to nothing, so nothing "
            "was changed; restore a backup or ask for help."
        )


def _sqlite(location: sa.URL) -> Engine:
    engine = sa.create_engine(location, poolclass=sa.NullPool, connect_args={"timeout": PATIENCE})

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        # The standard driver commits before each change of a table; we say BEGIN ourselves.
        connection.isolation_level = None
        # A table is changed by copying it, which must not be taken for deleting its rows.
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres(location: sa.URL) -> Engine:
    return sa.create_engine(location.set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
