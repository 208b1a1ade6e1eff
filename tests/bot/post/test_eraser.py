"""What is ours is deleted at the provider: late enough, read back first, and once (D7.19)."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db import Database
from bot.post.eraser import LEASE, RETRIES, STILL
from bot.post.orphans import Orphans
from bot.vault.keys import Keys
from bot.vault.looks import Looker
from models.evidence import Evidence, EvidenceState
from tests.bot.post.filing import PHOTO, SHA256, Office, Shelf, opened
from tests.channels.standins import raw

ROOT = Path(__file__).parents[3]
DAY = {"hours": 24, "minutes": 1}


@pytest.fixture
def shelf() -> Shelf:
    """Give what the provider holds."""
    return Shelf()


@pytest.fixture
async def office(db: Database, tmp_path: Path, shelf: Shelf) -> AsyncIterator[Office]:
    """Give an office whose provider holds one photo, and deletes it when it is told to."""
    looker = Looker()
    async with opened(db, tmp_path, looker) as made:
        made.provider.usual = shelf.answer
        yield made
    looker.close()


async def stored(office: Office) -> int:
    """Have one file stored."""
    number = office.announce()
    while await office.fetcher.work():
        pass
    assert office.file(number).state is EvidenceState.STORED
    return number


# --- when, and after what -------------------------------------------------------------------------


async def test_a_stored_file_is_deleted_at_the_provider_a_day_later_and_then_no_more(
    office: Office, shelf: Shelf
) -> None:
    number = await stored(office)
    eraser = office.eraser()
    assert await eraser.work() is False
    office.passes(hours=23)
    assert await eraser.work() is False
    assert office.deleted() == []
    office.passes(hours=1, minutes=1)
    assert await eraser.work() is True
    assert [path[-3:] for path in office.deleted()] == ["ME1"]
    assert shelf.files == {}
    item = office.file(number)
    assert (item.erased_at, item.erase_at, item.locator) == (office.clock.time, None, "")
    assert office.world.files.read_original(item) == PHOTO
    assert office.acts() == ["file.stored", "file.looked_at", "file.erased"]
    office.passes(days=30)
    assert await eraser.work() is False
    assert len(office.deleted()) == 1


async def test_when_the_provider_deletes_our_copy_is_on_disk_with_its_hash(
    office: Office, shelf: Shelf
) -> None:
    """D7.19, looked at from where it counts: the moment at which the provider lets go."""
    number = await stored(office)
    seen: list[tuple[EvidenceState, str]] = []

    def look(_name: str) -> None:
        item = office.file(number)
        seen.append((item.state, office.world.files.sha256(item.path, item.secret)))

    shelf.when_asked = look
    office.passes(**DAY)
    await office.eraser().work()
    assert seen == [(EvidenceState.STORED, SHA256)]


@pytest.mark.parametrize("harm", ["gone", "cut", "turned", "another's", "another key", "the hash"])
async def test_what_cannot_be_read_back_is_kept_at_the_provider_and_staff_are_told(
    office: Office, shelf: Shelf, harm: str
) -> None:
    number = await stored(office)
    path = office.world.settings.data_dir / office.file(number).path
    whole = path.read_bytes()
    if harm == "gone":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(whole[:-1])
    elif harm == "turned":
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    elif harm == "another's":
        other = office.world.files.store(b"another file")
        path.write_bytes((office.world.settings.data_dir / other.path).read_bytes())
    elif harm == "another key":
        office.world.files._keys = Keys(b"2" * 32)
    else:
        office.db.write_now(lambda s: setattr(s.get_one(Evidence, number), "sha256", "0" * 64))
    for wait in (timedelta(hours=24, minutes=1), *RETRIES):
        office.passes(seconds=wait.total_seconds())
        await office.eraser().work()
    assert (office.deleted(), shelf.files) == ([], {"ME1": PHOTO})
    assert office.file(number).erased_at is None
    (told,) = office.tasks()
    assert f"File {number}" in told
    path.write_bytes(whole)  # from a backup
    office.world.files._keys = office.world.keys
    office.db.write_now(lambda s: setattr(s.get_one(Evidence, number), "sha256", SHA256))
    office.passes(seconds=STILL.total_seconds())
    await office.eraser().work()
    assert shelf.files == {}


async def test_what_is_not_stored_is_never_deleted(office: Office, shelf: Shelf) -> None:
    numbers = [office.announce(number=n) for n in range(2, 4)]  # the provider has none of them
    for _ in range(60):
        await office.fetcher.work()
        await office.eraser().work()
        due = [office.comes_due(number) for number in numbers]
        if not any(due):
            break
    office.passes(days=400)
    await office.eraser().work()
    assert office.deleted() == []
    assert {office.file(number).state for number in numbers} == {EvidenceState.FAILED}
    assert shelf.files == {"ME1": PHOTO}


async def test_telegram_keeps_nothing_for_us_so_there_is_nothing_to_ask(office: Office) -> None:
    number = await stored(office)
    office.db.write_now(lambda s: setattr(s.get_one(Evidence, number), "via", "telegram"))
    office.passes(**DAY)
    asked = len(office.provider.asked)
    await office.eraser().work()
    assert office.file(number).erased_at == office.clock.time
    assert office.file(number).locator == ""
    assert len(office.provider.asked) == asked


# --- what fails -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503, 401, 400])
async def test_a_deletion_that_fails_is_tried_for_days_before_staff_are_told_and_still_after(
    office: Office, shelf: Shelf, status: int
) -> None:
    number = await stored(office)
    office.provider.usual = raw(b"{}", status)
    office.passes(**DAY)
    for wait in (*RETRIES, STILL, STILL):
        assert await office.eraser().work() is True
        assert await office.eraser().work() is False
        office.passes(seconds=wait.total_seconds())
    assert sum(RETRIES, timedelta()) > timedelta(days=3)
    assert len(office.deleted()) == len(RETRIES) + 2
    assert len(office.tasks()) == 1
    office.provider.usual = shelf.answer
    await office.eraser().work()
    assert shelf.files == {}
    assert office.file(number).erased_at == office.clock.time


async def test_a_provider_that_is_busy_says_when(office: Office) -> None:
    await stored(office)
    office.passes(**DAY)
    office.provider.will(raw(b"{}", 429, {"Retry-After": "3000"}))
    await office.eraser().work()
    office.passes(seconds=RETRIES[0].total_seconds() + 1)
    await office.eraser().work()
    assert len(office.deleted()) == 1
    office.passes(seconds=3000)
    await office.eraser().work()
    assert len(office.deleted()) == 2


async def test_a_copy_that_is_gone_already_is_as_good_as_deleted(
    office: Office, shelf: Shelf
) -> None:
    """D8.24."""
    number = await stored(office)
    shelf.files.clear()
    office.passes(**DAY)
    await office.eraser().work()
    assert office.file(number).erased_at == office.clock.time
    assert office.tasks() == []


async def test_a_file_has_one_eraser_at_a_time(office: Office, shelf: Shelf) -> None:
    """D7.18: the lease is by the record's clock, whatever the clocks of two workers say."""
    await stored(office)
    office.passes(**DAY)
    other = office.eraser()

    def ahead(_name: str) -> None:
        office.clock.goes_on(hours=1)

    shelf.when_asked = ahead
    first, second = await asyncio.gather(office.eraser().work(), other.work())
    assert (first, second).count(True) == 1
    assert len(office.deleted()) == 1


