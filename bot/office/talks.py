"""Conversations in line: who has which open, and which comes onto the screen next."""

import json
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.conversation import ConversationState, Talked
from models.facts import pack

OPEN = (ConversationState.READY, ConversationState.WAITING, ConversationState.ASKING)
# Asked for every message that comes or goes, so built once.
_OPEN_FOR = (
    select(Talked)
    .where(Talked.person_id == sa.bindparam("person"), col(Talked.state).in_(OPEN))
    .order_by(col(Talked.id))
)


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
    state = ConversationState.READY if ready else ConversationState.WAITING
    talked = new(name, given, person_id=person_id, case_id=case_id, code=code, state=state, now=now)
    s.add(talked)
    s.flush()
    return talked


def new(
    name: str,
    given: object,
    *,
    person_id: int,
    code: str,
    now: datetime,
    case_id: int | None = None,
    state: ConversationState = ConversationState.WAITING,
) -> Talked:
    """Write a conversation that nobody has said a word in. It is in line once it is added."""
    return Talked(
        name=name,
        person_id=person_id,
        case_id=case_id,
        code=code,
        state=state,
        given=json.dumps(pack(given), ensure_ascii=True),
        journal="{}",
        settled="[]",
        recorded="[]",
        started_at=now,
    )


def cancel(s: Session, talked: Talked, now: datetime) -> None:
    """Ask no more questions in it. Its journal stays."""
    if talked.state in OPEN:
        talked.state = ConversationState.CANCELLED
        talked.ended_at = now
        talked.patience_until = None
        s.add(talked)


def open_for(s: Session, person_id: int) -> list[Talked]:
    """The conversations a person has open, oldest first."""
    return list(s.exec(_OPEN_FOR, params={"person": person_id}))
