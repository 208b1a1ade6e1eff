"""The web application: doors for providers, pages for staff, and whether all is well."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import Session
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot import gauges
from bot.console import console
from bot.db import probe
from bot.log import log
from bot.post import watch
from bot.post.drain import Drain
from bot.post.media import Fetcher
from bot.post.uploads import Uploads
from bot.post.webhooks import PREFIX, Webhooks
from bot.vault.looks import Looker
from bot.worker import Worker
from bot.world import World
from channels.telegram import Telegram

PATIENCE = 5.0  # seconds in which the database must take something, for us to be ready
AGAIN = 2.0  # seconds before Telegram is told our address again


@dataclass(frozen=True)
class Beside:
    """Another application that lives in the same process, below its own path."""

    path: str
    app: Any
    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]
    leave: Callable[[], None]


class App:
    """Everything that is served. Webhooks go their own short way, past the framework."""

    def __init__(
        self,
        world: World,
        *,
        works: bool,
        beside: Beside | None = None,
        webhooks: Webhooks | None = None,
    ) -> None:
        self._world = world
        self._beside = beside
        self._looker = Looker()
        self._worker = Worker(world) if works else None
        world.bell.works = works
        fetcher = self._worker.fetcher if self._worker else Fetcher(world, self._looker)
        world.uploads = Uploads(world, fetcher)
        self._webhooks = webhooks or Webhooks(world)
        self._gauges = gauges.Gauges(world)
        self._pages = self._build()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self._webhooks(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    def leave(self) -> None:
        """Let live streams go: the process is about to end."""
        self._world.ending = True
        if self._beside is not None:
            self._beside.leave()

    def _build(self) -> FastAPI:
        pages = FastAPI(
            lifespan=lambda _pages: self.life(),
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
            title="Enlace",
        )
        pages.add_api_route("/health", _health, methods=["GET"])
        pages.add_api_route("/ready", self._ready, methods=["GET"])
        pages.add_api_route("/metrics", self._metrics, methods=["GET"])
        pages.add_api_route("/", _home, methods=["GET"])
        console(pages, self._world)
        if self._beside is not None:
            pages.mount(self._beside.path, self._beside.app)
        return pages

    @contextlib.asynccontextmanager
    async def life(self) -> AsyncIterator[None]:
        """Work, from entering to leaving."""
        world = self._world
        await asyncio.to_thread(world.files.prepare)
        await world.bell.start()
        if self._beside is not None:
            await self._beside.start()
        if self._worker is not None:
            await self._worker.start()
        draining = None
        if self._worker is None and world.spool is not None:
            draining = asyncio.create_task(Drain(world).run(), name="drain")
        telling = asyncio.create_task(self._tell_telegram(), name="telegram webhook")
        yield
        telling.cancel()
        if draining is not None:
            draining.cancel()
        if self._worker is not None:
            await self._worker.stop()
        self._looker.close()
        await world.bell.stop()
        for channel in world.channels.values():
            await channel.close()
        if self._beside is not None:
            await self._beside.stop()
        await asyncio.to_thread(world.db.close)

    async def _tell_telegram(self) -> None:
        """Tell Telegram where to call, until it has heard it."""
        telegram = self._world.channels.get("telegram")
        if not isinstance(telegram, Telegram):
            return
        while True:
            try:
                await telegram.prepare()
                await watch.register(telegram, self._world.settings)
                self._world.bot_name = await telegram.username()
            except Exception as problem:  # noqa: BLE001 - whatever it is, we must be reachable there
                log.warning("telegram.not_registered", error=type(problem).__name__)
                await asyncio.sleep(AGAIN)
            else:
                return

    async def _ready(self) -> JSONResponse:
        try:
            await self._world.db.read(_look)
        except Exception:  # noqa: BLE001 - not ready, whatever the reason
            return JSONResponse({"ready": False, "why": "The database does not answer."}, 503)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._world.db.write(probe)
        except Exception:  # noqa: BLE001 - the same
            return JSONResponse({"ready": False, "why": "The database takes nothing now."}, 503)
        return JSONResponse({"ready": True})

    async def _metrics(self) -> Response:
        page = await asyncio.to_thread(self._gauges.page)
        return Response(page, media_type=gauges.TYPE)


def _look(s: Session) -> None:
    s.connection().execute(sa.text("SELECT id FROM lane LIMIT 1"))


async def _health() -> JSONResponse:
    return JSONResponse({"alive": True})


async def _home() -> RedirectResponse:
    return RedirectResponse("/console/", 303)
