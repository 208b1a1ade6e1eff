"""Tasks as staff see them: what waits, by when, for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.console.records.slices import Slice, cut
from bot.console.records.timeline import staff_names
from models.case import Case
from models.person import Person
from models.task import Task, TaskKind, TaskNote, TaskState, Urgency

PAGE = 50


class Whose(Enum):
    """Which of the tasks that wait to list."""

    ALL = "all"
    MINE = "mine"
    NOBODYS = "nobody"
    LATE = "late"
    PUT_OFF = "later"  # out of the list until an hour


@dataclass(frozen=True)
class Line:
    """A task with whom and what it is about, and whose it is."""

    task: Task
    person: Person | None
    case: Case | None
    done_by: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Note:
    """What somebody wrote about a task, and who."""

    note: TaskNote
    by: str


def find(s: Session, number: int) -> Line | None:
    """Find a task."""
    task = s.get(Task, number)
    return _lines(s, [task])[0] if task is not None else None


def notes(s: Session, number: int) -> tuple[Note, ...]:
    """Give what was written about a task, the oldest first."""
    found = s.exec(select(TaskNote).where(TaskNote.task_id == number).order_by(col(TaskNote.id)))
    kept = list(found)
    names = staff_names(s, [note.staff_id for note in kept])
    return tuple(Note(note, names.get(note.staff_id or 0, "")) for note in kept)


def waiting(
    s: Session,
    now: datetime,
    *,
    kind: TaskKind | None = None,
    whose: Whose = Whose.ALL,
    me: int | None = None,
    most: int = PAGE,
) -> tuple[Line, ...]:
    """List what waits, the most pressing first: somebody in danger, then what is due."""
    query = select(Task).where(*which(whose, me, now))
    if kind is not None:
        query = query.where(Task.kind == kind)
    later = sa.case((col(Task.urgency) == Urgency.NOW, 0), else_=1)
    return _lines(
        s, list(s.exec(query.order_by(later, col(Task.due_at), col(Task.id)).limit(most)))
    )


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
    where: Iterable[sa.ColumnElement[bool]] = (),
    below: int | None = None,
    most: int = PAGE,
) -> Slice[Line]:
    """List tasks, the newest first."""
    query = select(Task).where(*where).order_by(col(Task.id).desc())
    if state is not None:
        query = query.where(Task.state == state)
    if below is not None:
        query = query.where(col(Task.id) < below)
    rows = list(s.exec(query.limit(most + 1)))
    part = cut(rows, [row.id or 0 for row in rows], most)
    return Slice(_lines(s, part.items), part.next)


def which(whose: Whose, me: int | None, now: datetime) -> list[sa.ColumnElement[bool]]:
    """Say which of the tasks that wait are meant."""
    put_off = col(Task.snoozed_until).is_not(None) & (col(Task.snoozed_until) > now)
    found = [col(Task.state) == TaskState.OPEN, put_off if whose is Whose.PUT_OFF else ~put_off]
    if whose is Whose.MINE:
        found.append(col(Task.owner_id) == me)
    elif whose is Whose.NOBODYS:
        found.append(col(Task.owner_id).is_(None))
    elif whose is Whose.LATE:
        found.append(col(Task.due_at) < now)
    return found


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
    staff = staff_names(s, [number for task in tasks for number in (task.done_by, task.owner_id)])
    return tuple(
        Line(
            task,
            people.get(task.person_id),
            cases.get(task.case_id),
            staff.get(task.done_by or 0, ""),
            staff.get(task.owner_id or 0, ""),
        )
        for task in tasks
    )
