"""The record is away, and processes die over what lies beside it; nobody notices anything.

D7.1, D8.5, D8.6 and D8.16, as real processes on both records.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from tests.crash.deployment import Count, Village, tell, village

BEFORE = {
    "in.spool_temp": "D8.5: written, not synced",
    "in.spool_synced": "D8.5: synced, not renamed",
    "in.spool_renamed": "D8.5: renamed, not answered",
}
AFTER = {
    "in.drained": "D8.6: in the record, its file not taken away",
    "out.spooled": "D8.16: how a send ended lies beside the record, its process is gone",
    "out.drained": "D8.16: it is written, its file not taken away",
}


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_processes_may_die_over_what_lies_beside_a_record_that_is_away(
    kind: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    record_property: Count,
):
    database_url = request.getfixturevalue(f"{kind}_url")
    redis_url = request.getfixturevalue("redis_url") if kind == "postgres" else ""
    folder = tmp_path / "spool"
    settings = {"SPOOL_DIR": str(folder)}
    async with village(
        tmp_path, database_url, redis_url, trios=len(BEFORE), settings=settings
    ) as here:
        place = here.place
        for point, trio in zip(BEFORE, here.trios, strict=True):
            place.again(f"{point}:1")
            if await place.ready():  # on a slow machine it may come by earlier
                async with away(place.database_url, "lane"):
                    writing = asyncio.ensure_future(trio.write(here.chance))
                    await _dies(here)
                await writing
        assert list(folder.glob("*.envelope"))
        place.again("in.drained:1")
        await _dies(here)  # what lies there is brought in before anything else
        await _is_cut_off_from_how_a_send_ended(here)
        assert list(folder.glob("*.outcome"))
        place.again("out.drained:1")
        await _dies(here)
        place.again()
        assert await place.ready()
        await here.rests(within=90 if place.embedded else 240)
        assert list(folder.glob("*.*")) == list(folder.glob("*.temp"))
        verdict = await here.verdict()
        tell(record_property, place, verdict)
        verdict.must_be_clean()


async def _is_cut_off_from_how_a_send_ended(here: Village) -> None:
    place = here.place
    place.again("out.spooled:1")
    assert await place.ready()
    await here.phones.faults("twilio", seed=1, delay=1.5)
    await here.trios[0].sms.says("AYUDA")
    await _until(
        lambda: here.record.number("SELECT count(*) FROM outbox WHERE state = 'sending'") > 0
    )
    async with away(place.database_url, "outbox"):
        await _dies(here)
    await here.phones.faults("twilio", seed=1)


async def _dies(here: Village) -> None:
    await _until(lambda: bool(here.place.dead()))


@asynccontextmanager
async def away(url: str, table: str) -> AsyncIterator[None]:
    """Hold a record, or on PostgreSQL one table, so that it takes nothing from anybody."""
    made = sa.make_url(url)
    connection: Any
    if made.get_backend_name() == "sqlite":
        connection = sqlite3.connect(
            str(made.database), isolation_level=None, timeout=30, check_same_thread=False
        )
        hold = "BEGIN IMMEDIATE"
    else:
        plain = made.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncio.to_thread(psycopg.connect, plain)
        hold = f"LOCK TABLE {table}"  # two at once could be a deadlock
    with closing(connection):
        await asyncio.to_thread(connection.execute, hold)
        yield
        connection.rollback()


async def _until(is_so: Callable[[], bool], within: float = 90.0) -> None:
    ends = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < ends, "It never came to be so."
        await asyncio.sleep(0.05)
