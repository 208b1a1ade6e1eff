"""Files that people send: fetched, hashed and stored before anybody is thanked, or said to fail."""

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from sqlmodel import Session

from bot.db import Database
from bot.post import media
from bot.post.media import AGAIN, AT_ONCE, LEASE, RETRIES, Fetcher
from bot.vault.evidence import LIMIT
from bot.vault.looks import Looker
from models.evidence import Evidence, EvidenceState
from tests.bot.post.filing import PHOTO, Office, opened
from tests.bot.scene import NOW
from tests.bot.vault.pictures import BROKEN, blurred, telling
from tests.channels.standins import Handler, breaks_off, raw, streams


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


# --- what is stored -------------------------------------------------------------------------------


async def test_a_file_is_stored_as_it_came_with_its_hash_and_a_copy_to_look_at(
    office: Office,
) -> None:
    number = office.announce()
    assert await office.fetcher.work() is True
    item = office.file(number)
    assert item.state is EvidenceState.STORED
    assert (item.sha256, item.size) == (hashlib.sha256(PHOTO).hexdigest(), len(PHOTO))
    assert office.world.files.read_original(item) == PHOTO
    assert (item.mime_found, item.quality, item.failure) == ("image/jpeg", "", "")
    assert office.world.files.read_preview(item)
    assert (item.next_at, item.stored_at) == (None, NOW)
    assert office.acts() == ["file.stored", "file.looked_at"]
    assert await office.fetcher.work() is False


async def test_our_credentials_go_to_the_provider_only(office: Office) -> None:
    office.announce()
    await office.fetcher.work()
    (asked,) = office.provider.asked
    assert asked.headers["Authorization"].startswith("Basic ")
    assert asked.path.endswith("/Media/ME1")


async def test_an_address_that_is_not_the_provider_s_is_not_fetched(office: Office) -> None:
    number = office.announce()

    def elsewhere(s: Session) -> None:
        s.get_one(Evidence, number).locator = "http://169.254.169.254/latest/meta-data"

    office.db.write_now(elsewhere)
    await office.fetcher.work()
    assert office.provider.asked == []
    assert office.file(number).state is EvidenceState.ANNOUNCED


@pytest.mark.parametrize("how", ["cut in the head", "noise", "a bomb", "no HEIC"])
async def test_a_picture_nobody_can_open_is_kept_all_the_same(office: Office, how: str) -> None:
    content = BROKEN[how]()
    number = office.announce()
    office.provider.will(raw(content))
    await office.fetcher.work()
    item = office.file(number)
    assert (item.state, item.quality) == (EvidenceState.STORED, "unreadable")
    assert office.world.files.read_original(item) == content
    assert office.world.files.read_preview(item) is None


async def test_the_original_keeps_what_the_copy_does_not_tell(office: Office) -> None:
    content = telling()
    number = office.announce()
    office.provider.will(raw(content))
    await office.fetcher.work()
    item = office.file(number)
    assert b"SECRET-EXIF" in office.world.files.read_original(item)
    assert b"SECRET" not in (office.world.files.read_preview(item) or b"")


async def test_a_blurred_photo_is_kept_and_said_to_be_blurred(office: Office) -> None:
    number = office.announce()
    office.provider.will(raw(blurred()))
    await office.fetcher.work()
    item = office.file(number)
    assert (item.state, item.quality) == (EvidenceState.STORED, "blurred")


@pytest.mark.parametrize(
    ("content", "mime"), [(b"%PDF-1.7 x", "application/pdf"), (b"OggS\0x", "audio/ogg"), (b"x", "")]
)
async def test_what_is_no_picture_is_kept_without_a_copy(
    office: Office, content: bytes, mime: str
) -> None:
    number = office.announce(mime="application/octet-stream")
    office.provider.will(raw(content))
    await office.fetcher.work()
    item = office.file(number)
    assert (item.state, item.mime_found, item.preview_path) == (EvidenceState.STORED, mime, "")


