"""What staff do with a task before it is done: take it, pass it on, put it off, and undo."""

from datetime import datetime

from sqlmodel import Session, col, select

from bot.office import tasks
from bot.office.refusal import Refusal
from bot.vault import trail
from models.staff import Duty, Staff
from models.task import Task, TaskNote, TaskState, Urgency
from models.text import _


def give(s: Session, task: Task, owner: Staff | None, now: datetime, actor: str) -> None:
    """Say whose a task is; nobody's: whoever is on call is told of it again in time.

    Refuses an account that may not act, and a task that is done.
    """
    _must_be_open(task)
    if owner is not None and (owner.disabled_at is not None or owner.duty is not Duty.COORDINATOR):
        raise Refusal(_("The account {username} may not act.", username=owner.username))
    if task.owner_id == (owner.id if owner else None):
        return
    task.owner_id = owner.id if owner else None
    if owner is None:
        task.rung = 0
    _note(
        s, task, "task.given" if owner else "task.left", now, actor, owner.username if owner else ""
    )
    tasks.rings(s, task, now)


def write(s: Session, task: Task, words: str, staff_id: int | None, now: datetime) -> TaskNote:
    """Keep what somebody wrote about a task for the others."""
    note = TaskNote(
        task_id=task.id or 0,
        person_id=task.person_id,
        case_id=task.case_id,
        staff_id=staff_id,
        words=words,
        created_at=now,
    )
    s.add(note)
    s.flush()
    return note


def press(s: Session, task: Task, urgency: Urgency, now: datetime, actor: str) -> None:
    """Say how pressing a task is. The ladder of that urgency begins anew."""
    _must_be_open(task)
    if task.urgency is urgency:
        return
    task.urgency, task.rung = urgency, 0
    if urgency is Urgency.NOW:
        task.snoozed_until = None
    _note(s, task, "task.urgency", now, actor, urgency.value)
    tasks.rings(s, task, now)


def snooze(s: Session, task: Task, until: datetime | None, now: datetime, actor: str) -> None:
    """Put a task off, out of the list and without telling anybody; None: it is back at once.

    Refuses what cannot wait, an hour that has passed, and one after what its sender was told.
    """
    _must_be_open(task)
    if until is not None:
        if task.urgency is Urgency.NOW:
            raise Refusal(_("Somebody may be in danger: this cannot be put off."))
        if until <= now:
            raise Refusal(_("This hour has passed. Choose a later one."))
        if task.told_by is not None and until > task.told_by:
            raise Refusal(
                _(
                    "Whoever wrote was told an earlier answer. Write to them first, or choose an "
                    "earlier hour."
                )
            )
    task.snoozed_until = until
    _note(s, task, "task.snoozed" if until else "task.back", now, actor)
    tasks.rings(s, task, now)


def reopen(s: Session, task: Task, now: datetime, actor: str) -> None:
    """Undo that a task was done. What was written then stays as a note."""
    if task.state is not TaskState.DONE:
        return
    if task.done_note:
        write(s, task, task.done_note, task.done_by, task.done_at or now)
    task.state, task.done_at, task.done_by, task.done_note = TaskState.OPEN, None, None, ""
    task.snoozed_until = None
    _note(s, task, "task.reopened", now, actor)
    tasks.rings(s, task, now)


def rehour(s: Session, now: datetime) -> None:
    """Write down anew when the next one is told of each task: the hours have changed."""
    waiting = select(Task).where(Task.state == TaskState.OPEN, col(Task.ring_at).is_not(None))
    for task in s.exec(waiting.with_for_update()):
        tasks.rings(s, task, now)


def _must_be_open(task: Task) -> None:
    if task.state is not TaskState.OPEN:
        raise Refusal(_("This task is done. Open it again first."))


def _note(s: Session, task: Task, act: str, now: datetime, actor: str, detail: str = "") -> None:
    s.add(task)
    trail.note(
        s,
        actor=actor,
        act=act,
        object=f"task:{task.id}",
        case_id=task.case_id,
        detail=detail,
        now=now,
    )
