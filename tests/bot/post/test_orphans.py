"""Files that no row speaks of go away after a day, and no other file ever does."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.db import Database, clock
from bot.post.orphans import EVERY, Orphans
from bot.vault.evidence import PART, PREVIEWS
from bot.vault.looks import Looker
from models.evidence import Evidence, EvidenceState
from tests.bot.post.filing import Office, opened


@pytest.fixture
async def office(db: Database, tmp_path: Path) -> AsyncIterator[Office]:
    """Give an office."""
    async with opened(db, tmp_path, Looker()) as made:
        yield made


def left(office: Office, *, hours: float = 25, folder: str = "originals") -> Path:
    """Leave a file of so many hours on the disk, as a process that dies before it says so."""
    stored = office.world.files.store(b"x", folder)
    return aged(office, office.world.settings.data_dir / stored.path, hours)


def aged(office: Office, path: Path, hours: float = 25) -> Path:
    """Make a file so many hours old."""
    moment = (office.clock.time - timedelta(hours=hours)).timestamp()
    os.utime(path, (moment, moment))
    return path


def spoken_of(office: Office, path: Path, *, preview: bool = False) -> None:
    """Have a row speak of a file."""
    number = office.announce()
    name = str(path.relative_to(office.world.settings.data_dir))

    def act(s: Session) -> None:
        item = s.get_one(Evidence, number)
        item.state, item.next_at, item.stored_at = EvidenceState.STORED, None, clock(s)
        item.path, item.preview_path = ("", name) if preview else (name, "")

    office.db.write_now(act)


async def looks(orphans: Orphans, office: Office, times: int) -> None:
    """Let it look so many times."""
    for _ in range(times):
        await orphans.work()
        office.clock.goes_on(seconds=EVERY.total_seconds())


async def test_only_what_is_old_ours_and_spoken_of_nowhere_goes(office: Office) -> None:
    orphan, small = left(office), left(office, folder=PREVIEWS)
    cut_off = aged(office, left(office).rename(left(office).with_suffix(PART)))
    kept, copy = left(office, hours=9999), left(office, hours=9999, folder=PREVIEWS)
    spoken_of(office, kept)
    spoken_of(office, copy, preview=True)
    young = left(office, hours=-7)  # it came while this was going on
    foreign = orphan.parent / "a-backup-of-somebody.tar"
    foreign.write_bytes(b"not ours")
    aged(office, foreign, 9999)
    record = office.world.settings.data_dir / "enlace.lock"
    record.write_bytes(b"")
    aged(office, record, 9999)
    await looks(Orphans(office.world), office, 2)
    assert not any(path.exists() for path in (orphan, small, cut_off))
    assert all(path.exists() for path in (kept, copy, young, foreign, record))


async def test_one_look_alone_takes_nothing_away(office: Office) -> None:
    """A clock that was just set right makes a file of this second look years old."""
    being_stored = left(office, hours=9999)
    orphans = Orphans(office.world)
    await looks(orphans, office, 1)
    spoken_of(office, being_stored)
    await looks(orphans, office, 3)
    assert being_stored.exists()


async def test_it_does_not_look_all_the_time(office: Office) -> None:
    orphans = Orphans(office.world)
    await orphans.work()
    orphan = left(office, hours=30)
    for _ in range(20):
        assert await orphans.work() is False
    assert orphan.exists()
    office.clock.goes_on(seconds=EVERY.total_seconds())
    await looks(orphans, office, 2)
    assert not orphan.exists()


async def test_a_folder_of_many_files_is_seen_whole(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.post.orphans.PAGE", 3)
    kept = [left(office) for _ in range(10)]
    for path in kept:
        spoken_of(office, path)
    orphan = left(office)
    await looks(Orphans(office.world), office, 2)
    assert all(path.exists() for path in kept)
    assert not orphan.exists()
