"""A world on real parts: its record, its channels pointed at a stand-in, and a clock by hand."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.db import Database
from bot.doorbell import Doorbell
from bot.settings import Settings
from bot.vault.evidence import Files
from bot.world import World
from channels._twilio import Line
from channels.sms import Sms
from channels.telegram import Telegram
from channels.whatsapp import WhatsApp
from tests.bot.scene import KEYS, NOW
from tests.channels.desk import ACCOUNT, BOT_TOKEN, PUBLIC, SECRET, TOKEN

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
        now=clock or Clock(),
    )


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
