"""What people allowed and forbade, as an append-only log."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel

from models.base import choice, moment, sealed


class ConsentKind(Enum):
    """What was said."""

    STOP = "stop"  # write no more, on any channel
    START = "start"  # write again
    BLOCKED = "blocked"  # the person blocked us, or the provider did for them
    UNBLOCKED = "unblocked"
    NOT_HERE = "not_here"  # not at this address


class ConsentEvent(SQLModel, table=True):
    """One act, in the person's exact words. Rows are never changed."""

    __tablename__ = "consent_event"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    address_id: int | None = Field(default=None, foreign_key="address.id")
    kind: ConsentKind = choice(ConsentKind)
    via: str = Field(max_length=12)
    words: str = sealed("consent_event.words")
    inbox_id: int | None = Field(default=None, foreign_key="inbox.id")
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    rule: str = Field(default="", max_length=40)  # the version of the rule that read the words
    at: datetime = moment()
