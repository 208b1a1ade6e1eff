"""Files as they were received: hashed, sealed, on disk before anybody is thanked."""

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from uuid import uuid4

from bot.vault import chunks
from bot.vault.keys import SECRET, VERSION, Keys
from models.evidence import Evidence

LIMIT = 25 * 1024 * 1024  # bytes; above what any channel delivers to us
ORIGINALS = "originals"
PREVIEWS = "previews"
PART = ".part"  # how the name of a file ends that is still being written


@dataclass(frozen=True)
class Stored:
    """Where a file is, and what it was when it came. `path` is below the data folder.

    It opens only with its `secret`, which its row keeps sealed.
    """

    path: str
    sha256: str
    size: int
    secret: str


class Arriving:
    """A file that is being written: sealed and hashed as it comes, unseen until it is finished.

    Every method may wait for the disk, and raises `OSError` when it takes no more.
    """

    def __init__(self, root: Path, keys: Keys, folder: str, secret: str) -> None:
        name = uuid4().hex
        self._path = f"{folder}/{name[:2]}/{name}"
        self._target = root / self._path
        self._target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._temporary = self._target.with_suffix(PART)
        self._secret = secret
        self._sealing = chunks.Sealing(keys, f"file:{self._path}", secret)
        self._hash = hashlib.sha256()
        self._size = 0
        # Whoever waited for a write may be told to stop, and drop the file while it still goes on.
        self._alone = threading.Lock()
        descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._file.write(self._sealing.head)

    def write(self, part: bytes) -> None:
        """Take more of its bytes."""
        with self._alone:
            self._hash.update(part)
            self._size += len(part)
            self._file.write(self._sealing.add(part))

    def finish(self) -> Stored:
        """Return when the file is on disk under its name, folder entry included."""
        with self._alone:
            self._file.write(self._sealing.end())
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.rename(self._target)
            for directory in (self._target.parent, self._target.parent.parent):
                _sync_directory(directory)
        return Stored(self._path, self._hash.hexdigest(), self._size, self._secret)

    def drop(self) -> None:
        """Take it away, however far it has come."""
        with self._alone:
            with contextlib.suppress(OSError):
                self._file.close()  # what it still holds cannot be written, and need not be
            for path in (self._temporary, self._target):
                path.unlink(missing_ok=True)


class Files:
    """The sealed files of one deployment."""

    def __init__(self, root: Path, keys: Keys) -> None:
        self._root = root
        self._keys = keys

    def prepare(self) -> None:
        """Make the folders. Raises `OSError` when the disk does not let us."""
        for folder in (ORIGINALS, PREVIEWS):
            (self._root / folder).mkdir(parents=True, exist_ok=True, mode=0o700)

    def begin(self, folder: str = ORIGINALS, *, secret: str = "") -> Arriving:
        """Begin to store a file whose bytes are still to come, with a secret of its own or this."""
        return Arriving(self._root, self._keys, folder, secret or token_hex(SECRET))

    def store(self, content: bytes, folder: str = ORIGINALS, *, secret: str = "") -> Stored:
        """Seal bytes and return when they are on disk, folder entry included."""
        arriving = self.begin(folder, secret=secret)
        try:
            arriving.write(content)
            return arriving.finish()
        except OSError:
            arriving.drop()
            raise

    def read(self, path: str, secret: str | None) -> bytes:
        """Give back the very bytes. Raises `Unsealable` or `OSError`."""
        return b"".join(self.parts(path, secret))

    def parts(self, path: str, secret: str | None) -> Iterator[bytes]:
        """Give back the very bytes, a piece at a time. Raises `Unsealable` or `OSError`."""
        place = f"file:{path}"
        with (self._root / path).open("rb") as file:
            if file.peek(1)[:1] == VERSION:
                yield self._keys.open(file.read(), place)
            else:
                yield from chunks.opened(self._keys, file, place, secret or "")

    def sha256(self, path: str, secret: str | None) -> str:
        """Read a file back and hash what it opens to. Raises `Unsealable` or `OSError`."""
        digest = hashlib.sha256()
        for part in self.parts(path, secret):
            digest.update(part)
        return digest.hexdigest()

    def read_original(self, evidence: Evidence) -> bytes:
        """Give back the very bytes of one piece of evidence."""
        return self.read(evidence.path, evidence.secret)

    def read_preview(self, evidence: Evidence) -> bytes | None:
        """Give its working copy as JPEG, or nothing where none could be made."""
        preview = evidence.preview_path
        return self.read(preview, evidence.secret) if preview else None

    def discard(self, path: str) -> None:
        """Take away a file that no row speaks of."""
        (self._root / path).unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
