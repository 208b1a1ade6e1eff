"""Asking for consent in the chat, and what is made of the answer."""

import json
from datetime import datetime

from sqlmodel import Session, select

from bot.office import organisation, talks, tasks
from bot.office.consents import log
from bot.office.reach.addresses import addresses_of, last_heard
from bot.office.reach.fitness import exclusion
from bot.office.refusal import Refusal
from bot.vault import trail
from handlers.consent import ASKABLE, VERSION
from models.broadcast import Exclusion
from models.conversation import Talked
from models.facts import ConsentAnswered, ConsentGiven, unpack
from models.grant import Giver, Grant, GrantAct, Medium, Purpose
from models.person import Person
from models.task import TaskKind
from models.text import _


def ask(
    s: Session,
    person: Person,
    purpose: Purpose,
    *,
    staff_id: int,
    now: datetime,
    case_id: int | None = None,
) -> Talked:
    """Ask somebody in the chat. Refuses what a chat cannot allow, and whom nobody may write to."""
    if purpose not in ASKABLE:
        raise Refusal(_("A chat cannot allow this. Ask by a call, in person or on paper."))
    if exclusion(person, addresses_of(s, person)) is not Exclusion.NONE:
        raise Refusal(_("This person cannot be written to now. Ask by a call or in person."))
    given = ConsentGiven(purpose=purpose, asked_by=staff_id, version=VERSION)
    opened = talks.open_for(s, person.id or 0)
    if any(one.name == "consent" and _given(one).purpose is purpose for one in opened):
        raise Refusal(_("This person is being asked already."))
    talked = talks.start(
        s,
        name="consent",
        given=given,
        person_id=person.id or 0,
        case_id=case_id,
        code="",  # a code would say that there is a case
        now=now,
    )
    log.write(
        s,
        person.id or 0,
        purpose,
        GrantAct.ASKED,
        now,
        actor=trail.by_staff(staff_id),
        said=log.Said(
            version=VERSION,
            language=person.language,
            medium=Medium.CHAT,
            conversation_id=talked.id,
        ),
        case_id=case_id,
        staff_id=staff_id,
    )
    return talked


def answered(s: Session, talked: Talked, fact: ConsentAnswered, now: datetime) -> None:
    """Keep what somebody answered in the chat. What is unclear goes to a human."""
    known = select(Grant.id).where(Grant.conversation_id == talked.id, Grant.act != GrantAct.ASKED)
    if s.exec(known).first() is not None:
        return
    given, heard = _given(talked), last_heard(s, talked.person_id)
    log.write(
        s,
        talked.person_id,
        fact.purpose,
        fact.answer,
        now,
        actor=trail.by_person(talked.person_id),
        said=log.Said(
            version=given.version,
            language=s.get_one(Person, talked.person_id).language,
            medium=Medium.CHAT,
            giver=Giver.INDIVIDUAL,
            words=heard.text if heard else "",
            inbox_id=heard.inbox_id if heard else None,
            conversation_id=talked.id,
        ),
        case_id=talked.case_id,
        staff_id=given.asked_by,
    )
    if fact.answer is GrantAct.UNCLEAR:
        tasks.need(
            s,
            kind=TaskKind.QUESTION,
            cause=f"consent-{talked.id}",
            now=now,
            due_hours=organisation.ours(s).reply_hours,
            person_id=talked.person_id,
            case_id=talked.case_id,
            detail=heard.text if heard else "",
        )


def _given(talked: Talked) -> ConsentGiven:
    given = unpack(json.loads(talked.given))
    if not isinstance(given, ConsentGiven):
        raise TypeError(f"The conversation {talked.id} asks for no consent.")
    return given
