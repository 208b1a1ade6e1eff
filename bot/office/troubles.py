"""Troubles: what may come and go by itself, with one task for staff each time that it comes."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from bot.office import tasks
from bot.vault import trail
from models.task import Task, TaskKind, TaskState

PATIENCE = timedelta(hours=1)  # for what a human has marked done, before it is asked for anew


def note(s: Session, about: str, detail: str, now: datetime) -> None:
    """Ask for a human, unless it was asked already and is not over.

    `about` names the trouble without a colon: `telegram`. Processes that notice it together make
    one task.
    """
    last = s.exec(_of(about).order_by(col(Task.id).desc()).limit(1)).first()
    if last is not None and (last.state is TaskState.OPEN or _in_hand(last, now)):
        return
    number = s.exec(select(sa.func.count()).where(_is_of(about))).one() + 1
    tasks.need(
        s, kind=TaskKind.BROKEN, cause=f"{about}:{number}", now=now, due_hours=1, detail=detail
    )


def over(s: Session, about: str, word: str, now: datetime) -> None:
    """Mark the trouble's task done, where one is open: it went by itself, and `word` says so."""
    for task in s.exec(_of(about).where(Task.state == TaskState.OPEN).with_for_update()):
        task.state = TaskState.DONE
        task.done_at = now
        task.done_note = word
        task.ring_at = None
        s.add(task)
        trail.note(
            s, actor=trail.BOT, act="task.done", object=f"task:{task.id}", detail=word, now=now
        )


def _in_hand(task: Task, now: datetime) -> bool:
    return task.done_by is not None and task.done_at is not None and now < task.done_at + PATIENCE


def _is_of(about: str) -> sa.ColumnElement[bool]:
    return col(Task.cause).startswith(f"{about}:", autoescape=True)


def _of(about: str) -> SelectOfScalar[Task]:
    return select(Task).where(_is_of(about))
