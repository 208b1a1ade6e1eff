"""Photos, documents and voice notes: their bytes, and what a phone's camera makes of them."""

import hashlib
import secrets
import sqlite3
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.simulator.line import Refused
from bot.simulator.record.store import Store

_SAMPLES = Path(__file__).parent.parent / "static" / "samples"


@dataclass(frozen=True)
class Upload:
    """Bytes with a name and a type."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class File:
    """Bytes that are kept."""

    id: str
    unique_id: str
    name: str
    type: str
    size: int
    sha256: str
    width: int | None
    height: int | None
    path: str
    gone: bool
    made: float
    message: int | None


@dataclass(frozen=True)
class Sample:
    """A picture, document or sound that comes with the simulator."""

    file: str
    type: str
    title: str
    kind: str

    def upload(self) -> Upload:
        """Its bytes."""
        return Upload(self.file, self.type, (_SAMPLES / self.file).read_bytes())


SAMPLES = {
    "birth-certificate": Sample(
        "birth-certificate.jpg", "image/jpeg", "Birth certificate, front", "photo"
    ),
    "birth-certificate-back": Sample(
        "birth-certificate-back.jpg", "image/jpeg", "Birth certificate, back", "photo"
    ),
    "birth-certificate-blurred": Sample(
        "birth-certificate-blurred.jpg", "image/jpeg", "Birth certificate, blurred", "photo"
    ),
    "too-dark": Sample("too-dark.jpg", "image/jpeg", "Birth certificate, too dark", "photo"),
    "house": Sample("house.jpg", "image/jpeg", "A house on a hill", "photo"),
    "letter": Sample("letter.pdf", "application/pdf", "Letter from a school (PDF)", "document"),
    "voice-note": Sample("voice-note.ogg", "audio/ogg", "Voice note, 3 seconds", "voice"),
}


def sample(name: str) -> Upload:
    """A sample by its name; refuses one that does not exist."""
    if name not in SAMPLES:
        raise Refused(f"There is no sample called {name!r}. There are: {', '.join(SAMPLES)}.")
    return SAMPLES[name].upload()


class Files:
    """Keeps bytes under the ids that providers give them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.folder / "simulator-files"
        self._folder.mkdir(exist_ok=True)

    def keep(self, upload: Upload, identity: str, path: str = "") -> File:
        """Keep bytes; the same bytes sent twice are two files, as they are at every provider."""
        digest = hashlib.sha256(upload.content).hexdigest()
        place = self._folder / digest
        if not place.exists():
            draft = self._folder / f".{secrets.token_hex(8)}"
            draft.write_bytes(upload.content)
            draft.rename(place)
        width, height = measure(upload.content) or (None, None)
        self._store.write(
            "INSERT INTO files(id, unique_id, name, type, size, sha256, width, height, path, made)"
            " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            identity,
            f"AQAD{secrets.token_hex(8)}",
            upload.name,
            upload.type,
            len(upload.content),
            digest,
            width,
            height,
            path,
            time.time(),
        )
        return self.get(identity)

    def belong(self, identity: str, message: int) -> None:
        """Say which message a file came with."""
        self._store.write("UPDATE files SET message = ? WHERE id = ?", message, identity)

    def get(self, identity: str) -> File:
        """The file of this id."""
        row = self._store.row("SELECT * FROM files WHERE id = ?", identity)
        if row is None:
            raise LookupError(f"There is no file {identity}.")
        return _file(row)

    def find(self, identity: str) -> File | None:
        """The file of this id, if there is one."""
        row = self._store.row("SELECT * FROM files WHERE id = ?", identity)
        return _file(row) if row else None

    def by_path(self, path: str) -> File | None:
        """The file that Telegram serves under this path."""
        row = self._store.row("SELECT * FROM files WHERE path = ? AND path != ''", path)
        return _file(row) if row else None

    def of(self, message: int) -> list[File]:
        """A message's files that its provider still has."""
        rows = self._store.rows(
            "SELECT * FROM files WHERE message = ? AND gone = 0 ORDER BY rowid", message
        )
        return [_file(row) for row in rows]

    def forget(self, identity: str) -> None:
        """Delete a file at the provider; the phone still has its own copy."""
        self._store.write("UPDATE files SET gone = 1 WHERE id = ?", identity)

    def content(self, file: File) -> bytes:
        """The bytes."""
        return (self._folder / file.sha256).read_bytes()


def photographed(upload: Upload) -> Upload:
    """The picture as a messaging app sends a photo: what the camera noted beside it is gone."""
    content = b"".join(_without_notes(upload.content))
    return Upload(upload.name, upload.type, content)


def measure(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG; nothing for other bytes."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:  # noqa: PLR2004 - PNG's header
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    for marker, segment in _segments(content):
        # Every start-of-frame marker holds the size; C4, C8 and CC are other things.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and len(segment) > 4:  # noqa: PLR2004 - JPEG's markers
            height, width = struct.unpack(">HH", segment[1:5])
            return width, height
    return None


def _without_notes(content: bytes) -> Iterator[bytes]:
    """A JPEG without its APP1 and APP13 segments (EXIF, place, comments of programs)."""
    segments = list(_segments(content))
    if not segments or segments[-1][0] != 0xDA:  # noqa: PLR2004 - start of scan: a whole header
        yield content
        return
    yield content[:2]
    for marker, segment in segments:
        if marker not in (0xE1, 0xED):
            yield bytes((0xFF, marker)) + struct.pack(">H", len(segment) + 2) + segment
    length = 2 + sum(len(segment) + 4 for _, segment in segments)
    yield content[length:]


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The marker segments of a JPEG's header, up to the start of the picture itself."""
    position = 2
    if not content.startswith(b"\xff\xd8"):
        return
    while position + 4 <= len(content) and content[position] == 0xFF:  # noqa: PLR2004 - a marker
        marker = content[position + 1]
        (length,) = struct.unpack(">H", content[position + 2 : position + 4])
        if length < 2:  # noqa: PLR2004 - the length counts itself
            return
        yield marker, content[position + 4 : position + 2 + length]
        position += 2 + length
        if marker == 0xDA:  # noqa: PLR2004 - start of scan: the picture follows
            return


def _file(row: sqlite3.Row) -> File:
    return File(
        id=row["id"],
        unique_id=row["unique_id"],
        name=row["name"],
        type=row["type"],
        size=row["size"],
        sha256=row["sha256"],
        width=row["width"],
        height=row["height"],
        path=row["path"],
        gone=bool(row["gone"]),
        made=row["made"],
        message=row["message"],
    )
