"""Conversations in line: who has which open, and which comes onto the screen next."""

import json
from datetime import datetime

from sqlmodel import Session, col, select

from models.conversation import ConversationState, Talked
from models.facts import pack

OPEN = (ConversationState.READY, ConversationState.WAITING, ConversationState.ASKING)


def start(
    s: Session,
    *,
    name: str,
    given: object,
    person_id: int,
    case_id: int | None,
    code: str,
    now: datetime,
    ready: bool = False,
) -> Talked:
    """Put a conversation in line. `ready` ones open when the person writes their code."""
    talked = Talked(
        name=name,
        person_id=person_id,
        case_id=case_id,
        code=code,
        state=ConversationState.READY if ready else ConversationState.WAITING,
        given=json.dumps(pack(given), ensure_ascii=True),
        journal="{}",
        settled="[]",
        recorded="[]",
        started_at=now,
    )
    s.add(talked)
    s.flush()
    return talked


def cancel(s: Session, talked: Talked, now: datetime) -> None:
    """Ask no more questions in it. Its journal stays."""
    if talked.state in OPEN:
        talked.state = ConversationState.CANCELLED
        talked.ended_at = now
        talked.patience_until = None
        s.add(talked)


def open_for(s: Session, person_id: int) -> list[Talked]:
    """The conversations a person has open, oldest first."""
    return list(
        s.exec(
            select(Talked)
            .where(Talked.person_id == person_id, col(Talked.state).in_(OPEN))
            .order_by(col(Talked.id))
        )
    )
