"""A world on real parts: its record, its channels pointed at a stand-in, and a clock by hand."""

import asyncio
import socket
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvicorn

from bot.db import Database
from bot.doorbell import Doorbell
from bot.post import limits
from bot.post.pacing import Lately, Pacer
from bot.post.sender import Sender
from bot.settings import Settings
from bot.vault.evidence import Files
from bot.world import World
from channels._twilio import Line
from channels.sms import Sms
from channels.telegram import Telegram
from channels.whatsapp import WhatsApp
from tests.bot.scene import KEYS, NOW
from tests.channels.desk import ACCOUNT, BOT_TOKEN, PUBLIC, SECRET, TOKEN

WIDE = Path(__file__).parent.parent / "limits_wide.toml"
NOWHERE = "http://127.0.0.1:9"  # nobody listens there


@dataclass
class Clock:
    """The time, which goes on only when it is told to."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        """Give the time."""
        return self.time

    def goes_on(self, **more: float) -> datetime:
        """Let time pass."""
        self.time += timedelta(**more)
        return self.time


def world(
    db: Database, folder: Path, *, provider: str = NOWHERE, clock: Clock | None = None
) -> World:
    """Make a world whose providers stand at one address."""
    line = Line(ACCOUNT, (TOKEN,), public_url=PUBLIC, api_url=provider)
    telegram = Telegram(BOT_TOKEN, secret=SECRET, api_url=provider)
    files = Files(folder / "files", KEYS)
    files.prepare()
    return World(
        settings=Settings(
            _env_file=None,
            public_url=PUBLIC,
            data_dir=folder / "files",
            quiet_hours="none",
        ),
        db=db,
        keys=KEYS,
        bell=Doorbell(),
        channels={
            "whatsapp": WhatsApp(line, "+14155238886"),
            "sms": Sms(line, "+15005550006"),
            "telegram": telegram,
        },
        doors={"twilio/messages": line, "twilio/status": line, "telegram": telegram},
        files=files,
        limits=limits.load(tier="unlimited", file=WIDE),
        now=clock or Clock(),
    )


def sender(here: World) -> Sender:
    """Make a sender that nothing holds back."""
    return Sender(here, Pacer(here.limits, "", 1, here.now, recall=_nothing))


async def _nothing() -> Lately:
    return Lately()


async def closed(here: World) -> None:
    """Let go of a world's connections."""
    for channel in here.channels.values():
        await channel.close()


async def until_idle(
    work: Callable[[], Awaitable[bool]], drain: Callable[[], Awaitable[None]]
) -> None:
    """Work until there is nothing more to do, also of what the work itself has made due."""
    idle = 0
    for _ in range(200):
        idle = 0 if await work() else idle + 1
        await drain()
        if idle > 2:
            return
    raise AssertionError("It never comes to rest.")


@asynccontextmanager
async def serving(app: Any, *, alive: bool = False) -> AsyncIterator[str]:
    """Serve an app on a real socket, as `serve` does, and give its address.

    `alive`: with what it does by itself from its start to its end.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on" if alive else "off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await task


@contextmanager
def locked(db: Database) -> Iterator[None]:
    """Hold the record so that nobody else can write to it."""
    if db.embedded:
        db.write_now(lambda _s: None)  # a file that was never opened is not waited for
        with closing(sqlite3.connect(str(db.url.database), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    engine = sa.create_engine(db.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE inbox, outbox, lane IN ACCESS EXCLUSIVE MODE")
        yield
