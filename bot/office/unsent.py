"""What waits to be sent, and is not to go any more."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col

from models.outbox import Outbox, OutboxState, Weight


def cancel_messages(s: Session, whose: ColumnElement[bool], now: datetime) -> None:
    """Let nothing of this go that has not gone yet, but the word that confirms a stop."""
    # One statement, so that what a sender has just claimed is left to it.
    s.exec(
        sa.update(Outbox)
        .where(
            whose,
            col(Outbox.state) == OutboxState.PENDING,
            col(Outbox.weight) != Weight.STOP.value,
        )
        .values(state=OutboxState.CANCELLED, changed_at=now)
    )
