"""The first seconds of a process: messages are kept before anything else of it is there."""

import asyncio
import contextlib
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import SQLModel

from bot.db import Database
from bot.front import Front
from bot.post.webhooks import Webhooks
from models.base import know_all
from tests.bot import here
from tests.bot.post.test_webhooks import Door, message


class Pages:
    """All the rest, which says that it is there."""

    def __init__(self) -> None:
        self.lived: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002 - as every app's
        """Answer."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"here"})

    @contextlib.asynccontextmanager
    async def life(self) -> AsyncIterator[None]:
        """Write down when it begins and ends."""
        self.lived.append("began")
        yield
        self.lived.append("ended")

    def leave(self) -> None:
        """Write that down too."""
        self.lived.append("let go")


@pytest.fixture
def webhooks(sqlite_db: Database, tmp_path: Path) -> Webhooks:
    return Webhooks(here.world(sqlite_db, tmp_path))


async def test_messages_are_kept_while_the_rest_is_loaded_and_pages_wait_for_it(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world = here.world(sqlite_db, tmp_path)
    pages, loaded = Pages(), threading.Event()

    def load(_webhooks: Webhooks) -> Pages:
        loaded.wait(30)
        return pages

    front = Front(Webhooks(world), load)
    async with (
        here.serving(front, alive=True) as url,
        httpx.AsyncClient(base_url=url, timeout=10, trust_env=False) as client,
    ):
        door = Door(sqlite_db, world, url, client)
        page = asyncio.create_task(client.get("/"))
        assert (await door.calls(message())).status_code == 200
        assert len(door.kept()) == 1
        assert not page.done()
        assert pages.lived == []
        loaded.set()
        assert (await page).text == "here"
        front.leave()
    assert pages.lived == ["began", "let go", "ended"]


async def test_when_the_rest_cannot_be_loaded_the_process_is_told_to_end(
    webhooks: Webhooks,
) -> None:
    def load(_webhooks: Webhooks) -> Pages:
        raise RuntimeError("not to be had")

    front = Front(webhooks, load)
    told = asyncio.Event()
    front.end = told.set
    async with (
        here.serving(front, alive=True) as url,
        httpx.AsyncClient(base_url=url, timeout=10, trust_env=False) as client,
    ):
        page = await client.get("/")
        assert page.status_code == 503
        assert told.is_set()
    assert str(front.failed) == "not to be had"


FRESH = """
import sys
from sqlmodel import SQLModel
from bot import settings, wiring
given = settings.load({}, master_key="ab" * 32)
if sys.argv[1] == "keys":
    wiring.keys(given)
else:
    from bot.post import hush
    hush.know_all()
print(sorted(table.name for table in SQLModel.metadata.sorted_tables))
"""


@pytest.mark.parametrize("way", ["keys", "a stop while the rest is loaded"])
def test_whoever_writes_a_row_knows_every_table_it_speaks_of(way: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FRESH, way], capture_output=True, text=True, check=False
    )
    know_all()
    assert done.stdout.strip() == str(
        sorted(table.name for table in SQLModel.metadata.tables.values())
    ), done.stderr
