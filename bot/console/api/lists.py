"""Long lists, a page at a time, and words that any JSON can hold."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, Field

from bot.console.api.problems import Problem
from bot.console.records.slices import readable

T = TypeVar("T")

Words = Annotated[str, BeforeValidator(readable)]
"""Words that people sent: halves of characters become a mark."""

RowId = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""The number of a row."""

Limit = Annotated[int, Query(ge=1, le=200, description="How many items, at most.")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="`next` of the page before this one.")
]


class Page(BaseModel, Generic[T]):
    """A part of a list, newest first. `next` is the cursor of the next part, or null at the end."""

    items: list[T]
    next: str | None = None


def pack(below: int | None) -> str | None:
    """Write a cursor."""
    return None if below is None else urlsafe_b64encode(f"v1:{below}".encode()).decode()


def unpack(cursor: str | None) -> int | None:
    """Read a cursor. Raises a `Problem`."""
    if cursor is None:
        return None
    try:
        version, _, number = urlsafe_b64decode(cursor.encode()).decode().partition(":")
        if version == "v1" and number.isascii() and number.isdigit() and len(number) < 19:  # noqa: PLR2004 - what a 64-bit number has
            return int(number)
    except ValueError:
        pass
    raise bad_cursor()


def bad_cursor() -> Problem:
    """Say that a cursor is none of ours."""
    return Problem(400, "cursor", "This cursor is not of this list. Begin without one.")