# --- killed at each point -------------------------------------------------------------------------


async def run(office: Office, crash_at: str = "") -> int:
    """Run a process that files what is due, and give the code with which it ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bot.post.filer",
        office.db.url.render_as_string(hide_password=False),
        str(office.world.settings.data_dir.parent),
        office.provider.url,
        cwd=ROOT,
        env={**os.environ, "CRASH_AT": crash_at},
    )
    return await process.wait()


async def test_killed_between_disk_and_record_the_file_is_fetched_again_and_the_first_goes(
    office: Office,
) -> None:
    """D8.22."""
    number = office.announce()
    assert await run(office, "media.stored") == -signal.SIGKILL
    (orphan,) = office.on_disk()
    assert office.file(number).state is EvidenceState.ANNOUNCED
    office.comes_due(number)
    assert await run(office) == 0
    item = office.file(number)
    assert (item.state, item.sha256) == (EvidenceState.STORED, SHA256)
    assert len(office.on_disk()) == 3
    orphans = Orphans(office.world)
    for _ in range(5):
        await orphans.work()
        office.passes(hours=6)
    assert len(office.on_disk()) == 3  # it is not a day old
    for path in office.on_disk():
        long_ago = office.clock.time.timestamp() - 25 * 3600
        os.utime(path, (long_ago, long_ago))
    for _ in range(2):
        await orphans.work()
        office.passes(hours=6)
    assert orphan not in office.on_disk()
    assert office.world.files.read_original(item) == PHOTO
    assert office.world.files.read_preview(item)


async def test_killed_after_its_row_the_file_is_looked_at_and_deleted_in_time(
    office: Office, shelf: Shelf
) -> None:
    """D8.23."""
    number = office.announce()
    assert await run(office, "media.committed") == -signal.SIGKILL
    item = office.file(number)
    assert (item.state, item.sha256, item.preview_path) == (EvidenceState.STORED, SHA256, "")
    assert office.comes_due(number)
    assert await run(office) == 0
    assert office.world.files.read_preview(office.file(number))
    assert shelf.files == {"ME1": PHOTO}
    office.passes(**DAY)
    assert await run(office, "media.erasing") == -signal.SIGKILL
    assert shelf.files == {"ME1": PHOTO}
    office.passes(seconds=LEASE.total_seconds())
    assert await run(office) == 0
    assert shelf.files == {}
    assert office.file(number).erased_at is not None
    assert [one.method for one in office.provider.asked] == ["GET", "DELETE"]


async def test_killed_after_the_deletion_it_is_asked_for_again_and_is_over(
    office: Office, shelf: Shelf
) -> None:
    """D8.24."""
    number = await stored(office)
    office.passes(**DAY)
    assert await run(office, "media.erased") == -signal.SIGKILL
    assert shelf.files == {}
    assert office.file(number).erased_at is None
    office.passes(seconds=LEASE.total_seconds())
    assert await run(office) == 0
    assert len(office.deleted()) == 2
    item = office.file(number)
    assert item.erased_at is not None
    assert office.world.files.read_original(item) == PHOTO
    assert office.tasks() == []
