"""Tasks as staff see them: what waits, by when, for whom."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.console.records.slices import Slice, cut
from bot.console.records.timeline import staff_names
from models.case import Case
from models.person import Person
from models.task import Task, TaskKind, TaskState

PAGE = 50


@dataclass(frozen=True)
class Line:
    """A task with whom and what it is about."""

    task: Task
    person: Person | None
    case: Case | None
    done_by: str = ""


def find(s: Session, number: int) -> Line | None:
    """Find a task."""
    task = s.get(Task, number)
    return _lines(s, [task])[0] if task is not None else None


def waiting(s: Session, *, kind: TaskKind | None = None, most: int = PAGE) -> tuple[Line, ...]:
    """List what waits, the most pressing first."""
    query = select(Task).where(Task.state == TaskState.OPEN)
    if kind is not None:
        query = query.where(Task.kind == kind)
    return _lines(s, list(s.exec(query.order_by(col(Task.due_at), col(Task.id)).limit(most))))


def count_waiting(s: Session) -> int:
    """Count what waits."""
    return s.exec(
        select(sa.func.count()).select_from(Task).where(Task.state == TaskState.OPEN)
    ).one()


def count_late(s: Session, now: datetime) -> int:
    """Count what should be done already."""
    return s.exec(
        select(sa.func.count())
        .select_from(Task)
        .where(Task.state == TaskState.OPEN, col(Task.due_at) < now)
    ).one()


def listing(
    s: Session,
    state: TaskState | None = None,
    *,
    below: int | None = None,
    most: int = PAGE,
) -> Slice[Line]:
    """List tasks, the newest first."""
    query = select(Task).order_by(col(Task.id).desc())
    if state is not None:
        query = query.where(Task.state == state)
    if below is not None:
        query = query.where(col(Task.id) < below)
    rows = list(s.exec(query.limit(most + 1)))
    part = cut(rows, [row.id or 0 for row in rows], most)
    return Slice(_lines(s, part.items), part.next)


def _lines(s: Session, tasks: "list[Task] | tuple[Task, ...]") -> tuple[Line, ...]:
    people = {
        person.id: person
        for person in s.exec(
            select(Person).where(col(Person.id).in_({task.person_id for task in tasks} - {None}))
        )
    }
    cases = {
        case.id: case
        for case in s.exec(
            select(Case).where(col(Case.id).in_({task.case_id for task in tasks} - {None}))
        )
    }
    staff = staff_names(s, [task.done_by for task in tasks])
    return tuple(
        Line(
            task,
            people.get(task.person_id),
            cases.get(task.case_id),
            staff.get(task.done_by or 0, ""),
        )
        for task in tasks
    )
