"""The real servers and the browser that the suite uses, so that nobody has to install any.

For each: an address given by the environment, else the wheel of the test lock, else what the
machine has. What was found is told in the header of the run, and started only when a test asks.
Each worker of a parallel run has its own, so that no test can meet another's keys or locks.
"""

import contextlib
import functools
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

from bot.demo import servers
from bot.demo.servers import Source, folder_of

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROMIUMS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
EMPTY_DATABASE = """
DO $$ DECLARE name text; BEGIN
    PERFORM pg_terminate_backend(pid, 10000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    FOR name IN SELECT nspname FROM pg_namespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    LOOP EXECUTE format('DROP SCHEMA %I CASCADE', name); END LOOP;
    CREATE SCHEMA public;
END $$
"""


def find_postgres() -> Source | None:
    """Find PostgreSQL: TEST_DATABASE_URL, or what the demo would start."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return Source("PostgreSQL at TEST_DATABASE_URL", url=url)
    return servers.find_postgres()


def find_redis() -> Source | None:
    """Find Valkey or Redis: TEST_REDIS_URL, or what the demo would start."""
    if url := os.environ.get("TEST_REDIS_URL"):
        return Source("Redis at TEST_REDIS_URL", url=url)
    return servers.find_redis()


def find_browser() -> Path | None:
    """Find a Chromium: BROWSER_PATH, one on the PATH, or an application of a Mac."""
    if given := os.environ.get("BROWSER_PATH"):
        return Path(given)
    on_path = (shutil.which(name) for name in CHROMIUMS)
    installed = (path for path in MAC_CHROMIUMS if Path(path).exists())
    found = next((path for path in (*on_path, *installed) if path), None)
    return Path(found) if found else None


@functools.cache
def drives_browsers() -> bool:
    """Tell whether Playwright's own Node starts: a bare Debian lacks a library that it needs."""
    wheel = folder_of("playwright")
    if wheel is None:
        return False
    node = wheel / "driver" / "node"
    return subprocess.run([node, "--version"], check=False, capture_output=True).returncode == 0


def describe() -> str:
    """Say in one line what the tests will run on."""
    browser = find_browser()
    found = (
        source.label if source else f"no {name}"
        for name, source in (("PostgreSQL", find_postgres()), ("Valkey", find_redis()))
    )
    return "servers: " + ", ".join((*found, f"browser {browser}" if browser else "no browser"))


class Postgres:
    """A running PostgreSQL that gives each test an empty database of its own.

    Making one takes a quarter of a second, so a used one is emptied and given a new name; the name
    keeps out whatever an earlier test left running.
    """

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self._spare: list[str] = []

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Lend an empty database, whatever became of those before."""
        name = _fresh_name()
        if self._spare:
            self._execute(f"ALTER DATABASE {self._spare.pop()} RENAME TO {name}")
        else:
            self._execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield self._address(name)
        finally:
            self._take_back(name)

    def close(self) -> None:
        """Leave no database of ours behind."""
        for name in self._spare:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _take_back(self, name: str) -> None:
        try:
            self._execute(EMPTY_DATABASE, name)
            spare = _fresh_name()
            self._execute(f"ALTER DATABASE {name} RENAME TO {spare}")
        except psycopg.Error:
            # Somebody is still at work in it, or its owner changed: it is of no use any more.
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")
        else:
            self._spare.append(spare)

    def _execute(self, statement: str, database: str | None = None) -> None:
        plain = make_url(self._address(database or self._url.database))
        dsn = plain.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _address(self, database: str | None) -> str:
        return self._url.set(database=database).render_as_string(hide_password=False)


def _fresh_name() -> str:
    return f"enlace_{uuid.uuid4().hex}"


@contextlib.contextmanager
def start_postgres(source: Source) -> Iterator[Postgres]:
    """Start PostgreSQL, or use the one of the environment, and leave nothing behind."""
    if source.url:
        with contextlib.closing(Postgres(make_url(source.url))) as server:
            yield server
        return
    with servers.start_postgres(source) as server:
        yield Postgres(server.url)


@contextlib.contextmanager
def start_redis(source: Source, *, worker: int = 0) -> Iterator[str]:
    """Start Valkey, or use the one of the environment, and give its address.

    A server from the environment is shared by the workers, so each has a numbered database there.
    """
    if source.url:
        numbered = make_url(source.url).update_query_dict({"db": str(worker)})
        yield numbered.render_as_string(hide_password=False)
        return
    with servers.start_redis(source) as server:
        yield server.url.render_as_string()
