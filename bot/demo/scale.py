"""The demo as on a host: several web and worker processes on PostgreSQL and Valkey, one command.

Everything of it is a process of its own, and whichever dies is started again.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.demo import network, servers, show
from bot.serve import open_port
from bot.settings import WrongSetting
from bot.wiring import Alone

WEBS = 2
WORKERS = 2
ROOT = Path(__file__).resolve().parents[2]
LOOK = 0.2  # seconds between looks at the processes
START = 60.0  # seconds for all of it to answer
END = 30.0  # seconds for a process to finish what it has begun
REST = 2.0  # seconds before a process is started again that ended at once
Say = Callable[[str], None]
Running = list["Child | servers.Server"]  # what is watched


@dataclass
class Child:
    """One process: what it is called, and how it is started."""

    name: str
    words: list[str]
    env: dict[str, str]
    log: Path
    descriptors: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    began: float = 0.0

    def start(self) -> None:
        """Start it, or start it again."""
        self.began = time.monotonic()
        with self.log.open("ab") as said:
            self.process = subprocess.Popen(  # noqa: S603 - our own words, and no shell
                [sys.executable, "-m", *self.words],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                pass_fds=self.descriptors,
                start_new_session=True,  # Ctrl-C is for us: we stop them in their order
                preexec_fn=servers.die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one call
            )

    def resting(self) -> bool:
        """Whether it was started just now: what ends at once is not started at once again."""
        return time.monotonic() < self.began + REST

    def ended(self) -> str:
        """Say how it ended; "" while it runs."""
        return servers.how(self.process)


def run(port: int, data: Path, say: Say) -> None:
    """Serve until told to stop. Its data stays in `data`, and it goes on from there."""
    alone = Alone(data)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # one way to be stopped
    try:
        with _topology(port, data, say) as (running, password):
            say(_welcome(port, password, running))
            _watch(running, say)
    except KeyboardInterrupt:
        say("Stopped. The same command goes on from here.")
    finally:
        alone.release()


@contextlib.contextmanager
def _topology(port: int, data: Path, say: Say) -> Iterator[tuple[Running, str]]:
    """Start everything, from the record up, and stop it from the doors down."""
    postgres, valkey = servers.find_postgres(), servers.find_redis()
    if postgres is None or valkey is None:
        raise WrongSetting("`demo --scale` needs the wheels of .ci/requirements-test.txt.")
    kept = show.made_once(data)
    here, simulator = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}/simulator"
    with contextlib.ExitStack() as stack:
        # We hold the door, and each web process answers at it: one that dies closes nothing.
        listener = stack.enter_context(open_port("127.0.0.1", port))
        stack.enter_context(open_port("127.0.0.1", port + 1)).close()  # it is free: said early
        say(f"Starting {postgres.label} …")
        record = stack.enter_context(servers.start_postgres(postgres, data / "postgres"))
        say(f"Starting {valkey.label} …")
        bell = stack.enter_context(servers.start_redis(valkey))
        named = show.environment(kept, data, here, simulator, record.url.render_as_string())
        named |= {"REDIS_URL": bell.url.render_as_string(), "PROCESSES": str(WORKERS)}
        named["SPOOL_DIR"] = str(data / "spool")
        say("Preparing the record …")
        show.fill(show.settled(named), kept["password"])
        listener.listen(1024)
        children = _children(kept, data, port, listener.fileno(), named)
        stack.callback(_stop, children, say)
        for child in children:
            say(f"Starting {child.name} …")
            child.start()
        _answers(f"{simulator}/api/log", children)
        _write_book(simulator)
        _answers(f"{here}/ready", children)
        yield [record, bell, *children], kept["password"]


def _children(
    kept: dict[str, str], data: Path, port: int, descriptor: int, named: dict[str, str]
) -> list[Child]:
    own = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR")
    env = {**{name: os.environ[name] for name in own if name in os.environ}, **named}
    phones = ["bot.simulator", "--port", str(port + 1), "--data", str(data)]
    phones += ["--product-url", named["PUBLIC_URL"], "--account-sid", kept["account"]]
    phones += ["--auth-token", kept["auth_token"], "--sms-from", show.SMS_FROM]
    phones += ["--whatsapp-from", show.WHATSAPP_FROM, "--bot-username", show.BOT]
    phones += ["--telegram-bot-token", kept["telegram_token"]]
    web = ["bot", "serve", "--port", str(port), "--descriptor", str(descriptor)]
    made = [Child("the simulator", phones, env, data / "simulator.log")]
    for number in range(1, WEBS + 1):
        log = data / f"web-{number}.log"
        made.append(Child(f"web {number}", web, env, log, (descriptor,)))
    for number in range(1, WORKERS + 1):
        log = data / f"worker-{number}.log"
        made.append(Child(f"worker {number}", ["bot", "worker"], env, log))
    return made


def _watch(running: Running, say: Say) -> None:
    """Start again whatever ends, until we are told to stop."""
    while True:
        for one in running:
            why = one.ended()
            if not why or (isinstance(one, Child) and one.resting()):
                continue
            say(f"{one.name} ended by {why}; starting it again.")
            one.start()
        time.sleep(LOOK)


def _stop(children: list[Child], say: Say) -> None:
    """Close the doors, let the workers finish, then the phones."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave half of it
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("Stopping: doors, workers, phones, record …")
    groups: dict[str, list[Child]] = {"web": [], "worker": [], "the": []}
    for child in children:
        groups[child.name.split()[0]].append(child)
    for group in groups.values():
        living = [one.process for one in group if one.process and one.process.poll() is None]
        for process in living:
            process.terminate()
        ends = time.monotonic() + END
        for process in living:
            try:
                process.wait(max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(url: str, children: list[Child]) -> None:
    """Wait until an address answers. Says what a process complained of that ended instead."""
    ends = time.monotonic() + START
    while time.monotonic() < ends:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own address
            return
        for child in children:
            if why := child.ended():
                said = child.log.read_text(errors="replace")[-1500:]
                raise WrongSetting(f"{child.name} ended by {why}. It said:\n{said}")
        time.sleep(LOOK)
    raise WrongSetting(f"{url} does not answer after {START:.0f} s.")


def _write_book(simulator: str) -> None:
    """Tell the phones who the people are, and to be as strict as WhatsApp is."""
    for path, method, document in (
        ("/api/book", "PUT", network.book()),
        ("/api/faults/twilio", "PATCH", {"whatsapp_window": True}),
    ):
        asked = urllib.request.Request(  # noqa: S310 - our own address
            simulator + path,
            json.dumps(document).encode(),
            {"content-type": "application/json"},
            method=method,
        )
        urllib.request.urlopen(asked, timeout=10).close()  # noqa: S310 - the same


def _welcome(port: int, password: str, running: Running) -> str:
    names = ", ".join(one.name for one in running)
    return f"""
Enlace runs at http://127.0.0.1:{port} (Ctrl-C stops it; start it again and it goes on).

  Three phones     http://127.0.0.1:{port + 1}/simulator/
  Staff console    http://127.0.0.1:{port}/console/
                   sign in as {network.COORDINATOR} with the password {password}
  API              http://127.0.0.1:{port}/api/v1/openapi.json

Running: {names}.
Kill any of these processes: it comes back, and nothing is lost.

Everybody in it is fictional. Nothing leaves this machine.
"""
