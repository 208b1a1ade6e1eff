"""What came in: the raw envelope, kept before it was answered for, and the message in it."""

from datetime import datetime
from enum import Enum

import sqlalchemy as sa
from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from models.base import choice, maybe_moment, moment, sealed, sealed_bytes


class InboxState(Enum):
    """Whether an envelope has taken effect."""

    NEW = "new"
    DONE = "done"
    ODD = "odd"  # genuine, and nothing we can act on; staff see it
    DEAD = "dead"  # failed five times; staff see it, the lane goes on


_NEW = sa.text("state = 'new'")
_WORDED = sa.text("blanked_at IS NULL AND kind = 'message' AND state = 'done'")
_PARKED = sa.text("state IN ('odd', 'dead')")


class Inbox(SQLModel, table=True):
    """One envelope. The unique key is what makes a second delivery harmless."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("account", "event_id"),
        # Only what waits: however much has been worked, finding work costs the same.
        Index("ix_inbox_new", "lane", "id", sqlite_where=_NEW, postgresql_where=_NEW),
        # Only what its provider may still have the words of.
        Index(
            "ix_inbox_worded",
            *("blank_at", "received_at"),
            sqlite_where=_WORDED,
            postgresql_where=_WORDED,
        ),
        Index("ix_inbox_parked", "state", "id", sqlite_where=_PARKED, postgresql_where=_PARKED),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=12)
    account: str = Field(max_length=64)
    event_id: str = Field(max_length=160)
    kind: str = Field(max_length=12)
    lane: str = Field(max_length=64)  # one address, hashed: its envelopes take effect in order
    raw: bytes = sealed_bytes("inbox.raw")
    state: InboxState = choice(InboxState, InboxState.NEW)
    hushed: bool = False  # it said stop, and took effect as such when it was kept
    attempts: int = 0
    error: str = Field(default="", max_length=300)
    received_at: datetime = moment()
    done_at: datetime | None = maybe_moment()
    blank_at: datetime | None = maybe_moment()  # when its words go there, if a try did not do it
    blanked_at: datetime | None = maybe_moment()  # since when its provider has no words of it


class Lane(SQLModel, table=True):
    """One address's line of envelopes: worked by one worker at a time, in order."""

    __tablename__ = "lane"

    id: str = Field(primary_key=True, max_length=64)
    pending: bool = Field(default=False, index=True)
    next_at: datetime | None = maybe_moment()
    lease_until: datetime | None = maybe_moment()
    owner: str = Field(default="", max_length=40)
    fence: int = 0


class Watermark(SQLModel, table=True):
    """How far a list at a provider has been looked through."""

    __tablename__ = "watermark"

    id: str = Field(primary_key=True, max_length=60)
    at: datetime = moment()


class Heard(SQLModel, table=True):
    """A message that came in, as people read it."""

    __tablename__ = "heard"

    id: int | None = Field(default=None, primary_key=True)
    inbox_id: int = Field(foreign_key="inbox.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    address_id: int = Field(foreign_key="address.id")
    conversation_id: int | None = Field(default=None, foreign_key="conversation.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="case.id", index=True)
    via: str = Field(max_length=12)
    provider_id: str = Field(max_length=120, index=True)
    text: str = sealed("heard.text")
    note: str = Field(default="", max_length=120)  # «photo», «voice», «pin», «pressed a button»
    pin: str | None = sealed("heard.pin", default=None)  # "latitude,longitude"; not of old ones
    files: int = 0
    forwarded: bool = False
    sent_at: datetime | None = maybe_moment()
    received_at: datetime = moment()
