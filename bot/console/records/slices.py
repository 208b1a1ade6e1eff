"""A part of a long list, and where the next part begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Slice(Generic[T]):
    """Some rows, newest first. `next` is the row to go on below, or nothing at the end."""

    items: tuple[T, ...]
    next: int | None = None


def cut(rows: Sequence[T], ids: Sequence[int], most: int) -> Slice[T]:
    """Cut a list that was read one row further than wanted."""
    if len(rows) <= most:
        return Slice(tuple(rows))
    return Slice(tuple(rows[:most]), ids[most - 1])


def readable(text: str) -> str:
    """Give text that any page or JSON can hold: halves of characters become a mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
