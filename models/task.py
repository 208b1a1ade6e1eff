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
    DANGER = "danger"  # somebody said the words agreed on for danger, or was frozen by hand


class TaskState(Enum):
    """Whether it is done."""

    OPEN = "open"
    DONE = "done"


class Task(SQLModel, table=True):
    """One thing to do, by when. `cause` makes the same need one task only."""

    __tablename__ = "task"

    id: int | None = Field(default=None, primary_key=True)
    kind: TaskKind = choice(TaskKind)
    state: TaskState = choice(TaskState, TaskState.OPEN, index=True)
    cause: str = Field(max_length=80, unique=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="case.id", index=True)
    detail: str = sealed("task.detail")
    due_at: datetime = moment()
    created_at: datetime = moment()
    done_at: datetime | None = maybe_moment()
    done_by: int | None = Field(default=None, foreign_key="staff.id")
    done_note: str = sealed("task.done_note")
