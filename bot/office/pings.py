"""A lawyer hears that there is news on a case: its code, and nothing else."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import talks
from bot.office.reach.addresses import addresses_of
from bot.office.reach.fitness import exclusion
from bot.vault import trail
from models.broadcast import Exclusion
from models.case import Case
from models.conversation import ConversationState, Talked
from models.facts import PingGiven
from models.person import Person

PAUSE = timedelta(minutes=10)  # news that comes close together is one ping


def ping(s: Session, case: Case, now: datetime) -> None:
    """Put a ping in line for the case's lawyer, unless one is in line or went out just now."""
    if case.lawyer_id is None:
        return
    lawyer = s.get_one(Person, case.lawyer_id)
    if exclusion(lawyer, addresses_of(s, lawyer)) is not Exclusion.NONE:
        return
    near = s.exec(
        select(Talked.id).where(
            Talked.name == "ping",
            Talked.person_id == lawyer.id,
            Talked.case_id == case.id,
            sa.or_(
                col(Talked.started_at) > now - PAUSE,
                col(Talked.state) == ConversationState.WAITING,
            ),
        )
    ).first()
    if near is not None:
        return
    talks.start(
        s,
        name="ping",
        given=PingGiven(case.reference),
        person_id=lawyer.id or 0,
        case_id=case.id,
        code=case.reference,
        now=now,
    )
    trail.note(
        s,
        actor=trail.BOT,
        act="lawyer.pinged",
        object=f"person:{lawyer.id}",
        case_id=case.id,
        now=now,
    )
