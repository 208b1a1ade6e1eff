"""Files on a bad line: cut off, of another length than said, endless, slow, late (D7.19)."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.db import Database
from bot.post.media import RETRIES, Fetcher
from bot.vault.evidence import LIMIT
from bot.vault.looks import Looker
from models.evidence import EvidenceState
from tests.bot.post.filing import PHOTO, SHA256, Office, opened
from tests.channels.standins import raw

Says = Callable[[asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def looker() -> Iterator[Looker]:
    """Look with one process for all tests here: it takes a second to start."""
    made = Looker()
    yield made
    made.close()


@pytest.fixture
async def office(db: Database, tmp_path: Path, looker: Looker) -> AsyncIterator[Office]:
    """Give a fetcher, and a provider that has one good photo."""
    async with opened(db, tmp_path, looker) as made:
        yield made


@asynccontextmanager
async def saying(says: Says) -> AsyncIterator[str]:
    """Serve these very bytes to each who asks: a server that does not keep to what it said."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await says(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked has heard enough
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())


def head(length: int) -> bytes:
    """The head of an answer of so many bytes, as it says."""
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n".encode()
    )


@pytest.mark.parametrize("said", [len(PHOTO) * 2, len(PHOTO) + 1])
async def test_a_file_of_which_less_comes_than_was_said_is_fetched_again(
    db: Database, tmp_path: Path, looker: Looker, said: int
) -> None:
    """At twice the length it is cut off at 50 %."""
    asked = 0

    async def half(writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        writer.write(head(said if asked == 1 else len(PHOTO)) + PHOTO)

    async with saying(half) as url, opened(db, tmp_path, looker, provider=url) as office:
        number = office.announce()
        await office.fetcher.work()
        item = office.file(number)
        assert (item.state, item.path, item.sha256) == (EvidenceState.ANNOUNCED, "", "")
        assert office.on_disk() == []
        office.passes(seconds=RETRIES[0])
        await office.fetcher.work()
        assert office.file(number).sha256 == SHA256


async def test_of_a_file_that_goes_on_past_its_length_no_more_is_kept_than_was_said(
    db: Database, tmp_path: Path, looker: Looker
) -> None:
    async def more(writer: asyncio.StreamWriter) -> None:
        writer.write(head(len(PHOTO)) + PHOTO + b"HTTP/1.1 200 OK\r\n\r\nnobody asked for this")

    async with saying(more) as url, opened(db, tmp_path, looker, provider=url) as office:
        number = office.announce()
        for _ in range(len(RETRIES)):
            await office.fetcher.work()
            if not office.comes_due(number):
                break
        item = office.file(number)
        assert (item.state, item.sha256) == (EvidenceState.STORED, SHA256)


async def test_a_file_of_five_gigabytes_is_refused_by_its_head(
    db: Database, tmp_path: Path, looker: Looker
) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(head(5 * 1024**3))
        while True:
            writer.write(bytes(65536))
            await writer.drain()
            sent += 65536

    async with saying(endless) as url, opened(db, tmp_path, looker, provider=url) as office:
        number = office.announce()
        await office.fetcher.work()
        item = office.file(number)
        assert (item.state, item.failure, item.path) == (EvidenceState.FAILED, "too_big", "")
        assert office.on_disk() == []
    assert sent < LIMIT  # what fits into the sockets' buffers


async def test_a_file_without_an_end_is_cut_off_at_the_limit(office: Office) -> None:
    number = office.announce()
    lying: list[int] = []

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        while True:
            lying.append(sum(path.stat().st_size for path in office.on_disk()))
            await response.write(os.urandom(2**20))

    office.provider.will(endless)
    await office.fetcher.work()
    item = office.file(number)
    assert (item.state, item.failure, item.path) == (EvidenceState.FAILED, "too_big", "")
    assert office.on_disk() == []
    assert lying[-1] > LIMIT // 2  # it went to the disk as it came, and was taken away again


async def test_a_file_that_drips_is_let_go_and_tried_again(
    db: Database, tmp_path: Path, looker: Looker
) -> None:
    """Each byte comes soon enough; the whole would take an hour."""
    asked = 0

    async def drips(writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        writer.write(head(len(PHOTO)))
        if asked > 1:
            writer.write(PHOTO)
            return
        for letter in PHOTO:
            writer.write(bytes([letter]))
            await writer.drain()
            await asyncio.sleep(0.02)

    async with saying(drips) as url, opened(db, tmp_path, looker, provider=url) as office:
        number = office.announce()
        await Fetcher(office.world, looker, seconds=0.5).work()
        item = office.file(number)
        assert (item.state, item.path) == (EvidenceState.ANNOUNCED, "")
        assert item.failure == "The file came too slowly."
        assert office.on_disk() == []
        office.passes(seconds=RETRIES[0])
        await office.fetcher.work()
        assert office.file(number).sha256 == SHA256


async def test_a_file_that_comes_half_a_minute_after_its_message_is_stored(office: Office) -> None:
    number = office.announce()
    began = office.clock.time

    async def late(_request: web.Request) -> web.StreamResponse:
        is_there = (office.clock.time - began).total_seconds() >= 30
        return web.Response(body=PHOTO) if is_there else web.Response(status=404)

    office.provider.usual = late
    while office.comes_due(number):
        await office.fetcher.work()
    item = office.file(number)
    assert (item.state, item.sha256) == (EvidenceState.STORED, SHA256)
    assert 4 < item.attempts < len(RETRIES)  # it was not given up, nor asked for all the time
    assert office.acts() == ["file.stored", "file.looked_at"]


async def test_a_fetcher_that_is_stopped_leaves_nothing_half_done(office: Office) -> None:
    number = office.announce()
    began = asyncio.Event()

    async def waits(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(os.urandom(200_000))
        began.set()
        await asyncio.sleep(30)
        return response

    office.provider.will(waits)
    working = asyncio.create_task(office.fetcher.work())
    await began.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert office.on_disk() == []
    assert office.file(number).state is EvidenceState.ANNOUNCED
    office.provider.will(raw(PHOTO))
    assert office.comes_due(number)
    await office.fetcher.work()
    assert office.file(number).sha256 == SHA256
