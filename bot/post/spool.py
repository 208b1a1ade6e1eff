"""The spool: a folder beside the record, for what must be kept while the record takes nothing.

Each file is sealed for its own name, and names sort in the order in which they were put. A file is
there whole or not at all: it is written under another name, synced, renamed, and its folder synced.
Several processes may share the folder. Whoever brings a file into the record takes it away after.
"""

import asyncio
import json
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from bot import crash, metrics
from bot.vault.keys import Keys, Unsealable
from channels.base import Envelope, Kind

ENVELOPE = "envelope"  # came in, and is not in the inbox
OUTCOME = "outcome"  # how a send ended, not written at its attempt
KINDS = (ENVELOPE, OUTCOME)  # in the order in which they are brought in
BAD = "bad"  # could not be brought in, and waits for a human
TEMP = ".temp"
HANDS = 8  # files written at a time: a disk syncs several as fast as one
MOST = 2000  # files that wait to be written; who comes then is refused
TICK = 50_000_000  # nanoseconds; a disk's clock is finer
OLD = 3600.0  # seconds after which a file that was never renamed is nobody's any more

_NAME = re.compile(r"[0-9]{17}-[0-9a-f]{8}\.(envelope|outcome)")


class Crowded(Exception):  # noqa: N818 - a verdict: come again
    """More waits to be written than the disk can take soon. Nothing was kept."""


class Unreadable(Exception):  # noqa: N818 - a verdict about a file
    """A file does not hold what its name says. The message says why, without its content."""


@dataclass(frozen=True)
class Lying:
    """What lies in a spool: how many files of each kind, and why it takes no more, or nothing."""

    files: Mapping[str, int]
    trouble: str = ""

    @property
    def waiting(self) -> int:
        """How many files will be brought in when the record is back."""
        return sum(self.files.get(kind, 0) for kind in KINDS)

    @property
    def bad(self) -> int:
        """How many files could not be brought in, and wait for a human."""
        return self.files.get(BAD, 0)


class Spool:
    """Files that wait for the record."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self.folder = folder
        self._keys = keys
        self._hands = ThreadPoolExecutor(HANDS, thread_name_prefix="spool")
        self._path = str(folder)
        self._lies = False
        self._seen = 0  # when the folder had last changed as we looked into it
        self._waiting = 0
        self._last = 0
        self._own = token_hex(4)  # no other process has these names

    def prepare(self) -> None:
        """Make the folder, see that it takes a file, and clear what a dead process left half done.

        Raises `OSError`.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.probe()
        now = time.time()
        for path in self.folder.glob(f"*{TEMP}"):
            try:
                if now - path.stat().st_mtime > OLD:
                    path.unlink()
            except FileNotFoundError:
                continue  # renamed meanwhile: its process lives
        # A clock that was set back meanwhile must not put new files before old ones.
        self._last = max((int(name[:17]) for name in self._names()), default=0)

    def probe(self) -> None:
        """See that the folder takes a file. Raises `OSError`."""
        with tempfile.TemporaryFile(dir=self.folder) as file:
            file.write(b"?")
            file.flush()
            os.fsync(file.fileno())

    def waits(self) -> bool:
        """Whether anything waits to be brought in. One cheap look, on behalf of all processes.

        Each message asks, so the files are looked at only when their folder has changed.
        """
        changed = os.stat(self._path).st_mtime_ns  # noqa: PTH116 - a path object costs more than that
        if changed != self._seen:
            with os.scandir(self._path) as entries:
                self._lies = any(_NAME.fullmatch(entry.name) for entry in entries)
            # Within one tick of the disk's clock a folder can change twice and show it once.
            self._seen = changed if time.time_ns() - changed > TICK else 0
        return self._lies

    def look(self) -> Lying:
        """Count what lies here, and see whether it takes more. It writes: not in the loop."""
        try:
            with os.scandir(self.folder) as entries:
                kinds = Counter(entry.name.rpartition(".")[2] for entry in entries)
            files = {kind: kinds[kind] for kind in (*KINDS, BAD)}
        except OSError as problem:
            return Lying({}, problem.strerror or type(problem).__name__)
        try:
            self.probe()
        except OSError as problem:
            return Lying(files, problem.strerror or type(problem).__name__)
        return Lying(files)

    async def keep(self, envelope: Envelope, received_at: datetime) -> None:
        """Return when an envelope is on disk. Raises `Crowded` or `OSError` where it is not."""
        await self.put(ENVELOPE, _packed(envelope, received_at))

    async def put(self, kind: str, content: bytes) -> None:
        """Return when the content is on disk, sealed. Raises `Crowded` or `OSError`."""
        if self._waiting >= MOST:
            raise Crowded
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._hands, self._put, self._name(kind), content)
        finally:
            self._waiting -= 1
        metrics.spooled.labels(kind).inc()

    def names(self, kind: str) -> list[str]:
        """Name the files of a kind that wait, the oldest first."""
        return sorted(name for name in self._names() if name.endswith(f".{kind}"))

    def read(self, name: str) -> bytes | None:
        """Open a file; nothing where somebody else has brought it in meanwhile.

        Raises `Unreadable`.
        """
        try:
            return self._keys.open_beside((self.folder / name).read_bytes(), _place(name))
        except FileNotFoundError:
            return None
        except (OSError, Unsealable) as problem:
            raise Unreadable(type(problem).__name__) from problem

    def envelope(self, name: str) -> tuple[Envelope, datetime] | None:
        """Read an envelope and when it came; nothing where it is in the record already.

        Raises `Unreadable`.
        """
        content = self.read(name)
        try:
            return None if content is None else _unpacked(content)
        except (ValueError, KeyError, TypeError) as problem:
            raise Unreadable(type(problem).__name__) from problem

    def remove(self, names: Iterable[str]) -> None:
        """Take away what is in the record now."""
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def set_aside(self, name: str) -> None:
        """Let a file that cannot be brought in wait for a human, out of the way of the others."""
        path = self.folder / name
        if path.exists():
            path.rename(self.folder / f"{name}.{BAD}")

    def _put(self, name: str, content: bytes) -> None:
        path = self.folder / name
        temp = path.with_name(name + TEMP)
        sealed = self._keys.seal_beside(content, _place(name))
        try:
            _write(temp, sealed)
            crash.point("in.spool_synced")
            temp.rename(path)
        except OSError:
            temp.unlink(missing_ok=True)
            raise
        crash.point("in.spool_renamed")
        _sync_folder(self.folder)

    def _names(self) -> list[str]:
        with os.scandir(self.folder) as entries:
            return [entry.name for entry in entries if _NAME.fullmatch(entry.name)]

    def _name(self, kind: str) -> str:
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last:017d}-{self._own}.{kind}"


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        crash.point("in.spool_temp")
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _place(name: str) -> str:
    return f"spool/{name}"


def _packed(envelope: Envelope, received_at: datetime) -> bytes:
    head = {
        "channel": envelope.channel,
        "account": envelope.account,
        "event_id": envelope.event_id,
        "kind": envelope.kind.value,
        "sender": envelope.sender,
        "words": envelope.words,
        "received_at": received_at.isoformat(),
    }
    return json.dumps(head).encode() + b"\n" + envelope.raw


def _unpacked(content: bytes) -> tuple[Envelope, datetime]:
    first, _, raw = content.partition(b"\n")
    head = json.loads(first)
    received_at = datetime.fromisoformat(head.pop("received_at"))
    return Envelope(**{**head, "kind": Kind(head["kind"])}, raw=raw), received_at
