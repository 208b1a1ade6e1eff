"""A sender in its world, on a real record, and the provider it speaks to over a real socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bot.db import Database
from bot.post.sender import Sender
from bot.world import World
from models.person import Via
from tests.bot import here
from tests.bot.here import Clock
from tests.bot.scene import MARTA, somebody
from tests.channels.standins import Asked, Handler, Provider, serve, telegram_message
from tests.channels.standins import message as resource


@dataclass
class Office:
    """A sender in its world, and the provider it speaks to."""

    db: Database
    world: World
    clock: Clock
    provider: Provider
    sender: Sender

    async def sends(self) -> None:
        """Send all that is due."""
        await here.until_idle(self.sender.work, lambda: self.sender.drain(10))

    async def sends_all(self) -> None:
        """Send until nothing more goes, however many there are for one person."""
        before = -1
        while before != len(self.creations):
            before = len(self.creations)
            await self.sends()

    @property
    def creations(self) -> list[Asked]:
        """The messages that the provider was asked to send."""
        return [
            one
            for one in self.provider.asked
            if one.method == "POST" and one.path.endswith(("/Messages.json", "/sendMessage"))
        ]

    @property
    def words(self) -> list[str]:
        """Their words."""
        return [one.form.get("Body") or one.form.get("text", "") for one in self.creations]


def sid(number: int) -> str:
    return f"SM{number:032x}"


def numbered() -> Handler:
    """Answer each message with an id of its own."""
    count = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal count
        count += 1
        if request.path.endswith("sendMessage"):
            return web.json_response(telegram_message(number=count))
        return web.json_response({**resource(), "sid": sid(count)})

    return answer


def sms(db: Database, name: str = "Marta", wire: str = MARTA) -> int:
    return somebody(db, name, wire, Via.SMS)


def telegram(db: Database) -> int:
    return somebody(db, "Ana", "700100", Via.TELEGRAM)


@asynccontextmanager
async def opened(db: Database, folder: Path) -> AsyncIterator[Office]:
    """Open an office whose provider takes everything, unless it is told otherwise."""
    async with serve(numbered()) as provider:
        clock = Clock()
        world = here.world(db, folder, provider=provider.url, clock=clock)
        yield Office(db, world, clock, provider, here.sender(world))
        await here.closed(world)
