"""What waits for a human, each need once."""

from datetime import datetime, timedelta

from sqlmodel import Session, select

from bot.office.once import once
from bot.vault import trail
from models.task import Task, TaskKind, TaskState


def need(
    s: Session,
    *,
    kind: TaskKind,
    cause: str,
    now: datetime,
    due_hours: int = 24,
    person_id: int | None = None,
    case_id: int | None = None,
    detail: str = "",
) -> Task:
    """Ask for a human. The same cause gives the same task, also when it is done already."""
    task, made = once(
        s,
        lambda: s.exec(select(Task).where(Task.cause == cause)).first(),
        lambda: Task(
            kind=kind,
            cause=cause,
            person_id=person_id,
            case_id=case_id,
            detail=detail,
            due_at=now + timedelta(hours=due_hours),
            created_at=now,
        ),
    )
    if made:
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


def finish(s: Session, task: Task, staff_id: int, note: str, now: datetime) -> None:
    """Mark a task done by a named human. Done twice, the first stays."""
    if task.state is TaskState.DONE:
        return
    task.state = TaskState.DONE
    task.done_at = now
    task.done_by = staff_id
    task.done_note = note
    s.add(task)
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act="task.done",
        object=f"task:{task.id}",
        case_id=task.case_id,
        detail=note,
        now=now,
    )


def settle(s: Session, cause: str, staff_id: int, note: str, now: datetime) -> None:
    """Mark the task of a cause done, where there is one: what it asked for was done elsewhere."""
    task = s.exec(select(Task).where(Task.cause == cause)).first()
    if task is not None:
        finish(s, task, staff_id, note, now)
