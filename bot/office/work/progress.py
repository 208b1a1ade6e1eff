"""How an assignment moves on by itself: submitted when it is answered, done when it is decided."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from bot.office.work.offers import lock
from bot.vault import trail
from models.assignment import Assignment, AssignmentKind, AssignmentState
from models.document import DocumentRequest, DocumentState
from models.whereabouts import Standing, Whereabouts


def move_on(s: Session, assignment_id: int | None, now: datetime) -> None:
    """Move an assignment to where its reports and documents are. Done is what humans decided."""
    if assignment_id is None:
        return
    assignment = lock(s, assignment_id)
    papers = s.exec(
        select(DocumentRequest).where(DocumentRequest.assignment_id == assignment_id)
    ).all()
    reports = s.exec(select(Whereabouts).where(Whereabouts.assignment_id == assignment_id)).all()
    if assignment.state is AssignmentState.ACCEPTED and _answered(assignment, papers, reports):
        enter(s, assignment, AssignmentState.SUBMITTED, trail.BOT, now)
    if assignment.state is AssignmentState.SUBMITTED and _decided(papers, reports):
        assignment.closed_at = now
        enter(s, assignment, AssignmentState.DONE, trail.BOT, now)


def enter(
    s: Session, assignment: Assignment, state: AssignmentState, actor: str, now: datetime
) -> None:
    """Put an assignment into a state, and leave a trace of it."""
    assignment.state = state
    s.add(assignment)
    trail.note(
        s,
        actor=actor,
        act=f"assignment.{state.value}",
        object=f"assignment:{assignment.id}",
        case_id=assignment.case_id,
        now=now,
    )


def _answered(
    assignment: Assignment, papers: Sequence[DocumentRequest], reports: Sequence[Whereabouts]
) -> bool:
    if assignment.kind is AssignmentKind.FIELD_SEARCH:
        return any(report.standing is not Standing.REJECTED for report in reports)
    return bool(papers) and all(paper.state is not DocumentState.REQUESTED for paper in papers)


def _decided(papers: Sequence[DocumentRequest], reports: Sequence[Whereabouts]) -> bool:
    return all(report.decided_at is not None for report in reports) and all(
        paper.decided_at is not None or paper.state is DocumentState.WITHDRAWN for paper in papers
    )
