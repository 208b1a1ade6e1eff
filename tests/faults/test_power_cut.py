"""The power goes while the record commits: what was acknowledged is there, and nothing is torn.

Killing the process never shows this: what it wrote stays in the machine's memory and reaches the
disk all the same. D7.1 and D7.5 hold here too.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from bot.db import Database
from bot.post.inbox import insert, kept
from channels.base import Envelope, Kind
from models.base import use_sealer
from tests.bot.scene import KEYS, NOW
from tests.faults import driver
from tests.faults.disk import Disk, Done, power_cuts

FEW, MANY = 60, 10_000
MESSAGES = 480
PEOPLE = 25


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> range:
    """How often the power is cut: a few times in every run, very often in the long one."""
    return range(MANY if request.config.getoption("--long", default=False) else FEW)


async def live(path: Path, disk: Disk) -> None:
    """Keep messages as the webhooks do, several at once, and tell each sender when it is kept."""
    db = Database(f"sqlite:///{path}")

    async def tell(number: int) -> None:
        envelope = Envelope(
            "sms", "AC1", f"SM{number}", Kind.MESSAGE, f"+502{number % PEOPLE}", b"x" * 400, "hola"
        )
        await db.write(lambda s: insert(s, kept=[kept(envelope, KEYS, NOW)], keys=KEYS))
        disk.say(f"SM{number}")

    for start in range(0, MESSAGES, 6):
        await asyncio.gather(*(tell(number) for number in range(start, start + 6)))
    db.close()


def look(folder: Path, files: dict[str, bytes], said: set[str]) -> str:
    """Open what is found after a cut with the SQLite that the product runs on, and judge it."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    try:
        with closing(sqlite3.connect(folder / "enlace.db")) as found:
            (whole,) = found.execute("PRAGMA integrity_check").fetchone()
            rows = found.execute("SELECT event_id, lane FROM inbox").fetchall()
            lanes = {lane for (lane,) in found.execute("SELECT id FROM lane")}
    except sqlite3.DatabaseError:
        return "corrupt"
    finally:
        for path in folder.iterdir():
            path.unlink()
    if whole != "ok" or not {lane for _, lane in rows} <= lanes:
        return "corrupt"
    if len(rows) != len(set(rows)):
        return "doubled"
    return "kept" if said <= {event for event, _ in rows} else "lost"


async def cut(
    ground: Path, folder: Path, patch: pytest.MonkeyPatch, seeds: Sequence[int], synchronous: str
) -> Counter[str]:
    """Live through so many cuts, and count how each ended."""
    use_sealer(KEYS)
    path, found = folder / "enlace.db", folder / "found"
    found.mkdir()
    before = _copied(ground, path)
    disk = Disk(f"disk-{uuid4().hex}")

    def says_instead(sql: str) -> str:
        return sql.replace("synchronous=FULL", f"synchronous={synchronous}")

    driver.use(patch, disk, says_instead)
    await live(path, disk)
    ends = Counter[str]()
    for seed, said, files in power_cuts({"enlace.db": before}, disk.done, seeds):
        end = look(found, files, said)
        ends[end] += 1
        assert end == "kept" or synchronous != "FULL", f"seed {seed}: {end}"
    assert _checkpoints(disk.done) > 0
    print(f"{len(seeds)} power cuts at synchronous={synchronous}: {dict(ends)}")  # noqa: T201 - shown by the long run
    return ends


def _copied(ground: Path, path: Path) -> bytes:
    content = ground.read_bytes()
    path.write_bytes(content)
    return content


def _checkpoints(done: Sequence[Done]) -> int:
    return sum(one.what == "sync" and one.name == "enlace.db" for one in done)


async def test_what_was_acknowledged_is_there_after_every_power_cut(
    sqlite_ground: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeds: range
) -> None:
    ends = await cut(sqlite_ground, tmp_path, monkeypatch, seeds, "FULL")
    assert ends == Counter(kept=len(seeds))


async def test_and_this_would_show_it_if_commits_were_not_synced(
    sqlite_ground: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = await cut(sqlite_ground, tmp_path, monkeypatch, range(FEW), "NORMAL")
    assert ends["lost"] > FEW // 4
    assert ends["corrupt"] == 0


async def test_and_if_the_file_were_not_synced_at_all_that_it_is_torn(
    sqlite_ground: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = await cut(sqlite_ground, tmp_path, monkeypatch, range(FEW), "OFF")
    assert ends["corrupt"] + ends["lost"] > FEW // 4
