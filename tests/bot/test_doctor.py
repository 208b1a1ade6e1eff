"""The doctor says how the post stands, in words that somebody can act on."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import doctor
from bot.db import Database
from bot.office import gates
from bot.post.spool import ENVELOPE, Spool
from bot.vault.keys import Keys
from models.inbox import InboxState
from models.outbox import Held, OutboxState
from tests.bot.post.test_depths import came, hold, lane, stand
from tests.bot.scene import put, somebody


async def said(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ask the doctor, of a deployment with no channels."""
    monkeypatch.chdir(folder)
    for name, value in {"DATABASE_URL": url, "MASTER_KEY": "31" * 32, "REDIS_URL": ""}.items():
        monkeypatch.setenv(name, value)
    told: list[str] = []
    assert await doctor.examine({}, told.append)
    return told


async def test_a_post_at_rest_is_said_in_one_line(
    record_url: str, keys: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    told = await said(record_url, tmp_path, monkeypatch)
    assert [one for one in told if "wait" in one] == [
        "✓ keys and database: 0 envelopes wait to be worked",
        "✓ keys and database: 0 messages wait to go; 0 of them are held",
    ], keys
    assert any("nobody has said at which hours people are answered" in one for one in told)
    assert any("WARNING: Nobody has said who we are" in one for one in told)


async def test_what_needs_somebody_is_said_with_where_to_look(
    db: Database, record_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    now = datetime.now(UTC)
    marta = somebody(db)
    put(db, marta, "a")
    hold(db, put(db, marta, "b"), Held.WINDOW)
    stand(db, put(db, marta, "c"), OutboxState.UNKNOWN)
    came(db, "x", "1")
    came(db, "x", "2", state=InboxState.DEAD)
    lane(db, "x", next_at=now.replace(year=now.year + 1))
    db.write_now(lambda s: gates.shut(s, gates.of_channel("sms"), "busy", now))
    told = "\n".join(await said(record_url, tmp_path, monkeypatch))
    assert "1 envelopes wait to be worked (the oldest for " in told
    assert "2 messages wait to go (the oldest for " in told
    assert "1 of them are held" in told
    for line in (
        "1 messages of which nobody knows whether they arrived; see the page Post",
        "1 envelopes that could not be worked; see the page Post",
        "1 addresses whose envelopes wait after a failure; see the page Post",
        "paused: channel:sms",
    ):
        assert line in told


async def test_what_lies_beside_the_record_is_said_and_a_folder_that_takes_nothing_is_ill(
    sqlite_record: str, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert any("spool: not set" in one for one in await said(sqlite_record, tmp_path, monkeypatch))
    spool = Spool(tmp_path / "spool", keys)
    spool.prepare()
    for _ in range(2):
        await spool.put(ENVELOPE, b"x")
    spool.set_aside(spool.names(ENVELOPE)[0])
    monkeypatch.setenv("SPOOL_DIR", str(spool.folder))
    told = "\n".join(await said(sqlite_record, tmp_path, monkeypatch))
    assert "; 1 are to be brought into the database" in told
    assert "spool: 1 files could not be read; each has a task" in told
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("SPOOL_DIR", str(tmp_path / "file"))
    ill: list[str] = []
    assert not await doctor.examine({}, ill.append)
    assert any(one.startswith("✗ spool: SPOOL_DIR is ") for one in ill)
