"""An office that files what people send: a fetcher, an eraser, and the provider that holds it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from sqlmodel import Session, col, select

from bot.db import Database, clock
from bot.post.eraser import Eraser
from bot.post.media import Fetcher
from bot.vault.looks import Looker
from bot.world import World
from models.evidence import Evidence, Provenance
from models.task import Task
from models.trail import Trail
from tests.bot import here
from tests.bot.here import Clock
from tests.bot.scene import NOW, somebody
from tests.bot.vault.pictures import jpeg, page
from tests.channels.desk import ACCOUNT
from tests.channels.standins import Provider, raw, serve

PHOTO = jpeg(page(1200, 1000))
SHA256 = hashlib.sha256(PHOTO).hexdigest()
ADDRESS = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/SM1/Media/ME"


@dataclass
class Office:
    """A fetcher in its world, and the provider that holds the files."""

    db: Database
    world: World
    clock: Clock
    provider: Provider
    fetcher: Fetcher
    looker: Looker

    def announce(self, *, via: str = "whatsapp", mime: str = "image/jpeg", number: int = 1) -> int:
        """Say that a file exists."""
        person = somebody(self.db, wire=f"+5025555{number:04}")

        def act(s: Session) -> int:
            item = Evidence(
                person_id=person,
                via=via,
                kind="photo",
                provenance=Provenance.RECOMPRESSED,
                locator=f"{ADDRESS}{number}",
                mime_declared=mime,
                received_at=self.clock.time,
                next_at=clock(s),
            )
            s.add(item)
            s.flush()
            return item.id or 0

        return self.db.write_now(act)

    def file(self, number: int) -> Evidence:
        """The file as it is now."""

        def act(s: Session) -> Evidence:
            item = s.get_one(Evidence, number)
            s.expunge(item)
            return item

        return self.db.read_now(act)

    def passes(self, **time: float) -> None:
        """Let time pass. The record's clock is its own, so what is due moves towards it."""
        self.clock.goes_on(**time)

        def act(s: Session) -> None:
            for item in s.exec(select(Evidence).where(col(Evidence.next_at).is_not(None))):
                item.next_at = (item.next_at or NOW) - timedelta(**time)
                s.add(item)
            for item in s.exec(select(Evidence).where(col(Evidence.erase_at).is_not(None))):
                item.erase_at = (item.erase_at or NOW) - timedelta(**time)
                s.add(item)

        self.db.write_now(act)

    def comes_due(self, number: int) -> bool:
        """Wait until a file is due, if it ever is."""
        waited = self.waits(number)
        if waited is None:
            return False
        self.passes(seconds=waited)
        return True

    def waits(self, number: int) -> float | None:
        """How long a file still waits, in seconds."""
        due = self.file(number).next_at
        return None if due is None else (due - self.db.read_now(clock)).total_seconds()

    def on_disk(self) -> list[Path]:
        """What lies in the folder."""
        return [path for path in self.world.settings.data_dir.rglob("*") if path.is_file()]

    def eraser(self) -> Eraser:
        """One who deletes at the provider."""
        return Eraser(self.world)

    def deleted(self) -> list[str]:
        """What the provider was asked to delete."""
        return [one.path for one in self.provider.asked if one.method == "DELETE"]

    def tasks(self) -> list[str]:
        """What staff are told of files."""
        return self.db.read_now(lambda s: [one.detail for one in s.exec(select(Task))])

    def acts(self) -> list[str]:
        """What the trail tells of files."""
        query = select(Trail.act).where(col(Trail.act).startswith("file.")).order_by(col(Trail.id))
        return self.db.read_now(lambda s: list(s.exec(query)))


@dataclass
class Shelf:
    """What a provider holds for us: it gives a file until it is asked to delete it."""

    files: dict[str, bytes] = field(default_factory=lambda: {"ME1": PHOTO})
    when_asked: Callable[[str], None] = field(default=lambda _name: None)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Give a file, or delete it."""
        name = request.path.rpartition("/")[2]
        if name not in self.files:
            return web.Response(status=404)
        if request.method == "DELETE":
            self.when_asked(name)
            del self.files[name]
            return web.Response(status=204)
        return web.Response(body=self.files[name])


@asynccontextmanager
async def opened(
    db: Database, folder: Path, looker: Looker, *, provider: str = ""
) -> AsyncIterator[Office]:
    """Open the office. Its provider has one good photo, where no other provider is named."""
    looker._alone = asyncio.Lock()  # each test has its own loop
    async with serve(raw(PHOTO)) as standin:
        clock = Clock()
        world = here.world(db, folder, provider=provider or standin.url, clock=clock)
        yield Office(db, world, clock, standin, Fetcher(world, looker), looker)
        await here.closed(world)
