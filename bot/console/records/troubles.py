"""What went wrong on the way: envelopes nobody could work, messages that did not arrive."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bot.console.records.people import names
from models.inbox import Inbox, InboxState
from models.outbox import Outbox, OutboxState

PAGE = 50
WRONG = (OutboxState.FAILED, OutboxState.UNKNOWN, OutboxState.REFUSED, OutboxState.EXPIRED)


@dataclass(frozen=True)
class Lost:
    """A message that did not arrive, or nobody knows."""

    row: Outbox
    name: str


def envelopes(s: Session, *, most: int = PAGE) -> list[Inbox]:
    """List odd and dead envelopes, the newest first."""
    return list(
        s.exec(
            select(Inbox)
            .where(col(Inbox.state).in_((InboxState.ODD, InboxState.DEAD)))
            .order_by(col(Inbox.id).desc())
            .limit(most)
        )
    )


def lost(s: Session, *, since: datetime | None = None, most: int = PAGE) -> list[Lost]:
    """List messages that did not arrive, the newest first."""
    query = select(Outbox).where(col(Outbox.state).in_(WRONG))
    if since is not None:
        query = query.where(col(Outbox.created_at) >= since)
    rows = list(s.exec(query.order_by(col(Outbox.id).desc()).limit(most)))
    called = names(s, [row.person_id for row in rows])
    return [Lost(row, called.get(row.person_id, "")) for row in rows]
