"""What shows that whoever holds an address is the person it is kept for."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel, UniqueConstraint

from models.base import maybe_choice, maybe_moment, moment, sealed


class How(Enum):
    """By what somebody has shown who they are."""

    INVITE = "invite"  # they came by an invite when nothing else of theirs was proved yet
    PIN = "pin"
    CODE = "code"  # a one-time code that went to another proved address of theirs
    STAFF = "staff"  # staff wrote the address down, or spoke with them


class Proof(SQLModel, table=True):
    """What is known of one person at one address: how they proved it, and tries that failed.

    A doubt outlives the proof before it, until there is a newer one.
    """

    __tablename__ = "proof"
    __table_args__ = (UniqueConstraint("person_id", "address_id"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    address_id: int = Field(foreign_key="address.id", index=True)
    how: How | None = maybe_choice(How)
    proved_at: datetime | None = maybe_moment()
    doubted_at: datetime | None = maybe_moment()
    tries: int = 0  # that failed since the last proof
    waits_until: datetime | None = maybe_moment()  # nothing is checked before
    code_hash: str = Field(default="", max_length=64)
    code_until: datetime | None = maybe_moment()
    created_at: datetime = moment()


class Pin(SQLModel, table=True):
    """The number somebody chose, as an Argon2id hash. Few digits are soon tried: it is sealed."""

    __tablename__ = "pin"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", unique=True)
    hash: str = sealed("pin.hash")
    set_at: datetime = moment()


class Unproved(SQLModel, table=True):
    """A message that has taken no effect yet: its writer has to show first who they are."""

    __tablename__ = "unproved"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    address_id: int = Field(foreign_key="address.id", index=True)
    heard_id: int = Field(foreign_key="heard.id")
    inbox_id: int = Field(foreign_key="inbox.id")
    number: int  # of the message within its envelope
    created_at: datetime = moment()
