"""A request that staff send to many people at once, and what each answered."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel, UniqueConstraint

from models.base import choice, maybe_choice, maybe_moment, moment, sealed


class BroadcastState(Enum):
    """How far a broadcast has come."""

    DRAFT = "draft"
    SENDING = "sending"
    SENT = "sent"
    CLOSED = "closed"


class Reply(Enum):
    """What somebody answers to a broadcast."""

    YES = "yes"
    NO = "no"
    LATER = "later"


class Exclusion(Enum):
    """Why somebody does not get a broadcast. Shown before it is sent."""

    NONE = "none"
    STOPPED = "stopped"
    LOCKED_OUT = "locked_out"
    FROZEN = "frozen"
    NO_ADDRESS = "no_address"
    BLOCKED = "blocked"
    NO_TRANSLATION = "no_translation"
    ON_LEAVE = "on_leave"
    COVERED = "covered"  # enough people had said yes before it was this one's turn


class Broadcast(SQLModel, table=True):
    """One request in staff's own words, one body a language."""

    __tablename__ = "broadcast"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=16, unique=True)
    title: str = sealed("broadcast.title")
    body_es: str = sealed("broadcast.body_es")
    body_en: str = sealed("broadcast.body_en")
    state: BroadcastState = choice(BroadcastState, BroadcastState.DRAFT)
    created_by: int = Field(foreign_key="staff.id")
    created_at: datetime = moment()
    confirmed_at: datetime | None = maybe_moment()
    expanded_to: int = 0  # the last recipient row handed over, so that a restart goes on there
    wanted: int | None = None  # how many are needed; later ones hear that it is covered
    remind_at: datetime | None = maybe_moment()  # when who has not answered is asked once more
    reminded_to: int = 0  # the last recipient row looked at for that


class Recipient(SQLModel, table=True):
    """One person of a broadcast. The unique key is what makes sending twice impossible."""

    __tablename__ = "recipient"
    __table_args__ = (UniqueConstraint("broadcast_id", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    broadcast_id: int = Field(foreign_key="broadcast.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    exclusion: Exclusion = choice(Exclusion, Exclusion.NONE)
    conversation_id: int | None = Field(default=None, foreign_key="conversation.id")
    outbox_id: int | None = Field(default=None, foreign_key="outbox.id", index=True)
    reply: Reply | None = maybe_choice(Reply)
    words: str = sealed("recipient.words")
    replied_at: datetime | None = maybe_moment()
    late: bool = False  # said yes when it was covered already
