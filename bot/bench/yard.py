"""The yard in which the bench starts what it measures, and the load and the provider beside it."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from sqlalchemy.engine import URL

from bot.bench import letters, machine
from bot.bench.load import Talk
from bot.demo import servers

ROOT = Path(__file__).resolve().parents[2]
# The bench measures us and not the providers' limits, which are far below.
LIMITS = """
[account.twilio]
at_once = 400
[account.telegram]
at_once = 400
[sms.long_code]
per_second = 1000000.0
[telegram.bot]
per_second = 1000000.0
[telegram_chat]
per_second = 1000000.0
burst = 1000000
[guard]
unsolicited = 1000000
identical = 5
identical_seconds = 0.01
"""
START = 60.0  # seconds for a process to listen
LOOK = 0.5  # seconds between looks at whether a process is still busy
IDLE = 0.1  # of a core, below which a process has nothing to do
END = 15.0  # seconds for a process to end


@dataclass
class Target:
    """One thing that is measured: a web server on a port of its own, and its process."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    began: float
    pids: list[int] = field(default_factory=list)  # everything that counts as its cost

    def cpu(self) -> float:
        """The processor time it has used, in seconds."""
        return sum(machine.cpu(one) for one in (self.process.pid, *self.pids))

    def memory(self) -> float:
        """What it holds in memory, in megabytes."""
        return machine.memory(self.process.pid)

    def listening(self, *, within: float = START) -> float:
        """Wait until it takes connections; give the seconds since it was started."""
        ends = time.perf_counter() + within
        while time.perf_counter() < ends:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return time.perf_counter() - self.began
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        said = self.log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{self.name} does not listen. It said:\n{said}")

    def settled(self) -> None:
        """Wait until it listens and has done what it does at its start, such as load a library.

        Ours listens before it has loaded the rest, and says when that is there; others do not know
        what is asked for, and say so at once.
        """
        self.listening()
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START)
        asking.request("GET", "/ready")
        asking.getresponse().read()
        asking.close()
        ends = time.monotonic() + START
        before = self.cpu()
        while time.monotonic() < ends:
            time.sleep(LOOK)
            now = self.cpu()
            if now - before < IDLE * LOOK:
                return
            before = now

    def end(self) -> None:
        """Stop it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Size(Enum):
    """How much is measured: for the report, at a glance, or just to see that all of it works."""

    FULL = "full"
    QUICK = "quick"
    TINY = "tiny"


class Yard:
    """Everything that a part of the bench may start. What it started ends with it."""

    def __init__(
        self, folder: Path, say: Callable[[str], None], size: Size, rounds: int | None
    ) -> None:
        self.folder = folder
        self.say = say
        self._size = size
        self._rounds = rounds
        (folder / "limits.toml").write_text(LIMITS)
        self._numbers = iter(range(1, 1_000_000_000))
        self._stack = ExitStack()
        self._postgres: URL | None = None
        self._databases = iter(range(1, 1_000_000))
        self.cores = machine.cores() or (None, None)
        self._provider_port = free_port()
        self._outside = self._start_outside()

    def much(self, full: int, quick: int, tiny: int) -> int:
        """Choose how much by the size of this run."""
        return {Size.FULL: full, Size.QUICK: quick, Size.TINY: tiny}[self._size]

    def rounds(self, full: int, quick: int) -> int:
        """Choose how many rounds, unless whoever asked for the run has."""
        return self._rounds or self.much(full, quick, 1)

    def take(self, count: int) -> int:
        """Set message numbers aside that nobody used before; give the first."""
        first = next(self._numbers)
        for _ in range(count):
            next(self._numbers)
        return first

    # --- outside ----------------------------------------------------------------------------------

    def tell(self, what: str, **order: Any) -> dict[str, Any]:
        """Give the load or the provider an order, and wait for what it saw."""
        outside = self._outside
        assert outside.stdin is not None  # noqa: S101 - it was started with pipes
        assert outside.stdout is not None  # noqa: S101 - the same
        outside.stdin.write(json.dumps({"do": what, **order}).encode() + b"\n")
        outside.stdin.flush()
        line = outside.stdout.readline()
        if not line:
            raise RuntimeError("The load generator ended; what it said is above.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def talk(self, what: str, talk: Talk, **more: Any) -> dict[str, Any]:
        """Let people write."""
        return self.tell(what, **asdict(talk), **more)

    def _start_outside(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "bot.bench.outside", str(self._provider_port)]
        process = subprocess.Popen(  # noqa: S603 - our own words
            words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        machine.pin(process.pid, self.cores[1])
        assert process.stdout is not None  # noqa: S101 - it was started with pipes
        process.stdout.readline()
        self._stack.callback(_end_outside, process)
        return process

    # --- what is measured -------------------------------------------------------------------------

    def start(
        self, name: str, module: str, *words: str, env: dict[str, str] | None = None, port: int = 0
    ) -> Target:
        """Start a module as a web server on a free port, which is put where a word is PORT."""
        port = port or free_port()
        log = self.folder / f"{port}.log"
        given = [str(port) if word == "PORT" else word for word in words]
        began = time.perf_counter()
        with log.open("ab") as said:
            process = subprocess.Popen(  # noqa: S603 - our own words
                [sys.executable, "-m", module, *given],
                cwd=ROOT,
                env=self.environment(port, env or {}),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        machine.pin(process.pid, self.cores[0])
        target = Target(name, port, process, log, began)
        self._stack.callback(target.end)
        return target

    def run(self, module: str, *words: str) -> str:
        """Run a module to its end where the measured ones run, and give what it says."""
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", module, *words],
            cwd=ROOT,
            env=self.environment(0, {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        machine.pin(process.pid, self.cores[0])
        said, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"{module} {' '.join(words)} failed; what it said is above.")
        return said

    def environment(self, port: int, more: dict[str, str]) -> dict[str, str]:
        """Give the settings of everything that is measured: ours, and what the others need."""
        provider = f"http://127.0.0.1:{self._provider_port}"
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "DATA_DIR": str(self.folder / f"data-{port}"),
            "MASTER_KEY": "be" * 32,
            "TWILIO_ACCOUNT_SID": letters.ACCOUNT,
            "TWILIO_AUTH_TOKEN": letters.TOKEN,
            "TWILIO_API_URL": provider,
            "TWILIO_SMS_FROM": letters.SMS_FROM,
            "TELEGRAM_BOT_TOKEN": letters.BOT,
            "TELEGRAM_API_URL": provider,
            "TELEGRAM_WEBHOOK_SECRET": letters.SECRET,
            "LIMITS_FILE": str(self.folder / "limits.toml"),
            "QUIET_HOURS": "none",
            **more,
        }

    def sqlite(self, name: str) -> str:
        """Give the address of a database file of its own."""
        return f"sqlite:///{self.folder / name}.db"

    def postgres(self) -> str | None:
        """Give a PostgreSQL database of its own; None where there is no PostgreSQL."""
        if self._postgres is None:
            source = servers.find_postgres()
            if source is None:
                return None
            home = self.folder / "postgres"
            server = self._stack.enter_context(servers.start_postgres(source, home))
            self._postgres = server.url
            number = int((home / "postmaster.pid").read_text().split()[0])
            machine.pin(number, self.cores[0])
        name = f"bench_{next(self._databases)}"
        with psycopg.connect(self._postgres.render_as_string(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self._postgres.set(database=name).render_as_string()

    def close(self) -> None:
        """End everything."""
        self._stack.close()


@contextlib.contextmanager
def yard(
    folder: Path, say: Callable[[str], None], size: Size, rounds: int | None = None
) -> Iterator[Yard]:
    """Make a yard on the disk that holds the folder: a RAM disk need not be waited for."""
    with TemporaryDirectory(prefix="work-", dir=folder) as work:
        made = Yard(Path(work), say, size, rounds)
        try:
            yield made
        finally:
            made.close()


def free_port() -> int:
    """Find a port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_outside(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
