"""Assignments: offered to several Defenders, taken by the first who accepts."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session

from bot.office import tasks, wording
from bot.office.hours import zones_of
from bot.office.notices import Notice
from bot.office.reach.fitness import choose_defenders
from bot.office.refusal import Refusal
from bot.office.work import offers, threads
from bot.office.work.cases import must_be_open
from bot.office.work.details import by_link
from bot.office.work.findings import open_search
from bot.office.work.papers import ask_all, withdraw_papers
from bot.office.work.progress import enter
from bot.vault import trail
from handlers.always import covered, withdrawn
from models.assignment import Assignment, AssignmentKind, AssignmentState, Offer, OfferState
from models.case import Case
from models.conversation import Talked
from models.document import DocumentType
from models.facts import (
    Accepted,
    Declined,
    FreeNextWeek,
    Lapsed,
    OfferGiven,
    PapersGiven,
    SearchGiven,
)
from models.person import Person
from models.task import TaskKind
from models.text import _


class Covered(Exception):  # noqa: N818 - a verdict about an acceptance
    """Somebody accepted what is not to be had any more. Tell them so, never that it is theirs."""


def offer(
    s: Session,
    *,
    case: Case,
    kind: AssignmentKind,
    municipality: str,
    language_needed: str,
    due: str,
    budget: str,
    details: str,
    documents: Collection[DocumentType],
    person_ids: Collection[int],
    then_ids: Sequence[int] = (),
    now: datetime,
    actor: str,
) -> Assignment:
    """Offer a piece of work, blind. Refuses unfit people and an offer that would name somebody.

    `then_ids` are asked one by one, in their order, once all of `person_ids` have said no.
    """
    must_be_open(case)
    if not person_ids:
        raise Refusal(_("Choose at least one Defender."))
    if due and not _is_day(due):
        raise Refusal(_("The day must be written like 2026-12-05."))
    if wording.names(case, f"{municipality}\n{language_needed}\n{budget}"):
        raise Refusal(
            _("The offer would hold a name or place that this case guards. Leave it out.")
        )
    people = choose_defenders(s, person_ids)
    after = [number for number in dict.fromkeys(then_ids) if number not in set(person_ids)]
    known = {person.id: person for person in choose_defenders(s, after)}
    line = [known[number] for number in after]
    assignment = Assignment(
        case_id=case.id or 0,
        kind=kind,
        state=AssignmentState.OFFERED,
        municipality=municipality,
        language_needed=language_needed,
        due=due,
        budget=budget,
        details=details,
        documents=",".join(document.value for document in documents),
        created_at=now,
    )
    s.add(assignment)
    s.flush()
    for person in people:
        offers.make(s, assignment, person, now)
    for person in line:
        offers.put_in_line(s, assignment, person, now)
    enter(s, assignment, AssignmentState.OFFERED, actor, now)
    return assignment


def accepted(s: Session, talked: Talked, fact: Accepted, now: datetime) -> list[Notice]:
    """Give the assignment to the first who accepts. Raises `Covered` for everybody else."""
    assignment = offers.lock(s, fact.assignment)
    mine = offers.offer_to(s, assignment, talked.person_id)
    if mine.state is OfferState.ACCEPTED:
        return []
    if mine.state is not OfferState.OFFERED:
        raise Covered(talked.code)
    offers.close(s, mine, OfferState.ACCEPTED, now)
    assignment.defender_id = talked.person_id
    assignment.accepted_at = now
    enter(s, assignment, AssignmentState.ACCEPTED, trail.by_person(talked.person_id), now)
    notices = _tell_the_others(s, assignment, OfferState.COVERED, now)
    if not by_link(s, assignment):
        tasks.need(
            s,
            kind=TaskKind.DETAILS,
            cause=f"details-{assignment.id}",
            now=now,
            person_id=talked.person_id,
            case_id=assignment.case_id,
        )
    if assignment.kind is AssignmentKind.FIELD_SEARCH:
        open_search(s, assignment, s.get_one(Case, assignment.case_id), now)
    else:
        ask_all(s, assignment, now)
    return notices


def declined(s: Session, talked: Talked, fact: Declined, now: datetime) -> None:
    """Keep that somebody declined, and why. Only staff see it."""
    assignment = offers.lock(s, fact.assignment)
    mine = offers.offer_to(s, assignment, talked.person_id)
    if mine.state is not OfferState.OFFERED:
        return
    offers.close(s, mine, OfferState.DECLINED, now, reason=fact.reason, note=fact.note)
    _note_answer(s, assignment, talked, "offer.declined", now)
    offers.go_on(s, assignment, now)


def free_next_week(s: Session, talked: Talked, fact: FreeNextWeek, now: datetime) -> None:
    """Keep from which day somebody can who declined: the next Monday where she lives."""
    assignment = offers.lock(s, fact.assignment)
    mine = offers.offer_to(s, assignment, talked.person_id)
    today = now.astimezone(zones_of(s.get_one(Person, talked.person_id))[0]).date()
    mine.free_from = (today + timedelta(days=7 - today.weekday())).isoformat()
    s.add(mine)
    _note_answer(s, assignment, talked, "offer.next_week", now)


def lapsed(s: Session, talked: Talked, fact: Lapsed, now: datetime) -> None:
    """Keep that an offer was not answered in time."""
    assignment = offers.lock(s, fact.assignment)
    mine = offers.offer_to(s, assignment, talked.person_id)
    if mine.state is not OfferState.OFFERED:
        return
    offers.close(s, mine, OfferState.LAPSED, now)
    _note_answer(s, assignment, talked, "offer.lapsed", now)
    offers.go_on(s, assignment, now)


def withdraw(s: Session, assignment: Assignment, now: datetime, actor: str) -> list[Notice]:
    """Take work back, from everybody who was asked and from whoever has it."""
    assignment = offers.lock(s, assignment.id or 0)
    if assignment.state is AssignmentState.WITHDRAWN:
        return []
    if assignment.state is AssignmentState.DONE:
        raise Refusal(_("This work is done already and cannot be withdrawn."))
    assignment.closed_at = now
    enter(s, assignment, AssignmentState.WITHDRAWN, actor, now)
    return [
        *_tell_the_others(s, assignment, OfferState.WITHDRAWN, now),
        *_take_from_defender(s, assignment, now),
    ]


def _tell_the_others(
    s: Session, assignment: Assignment, state: OfferState, now: datetime
) -> list[Notice]:
    """Close the offers that nobody answered, and the line. Whoever has seen theirs is told so."""
    told: list[tuple[Offer, Talked]] = []
    code = s.get_one(Case, assignment.case_id).reference
    text = covered(code) if state is OfferState.COVERED else withdrawn(code)
    for other in offers.standing(s, assignment, OfferState.OFFERED, OfferState.NEXT):
        offers.close(s, other, state, now)
        mine = threads.about(
            s,
            other.person_id,
            lambda given: isinstance(given, OfferGiven) and given.assignment == assignment.id,
        )
        told += [(other, talked) for talked in mine if threads.take_back(s, talked, now)]
    return [
        Notice(
            person_id=other.person_id,
            text=text,
            conversation_id=talked.id,
            case_id=assignment.case_id,
            key=f"offer-{other.id}-{state.value}",
        )
        for other, talked in told
    ]


def _take_from_defender(s: Session, assignment: Assignment, now: datetime) -> list[Notice]:
    if assignment.defender_id is None:
        return []
    papers = withdraw_papers(s, assignment)
    for talked in threads.about(
        s,
        assignment.defender_id,
        lambda given: (
            (isinstance(given, SearchGiven) and given.assignment == assignment.id)
            or (isinstance(given, PapersGiven) and given.request in papers)
        ),
    ):
        threads.take_back(s, talked, now)
    code = s.get_one(Case, assignment.case_id).reference
    return [
        Notice(
            person_id=assignment.defender_id,
            text=withdrawn(code),
            conversation_id=None,
            case_id=assignment.case_id,
            key=f"assignment-{assignment.id}-withdrawn",
        )
    ]


def _note_answer(
    s: Session, assignment: Assignment, talked: Talked, act: str, now: datetime
) -> None:
    trail.note(
        s,
        actor=trail.by_person(talked.person_id),
        act=act,
        object=f"assignment:{assignment.id}",
        case_id=assignment.case_id,
        now=now,
    )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
