"""The conversations that belong to a piece of work, found by what they were given."""

import json
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from bot.office import talks
from models.conversation import ConversationState, Talked
from models.facts import unpack
from models.outbox import Outbox, OutboxState


def about(s: Session, person_id: int, fits: Callable[[object], bool]) -> list[Talked]:
    """Give the open conversations of somebody whose given fits."""
    return [
        talked for talked in talks.open_for(s, person_id) if fits(unpack(json.loads(talked.given)))
    ]


def take_back(s: Session, talked: Talked, now: datetime) -> bool:
    """Cancel a conversation with what it was about to say. True when its question was shown."""
    asked = talked.state is ConversationState.ASKING
    talks.cancel(s, talked, now)
    s.exec(
        sa.update(Outbox)
        .where(
            col(Outbox.conversation_id) == talked.id,
            col(Outbox.state) == OutboxState.PENDING,
        )
        .values(state=OutboxState.CANCELLED, changed_at=now)
    )
    if not asked or talked.asked_in is None:
        return asked
    shown = s.get(Outbox, talked.asked_in, populate_existing=True)
    return shown is None or shown.state is not OutboxState.CANCELLED
