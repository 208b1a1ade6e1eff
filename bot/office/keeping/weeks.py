"""A week of raw envelopes: how it is written, whose time it is, and what keeps it.

What is read and worked is kept elsewhere, with its case or person; a raw envelope is how it came.
"""

import re
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from models.base import among
from models.data_key import Subject, week_of
from models.inbox import Heard, Inbox, InboxState
from models.keeping import Hold
from models.person import Person
from models.proof import Unproved
from models.task import Task, TaskKind, TaskState

KEPT = timedelta(days=30)
"""How long a week is kept after its end at the least: as long as backups are."""

_WRITTEN = re.compile(r"([1-9][0-9]{3})-W([0-5][0-9])", re.ASCII)
_PARKED = (InboxState.ODD, InboxState.DEAD)


def written(number: int) -> str:
    """Write a week as people do: 202640 is 2026-W40."""
    return f"{number // 100}-W{number % 100:02}"


def read(text: str) -> int | None:
    """Read a week as it is written; nothing where there is no such week."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    year, week = (int(part) for part in found.groups())
    try:
        date.fromisocalendar(year, week, 1)
    except ValueError:
        return None
    return year * 100 + week


def begins(number: int) -> datetime:
    """Say when a week begins, in UTC."""
    day = date.fromisocalendar(number // 100, number % 100, 1)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def ends(number: int) -> datetime:
    """Say when a week is over: the first moment of the next."""
    return begins(number) + timedelta(days=7)


def first_kept(now: datetime) -> int:
    """Give the first week that must still be kept; those before it ended long enough ago."""
    return week_of(now - KEPT)[1]


def waiting(s: Session, below: int) -> set[int]:
    """Give the weeks before one of which something has still to be worked, or looked at.

    That is what is new, what failed and may be tried again, what is odd while its task is open, and
    what waits for its writer to show who they are.
    """
    odd = s.exec(
        select(Task.cause).where(Task.kind == TaskKind.ODD, Task.state == TaskState.OPEN)
    ).all()
    numbers = [int(cause.removeprefix("odd:")) for cause in odd if cause.startswith("odd:")]
    parked = among(col(Inbox.state), _PARKED)
    ways = (
        # Literal, or SQLite would not use the index of what is new.
        col(Inbox.state) == sa.literal(InboxState.NEW, literal_execute=True),
        parked & (col(Inbox.state) == InboxState.DEAD),
        parked & col(Inbox.id).in_(numbers),
        col(Inbox.id).in_(select(Unproved.inbox_id)),
    )
    old = col(Inbox.received_at) < begins(below)
    found = [row for way in ways for row in s.exec(select(Inbox).where(way, old))]
    return {week_of(row.received_at)[1] for row in found if row.raw}  # else it is gone already


def held(s: Session) -> set[int]:
    """Give the weeks in which something came of a case or a person that is held."""
    now = col(Hold.released_at).is_(None)
    cases = select(Hold.subject).where(Hold.kind == Subject.CASE, now)
    people = set(s.exec(select(Hold.subject).where(Hold.kind == Subject.PERSON, now)))
    more = people
    while more:  # what was theirs is whose they were found to be
        joined = select(Person.joined_into).where(col(Person.id).in_(more))
        more = {number for number in s.exec(joined) if number is not None} - people
        people |= more
    theirs = or_(col(Heard.case_id).in_(cases), col(Heard.person_id).in_(people))
    came = select(Inbox.received_at).where(
        col(Inbox.id).in_(sa.select(col(Heard.inbox_id)).where(theirs))
    )
    return {week_of(at)[1] for at in s.exec(came)}
