"""The spool: a file is there whole or not at all, in its order, and tells a thief nothing."""

import asyncio
import errno
import os
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.post import spool as spools
from bot.post.spool import BAD, ENVELOPE, OUTCOME, TEMP, Crowded, Spool, Unreadable
from bot.settings import Settings, WrongSetting
from bot.vault.keys import Keys
from bot.wiring import spool as opened
from channels.base import Envelope, Kind
from tests.bot.scene import KEYS, MARTA, NOW, later


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Give one that is empty."""
    return another(tmp_path)


def another(folder: Path, keys: Keys = KEYS) -> Spool:
    """Open the same folder as another process does."""
    made = Spool(folder / "spool", keys)
    made.prepare()
    return made


def envelope(number: int, raw: bytes = b"Body=si\n\x00\xff", words: str = "sí") -> Envelope:
    return Envelope("sms", "AC1", f"SM{number}", Kind.MESSAGE, MARTA, raw, words)


def events(spool: Spool) -> list[str]:
    """The envelopes that lie there, the oldest first."""
    read = [spool.envelope(name) for name in spool.names(ENVELOPE)]
    return [one[0].event_id for one in read if one is not None]


async def test_what_was_put_is_read_again_as_it_was(spool: Spool) -> None:
    put = [envelope(1), envelope(2, b"", "a\ud800\n"), envelope(3, b"\n{}", "")]
    for number, one in enumerate(put):
        await spool.keep(one, later(seconds=number))
    read = [spool.envelope(name) for name in spool.names(ENVELOPE)]
    assert read == [(one, later(seconds=number)) for number, one in enumerate(put)]
    await spool.put(OUTCOME, b"how it ended")
    (name,) = spool.names(OUTCOME)
    assert spool.read(name) == b"how it ended"
    assert len(spool.names(ENVELOPE)) == 3


async def test_a_crowd_is_kept_in_the_order_in_which_it_came(spool: Spool) -> None:
    assert not spool.waits()
    await asyncio.gather(*(spool.keep(envelope(n), NOW) for n in range(200)))
    assert spool.waits()
    assert events(spool) == [f"SM{n}" for n in range(200)]
    assert spool.look().waiting == 200


async def test_a_clock_that_was_set_back_puts_nothing_before_what_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await another(tmp_path).keep(envelope(1), NOW)
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    after = another(tmp_path)
    await after.keep(envelope(2), NOW)
    await after.keep(envelope(3), NOW)
    assert events(after) == ["SM1", "SM2", "SM3"]


async def test_a_thief_of_the_disk_reads_nothing(spool: Spool) -> None:
    await spool.keep(envelope(1, b"Body=Juan+vive+en+Nebaj"), NOW)
    (path,) = spool.folder.iterdir()
    lying = path.read_bytes() + path.name.encode()
    for secret in (b"Nebaj", MARTA.encode(), MARTA[1:].encode(), b"SM1", b"AC1", b"sms", b"s\xc3"):
        assert secret not in lying
    assert path.stat().st_mode & 0o077 == 0
    assert spool.folder.stat().st_mode & 0o077 == 0


async def test_a_file_opens_under_its_own_name_with_its_own_key_and_unchanged(
    spool: Spool, tmp_path: Path
) -> None:
    await spool.keep(envelope(1), NOW)
    (name,) = spool.names(ENVELOPE)
    with pytest.raises(Unreadable):
        another(tmp_path, Keys(b"2" * 32)).envelope(name)
    path = spool.folder / name
    moved = path.with_name(f"{int(name[:17]) + 1:017d}{name[17:]}")
    path.rename(moved)
    with pytest.raises(Unreadable):
        spool.envelope(moved.name)
    moved.rename(path)
    assert spool.envelope(name) is not None
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        spool.envelope(name)
    path.unlink()
    assert spool.envelope(name) is None  # somebody else has brought it in


@pytest.mark.parametrize("content", [b"", b"x", b"{}\n", b"[]\n", b'{"kind": "message"}\n'])
async def test_what_is_no_envelope_is_said_to_be_none(spool: Spool, content: bytes) -> None:
    await spool.put(ENVELOPE, content)
    (name,) = spool.names(ENVELOPE)
    with pytest.raises(Unreadable):
        spool.envelope(name)


async def test_what_is_half_written_or_set_aside_does_not_wait(spool: Spool) -> None:
    await spool.keep(envelope(1), NOW)
    (name,) = spool.names(ENVELOPE)
    spool.set_aside(name)
    spool.set_aside(name)  # another process has done so already
    (spool.folder / f"{name}{TEMP}").write_bytes(b"half")
    (spool.folder / "lost+found").mkdir()
    assert not spool.waits()
    assert (spool.look().waiting, spool.look().bad) == (0, 1)
    (spool.folder / f"{name}.{BAD}").rename(spool.folder / name)
    assert events(spool) == ["SM1"]  # given back by hand, it is read again


async def test_only_what_a_dead_process_left_half_written_is_cleared(
    spool: Spool, tmp_path: Path
) -> None:
    old, new = (spool.folder / f"{n:017d}-0badcafe.envelope{TEMP}" for n in (1, 2))
    for path in (old, new):
        path.write_bytes(b"half")
    long_ago = time.time() - 2 * spools.OLD
    os.utime(old, (long_ago, long_ago))
    another(tmp_path)
    assert list(spool.folder.iterdir()) == [new]


async def test_more_than_the_disk_can_take_soon_is_refused(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spools, "MOST", 10)
    ends = await asyncio.gather(
        *(spool.keep(envelope(n), NOW) for n in range(15)), return_exceptions=True
    )
    assert [type(end) for end in ends if end is not None] == [Crowded] * 5
    assert events(spool) == [f"SM{n}" for n in range(10)]
    await spool.keep(envelope(99), NOW)


async def test_a_folder_that_goes_away_keeps_nothing_and_says_so(spool: Spool) -> None:
    spool.folder.rmdir()
    with pytest.raises(FileNotFoundError):
        await spool.keep(envelope(1), NOW)
    assert spool.look().trouble
    with pytest.raises(FileNotFoundError):
        spool.waits()


def settings(folder: Path | None) -> Settings:
    return Settings(_env_file=None, master_key=SecretStr("31" * 32), spool_dir=folder)


def test_a_folder_that_takes_no_files_stops_the_start_with_what_to_do(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")
    for folder in (taken, taken / "below"):
        with pytest.raises(WrongSetting, match=r"^SPOOL_DIR is .* leave SPOOL_DIR empty"):
            opened(settings(folder), KEYS)
    assert opened(settings(None), KEYS) is None
    made = opened(settings(tmp_path / "a" / "b"), KEYS)
    assert made is not None
    assert made.look().trouble == ""


def test_a_folder_that_is_full_stops_no_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies there must be brought in, which makes room."""

    def full(_path: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    made = opened(settings(tmp_path / "full"), KEYS)
    assert made is not None
    assert made.look().trouble == "No space left on device"
