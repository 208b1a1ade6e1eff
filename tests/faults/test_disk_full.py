"""The disk is full: nothing is acknowledged that is not kept, and it goes on by itself (D8.31)."""

import asyncio
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from bot.db import Database, Unavailable, probe
from bot.post import webhooks
from bot.post.drain import Drain
from bot.post.inbox import insert, kept
from bot.post.spool import BAD, ENVELOPE, OUTCOME, TEMP, Lying, Spool
from bot.simulator.remote import Phones
from bot.vault.evidence import PART
from channels.base import Envelope, Kind
from models.base import use_sealer
from tests.bot import here
from tests.bot.post.test_webhooks import message, open_doors, sid
from tests.bot.scene import KEYS, NOW
from tests.faults import driver
from tests.faults.disk import NEVER, Disk
from tests.faults.postbox import Postbox
from tests.journeys.cast import Cast
from tests.world import Staff, Town, coordinator_token, town

SIZE = 16  # MiB
PATIENCE = 60.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of its own to the product's data folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"No small disk can be had here: {mounted.stderr}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Fill a disk to its last byte, and give the room back."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    yield
    ballast.unlink()


async def ready(place: Town) -> int:
    """Ask whether the product can keep messages."""
    async with httpx.AsyncClient(timeout=20) as client:
        return (await client.get(f"{place.url}/ready")).status_code


async def test_the_record_s_disk_is_full(tmp_path: Path, small_disk: Path) -> None:
    url = f"sqlite:///{small_disk}/enlace.db"
    async with town(tmp_path, url) as place, Postbox(place) as postbox:
        assert await postbox.post(50) == 50
        with full(small_disk):
            for _ in range(100):  # what is on the disk already may be written over
                if not await postbox.post(20) and await ready(place) == 503:
                    break
            assert await postbox.post(50) == 0
            assert await ready(place) == 503
            never_again = set(postbox.refused)
            assert await postbox.post(20) == 0
            postbox.refused -= never_again  # these the provider brings again
            assert place.processes["web"].poll() is None
        async with asyncio.timeout(PATIENCE):
            while await ready(place) != 200:  # noqa: ASYNC110 - another process tells us
                await asyncio.sleep(0.1)
        await postbox.post_again()
        assert postbox.refused == set()
        assert await postbox.post(50) == 50
        assert postbox.look(url) & never_again == set()  # what was refused is not half there


async def test_the_disk_of_the_files_is_full(
    tmp_path: Path, small_disk: Path, sqlite_url: str
) -> None:
    async with (
        town(tmp_path, sqlite_url) as place,
        Staff(place.url, coordinator_token(place)) as staff,
        Phones(place.simulator) as phones,
    ):
        phone = (await Cast.enter(staff, phones)).phone["whatsapp"]
        with full(small_disk):
            (sent,) = await phone.sends_photos("birth-certificate")
            await until(lambda: any("disk" in why for _, why in files(sqlite_url)))
            assert await ready(place) == 200  # messages are kept all the same
        await until(lambda: files(sqlite_url) == [(sent["files"][0]["sha256"], "")])
        assert parts(small_disk) == []
        await phone.hears("foto", within=PATIENCE)


async def test_the_disk_of_what_lies_beside_the_record_is_full(
    tmp_path: Path, small_disk: Path, sqlite_ground: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is away too: nothing is thanked for that is not kept, and then it goes on."""
    use_sealer(KEYS)
    shutil.copy(sqlite_ground, tmp_path / "enlace.db")
    db = Database(f"sqlite:///{tmp_path}/enlace.db")
    monkeypatch.setattr(webhooks, "QUICK", 0.3)
    async with open_doors(db, tmp_path) as door:
        door.world.spool = spool = Spool(small_disk, KEYS)
        spool.prepare()
        with here.locked(db):
            assert (await door.calls(message(1))).status_code == 200
            with full(small_disk):
                assert (await door.calls(message(2))).status_code == 503
                assert spool.look().trouble
            assert (await door.calls(message(3))).status_code == 200
            assert spool.look() == Lying({ENVELOPE: 2, OUTCOME: 0, BAD: 0})
            assert halves(small_disk) == []
        await Drain(door.world).work()
        assert [row.event_id for row in door.kept()] == [sid(1), sid(3)]
        assert (await door.calls(message(2))).status_code == 200
        assert door.kept()[-1].event_id == sid(2)
    db.close()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - another process makes it so
            await asyncio.sleep(0.1)


def halves(folder: Path) -> list[Path]:
    """What is left of what could not be put beside the record."""
    return list(folder.glob(f"*{TEMP}"))


def parts(folder: Path) -> list[Path]:
    """What is left of files that could not be stored."""
    return list(folder.rglob(f"*{PART}"))


def files(database_url: str) -> list[tuple[str, str]]:
    """What the record says of files: the hash of each, and why it is not there."""
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as found:
        return found.execute("SELECT sha256, failure FROM evidence").fetchall()


@pytest.mark.parametrize("room", [0, 5_000, 60_000])
async def test_a_commit_that_has_no_room_is_refused_whole_and_the_next_one_goes_on(
    sqlite_ground: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """The same below SQLite, where no disk can be made: the room ends in the middle of a commit."""
    use_sealer(KEYS)
    shutil.copy(sqlite_ground, tmp_path / "enlace.db")
    disk = Disk(f"small-{room}")
    driver.use(monkeypatch, disk)
    db = Database(f"sqlite:///{tmp_path}/enlace.db")
    await db.write(probe)

    async def keep(number: int) -> None:
        envelope = Envelope("sms", "AC1", f"SM{number}", Kind.MESSAGE, f"+502{number}", b"x", "")
        await db.write(lambda s: insert(s, kept=[kept(envelope, KEYS, NOW)], keys=KEYS))

    disk.room = room
    ends = [
        end
        for start in range(0, 100, 10)
        for end in await asyncio.gather(
            *(keep(number) for number in range(start, start + 10)), return_exceptions=True
        )
    ]
    refused = {number for number, end in enumerate(ends) if end is not None}
    assert {type(ends[number]) for number in refused} == {Unavailable}
    with pytest.raises(Unavailable):
        await db.write(probe)
    disk.room = NEVER
    await db.write(probe)
    for number in sorted(refused)[:5]:
        await keep(number)
    db.close()
    there = set(range(100)) - refused | set(sorted(refused)[:5])
    with closing(sqlite3.connect(tmp_path / "enlace.db")) as found:
        assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = [event for (event,) in found.execute("SELECT event_id FROM inbox")]
        assert found.execute("SELECT count(*) FROM lane").fetchone() == (len(rows),)
    assert sorted(rows) == sorted(f"SM{number}" for number in there)
