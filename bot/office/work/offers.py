"""Offers: one assignment, offered to Defenders at once or one by one, and what became of each."""

from datetime import datetime

from sqlmodel import Session, col, select

from bot.office import talks, tasks
from bot.office.duty import shifts
from bot.office.reach.fitness import choose_defenders
from bot.office.refusal import Refusal
from bot.office.work.details import by_link
from bot.vault import trail
from handlers.offer import VERSION
from models.assignment import Assignment, AssignmentState, DeclineReason, Offer, OfferState
from models.case import Case
from models.facts import OfferGiven
from models.person import Person
from models.task import TaskKind


def make(s: Session, assignment: Assignment, person: Person, now: datetime) -> Offer:
    """Offer an assignment to a Defender: write it down, and put the question in line for her."""
    offer = put_in_line(s, assignment, person, now)
    _ask(s, assignment, offer, person, now)
    return offer


def put_in_line(s: Session, assignment: Assignment, person: Person, now: datetime) -> Offer:
    """Write down who is asked after those before have said no. She is told nothing."""
    offer = Offer(
        assignment_id=assignment.id or 0,
        person_id=person.id or 0,
        state=OfferState.NEXT,
        offered_at=now,
    )
    s.add(offer)
    s.flush()
    return offer


def lock(s: Session, assignment_id: int) -> Assignment:
    """Take an assignment for this transaction, so that two people cannot both have it."""
    return s.exec(
        select(Assignment)
        .where(Assignment.id == assignment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def offer_to(s: Session, assignment: Assignment, person_id: int) -> Offer:
    """Give the offer that somebody was made, as it stands now."""
    return s.exec(
        select(Offer)
        .where(Offer.assignment_id == assignment.id, Offer.person_id == person_id)
        .execution_options(populate_existing=True)
    ).one()


def standing(s: Session, assignment: Assignment, *states: OfferState) -> list[Offer]:
    """Give the offers that nobody has answered yet, or those in other states."""
    return list(
        s.exec(
            select(Offer)
            .where(
                Offer.assignment_id == assignment.id,
                col(Offer.state).in_(states or (OfferState.OFFERED,)),
            )
            .order_by(col(Offer.id))
            .execution_options(populate_existing=True)
        )
    )


def close(
    s: Session,
    offer: Offer,
    state: OfferState,
    now: datetime,
    *,
    reason: DeclineReason = DeclineReason.UNSAID,
    note: str = "",
) -> None:
    """Write down what became of an offer."""
    offer.state = state
    offer.reason = reason
    offer.note = note
    offer.answered_at = now
    s.add(offer)


def go_on(s: Session, assignment: Assignment, now: datetime) -> None:
    """Once everybody who was asked has declined or not answered, ask the next in line.

    Whoever cannot be asked now is passed over. At the end of the line a human is asked. The
    assignment must be locked: so never more than one of a line is asked at a time.
    """
    if assignment.state is not AssignmentState.OFFERED or standing(s, assignment):
        return
    for waiting in standing(s, assignment, OfferState.NEXT):
        person = s.get_one(Person, waiting.person_id)
        if not _may_be_asked(s, person, now):
            close(s, waiting, OfferState.PASSED_OVER, now)
            continue
        _ask(s, assignment, waiting, person, now)
        trail.note(
            s,
            actor=trail.BOT,
            act="offer.next",
            object=f"assignment:{assignment.id}",
            case_id=assignment.case_id,
            detail=f"person:{person.id}",
            now=now,
        )
        return
    tasks.need(
        s,
        kind=TaskKind.NOBODY_LEFT,
        cause=f"nobody-left-{assignment.id}",
        now=now,
        case_id=assignment.case_id,
    )


def let_go(s: Session, person: Person, now: datetime) -> None:
    """Let the offers of somebody lapse who is not asked any more."""
    offered = s.exec(
        select(Offer.assignment_id)
        .where(Offer.person_id == person.id, Offer.state == OfferState.OFFERED)
        .order_by(col(Offer.assignment_id))
    ).all()
    for assignment_id in offered:
        assignment = lock(s, assignment_id)
        offer = offer_to(s, assignment, person.id or 0)
        if offer.state is OfferState.OFFERED:
            close(s, offer, OfferState.LAPSED, now)
            go_on(s, assignment, now)


def held_cases(s: Session, person: Person) -> list[int]:
    """Give the cases on which somebody has work under way."""
    return list(
        s.exec(
            select(Assignment.case_id)
            .where(
                Assignment.defender_id == person.id,
                Assignment.state == AssignmentState.ACCEPTED,
            )
            .order_by(col(Assignment.case_id))
        )
    )


def _ask(s: Session, assignment: Assignment, offer: Offer, person: Person, now: datetime) -> None:
    code = s.get_one(Case, assignment.case_id).reference
    offer.state, offer.offered_at = OfferState.OFFERED, now
    s.add(offer)
    talks.start(
        s,
        name="offer",
        given=OfferGiven(
            assignment=assignment.id or 0,
            code=code,
            first_name=person.name.partition(" ")[0],
            kind=assignment.kind,
            municipality=assignment.municipality,
            language_needed=assignment.language_needed,
            due=assignment.due,
            budget=assignment.budget,
            version=VERSION,
            details=by_link(s, assignment),
        ),
        person_id=person.id or 0,
        case_id=assignment.case_id,
        code=code,
        now=now,
    )


def _may_be_asked(s: Session, person: Person, now: datetime) -> bool:
    if person.held_at is not None or shifts.away(s, [person], now):
        return False  # a human talks with her, or she is on leave
    try:
        choose_defenders(s, [person.id or 0])
    except Refusal:
        return False
    return True
