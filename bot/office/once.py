"""A row that may exist once only, whoever writes it first."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel

R = TypeVar("R", bound=SQLModel)


def once(s: Session, find: Callable[[], R | None], make: Callable[[], R]) -> tuple[R, bool]:
    """Find a row, or make it. The second value is true when it was made.

    `make` must break a unique key where `find` would have found: that is how a writer in another
    process is noticed, and then its row is taken.
    """
    known = find()
    if known is not None:
        return known, False
    row = make()
    try:
        with s.begin_nested():
            s.add(row)
    except IntegrityError:
        known = find()
        if known is None:
            raise
        return known, False
    return row, True
