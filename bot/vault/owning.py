"""Whose key a row is sealed with, seen to before a session writes it."""

from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session

from bot.vault.keyring import Key, Sealing
from models.base import SealedBytes, SealedText
from models.data_key import OWN, Whose, of, week_of, whose
from models.seal import owned, owned_bytes

SEALING = "sealing"  # where a session has it

_MOVES = ("case_id", "person_id")


@cache
def sealed_columns(model: type[Any]) -> tuple[str, ...]:
    """Name the columns of a table that are sealed."""
    return tuple(
        column.key
        for column in model.__table__.columns
        if isinstance(column.type, SealedText | SealedBytes)
    )


def listen(session: type[Session]) -> None:
    """Have every row that such a session writes sealed with the key of whom it is about."""
    sa.event.listen(session, "before_flush", _before)
    sa.event.listen(session, "after_flush", _after)


def sealing_of(s: Session) -> Sealing:
    """Give what seals in the act of this session. Raises `KeyError` outside of one."""
    sealing: Sealing = s.info[SEALING]
    return sealing


def words_of(
    s: Session, words: str, *, case_id: int | None = None, person_id: int | None = None
) -> str:
    """Say whose key words are sealed with that go into the record past the session's rows."""
    sealing: Sealing | None = s.info.get(SEALING)
    key = sealing.of(of(case_id, person_id)) if sealing is not None and words else None
    return owned(words, key) if key is not None else words


def raw_of(s: Session, content: bytes, came: datetime) -> bytes:
    """Have a raw envelope sealed with the key of the week in which it came."""
    sealing: Sealing | None = s.info.get(SEALING)
    key = sealing.of(week_of(came)) if sealing is not None else None
    return owned_bytes(content, key) if key is not None else content


def _before(s: Session, *_: object) -> None:
    sealing: Sealing | None = s.info.get(SEALING)
    if sealing is None:
        return
    writes = [
        (row, names, who)
        for row in (*s.new, *s.dirty)
        if (names := _written(row)) and (who := whose(row)) is not None
    ]
    keys: dict[Whose, Key | None] = sealing.all_of(who for _, _, who in writes if who[1])
    for row, names, who in writes:
        key = keys[who] if who[1] else sealing.unborn(who[0], row)
        if key is None:
            continue  # it was destroyed: what is still said of it is the house's
        for name in names:
            held = row.__dict__[name]
            row.__dict__[name] = (
                owned(held, key) if isinstance(held, str) else owned_bytes(held, key)
            )


def _after(s: Session, *_: object) -> None:
    sealing: Sealing | None = s.info.get(SEALING)
    if sealing is not None:
        sealing.born()


def _written(row: Any) -> list[str]:
    """Name the sealed columns that are about to be written, and hold something."""
    columns = sealed_columns(row.__class__)
    if not columns:
        return []
    state: Any = sa.inspect(row)
    if state.persistent and _moved(row, state):
        for name in columns:
            getattr(row, name)  # it is read with the key it has, to be sealed with the new one
            flag_modified(row, name)
    elif state.persistent:
        columns = tuple(name for name in columns if name in state.committed_state)
    return [name for name in columns if row.__dict__.get(name)]


def _moved(row: Any, state: Any) -> bool:
    """Whether it is somebody else's now."""
    return row.__tablename__ not in OWN and any(
        name in state.committed_state and state.committed_state[name] != getattr(row, name)
        for name in _MOVES
    )
