"""What searches found: reported by a Defender, confirmed or rejected by a named human."""

from datetime import datetime

from sqlmodel import Session, col, select

from bot.office import talks, tasks, wording
from bot.office.notices import Notice
from bot.office.pings import ping
from bot.office.reach.addresses import last_heard
from bot.office.refusal import Refusal
from bot.office.work.offers import lock
from bot.office.work.papers import ask_all
from bot.office.work.progress import enter, move_on
from bot.vault import trail
from models.assignment import Assignment, AssignmentState
from models.case import Case
from models.conversation import Talked
from models.facts import SearchGiven, SearchReported
from models.task import TaskKind
from models.text import _
from models.whereabouts import Standing, Whereabouts


def search_reported(s: Session, talked: Talked, fact: SearchReported, now: datetime) -> None:
    """Keep a report as reported, never as true, and ask a human to confirm it.

    The first report submits the assignment; now the documents it wants are asked for.
    """
    assignment = lock(s, fact.assignment)
    report = _written(s, assignment, talked, fact, now)
    if _is_kept(s, report, talked):
        return
    s.add(report)
    s.flush()
    wording.add_place(s, report.case_id, report.place)
    trail.note(
        s,
        actor=trail.by_person(talked.person_id),
        act="search.reported",
        object=f"whereabouts:{report.id}",
        case_id=report.case_id,
        detail=report.finding.value,
        now=now,
    )
    tasks.need(
        s,
        kind=TaskKind.CONFIRM,
        cause=f"confirm-{report.id}",
        now=now,
        person_id=talked.person_id,
        case_id=report.case_id,
        detail="\n".join(filter(None, (report.place, report.note))),
    )
    if assignment.state is AssignmentState.ACCEPTED:
        enter(s, assignment, AssignmentState.SUBMITTED, trail.by_person(talked.person_id), now)
        if not _reports(s, assignment, but=report):
            ask_all(s, assignment, now)
    ping(s, s.get_one(Case, report.case_id), now)


def open_search(s: Session, assignment: Assignment, case: Case, now: datetime) -> None:
    """Let the Defender report: the conversation opens when she writes the code."""
    talks.start(
        s,
        name="search",
        given=SearchGiven(assignment.id or 0, case.reference),
        person_id=assignment.defender_id or 0,
        case_id=case.id,
        code=case.reference,
        now=now,
        ready=True,
    )


def confirm_whereabouts(
    s: Session,
    whereabouts: Whereabouts,
    staff_id: int,
    standing: Standing,
    note: str,
    now: datetime,
) -> list[Notice]:
    """Say as a named human whether a report stands. Decided is decided: a correction is a report.

    A rejected report lets the Defender report again, and she is told so.
    """
    report = s.exec(
        select(Whereabouts)
        .where(Whereabouts.id == whereabouts.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if standing is Standing.REPORTED or report.standing is not Standing.REPORTED:
        raise Refusal(_("This report is decided already. A correction needs a new report."))
    report.standing = standing
    report.decided_by = staff_id
    report.decided_at = now
    report.decision_note = note
    s.add(report)
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act=f"whereabouts.{standing.value}",
        object=f"whereabouts:{report.id}",
        case_id=report.case_id,
        detail=note,
        now=now,
    )
    tasks.settle(s, f"confirm-{report.id}", staff_id, note, now)
    if standing is Standing.CONFIRMED or report.assignment_id is None:
        move_on(s, report.assignment_id, now)
        return []
    return _again(s, report, lock(s, report.assignment_id), staff_id, now)


def _again(
    s: Session, report: Whereabouts, assignment: Assignment, staff_id: int, now: datetime
) -> list[Notice]:
    if assignment.state is not AssignmentState.SUBMITTED:
        return []
    case = s.get_one(Case, report.case_id)
    enter(s, assignment, AssignmentState.ACCEPTED, trail.by_staff(staff_id), now)
    open_search(s, assignment, case, now)
    return [
        Notice(
            person_id=report.reported_by,
            text=_(
                "{code}: your report leaves a question. To report again, write {code}.",
                code=case.reference,
            ),
            conversation_id=None,
            case_id=case.id,
            key=f"whereabouts-{report.id}-again",
        )
    ]


def _written(
    s: Session, assignment: Assignment, talked: Talked, fact: SearchReported, now: datetime
) -> Whereabouts:
    heard = last_heard(s, talked.person_id)
    pin = "" if fact.latitude is None else f"{fact.latitude},{fact.longitude}"
    return Whereabouts(
        case_id=assignment.case_id,
        assignment_id=assignment.id,
        reported_by=talked.person_id,
        via=heard.via if heard else "",
        finding=fact.finding,
        place=fact.place,
        pin=pin,
        source=fact.source,
        certainty=fact.certainty,
        note=fact.note,
        reported_at=now,
    )


def _is_kept(s: Session, report: Whereabouts, talked: Talked) -> bool:
    """Tell whether this conversation reported the very same before."""
    earlier = s.exec(
        select(Whereabouts).where(
            Whereabouts.assignment_id == report.assignment_id,
            Whereabouts.reported_by == report.reported_by,
            col(Whereabouts.reported_at) >= talked.started_at,
            col(Whereabouts.standing) != Standing.REJECTED,
        )
    )
    return any(_said(one) == _said(report) for one in earlier)


def _said(report: Whereabouts) -> tuple[object, ...]:
    return (
        report.finding,
        report.place,
        report.pin,
        report.source,
        report.certainty,
        report.note,
    )


def _reports(s: Session, assignment: Assignment, *, but: Whereabouts) -> bool:
    other = s.exec(
        select(Whereabouts.id).where(
            Whereabouts.assignment_id == assignment.id, Whereabouts.id != but.id
        )
    ).first()
    return other is not None
