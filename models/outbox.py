"""What goes out: each message, every try to send it, and what the provider told of it."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from models.base import choice, maybe_moment, moment, sealed


class OutboxState(Enum):
    """How far a message has come. Never backwards."""

    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"  # it may have gone out; never blindly sent again
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUSED = "refused"  # the guard kept it back; staff have a task


class Weight(Enum):
    """Which goes first. Smaller is sooner."""

    STOP = 0
    REPLY = 1
    URGENT = 2
    NOTICE = 3
    BROADCAST = 4


class Outbox(SQLModel, table=True):
    """One message to one person at one address. The idempotency key makes it exist once."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_next_at", "state", "next_at", "weight", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=64, unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    address_id: int = Field(foreign_key="address.id")
    conversation_id: int | None = Field(default=None, foreign_key="conversation.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="case.id", index=True)
    via: str = Field(max_length=12)
    weight: int = Weight.REPLY.value
    repeatable: bool = False  # a second copy does no harm (a menu, an acknowledgement)
    text: str = sealed("outbox.text")  # in the person's language, before the channel draws it
    options: str = sealed("outbox.options", default="[]")  # JSON: [payload, label]
    written: str = sealed("outbox.written")  # exactly as it appeared, once sent
    state: OutboxState = choice(OutboxState, OutboxState.PENDING)
    attempts: int = 0  # rows in `attempt`
    tries: int = 0  # failures that count towards giving up
    next_at: datetime | None = maybe_moment()
    expires_at: datetime | None = maybe_moment()
    lease_until: datetime | None = maybe_moment()
    fence: int = 0
    provider_id: str = Field(default="", max_length=120, index=True)
    code: str = Field(default="", max_length=40)
    reason: str = Field(default="", max_length=300)
    written_by: int | None = Field(default=None, foreign_key="staff.id")  # a human's own words
    created_at: datetime = moment()
    sent_at: datetime | None = maybe_moment()
    changed_at: datetime | None = maybe_moment()


class Attempt(SQLModel, table=True):
    """One try to hand a message to its provider."""

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("outbox_id", "n"),)

    id: int | None = Field(default=None, primary_key=True)
    outbox_id: int = Field(foreign_key="outbox.id", index=True)
    n: int
    fence: int
    started_at: datetime = moment()
    ended_at: datetime | None = maybe_moment()
    outcome: str = Field(default="", max_length=40)  # "" while nobody knows
    code: str = Field(default="", max_length=40)
    provider_id: str = Field(default="", max_length=120)


class ReceiptRow(SQLModel, table=True):
    """News of a message, as it came: also early, doubled, or of a message we do not know yet."""

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("account", "provider_id", "status", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    account: str = Field(max_length=64)
    provider_id: str = Field(max_length=120, index=True)
    status: str = Field(max_length=20)
    code: str = Field(default="", max_length=40)
    outbox_id: int | None = Field(default=None, foreign_key="outbox.id", index=True)
    received_at: datetime = moment()
