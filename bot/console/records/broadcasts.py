"""Broadcasts as staff watch them: who got it, how far it came, and what each answered."""

from dataclasses import dataclass
from enum import Enum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.console.records.slices import Slice, cut
from models.broadcast import Broadcast, Exclusion, Recipient, Reply
from models.outbox import Outbox, OutboxState
from models.person import Person

PAGE = 50


class Show(Enum):
    """Which recipients to list."""

    ALL = "all"
    YES = "yes"
    NO = "no"
    LATER = "later"
    SILENT = "silent"
    FAILED = "failed"
    EXCLUDED = "excluded"


TROUBLED = (OutboxState.FAILED, OutboxState.UNKNOWN, OutboxState.REFUSED, OutboxState.EXPIRED)


@dataclass(frozen=True)
class Line:
    """One person of a broadcast."""

    recipient: Recipient
    person: Person
    message: Outbox | None


def find(s: Session, code: str) -> Broadcast | None:
    """Find a broadcast by its code."""
    return s.exec(select(Broadcast).where(Broadcast.code == code.strip().upper())).first()


def listing(s: Session, *, below: int | None = None, most: int = PAGE) -> Slice[Broadcast]:
    """List broadcasts, the newest first."""
    query = select(Broadcast).order_by(col(Broadcast.id).desc())
    if below is not None:
        query = query.where(col(Broadcast.id) < below)
    rows = list(s.exec(query.limit(most + 1)))
    return cut(rows, [row.id or 0 for row in rows], most)


def troubles(s: Session, broadcast: Broadcast) -> dict[str, int]:
    """Count the messages that did not arrive, by what the provider or the guard said."""
    rows = s.exec(
        select(Outbox.reason, Outbox.code, sa.func.count())
        .select_from(Recipient)
        .join(Outbox, col(Outbox.id) == _shown())
        .where(Recipient.broadcast_id == broadcast.id, col(Outbox.state).in_(TROUBLED))
        .group_by(col(Outbox.reason), col(Outbox.code))
    )
    found: dict[str, int] = {}
    for reason, code, count in rows:
        found[reason or code] = found.get(reason or code, 0) + count
    return found


def _shown() -> sa.ScalarSelect[int | None]:
    """The message that showed a recipient the broadcast."""
    return (
        select(sa.func.min(Outbox.id))
        .where(Outbox.conversation_id == Recipient.conversation_id)
        .correlate(Recipient)
        .scalar_subquery()
    )


def recipients(
    s: Session,
    broadcast: Broadcast,
    show: Show = Show.ALL,
    *,
    below: int | None = None,
    most: int = PAGE,
) -> Slice[Line]:
    """List the people of a broadcast."""
    query = (
        select(Recipient, Person, Outbox)
        .join(Person, col(Person.id) == Recipient.person_id)
        .outerjoin(Outbox, col(Outbox.id) == _shown())
        .where(Recipient.broadcast_id == broadcast.id)
        .order_by(col(Recipient.id).desc())
    )
    if below is not None:
        query = query.where(col(Recipient.id) < below)
    match show:
        case Show.ALL:
            pass
        case Show.YES | Show.NO | Show.LATER:
            query = query.where(Recipient.reply == Reply(show.value))
        case Show.SILENT:
            query = query.where(
                col(Recipient.reply).is_(None), Recipient.exclusion == Exclusion.NONE
            )
        case Show.FAILED:
            query = query.where(col(Outbox.state).in_(TROUBLED))
        case Show.EXCLUDED:
            query = query.where(Recipient.exclusion != Exclusion.NONE)
    rows = [Line(*row) for row in s.exec(query.limit(most + 1))]
    return cut(rows, [row.recipient.id or 0 for row in rows], most)
