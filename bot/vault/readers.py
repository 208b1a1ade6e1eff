"""Who looked: reading about somebody leaves a line in the trail, before anything is shown.

The same reader on the same thing leaves one line in fifteen minutes. A process that wrote it knows,
so that a page which is loaded again asks the record nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from bot.db import Database
from bot.vault import trail
from models.look import Look

AGAIN = timedelta(minutes=15)
MOST = 10_000  # looks that a process knows of; then it asks the record again

Seen = Callable[[Session], tuple[str, int | None]]
"""Finds what is looked at: its name as the trail writes it, and its case, where it has one."""


class Readers:
    """The looks that this process has written down."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], datetime] = {}

    async def note(
        self, db: Database, act: str, place: str, actor: str, now: datetime, seen: Seen
    ) -> None:
        """Write down that somebody looks, unless they did just now.

        `place` names what is looked at as its address does.
        """
        before = self._known.get((actor, place))
        if before is not None and now - before < AGAIN:
            return

        def write(s: Session) -> None:
            thing, case_id = seen(s)
            look(s, act, thing, actor, now, case_id=case_id)

        await db.write(write)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[actor, place] = now


def look(
    s: Session, act: str, thing: str, actor: str, now: datetime, *, case_id: int | None = None
) -> bool:
    """Leave a line in the trail, unless there is one of the last fifteen minutes. True where new.

    The record decides, so that two processes leave one line.
    """
    connection = s.connection()
    build: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    put = build.insert(Look).values(actor=actor, object=thing, at=now)
    put = put.on_conflict_do_update(
        index_elements=["actor", "object"],
        set_={"at": now},
        where=col(Look.at) <= now - AGAIN,
    ).returning(Look.at)
    if connection.execute(put).first() is None:
        return False
    trail.note(s, actor=actor, act=act, object=thing, case_id=case_id, now=now)
    return True
