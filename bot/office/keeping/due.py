"""What is due: closed cases and weeks of raw envelopes that were kept long enough.

A case is kept for as long as its line of work keeps it.

Nothing is destroyed by itself. What becomes due is shown, and two of staff decide about it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.office import tasks
from bot.office.keeping import destroying, holds, weeks
from bot.office.refusal import Refusal
from bot.vault import trail
from models.case import Case, CaseState, Program
from models.data_key import DataKey, Subject
from models.keeping import Keeping
from models.task import TaskKind
from models.text import _

FEWEST, MOST = 30, 36500  # days
MANY = 200


@dataclass(frozen=True)
class Due:
    """A closed case whose time is over. What is held stays all the same."""

    case: Case
    since: datetime
    held: bool
    asked: bool


@dataclass(frozen=True)
class DueWeek:
    """A week of raw envelopes whose time is over, by its number. What is held stays."""

    number: int
    since: datetime
    held: bool
    asked: bool

    @property
    def written(self) -> str:
        """The week as people write it."""
        return weeks.written(self.number)


def rules(s: Session) -> dict[Program, int]:
    """Give for how many days each line of work keeps its closed cases; the others for good."""
    return {row.program: row.days for row in s.exec(select(Keeping))}


def rule(s: Session, program: Program, days: int | None, staff_id: int, now: datetime) -> None:
    """Say for how many days closed cases are kept; nothing: for good."""
    if days is not None and not FEWEST <= days <= MOST:
        raise Refusal(
            _(
                "Give a number of days from {fewest} to {most}, or none to keep them for good.",
                fewest=str(FEWEST),
                most=str(MOST),
            )
        )
    row = s.get(Keeping, program)
    if (row.days if row else None) == days:
        return
    if days is None:
        s.delete(row)
    else:
        row = row or Keeping(program=program, days=days, set_by=staff_id, set_at=now)
        row.days, row.set_by, row.set_at = days, staff_id, now
        s.add(row)
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act="keeping.set",
        object=f"program:{program.value}",
        detail="" if days is None else str(days),
        now=now,
    )


def due(s: Session, now: datetime) -> list[Due]:
    """List the closed cases whose time is over, the longest over first."""
    found = []
    gone = select(DataKey.subject).where(
        DataKey.kind == Subject.CASE, col(DataKey.destroyed_at).is_not(None)
    )
    for program, days in rules(s).items():
        query = select(Case).where(
            Case.program == program,
            Case.state == CaseState.CLOSED,
            col(Case.closed_at) <= now - timedelta(days=days),
            col(Case.id).not_in(gone),
        )
        for case in s.exec(query.order_by(col(Case.closed_at)).limit(MANY)):
            who = Subject.CASE, case.id or 0
            since = (case.closed_at or now) + timedelta(days=days)
            asked = destroying.asked(s, who) is not None
            found.append(Due(case, since, bool(holds.on(s, [who])), asked))
    return sorted(found, key=lambda one: one.since)


def due_weeks(s: Session, now: datetime) -> list[DueWeek]:
    """List the weeks of raw envelopes whose time is over, and of which nothing waits any more."""
    first = weeks.first_kept(now)
    query = select(DataKey.subject).where(
        DataKey.kind == Subject.INTAKE,
        DataKey.subject < first,
        col(DataKey.destroyed_at).is_(None),
        col(DataKey.subject).not_in(weeks.waiting(s, first)),
    )
    numbers = s.exec(query.order_by(col(DataKey.subject)).limit(MANY)).all()
    kept = weeks.held(s) if numbers else set()
    return [
        DueWeek(
            number,
            weeks.ends(number) + weeks.KEPT,
            number in kept or bool(holds.on(s, [(Subject.INTAKE, number)])),
            destroying.asked(s, (Subject.INTAKE, number)) is not None,
        )
        for number in numbers
    ]


def remind(s: Session, now: datetime) -> None:
    """Show staff what became due, once each time a case is closed."""
    for one in due(s, now):
        if not one.held and one.case.closed_at is not None:
            tasks.need(
                s,
                kind=TaskKind.DUE,
                cause=f"due:{one.case.id}:{one.case.closed_at.isoformat()}",
                now=now,
                due_hours=24 * 14,
                case_id=one.case.id,
            )
