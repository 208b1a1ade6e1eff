"""The worker that is told to end: it takes nothing new, and waits for what is on the wire."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiohttp import web
from sqlmodel import Session, col, select

from bot.db import Database
from bot.worker import Worker
from models.outbox import Outbox, OutboxState
from tests.bot import here, scene
from tests.bot.post.office import numbered, sms
from tests.channels.standins import Provider, says, serve, silent

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
PATIENCE = 20.0


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - the worker makes it so, and rings nobody here
            await asyncio.sleep(0.02)


def sent(twilio: Provider) -> list[str]:
    """The words that Twilio was asked to send, in order."""
    return [one.form["Body"] for one in twilio.asked if one.method == "POST"]


def states(db: Database) -> dict[str, OutboxState]:
    return db.read_now(lambda s: {one.key: one.state for one in s.exec(select(Outbox))})


async def test_told_to_end_it_claims_nothing_and_leaves_what_is_not_answered_unknown(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """D8.30: an answer that still comes is heard; the rest is never sent again by itself."""
    monkeypatch.setattr("bot.worker.DRAIN", 1.5)
    ending, usual = asyncio.Event(), numbered()

    async def twilio_answers(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return await says({"messages": [], "next_page_uri": None})(request)
        words = (await request.post())["Body"]
        if words == "mudo":
            return await silent(request)
        if words == "tarde":
            await ending.wait()
        return await usual(request)

    async with serve(twilio_answers) as twilio:
        world = here.world(db, tmp_path, provider=twilio.url)
        world.channels = {"sms": world.channels["sms"]}
        people = [sms(db, name, f"+5025555000{n}") for n, name in enumerate(("A", "B", "C"))]
        scene.put(db, people[0], "late", text="tarde")
        scene.put(db, people[1], "silent", text="mudo")
        worker = Worker(world)
        await worker.start()
        try:
            await until(lambda: len(sent(twilio)) == 2)
        except BaseException:
            await worker.stop()  # else nothing here would ever end
            raise
        stopping = asyncio.create_task(worker.stop())
        await asyncio.sleep(0)
        scene.put(db, people[2], "next", text="luego")
        world.ring()
        ending.set()
        await stopping
        assert sorted(sent(twilio)) == ["mudo", "tarde"]
        assert states(db) == {
            "late": OutboxState.ACCEPTED,
            "silent": OutboxState.SENDING,
            "next": OutboxState.PENDING,
        }
        # Its lease runs out, or on SQLite the next process knows that there was no other.
        db.write_now(_forget)
        again = Worker(world)
        await again.start()
        try:
            await until(lambda: states(db)["silent"] is OutboxState.UNKNOWN)
            await until(lambda: states(db)["next"] is OutboxState.ACCEPTED)
        finally:
            await again.stop()
        assert sorted(sent(twilio)) == ["luego", "mudo", "tarde"]
        await here.closed(world)


def _forget(s: Session) -> None:
    s.connection().execute(
        sa.update(Outbox)
        .where(col(Outbox.state) == OutboxState.SENDING)
        .values(lease_until=LONG_AGO)
    )
