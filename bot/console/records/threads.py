"""Conversations as staff read them: one person's words and ours, and who spoke last."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.console.records.slices import Slice, cut
from bot.console.records.timeline import Marks, Stretch, merge
from models.conversation import ConversationState, Talked
from models.evidence import Evidence
from models.inbox import Heard
from models.outbox import Outbox, OutboxState
from models.person import Person
from models.task import Task, TaskState

PAGE = 40
OPEN = (ConversationState.READY, ConversationState.WAITING, ConversationState.ASKING)
TROUBLED = (OutboxState.FAILED, OutboxState.UNKNOWN, OutboxState.REFUSED, OutboxState.EXPIRED)


class Show(Enum):
    """Which conversations to list."""

    ALL = "all"
    WAITING = "waiting"  # somebody has an open task with this person
    HELD = "held"  # a human has taken the talk over
    FAILED = "failed"  # our newest message did not arrive


@dataclass(frozen=True)
class Talk:
    """A person we talk with: the newest word of each side."""

    person: Person
    heard: Heard
    said: Outbox | None
    tasks: int

    @property
    def at(self) -> datetime:
        """When either side spoke last."""
        if self.said is None:
            return self.heard.received_at
        return max(self.heard.received_at, self.said.created_at)


def listing(
    s: Session, show: Show = Show.ALL, *, below: int | None = None, most: int = PAGE
) -> Slice[Talk]:
    """List the people who wrote to us, whoever wrote last first."""
    later = sa.orm.aliased(Heard)
    newest = ~sa.exists().where(
        col(later.person_id) == col(Heard.person_id), col(later.id) > col(Heard.id)
    )
    query = (
        select(Heard, Person)
        .join(Person, col(Person.id) == Heard.person_id)
        .where(newest)
        .order_by(col(Heard.id).desc())
    )
    if below is not None:
        query = query.where(col(Heard.id) < below)
    if show is Show.HELD:
        query = query.where(col(Person.held_at).is_not(None))
    elif show is Show.WAITING:
        query = query.where(
            sa.exists().where(
                col(Task.person_id) == col(Person.id), col(Task.state) == TaskState.OPEN
            )
        )
    elif show is Show.FAILED:
        query = query.where(_last_failed())
    rows = list(s.exec(query.limit(most + 1)))
    part = cut(rows, [heard.id or 0 for heard, _ in rows], most)
    return Slice(
        tuple(_talk(s, heard, person) for heard, person in part.items),
        part.next,
    )


def of_person(
    s: Session, person_id: int, marks: Marks | None = None, *, most: int = PAGE
) -> Stretch:
    """Read what a person and we wrote to each other, newest first."""
    return messages(s, person_id=person_id, marks=marks, most=most)


def messages(
    s: Session,
    *,
    person_id: int | None = None,
    case_id: int | None = None,
    marks: Marks | None = None,
    most: int = PAGE,
) -> Stretch:
    """Read messages in and out, of a person, of a case, or all, newest first."""
    marks = marks or Marks()
    heard = select(Heard).order_by(col(Heard.id).desc())
    said = select(Outbox).order_by(col(Outbox.id).desc())
    files = (
        select(Evidence).where(col(Evidence.inbox_id).is_(None)).order_by(col(Evidence.id).desc())
    )
    if person_id is not None:
        heard = heard.where(Heard.person_id == person_id)
        said = said.where(Outbox.person_id == person_id)
        files = files.where(Evidence.person_id == person_id)
    if case_id is not None:
        heard = heard.where(Heard.case_id == case_id)
        said = said.where(Outbox.case_id == case_id)
        files = files.where(Evidence.case_id == case_id)
    if marks.heard is not None:
        heard = heard.where(col(Heard.id) < marks.heard)
    if marks.said is not None:
        said = said.where(col(Outbox.id) < marks.said)
    if marks.file is not None:
        files = files.where(col(Evidence.id) < marks.file)
    return merge(
        s,
        list(s.exec(heard.limit(most + 1))),
        list(s.exec(said.limit(most + 1))),
        list(s.exec(files.limit(most + 1))),
        [],
        marks,
        most,
    )


def open_for(s: Session, person_id: int) -> list[Talked]:
    """Give the conversations a person has open, oldest first."""
    return list(
        s.exec(
            select(Talked)
            .where(Talked.person_id == person_id, col(Talked.state).in_(OPEN))
            .order_by(col(Talked.id))
        )
    )


def _last_failed() -> sa.ColumnElement[bool]:
    newest = (
        select(sa.func.max(col(Outbox.id)))
        .where(col(Outbox.person_id) == col(Person.id))
        .correlate(Person)
        .scalar_subquery()
    )
    return sa.exists().where(col(Outbox.id) == newest, col(Outbox.state).in_(TROUBLED))


def _talk(s: Session, heard: Heard, person: Person) -> Talk:
    said = s.exec(
        select(Outbox).where(Outbox.person_id == person.id).order_by(col(Outbox.id).desc()).limit(1)
    ).first()
    tasks = s.exec(
        select(sa.func.count())
        .select_from(Task)
        .where(Task.person_id == person.id, Task.state == TaskState.OPEN)
    ).one()
    return Talk(person, heard, said, tasks)
