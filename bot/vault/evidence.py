"""Files as they were received: hashed, sealed, on disk before anybody is thanked."""

import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from bot.vault.keys import Keys
from models.evidence import Evidence

LIMIT = 25 * 1024 * 1024  # bytes; above what any channel delivers to us


@dataclass(frozen=True)
class Stored:
    """Where a file is, and what it was when it came. `path` is below the data folder."""

    path: str
    sha256: str
    size: int


class Files:
    """The sealed files of one deployment."""

    def __init__(self, root: Path, keys: Keys) -> None:
        self._root = root
        self._keys = keys

    def prepare(self) -> None:
        """Make the folders. Raises `OSError` when the disk does not let us."""
        for folder in ("originals", "previews"):
            (self._root / folder).mkdir(parents=True, exist_ok=True, mode=0o700)

    def store(self, content: bytes, folder: str = "originals") -> Stored:
        """Seal bytes and return when they are on disk, folder entry included."""
        name = uuid4().hex
        path = f"{folder}/{name[:2]}/{name}"
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = target.with_suffix(".part")
        sealed = self._keys.seal(content, f"file:{path}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(target)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        for directory in (target.parent, target.parent.parent):
            _sync_directory(directory)
        return Stored(path, hashlib.sha256(content).hexdigest(), len(content))

    def read(self, path: str) -> bytes:
        """Give back the very bytes. Raises `Unsealable` or `OSError`."""
        return self._keys.open((self._root / path).read_bytes(), f"file:{path}")

    def read_original(self, evidence: Evidence) -> bytes:
        """Give back the very bytes of one piece of evidence."""
        return self.read(evidence.path)

    def read_preview(self, evidence: Evidence) -> bytes | None:
        """Give its working copy as JPEG, or nothing where none could be made."""
        return self.read(evidence.preview_path) if evidence.preview_path else None

    def discard(self, path: str) -> None:
        """Take away a file that no row speaks of."""
        (self._root / path).unlink(missing_ok=True)


async def gather(stream: AsyncIterator[bytes]) -> bytes:
    """Take a stream into memory. The channel already counts it against its limit."""
    parts = bytearray()
    async for part in stream:
        parts += part
    return bytes(parts)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
