"""By what the person looked for would be recognised, and what somebody who claims it answered.

The bot compares and proposes. Who somebody is, only a named human says, after a call or a visit.
"""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel

from models.base import choice, moment, sealed


class Likeness(Enum):
    """How an answer compares with what is expected. It proves nothing."""

    LIKELY = "likely"
    POSSIBLE = "possible"


class Level(Enum):
    """How well it is known that somebody is the person looked for. Only a human verifies."""

    UNKNOWN = "unknown"
    CLAIMS = "claims"
    PROVISIONAL_MATCH = "provisional_match"
    VERIFIED = "verified"


class Recognition(SQLModel, table=True):
    """What a first contact for a case asks, and the answers that staff expect, one a line."""

    __tablename__ = "recognition"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id", unique=True)
    question: str = sealed("recognition.question")
    expected: str = sealed("recognition.expected")
    written_at: datetime = moment()


class Claim(SQLModel, table=True):
    """That somebody said it is they, what they were asked then, and what they answered."""

    __tablename__ = "claim"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    conversation_id: int = Field(foreign_key="conversation.id", unique=True)
    question: str = sealed("claim.question")
    answer: str = sealed("claim.answer")
    likeness: Likeness = choice(Likeness)
    answered_at: datetime = moment()
