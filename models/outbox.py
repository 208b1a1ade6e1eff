"""What goes out: each message, every try to send it, and what the provider told of it."""

from datetime import datetime
from enum import Enum

import sqlalchemy as sa
from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from models.base import choice, maybe_choice, maybe_moment, moment, sealed


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


class Held(Enum):
    """Why a message waits that is not late."""

    WINDOW = "window"  # WhatsApp's 24 hours are over: it goes when the person writes
    HOURS = "hours"  # it is night where the person lives
    PROOF = "proof"  # whoever would read it has to show first who they are
    HUMAN = "human"  # a human has the talk: it goes when it is handed back


class Weight(Enum):
    """Which goes first. Smaller is sooner."""

    STOP = 0
    REPLY = 1
    URGENT = 2
    NOTICE = 3
    BROADCAST = 4


_WRONG = sa.text("state IN ('failed', 'unknown', 'refused', 'expired')")
_HELD = sa.text("held IS NOT NULL")
_WORDED = sa.text("blanked_at IS NULL AND provider_id <> ''")


class Outbox(SQLModel, table=True):
    """One message to one person. The idempotency key makes it exist once.

    It goes to one address at a time, in parts where it is long. `leg` counts the addresses: another
    one is only tried when the one before has failed for good.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "state", "via", "weight", "next_at", "id"),
        Index("ix_outbox_person_id_state", "person_id", "state"),
        Index("ix_outbox_address_id_state", "address_id", "state"),
        Index("ix_outbox_wrong", "state", "id", sqlite_where=_WRONG, postgresql_where=_WRONG),
        Index(
            "ix_outbox_held",
            *("state", "held", "via", "id"),
            sqlite_where=_HELD,
            postgresql_where=_HELD,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=64, unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    address_id: int = Field(foreign_key="address.id")
    conversation_id: int | None = Field(default=None, foreign_key="conversation.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="case.id", index=True)
    via: str = Field(max_length=12)
    leg: int = 0
    weight: int = Weight.REPLY.value
    repeatable: bool = False  # a second copy does no harm (a menu, an acknowledgement)
    text: str = sealed("outbox.text")  # in the person's language, before the channel draws it
    options: str = sealed("outbox.options", default="[]")  # JSON: [payload, label]
    written: str = sealed("outbox.written")  # exactly as it appeared, once sent
    template: str = Field(default="", max_length=40)  # which approved words say the same, if any
    variables: str | None = sealed("outbox.variables", default=None)  # JSON: what fills them
    held: Held | None = maybe_choice(Held)
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


class Part(SQLModel, table=True):
    """One piece of a message on its way to one address; most messages have just one.

    `tries` counts the failures of this part by this address that count towards giving up.
    """

    __tablename__ = "part"
    __table_args__ = (UniqueConstraint("outbox_id", "leg", "n"),)

    id: int | None = Field(default=None, primary_key=True)
    outbox_id: int = Field(foreign_key="outbox.id")
    leg: int = 0
    n: int = 1
    of: int = 1  # how many parts the message has
    via: str = Field(max_length=12)
    address_id: int = Field(foreign_key="address.id")
    written: str | None = sealed("part.written", default=None)  # as it appeared; not of old ones
    segments: int = 1
    template: str = Field(default="", max_length=60)  # the approved words it went as
    state: OutboxState = choice(OutboxState, OutboxState.PENDING)
    tries: int = 0
    provider_id: str = Field(default="", max_length=120)
    code: str = Field(default="", max_length=40)
    sent_at: datetime | None = maybe_moment()
    changed_at: datetime | None = maybe_moment()


class Attempt(SQLModel, table=True):
    """One try to hand a part to its provider. `n` counts the tries of the whole message."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("outbox_id", "n"),
        # Only what its provider may still have the words of.
        Index(
            "ix_attempt_worded",
            *("blank_at", "started_at"),
            sqlite_where=_WORDED,
            postgresql_where=_WORDED,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    outbox_id: int = Field(foreign_key="outbox.id", index=True)
    part_id: int | None = Field(default=None, foreign_key="part.id", index=True)
    n: int
    fence: int
    started_at: datetime = moment()
    ended_at: datetime | None = maybe_moment()
    outcome: str = Field(default="", max_length=40)  # "" while nobody knows
    status: str = Field(default="", max_length=20)  # how far its provider says it has come
    looks: int = 0  # how often its provider was asked about it in vain
    code: str = Field(default="", max_length=40)
    provider_id: str = Field(default="", max_length=120, index=True)
    blank_at: datetime | None = maybe_moment()  # when its words go there, if a try did not do it
    blanked_at: datetime | None = maybe_moment()  # since when its provider has no words of it


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