async def test_a_picture_that_kills_its_reader_is_kept_and_the_next_is_looked_at(
    office: Office,
) -> None:
    await office.looker.look(PHOTO, "image/jpeg")
    pool = office.looker._pool
    assert pool is not None
    pid = next(iter(pool._processes))
    os.kill(pid, signal.SIGSTOP)
    hostile, innocent = office.announce(number=1), office.announce(number=2)
    working = asyncio.create_task(office.fetcher.work())
    async with asyncio.timeout(10):
        while len(office.acts()) < 2:  # noqa: ASYNC110 - the record rings no bell
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    await working
    states = {office.file(number).state for number in (hostile, innocent)}
    assert states == {EvidenceState.STORED}
    qualities = sorted(office.file(number).quality for number in (hostile, innocent))
    assert qualities == ["", "unreadable"]


# --- what fails -----------------------------------------------------------------------------------


async def test_a_file_that_is_not_there_yet_is_fetched_when_it_is(office: Office) -> None:
    number = office.announce()
    office.provider.will(raw(b"", 404), raw(b"", 404))
    for wait in RETRIES[:2]:
        await office.fetcher.work()
        assert office.file(number).state is EvidenceState.ANNOUNCED
        assert (office.waits(number) or 0) <= wait
        office.passes(seconds=wait)
    await office.fetcher.work()
    assert office.file(number).state is EvidenceState.STORED


@pytest.mark.parametrize("answer", [breaks_off, raw(b"", 500), raw(b"", 403)])
async def test_half_a_file_is_no_file(office: Office, answer: Handler) -> None:
    number = office.announce()
    office.provider.will(answer)
    await office.fetcher.work()
    item = office.file(number)
    assert (item.state, item.sha256, item.path) == (EvidenceState.ANNOUNCED, "", "")
    assert item.failure
    assert office.on_disk() == []
    office.passes(seconds=RETRIES[0])
    await office.fetcher.work()
    assert office.file(number).sha256 == hashlib.sha256(PHOTO).hexdigest()


async def test_a_provider_that_is_busy_says_when(office: Office) -> None:
    number = office.announce()
    office.provider.will(raw(b"", 429, {"Retry-After": "77"}))
    await office.fetcher.work()
    assert 17 < (office.waits(number) or 0) <= 77


@pytest.mark.parametrize("answer", [streams(LIMIT + 1), raw(b"x" * (LIMIT + 1))])
async def test_a_file_that_is_too_big_fails_at_once_and_for_good(
    office: Office, answer: Handler
) -> None:
    number = office.announce()
    office.provider.will(answer)
    await office.fetcher.work()
    item = office.file(number)
    assert (item.state, item.failure, item.next_at) == (EvidenceState.FAILED, "too_big", None)
    assert office.on_disk() == []


async def test_an_empty_file_fails(office: Office) -> None:
    number = office.announce()
    office.provider.will(raw(b""))
    await office.fetcher.work()
    item = office.file(number)
    assert (item.state, item.failure, item.next_at) == (EvidenceState.FAILED, "empty", None)
    assert office.acts() == ["file.failed"]


@pytest.mark.parametrize("why", ["not there", "refused", "off"])
async def test_a_file_nobody_gets_is_given_up_and_then_still_tried_for_a_day(
    office: Office, why: str
) -> None:
    number = office.announce()
    office.provider.usual = raw(b"", 404 if why == "not there" else 401)
    channels = office.world.channels
    if why == "off":
        office.world.channels = {}
    for _ in range(len(RETRIES) + 1):
        assert office.file(number).state is EvidenceState.ANNOUNCED
        await office.fetcher.work()
        assert office.comes_due(number)
    given_up = office.file(number)
    assert given_up.state is EvidenceState.FAILED  # its sender hears of it
    assert given_up.next_at is not None
    assert timedelta(minutes=15) < (given_up.stored_at or NOW) - NOW < timedelta(minutes=30)
    await office.fetcher.work()
    again = office.file(number)
    assert (again.stored_at, again.failure) == (given_up.stored_at, given_up.failure)
    assert office.acts() == ["file.failed"]
    office.provider.usual = raw(PHOTO)
    office.world.channels = channels
    assert office.comes_due(number)
    await office.fetcher.work()
    late = office.file(number)
    assert (late.state, late.failure) == (EvidenceState.STORED, "")
    assert late.sha256 == hashlib.sha256(PHOTO).hexdigest()


