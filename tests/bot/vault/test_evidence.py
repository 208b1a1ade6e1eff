"""Files: the very bytes, sealed, whole on disk or not there at all."""

import hashlib
import os
import resource
import stat
from pathlib import Path

import pytest

from bot.vault.chunks import CHUNK, HEAD, PLAIN, SALT, VERSION, Sealing
from bot.vault.evidence import PART, Files
from bot.vault.keys import TAG, Keys, Unsealable
from models.evidence import Evidence, Provenance
from models.seal import GONE
from tests.bot.scene import KEYS, NOW


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Give an empty store."""
    made = Files(tmp_path / "data", KEYS)
    made.prepare()
    return made


def on_disk(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "data").rglob("*") if path.is_file())


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 4000])
def test_the_very_bytes_come_back_with_their_hash(files: Files, content: bytes) -> None:
    stored = files.store(content)
    assert files.read(stored.path, stored.secret) == content
    assert (stored.sha256, stored.size) == (hashlib.sha256(content).hexdigest(), len(content))


def test_on_disk_nothing_of_it_can_be_read(files: Files, tmp_path: Path) -> None:
    files.store(b"me dicen Chepe" * 100)
    (path,) = on_disk(tmp_path)
    assert b"Chepe" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_same_bytes_twice_are_two_files(files: Files) -> None:
    first, second = files.store(b"x"), files.store(b"x")
    assert first.path != second.path
    assert first.sha256 == second.sha256


def test_a_file_put_in_the_place_of_another_does_not_open(files: Files, tmp_path: Path) -> None:
    first, second = files.store(b"uno"), files.store(b"dos")
    data = tmp_path / "data"
    (data / second.path).write_bytes((data / first.path).read_bytes())
    with pytest.raises(Unsealable):
        files.read(second.path, second.secret)
    assert files.read(first.path, first.secret) == b"uno"


def test_a_file_cut_short_or_sealed_with_another_key_does_not_open(
    files: Files, tmp_path: Path
) -> None:
    stored = files.store(b"uno dos tres")
    with pytest.raises(Unsealable):
        Files(tmp_path / "data", Keys(b"2" * 32)).read(stored.path, stored.secret)
    path = tmp_path / "data" / stored.path
    for length in (0, 3, 10, len(path.read_bytes()) - 1):
        path.write_bytes(path.read_bytes()[:length])
        with pytest.raises(Unsealable):
            files.read(stored.path, stored.secret)


def test_a_disk_that_takes_no_more_leaves_nothing_behind(files: Files, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (1000, hard)
    )  # a write beyond it fails, as on a full disk
    try:
        with pytest.raises(OSError, match="large"):
            files.store(b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert on_disk(tmp_path) == []
    after = files.store(b"x" * 5000)
    assert files.read(after.path, after.secret) == b"x" * 5000


def test_a_place_that_is_no_folder_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(OSError, match="data"):
        Files(tmp_path / "data", KEYS).prepare()


def test_a_file_is_taken_away_once_and_then_again(files: Files, tmp_path: Path) -> None:
    stored = files.store(b"x")
    files.discard(stored.path)
    files.discard(stored.path)
    assert on_disk(tmp_path) == []
    with pytest.raises(FileNotFoundError):
        files.read(stored.path, stored.secret)


def test_evidence_gives_its_original_and_its_preview(files: Files) -> None:
    original = files.store(b"original")
    preview = files.store(b"small", "previews", secret=original.secret)
    item = Evidence(
        person_id=1, via="sms", kind="photo", provenance=Provenance.UPLOAD, received_at=NOW
    )
    item.path, item.secret = original.path, original.secret
    assert files.read_original(item) == b"original"
    assert files.read_preview(item) is None
    item.preview_path = preview.path
    assert files.read_preview(item) == b"small"
    assert preview.path.startswith("previews" + os.sep)


# --- files that come piece by piece ---------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7])
def test_a_file_comes_in_pieces_of_any_size_and_goes_in_pieces_that_are_small(
    files: Files, size: int
) -> None:
    content = os.urandom(size)
    for step in (size or 1, 1000, CHUNK, CHUNK + 1):
        arriving = files.begin()
        for start in range(0, size, step):
            arriving.write(content[start : start + step])
        stored = arriving.finish()
        assert (stored.sha256, stored.size) == (hashlib.sha256(content).hexdigest(), size)
        parts = list(files.parts(stored.path, stored.secret))
        assert b"".join(parts) == content
        assert max(len(part) for part in parts) <= CHUNK
        assert files.sha256(stored.path, stored.secret) == stored.sha256


def test_a_file_is_not_there_before_it_is_finished_nor_when_it_is_dropped(
    files: Files, tmp_path: Path
) -> None:
    arriving = files.begin()
    arriving.write(b"x" * 3 * CHUNK)
    assert [path.suffix for path in on_disk(tmp_path)] == [PART]
    arriving.drop()
    assert on_disk(tmp_path) == []
    done = files.begin()
    done.write(b"x")
    done.finish()
    done.drop()  # whoever waited for it was told to stop
    assert on_disk(tmp_path) == []


@pytest.mark.parametrize(
    "order",
    [
        pytest.param((0, 1, 2), id="cut at a chunk"),
        pytest.param((0, 1), id="cut at two chunks"),
        pytest.param((), id="nothing but its head"),
        pytest.param((1, 0, 2, 3), id="chunks in another order"),
        pytest.param((0, 0, 2, 3), id="a chunk twice"),
        pytest.param((0, 1, 2, 3, 3), id="its end twice"),
        pytest.param((3,), id="its end alone"),
        pytest.param((0, 4, 2, 3), id="another file's chunk"),
    ],
)
def test_a_file_whose_chunks_were_meddled_with_does_not_open(
    files: Files, tmp_path: Path, order: tuple[int, ...]
) -> None:
    stored, other = (files.store(letter * (3 * CHUNK + 5)) for letter in (b"a", b"b"))
    head, chunks = apart(tmp_path / "data" / stored.path)
    _, others = apart(tmp_path / "data" / other.path)
    shuffled = [(*chunks, others[1])[place] for place in order]
    (tmp_path / "data" / stored.path).write_bytes(head + b"".join(shuffled))
    with pytest.raises(Unsealable):
        files.read(stored.path, stored.secret)
    (tmp_path / "data" / stored.path).write_bytes(head + b"".join(chunks))
    assert files.read(stored.path, stored.secret) == b"a" * (3 * CHUNK + 5)


def test_a_file_with_one_bit_turned_does_not_open(files: Files, tmp_path: Path) -> None:
    stored = files.store(b"a" * (CHUNK + 5))
    path = tmp_path / "data" / stored.path
    whole = path.read_bytes()
    for place in (0, 1, HEAD - 1, HEAD, HEAD + CHUNK, len(whole) - 1):
        turned = bytearray(whole)
        turned[place] ^= 1
        path.write_bytes(turned)
        with pytest.raises(Unsealable):
            files.read(stored.path, stored.secret)


def test_a_file_that_was_sealed_whole_still_opens(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "data" / "originals" / "ab" / "abcd"
    path.parent.mkdir()
    path.write_bytes(KEYS.seal(b"an old one", "file:originals/ab/abcd"))
    assert files.read("originals/ab/abcd", None) == b"an old one"
    assert files.sha256("originals/ab/abcd", None) == hashlib.sha256(b"an old one").hexdigest()


def test_without_the_secret_of_its_row_a_file_does_not_open(files: Files, tmp_path: Path) -> None:
    stored, other = files.store(b"uno"), files.store(b"dos")
    for secret in (None, "", other.secret, GONE):
        with pytest.raises(Unsealable):
            files.read(stored.path, secret)
    old = tmp_path / "data" / stored.path
    sealing = Sealing(KEYS, f"file:{stored.path}", "")
    head = sealing.head.replace(VERSION, PLAIN, 1)
    cipher = KEYS.own(head[-SALT:], f"file:{stored.path}")
    old.write_bytes(head + cipher.encrypt(b"\0" * 11 + b"\1", b"one from before", head))
    assert files.read(stored.path, None) == b"one from before"


def apart(path: Path) -> tuple[bytes, list[bytes]]:
    """Take a sealed file apart into its head and its chunks."""
    whole, step = path.read_bytes(), CHUNK + TAG
    return whole[:HEAD], [whole[at : at + step] for at in range(HEAD, len(whole), step)]
