"""What waits for a human, each need once."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.office.duty import answering, ladder, shifts
from bot.office.once import once
from bot.vault import trail
from models.person import Address, Person
from models.task import Task, TaskKind, TaskState
from models.text import Text


def need(
    s: Session,
    *,
    kind: TaskKind,
    cause: str,
    now: datetime,
    due_hours: int | None = None,
    person_id: int | None = None,
    case_id: int | None = None,
    owner_id: int | None = None,
    detail: str = "",
) -> Task:
    """Ask for a human. The same cause gives the same task, also when it is done already.

    It is due within `due_hours`; without them, by the hours at which somebody answers.
    """

    def make() -> Task:
        hours = due_hours
        due_at = answering.due(s, kind, now) if hours is None else now + timedelta(hours=hours)
        return Task(
            kind=kind,
            cause=cause,
            person_id=person_id,
            case_id=case_id,
            owner_id=owner_id,
            detail=detail,
            urgency=ladder.ladder().urgency[kind],
            due_at=due_at,
            created_at=now,
        )

    task, made = once(s, lambda: s.exec(select(Task).where(Task.cause == cause)).first(), make)
    if made:
        rings(s, task, now)
        trail.note(
            s,
            actor=trail.BOT,
            act="task.needed",
            object=f"task:{task.id}",
            case_id=case_id,
            detail=kind.value,
            now=now,
        )
    return task


def waiting(s: Session, person_id: int | None, before: str) -> Task | None:
    """Give the open task about somebody whose cause begins so."""
    return s.exec(
        select(Task)
        .where(
            Task.person_id == person_id,
            Task.state == TaskState.OPEN,
            col(Task.cause).startswith(before, autoescape=True),
        )
        .order_by(col(Task.id).desc())
    ).first()


def rings(s: Session, task: Task, now: datetime) -> None:
    """Write down when the next one is told of a task that nobody has done."""
    task.ring_at = None
    if task.state is TaskState.OPEN and ladder.ladder().rules[task.urgency].steps:
        task.ring_at = ladder.next_ring(task, shifts.spans(s, now), now)
    s.add(task)


def promise(s: Session, task: Task, person: Person, address: Address | None, now: datetime) -> Text:
    """Say when a human does a task, to whoever waits for it, and keep what was said."""
    if task.due_at <= now:  # late already: what is told is to be true all the same
        task.due_at = answering.due(s, task.kind, now)
        rings(s, task, now)
    task.told_by = task.due_at
    s.add(task)
    return answering.told(s, person, address, task.due_at, now)


def finish(
    s: Session, task: Task, staff_id: int | None, note: str, now: datetime, actor: str = ""
) -> None:
    """Mark a task done by a named human, or by `actor`. Done twice, the first stays."""
    if task.state is TaskState.DONE:
        return
    task.state = TaskState.DONE
    task.done_at = now
    task.done_by = staff_id
    task.done_note = note
    task.ring_at = None
    s.add(task)
    trail.note(
        s,
        actor=actor or trail.by_staff(staff_id),
        act="task.done",
        object=f"task:{task.id}",
        case_id=task.case_id,
        detail=note,
        now=now,
    )


def settle(
    s: Session, cause: str, staff_id: int | None, note: str, now: datetime, actor: str = ""
) -> None:
    """Mark the task of a cause done, where there is one: what it asked for was done elsewhere."""
    task = s.exec(select(Task).where(Task.cause == cause)).first()
    if task is not None:
        finish(s, task, staff_id, note, now, actor)
