"""Who seals and opens within one act: pure, and told by whoever begins the act."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

GONE = "▒▒▒"
"""What stands where words were whose key was destroyed. Pages say it in words."""


class Destroyed(Exception):  # noqa: N818 - a verdict about bytes
    """The key of what is sealed was destroyed on purpose. Nobody can open it any more."""


class Sealer(Protocol):
    """What makes words unreadable on a stolen disk, and readable again."""

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt for one place (table.column): moved elsewhere it does not open."""
        ...

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt. Raises when the key, the bytes or the place are not those it was sealed with.

        Raises `Destroyed` where the key is gone.
        """
        ...


class House(Sealer, Protocol):
    """The keys of the house: they also find again what nobody may read."""

    def lookup(self, kind: str, value: str) -> str:
        """Hash with a key: the same value of a kind is found again, and cannot be read."""
        ...


class Seal(Protocol):
    """One key, which seals."""

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt for one place."""
        ...


class Owned(str):  # noqa: SLOT000 - it carries one thing more
    """Words on their way into the record that are sealed with a key of their own."""

    by: Seal


class OwnedBytes(bytes):
    """Bytes on their way into the record that are sealed with a key of their own."""

    by: Seal


def owned(words: str, by: Seal) -> str:
    """Say which key words are sealed with. Nothing needs no key."""
    if not words:
        return words
    made = Owned(words)
    made.by = by
    return made


def owned_bytes(content: bytes, by: Seal) -> bytes:
    """Say which key bytes are sealed with."""
    made = OwnedBytes(content)
    made.by = by
    return made


_ACT: ContextVar[Sealer | None] = ContextVar("act", default=None)


@contextmanager
def during(sealer: Sealer) -> Iterator[None]:
    """Let this one seal and open until the act is over."""
    before = _ACT.set(sealer)
    try:
        yield
    finally:
        _ACT.reset(before)


def here() -> Sealer | None:
    """Who seals in the act that runs in this thread, if one does."""
    return _ACT.get()
