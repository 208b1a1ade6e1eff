"""The casebook: what conversations found to be so becomes part of the record.

A fact may be recorded again; the second time changes nothing.
"""

from datetime import datetime

from sqlmodel import Session, col, select

from bot.office import broadcasts, tasks
from bot.office.consents import chat
from bot.office.duty.intake import agreed
from bot.office.notices import Notice
from bot.office.reach import consent
from bot.office.reach.addresses import best_address, last_heard
from bot.office.who import doubts
from bot.office.work import recognition
from bot.office.work.assignments import (
    Covered,
    accepted,
    declined,
    free_next_week,
    lapsed,
    offer,
    withdraw,
)
from bot.office.work.calls import booked, outreach, record_call
from bot.office.work.cases import next_reference, open_case
from bot.office.work.findings import confirm_whereabouts, search_reported
from bot.office.work.papers import decide_document, papers_sent, request_document, unobtainable
from bot.vault import trail
from models.conversation import Talked
from models.facts import (
    Accepted,
    Answered,
    Asked,
    Belongs,
    CallBooked,
    CallWanted,
    ConsentAnswered,
    Declined,
    FreeNextWeek,
    IdentityTold,
    IntakeAgreed,
    LanguageChosen,
    Lapsed,
    NeverHere,
    NotAdded,
    NotNow,
    PapersSent,
    SearchReported,
    Unanswered,
    Unobtainable,
)
from models.person import Address, Person
from models.task import Task, TaskKind

__all__ = [
    "Covered",
    "Notice",
    "confirm_whereabouts",
    "decide_document",
    "next_reference",
    "offer",
    "open_case",
    "outreach",
    "record",
    "record_call",
    "request_document",
    "withdraw",
]


def record(s: Session, talked: Talked, fact: object, now: datetime) -> list[Notice]:  # noqa: C901, PLR0912 - one line a fact
    """Let a fact take effect. Gives the words for other people that follow from it.

    Raises `Covered` when somebody accepts what is not to be had any more.
    """
    notices: list[Notice] = []
    match fact:
        case Accepted():
            notices = accepted(s, talked, fact, now)
        case Declined():
            declined(s, talked, fact, now)
        case FreeNextWeek():
            free_next_week(s, talked, fact, now)
        case Lapsed():
            lapsed(s, talked, fact, now)
        case Asked():
            _asked(s, talked, fact, now)
        case SearchReported():
            search_reported(s, talked, fact, now)
        case PapersSent():
            papers_sent(s, talked, fact, now)
        case Unobtainable():
            unobtainable(s, talked, fact, now)
        case Answered():
            if not broadcasts.answered(s, talked, fact, now):
                raise Covered(talked.code)
        case ConsentAnswered():
            chat.answered(s, talked, fact, now)
        case IdentityTold():
            recognition.told(s, talked, fact, now)
        case CallBooked():
            booked(s, talked, fact, now)
        case CallWanted():
            _call(s, talked, "wanted", fact.case, fact.words, now)
        case NotNow():
            _call(s, talked, "not-now", fact.case, fact.words, now)
        case Unanswered():
            _call(s, talked, "unanswered", fact.case, "", now)
        case NeverHere():
            _never_here(s, talked, now)
        case IntakeAgreed():
            agreed(s, talked, fact, now)
        case LanguageChosen():
            _language_chosen(s, talked, fact, now)
        case NotAdded():
            doubts.denied(s, s.get_one(Person, talked.person_id), fact.added, now)
        case Belongs():
            pass  # the turn has put what came where it belongs
        case _:
            raise TypeError(f"The casebook does not know the fact {type(fact).__name__}.")
    return notices


def _asked(s: Session, talked: Talked, fact: Asked, now: datetime) -> None:
    """Ask a human to answer. The same question asked again in one conversation is one task."""
    cause = f"question-{talked.id}-"
    earlier = s.exec(select(Task).where(col(Task.cause).startswith(cause))).all()
    if any(task.detail == fact.question for task in earlier):
        return
    tasks.need(
        s,
        kind=TaskKind.QUESTION,
        cause=f"{cause}{len(earlier) + 1}",
        now=now,
        person_id=talked.person_id,
        case_id=talked.case_id,
        detail=fact.question,
    )


def _call(s: Session, talked: Talked, why: str, case_id: int, words: str, now: datetime) -> None:
    """Ask a human to go on with a possible parent, who agreed to no hour."""
    tasks.need(
        s,
        kind=TaskKind.CALL,
        cause=f"{why}-{talked.id}",
        now=now,
        person_id=talked.person_id,
        case_id=case_id,
        detail=words,
    )


def _never_here(s: Session, talked: Talked, now: datetime) -> None:
    person = s.get_one(Person, talked.person_id)
    heard = last_heard(s, talked.person_id)
    address = s.get(Address, heard.address_id) if heard else best_address(s, person)
    if address is not None and address.unsafe_at is None:
        consent.never_here(s, person, address, heard.text if heard else "", now)


def _language_chosen(s: Session, talked: Talked, fact: LanguageChosen, now: datetime) -> None:
    person = s.get_one(Person, talked.person_id)
    if person.language == fact.language:
        return
    person.language = fact.language
    s.add(person)
    trail.note(
        s,
        actor=trail.by_person(person.id),
        act="person.language",
        object=f"person:{person.id}",
        detail=fact.language,
        now=now,
    )
