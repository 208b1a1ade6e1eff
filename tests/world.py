"""The whole bot on real parts: its processes, the simulator on real sockets, a staff token."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx

from bot.simulator.remote import Phone, Phones

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "an-auth-token-of-the-test"
TELEGRAM = "1234567890:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
SMS_FROM = "+15005550006"
WHATSAPP_FROM = "+14155238886"
PATIENCE = 25.0


def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Town:
    """One deployment and its people, each process real."""

    root: Path
    database_url: str
    redis_url: str = ""
    spools: bool = False
    port: int = field(default_factory=free_port)
    simulator_port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the product is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def simulator(self) -> str:
        """Where the simulator is reached."""
        return f"http://127.0.0.1:{self.simulator_port}/simulator"

    @property
    def temp(self) -> Path:
        """Where its processes put what is for a moment."""
        place = self.root / "temp"
        place.mkdir(exist_ok=True)
        return place

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every process of the product."""
        return {
            **{
                name: value
                for name, value in os.environ.items()
                if name in ("PATH", "HOME", "SHIM", "PYTHONPATH")
            },
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "PUBLIC_URL": self.url,
            "DATA_DIR": str(self.root / "data"),
            "SPOOL_DIR": str(self.root / "spool") if self.spools else "",
            "TMPDIR": str(self.temp),
            "MASTER_KEY": "ab" * 32,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_URL": f"{self.simulator}/twilio",
            "TWILIO_SMS_FROM": SMS_FROM,
            "TWILIO_WHATSAPP_FROM": WHATSAPP_FROM,
            "TELEGRAM_BOT_TOKEN": TELEGRAM,
            "TELEGRAM_API_URL": f"{self.simulator}/telegram",
            "TELEGRAM_WEBHOOK_SECRET": "a-secret-of-the-test-0123456789",
            "LIMITS_FILE": str(Path(__file__).with_name("limits_wide.toml")),
            "WHATSAPP_TIER": "unlimited",
            "BURST_SECONDS": "2",
            "QUIET_HOURS": "none",
            "DOUBT_SECONDS": "3",
        }

    @property
    def embedded(self) -> bool:
        """Whether one process does everything."""
        return self.database_url.startswith("sqlite")

    def command(self, *words: str, typed: str = "") -> str:
        """Run one of the product's commands to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start_simulator(self) -> None:
        """Start the stand-in for Twilio and Telegram."""
        words = ["--port", str(self.simulator_port), "--data", str(self.root / "phones")]
        words += ["--product-url", self.url, "--account-sid", ACCOUNT, "--auth-token", TOKEN]
        words += ["--sms-from", SMS_FROM, "--whatsapp-from", WHATSAPP_FROM]
        words += ["--telegram-bot-token", TELEGRAM, "--pace", "0.05", "--telegram-retry", "0.3"]
        self._start("simulator", "bot.simulator", *words)

    def start(self) -> None:
        """Start the product."""
        self._start("web", "bot", "serve", "--port", str(self.port))
        if not self.embedded:
            self._start("worker", "bot", "worker")

    def kill(self) -> None:
        """End the product as a power cut would: no word, no time."""
        for name in ("web", "worker"):
            process = self.processes.pop(name, None)
            if process is not None:
                process.send_signal(signal.SIGKILL)
                process.wait()

    def stop(self) -> None:
        """End everything."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self, name: str) -> str:
        """What a process wrote."""
        return (self.root / f"{name}.log").read_text("utf-8", "replace")

    def _start(self, name: str, module: str, *words: str) -> None:
        with (self.root / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    async def up(self) -> None:
        """Return when the product can keep messages."""
        await self._answers(f"{self.url}/ready", "web")

    async def _answers(self, url: str, name: str) -> None:
        ends = time.monotonic() + 60
        async with httpx.AsyncClient() as client:
            while time.monotonic() < ends:
                try:
                    if (await client.get(url, timeout=2)).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                code = self.processes[name].poll()
                assert code is None, f"{name} ended with {code}:\n{self.log(name)}"
                await asyncio.sleep(0.05)
        raise AssertionError(f"{name} does not answer:\n{self.log(name)}")

    async def simulator_up(self) -> None:
        """Return when the simulator answers."""
        await self._answers(f"{self.simulator}/api/log", "simulator")


class Staff:
    """A coordinator who works through the API, as the console does."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"{url}/api/v1",
            headers={"authorization": f"Bearer {token}"},
            timeout=20,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self._client.aclose()

    async def get(self, path: str, **query: Any) -> Any:
        """Read something. Fails with the answer when it is refused."""
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                return self._read(await self._client.get(path, params=query))
            except httpx.TransportError:
                assert time.monotonic() < ends
                await asyncio.sleep(0.2)

    async def post(self, path: str, **body: Any) -> Any:
        """Do something, once, however often it must be asked. Fails when it is refused."""
        key = {"idempotency-key": uuid4().hex}
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                return self._read(await self._client.post(path, json=body, headers=key))
            except httpx.TransportError:
                # The product may be starting again; the key makes a second asking harmless.
                assert time.monotonic() < ends
                await asyncio.sleep(0.2)

    async def put(self, path: str, **body: Any) -> Any:
        """Set something. Fails when it is refused."""
        return self._read(await self._client.put(path, json=body or None))

    async def delete(self, path: str) -> Any:
        """Take something away. Fails when it is refused."""
        return self._read(await self._client.delete(path))

    async def refused(self, path: str, **body: Any) -> str:
        """Ask for what must not be done, and give the reason that is told. Fails when it is."""
        answer = await self._client.post(path, json=body, headers={"idempotency-key": uuid4().hex})
        assert 400 <= answer.status_code < 500, f"{path}: {answer.status_code} {answer.text}"
        return answer.text

    async def bytes(self, path: str) -> bytes:
        """Download a file."""
        answer = await self._client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.content

    async def until(
        self, path: str, is_so: Callable[[Any], object], *, within: float = PATIENCE, **query: Any
    ) -> Any:
        """Read something until it is so."""
        ends = time.monotonic() + within
        found: Any = None
        while time.monotonic() < ends:
            found = await self.get(path, **query)
            if is_so(found):
                return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"{path} never came to be so; it is:\n{json.dumps(found, indent=1)}")

    @staticmethod
    def _read(answer: httpx.Response) -> Any:
        assert answer.status_code < 400, f"{answer.request.url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@asynccontextmanager
async def town(
    root: Path, database_url: str, redis_url: str = "", *, spools: bool = False
) -> AsyncIterator[Town]:
    """A deployment that is up, with a simulator beside it."""
    place = Town(root, database_url, redis_url, spools)
    try:
        place.start_simulator()
        place.command("migrate")
        place.start()
        await place.simulator_up()
        await place.up()
        yield place
    finally:
        place.stop()


SCOPES = (
    *("people:read", "people:write", "cases:read", "cases:write", "messages:read"),
    *(
        "messages:write",
        "evidence:read",
        "tasks:read",
        "tasks:write",
        "broadcasts:read",
        "broadcasts:write",
    ),
)


def coordinator_token(place: Town) -> str:
    """A token that may do everything."""
    place.command("staff", "add", "ana", "--name", "Ana", typed="una-clave-muy-larga\n")
    words = [word for scope in SCOPES for word in ("--scope", scope)]
    return place.command("token", "create", *words, "--label", "test").strip()


def link_in(text: str) -> str:
    """The address in a message."""
    found = re.search(r"https?://\S+", text)
    assert found, text
    return found[0]


def count(messages: list[dict[str, Any]], words: str) -> int:
    """How many messages on a phone hold these words."""
    return sum(words in str(one.get("text", "")) for one in messages)


__all__ = ["Phone", "Phones", "Staff", "Town", "coordinator_token", "count", "link_in", "town"]
