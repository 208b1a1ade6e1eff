"""The fallback: a process that only keeps what Twilio could not bring to the others.

It stands behind the address that Twilio calls when the first one fails. It needs no database to
start, and nothing happens in it but verifying and keeping: on SQLite, whose record is another
process', beside the record.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from sqlmodel import Session
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.db import Unavailable
from bot.post.drain import Drain
from bot.post.webhooks import PREFIX, Webhooks
from bot.vault import root
from bot.world import World

PATIENCE = 3.0  # seconds in which the database must answer, where only it can keep anything


class Fallback:
    """Serves Twilio's doors, and whether something can be kept behind them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._shares = not world.db.embedded  # else it is another process' alone
        self._webhooks = Webhooks(world, record=self._shares)
        self._pages = Starlette(
            routes=[Route("/health", _health), Route("/ready", self._ready)], lifespan=self._life
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self._webhooks(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    def leave(self) -> None:
        """Have nobody to let go: nothing here is live."""

    @contextlib.asynccontextmanager
    async def _life(self, _pages: Starlette) -> AsyncIterator[None]:
        world = self._world
        await world.bell.start()
        beside = asyncio.create_task(self._work(), name="drain")
        yield
        beside.cancel()
        await world.bell.stop()
        await asyncio.to_thread(world.db.close)

    async def _work(self) -> None:
        """Ask the record for the root of the keys, without which nothing is put into it; drain."""
        world = self._world
        while not world.keys.sure:
            try:
                await self._take_root()
            except Unavailable:
                await asyncio.sleep(PATIENCE)
        if self._shares and world.spool is not None:
            # The folder may be on a machine where nobody else would empty it.
            await Drain(world).run()

    async def _take_root(self) -> None:
        world = self._world
        if not world.keys.sure:
            await asyncio.to_thread(root.take, world.db, world.keys)

    async def _ready(self, _request: object) -> JSONResponse:
        spool = self._world.spool
        if spool is not None and not (await asyncio.to_thread(spool.look)).trouble:
            return JSONResponse({"ready": True})
        if self._shares:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._world.db.read(_ask)
                    await self._take_root()
            except Exception:  # noqa: BLE001 - not ready, whatever the reason
                return JSONResponse({"ready": False, "why": "The database does not answer."}, 503)
            return JSONResponse({"ready": True})
        return JSONResponse({"ready": False, "why": "SPOOL_DIR takes no files now."}, 503)


def _ask(s: Session) -> None:
    s.connection().exec_driver_sql("SELECT id FROM lane LIMIT 1")


async def _health(_request: object) -> JSONResponse:
    return JSONResponse({"alive": True})
