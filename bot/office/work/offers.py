"""Offers: one assignment, offered to several Defenders, and what became of each offer."""

from datetime import datetime

from sqlmodel import Session, col, select

from bot.office import tasks
from models.assignment import Assignment, AssignmentState, DeclineReason, Offer, OfferState
from models.person import Person
from models.task import TaskKind


def make(s: Session, assignment: Assignment, person: Person, now: datetime) -> Offer:
    """Write down that a Defender is offered an assignment."""
    offer = Offer(assignment_id=assignment.id or 0, person_id=person.id or 0, offered_at=now)
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


def standing(s: Session, assignment: Assignment) -> list[Offer]:
    """Give the offers that nobody has answered yet."""
    return list(
        s.exec(
            select(Offer)
            .where(Offer.assignment_id == assignment.id, Offer.state == OfferState.OFFERED)
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


def ask_when_nobody_is_left(s: Session, assignment: Assignment, now: datetime) -> None:
    """Ask a human, once every Defender who was asked has declined or not answered."""
    if assignment.state is AssignmentState.OFFERED and not standing(s, assignment):
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
            ask_when_nobody_is_left(s, assignment, now)


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
