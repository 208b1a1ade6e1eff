"""What waits for a human."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel

from models.base import choice, maybe_moment, moment, sealed


class TaskKind(Enum):
    """Why a human is needed."""

    QUESTION = "question"  # somebody asked what the bot cannot answer
    UNPLACED = "unplaced"  # a message or file that fits no request
    PERSON_WANTED = "person_wanted"
    CALL = "call"  # a call was booked, or should be
    DETAILS = "details"  # a Defender took an assignment and needs its details
    NOBODY_LEFT = "nobody_left"  # every offer was declined
    CONFIRM = "confirm"  # a report awaits a human's confirmation
    REVIEW = "review"  # a document awaits a human's eyes
    WRONG_PERSON = "wrong_person"
    NOT_SENT = "not_sent"  # a message was kept back, failed or is unknown
    BROKEN = "broken"  # a conversation or an envelope that could not be worked
    ODD = "odd"
    FORGET = "forget"  # somebody took back all they allowed, and wants their data gone
    DUE = "due"  # a closed case was kept for as long as its line of work keeps them
    DOUBT = "doubt"  # whether an address is still somebody's, or who is who
    CONFLICT = "conflict"  # who answers is not whom we wrote to, and another has that address
    DANGER = "danger"  # somebody said the words agreed on for danger, or was frozen by hand
    HELD = "held"  # somebody wrote into a talk that a human has taken over
    INTAKE = "intake"  # somebody wrote to us first
    LEAD = "lead"  # who wrote first may be somebody we look for


class TaskState(Enum):
    """Whether it is done."""

    OPEN = "open"
    DONE = "done"


class Urgency(Enum):
    """Who is told of a task that nobody has done, and at which hours."""

    NOW = "now"  # somebody may come to harm: whoever is on call is woken
    SOON = "soon"  # told to whoever answers at these hours, and to nobody at others
    WAITS = "waits"  # it stands in the list, and nobody is told


class Task(SQLModel, table=True):
    """One thing to do, by when. `cause` makes the same need one task only.

    `rung` counts the steps of the ladder that were taken; the next one is taken at `ring_at`.
    """

    __tablename__ = "task"

    id: int | None = Field(default=None, primary_key=True)
    kind: TaskKind = choice(TaskKind)
    state: TaskState = choice(TaskState, TaskState.OPEN, index=True)
    cause: str = Field(max_length=80, unique=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="case.id", index=True)
    detail: str = sealed("task.detail")
    urgency: Urgency = choice(Urgency, Urgency.WAITS)
    owner_id: int | None = Field(default=None, foreign_key="staff.id", index=True)
    told_by: datetime | None = maybe_moment()  # when its sender was told that she has an answer
    snoozed_until: datetime | None = maybe_moment()
    rung: int = 0
    ring_at: datetime | None = maybe_moment(index=True)
    due_at: datetime = moment()
    created_at: datetime = moment()
    done_at: datetime | None = maybe_moment()
    done_by: int | None = Field(default=None, foreign_key="staff.id")
    done_note: str = sealed("task.done_note")


class TaskNote(SQLModel, table=True):
    """What somebody of staff wrote about a task for the others."""

    __tablename__ = "task_note"

    id: int | None = Field(default=None, primary_key=True)
    task_id: int = Field(foreign_key="task.id", index=True)
    # As its task has them: by these it is known whose key seals it.
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="case.id", index=True)
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    words: str = sealed("task_note.words")
    created_at: datetime = moment()
