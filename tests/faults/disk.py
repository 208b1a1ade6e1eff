"""A disk that is ours: it writes down what SQLite does to it, fails when told, and loses power.

SQLite itself is real, and so is all of the record's code above it; only the layer below SQLite, its
VFS, is this one. What the disk promises is what a real one does: bytes are safe once they were
synced. Of those that were not, any sector may hold any of its versions when the power goes.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512
NEVER = 1 << 60


@dataclass(frozen=True)
class Done:
    """One thing that was done: to a file, or said to whoever waited for a commit."""

    what: str  # write, cut, sync, remove, said
    name: str
    place: int = 0
    content: bytes = b""


class Disk(apsw.VFS):
    """A place for SQLite's files, all in one folder, that keeps a journal of all that is done."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.done: list[Done] = []
        self.syncs_left = NEVER  # syncs that succeed
        self.room = NEVER  # bytes that may still be written
        super().__init__(name, base="")

    def xOpen(self, name: Any, flags: list[int]) -> "File":  # noqa: N802 - SQLite's name
        """Open a file."""
        return File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802, FBT001 - SQLite's
        """Take a file away."""
        self.done.append(Done("remove", Path(filename).name))
        super().xDelete(filename, syncdir)

    def asked_again(self) -> None:
        """Whoever was told that a sync failed asks for another one."""

    def say(self, words: str) -> None:
        """Write down that somebody was told something."""
        self.done.append(Done("said", words))


class File(apsw.VFSFile):
    """A file on the disk."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name).name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        """Take bytes, if there is room."""
        self._disk.room -= len(data)
        if self._disk.room < 0:
            raise apsw.FullError("There is no room.")
        self._disk.done.append(Done("write", self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        """Cut the file."""
        self._disk.done.append(Done("cut", self._name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        """Make what was written safe, or say that it is not."""
        self._disk.syncs_left -= 1
        if self._disk.syncs_left < 0:
            if self._disk.syncs_left < -1:
                self._disk.asked_again()
            raise apsw.exception_for(apsw.SQLITE_IOERR_FSYNC)
        super().xSync(flags)
        self._disk.done.append(Done("sync", self._name))


class _Image:
    """What is on the disk at some moment: what is safe, and what was done since."""

    def __init__(self, before: dict[str, bytes]) -> None:
        self.safe = {name: bytearray(content) for name, content in before.items()}
        self.since: defaultdict[str, list[Done]] = defaultdict(list)

    def goes_on(self, one: Done) -> None:
        """Let one more thing be done."""
        if one.what == "sync":
            file = self.safe.setdefault(one.name, bytearray())
            for past in self.since.pop(one.name, ()):
                _apply(file, past)
        elif one.what != "said":
            self.since[one.name].append(one)

    def after_the_cut(self, chance: random.Random) -> dict[str, bytes]:
        """What is found when the power is back."""
        found = {name: bytearray(content) for name, content in self.safe.items()}
        for name, pending in self.since.items():
            file = found.setdefault(name, bytearray())
            mood = chance.random()  # some disks lose all, some nearly nothing
            for piece in _sectors(pending, chance):
                if chance.random() < mood:
                    _apply(file, piece)
        return {name: bytes(content) for name, content in found.items()}


def _sectors(pending: Sequence[Done], chance: random.Random) -> list[Done]:
    """Break up what was done into what a disk does at once, in an order of its own."""
    pieces = []
    for one in pending:
        if one.what != "write":
            pieces.append(one)
            continue
        place = one.place
        end = place + len(one.content)
        while place < end:
            until = min(end, (place // SECTOR + 1) * SECTOR)
            part = one.content[place - one.place : until - one.place]
            pieces.append(Done("write", one.name, place, part))
            place = until
    chance.shuffle(pieces)
    return pieces


def _apply(file: bytearray, one: Done) -> None:
    if one.what == "write":
        if len(file) < one.place:
            file.extend(bytes(one.place - len(file)))
        file[one.place : one.place + len(one.content)] = one.content
    else:
        del file[one.place :]  # cut, or removed: then nothing is left


def power_cuts(
    before: dict[str, bytes], done: Sequence[Done], seeds: Sequence[int]
) -> Iterator[tuple[int, set[str], dict[str, bytes]]]:
    """Cut the power once for each seed, at some moment of what was done.

    Gives the seed, what had been said by then, and the files as they are found afterwards.
    """
    chances = {seed: random.Random(seed) for seed in seeds}  # noqa: S311 - chance, not secrecy
    moments = sorted((chances[seed].randrange(1, len(done) + 1), seed) for seed in seeds)
    image, said, place = _Image(before), set[str](), 0
    for moment, seed in moments:
        for one in done[place:moment]:
            if one.what == "said":
                said.add(one.name)
            image.goes_on(one)
        place = moment
        yield seed, set(said), image.after_the_cut(chances[seed])