async def test_after_a_day_nobody_tries_any_more(office: Office) -> None:
    number = office.announce()
    office.provider.usual = raw(b"", 404)
    tries = 0
    while office.comes_due(number):
        await office.fetcher.work()
        tries += 1
        assert tries < 60
    assert office.clock.time - NOW > timedelta(hours=22)
    assert len(office.provider.asked) == tries == len(RETRIES) + 1 + 23
    assert timedelta(hours=1) == AGAIN


async def test_one_file_that_breaks_us_does_not_stop_the_others(office: Office) -> None:
    numbers = [office.announce(number=n) for n in range(1, 4)]
    blocked = office.world.settings.data_dir / "originals"
    blocked.rmdir()
    blocked.write_text("no folder")  # as a disk that takes no more
    await office.fetcher.work()
    assert {office.file(n).state for n in numbers} == {EvidenceState.ANNOUNCED}
    blocked.unlink()
    office.world.files.prepare()
    office.passes(seconds=LEASE.total_seconds())
    await office.fetcher.work()
    assert {office.file(n).state for n in numbers} == {EvidenceState.STORED}


# --- who fetches ----------------------------------------------------------------------------------


async def test_a_file_has_one_fetcher_at_a_time(office: Office) -> None:
    numbers = [office.announce(number=n) for n in range(1, 8)]
    others = [Fetcher(office.world, office.looker) for _ in range(2)]
    for _ in range(5):
        await asyncio.gather(*(one.work() for one in (office.fetcher, *others)))
    assert sorted(one.path[-3:] for one in office.provider.asked) == [f"ME{n}" for n in range(1, 8)]
    assert {office.file(n).attempts for n in numbers} == {1}
    assert len([one for one in office.on_disk() if "originals" in one.parts]) == 7


async def test_what_a_dead_process_was_fetching_comes_up_again(office: Office) -> None:
    number = office.announce()
    jobs = await office.db.write(lambda s: media.claim(s, AT_ONCE))
    assert [job.evidence_id for job in jobs] == [number]
    assert await office.fetcher.work() is False
    office.passes(seconds=LEASE.total_seconds())
    await office.fetcher.work()
    item = office.file(number)
    assert (item.state, item.attempts) == (EvidenceState.STORED, 2)


async def test_an_embedded_bot_that_starts_fetches_at_once(
    office: Office,
) -> None:
    number = office.announce()
    await office.db.write(lambda s: bool(media.claim(s, AT_ONCE)))
    await office.db.write(media.free_files)
    await office.fetcher.work()
    assert office.file(number).state is EvidenceState.STORED


async def test_a_slow_fetcher_that_comes_second_leaves_nothing_behind(office: Office) -> None:
    number = office.announce()

    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"other bytes")
        office.passes(seconds=LEASE.total_seconds())  # the lease is over, and somebody else comes
        await Fetcher(office.world, office.looker).work()
        await response.write_eof()
        return response

    office.provider.will(slow)
    await office.fetcher.work()
    item = office.file(number)
    assert item.sha256 == hashlib.sha256(PHOTO).hexdigest()
    assert len(office.on_disk()) == 2  # the photo and its preview
    assert office.acts() == ["file.stored", "file.looked_at"]


async def test_a_crash_between_disk_and_record_loses_nothing(office: Office) -> None:
    number = office.announce()
    await office.db.write(lambda s: bool(media.claim(s, AT_ONCE)))
    office.world.files.store(PHOTO)  # and then the process died
    assert office.file(number).state is EvidenceState.ANNOUNCED
    office.passes(seconds=LEASE.total_seconds())
    await office.fetcher.work()
    assert office.world.files.read_original(office.file(number)) == PHOTO


async def test_nothing_is_said_to_be_stored_that_is_not(office: Office) -> None:
    """While bytes come in, the record knows of no file."""
    number = office.announce()
    seen: list[EvidenceState] = []

    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(PHOTO[:1000])
        seen.append(office.file(number).state)
        await response.write(PHOTO[1000:])
        await response.write_eof()
        return response

    office.provider.will(slow)
    await office.fetcher.work()
    assert seen == [EvidenceState.ANNOUNCED]
    assert office.file(number).sha256 == hashlib.sha256(PHOTO).hexdigest()
