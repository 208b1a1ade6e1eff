"""A conversation as it is kept: what it was given, answered, said and recorded."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel

from models.base import choice, maybe_moment, moment, sealed


class ConversationState(Enum):
    """Where a conversation stands. One question is on a person's screen at a time."""

    READY = "ready"  # opens when the person calls its code
    WAITING = "waiting"  # in line behind the question on the screen
    ASKING = "asking"  # its question is on the screen
    ENDED = "ended"
    CANCELLED = "cancelled"
    STRANDED = "stranded"  # its journal no longer replays; a human takes over


class Talked(SQLModel, table=True):
    """One conversation with one person. `journal`, `settled` and `recorded` are sealed JSON."""

    __tablename__ = "conversation"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)  # the entry in the repertoire
    person_id: int = Field(foreign_key="person.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="case.id", index=True)
    code: str = Field(default="", max_length=16)  # the request's code, as people write it
    state: ConversationState = choice(ConversationState, ConversationState.WAITING, index=True)
    given: str = sealed("conversation.given", gone='{"is": "gone"}')
    journal: str = sealed("conversation.journal", default="{}")
    settled: str = sealed("conversation.settled", default="[]")
    recorded: str = sealed("conversation.recorded", default="[]")
    asked: str = sealed("conversation.asked")  # the question on the screen, as it was shown
    asked_at: datetime | None = maybe_moment()
    asked_in: int | None = Field(default=None)  # the outbox row that showed it
    confused: int = 0  # how often in a row the answer was not understood
    patience_until: datetime | None = maybe_moment(index=True)
    started_at: datetime = moment()
    ended_at: datetime | None = maybe_moment()
