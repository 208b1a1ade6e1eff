"""People, the addresses they can be reached at, and the links between them.

A number is an address, not a person: people and addresses are many-to-many.
"""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel, UniqueConstraint

from models.base import choice, maybe_moment, moment, sealed


class Role(Enum):
    """Who somebody is to the network."""

    DEFENDER = "defender"
    PARENT = "parent"  # somebody who may be the person looked for, or kin
    LAWYER = "lawyer"  # the network says Advocate
    STAFF = "staff"
    UNKNOWN = "unknown"


class Lockout(Enum):
    """Why automation may not reach somebody at all. Only a human may, by other means."""

    NONE = "none"
    MINOR = "minor"
    ADVERSE_PARTY = "adverse_party"
    UNSAFE = "unsafe"


class Via(Enum):
    """The channel an address belongs to."""

    WHATSAPP = "whatsapp"
    SMS = "sms"
    TELEGRAM = "telegram"


class Trust(Enum):
    """How well it is known that an address is this person's."""

    CLAIMED = "claimed"  # they wrote to us, or somebody gave us the address
    ENROLLED = "enrolled"  # they used an invite meant for them, or staff entered it for them
    DISPROVED = "disproved"  # it is not theirs (wrong number, recycled)


class Kind(Enum):
    """What an address is written as."""

    PHONE = "phone"
    WHATSAPP_ID = "whatsapp_id"  # business-scoped: of somebody who may hide their number
    TELEGRAM_USER = "telegram_user"


class Doubt(Enum):
    """Why it is in doubt whether an address is still somebody's."""

    NONE = "none"
    SILENCE = "silence"  # a number was heard from again after a long silence
    UNDELIVERED = "undelivered"  # a network says that nobody is there
    NEW_ID = "new_id"  # WhatsApp knows the number under another id than before
    MOVED = "moved"  # WhatsApp says that its holder has another number now
    CONTRADICTED = "contradicted"  # whoever answers there says to be somebody else
    STAFF = "staff"  # a human doubts it
    DENIED = "denied"  # on another phone of theirs they said that they did not add it


class Person(SQLModel, table=True):
    """Somebody we write to or hear from."""

    __tablename__ = "person"

    id: int | None = Field(default=None, primary_key=True)
    name: str = sealed("person.name")
    role: Role = choice(Role, Role.UNKNOWN, index=True)
    language: str = Field(default="spa", max_length=8)  # ISO 639-3, the language we write in
    country: str = Field(default="", max_length=2)
    zone: str = Field(default="America/Guatemala", max_length=40)  # where they live
    lockout: Lockout = choice(Lockout, Lockout.NONE)
    stopped_at: datetime | None = maybe_moment()  # they said stop; on every channel
    frozen_at: datetime | None = maybe_moment()
    held_at: datetime | None = maybe_moment()  # a human has taken the talk over
    held_by: int | None = Field(default=None)  # of staff, who has it
    duress: str | None = sealed("person.duress", default=None)  # agreed phrases, one a line
    thaw_by: int | None = Field(default=None)  # the first of staff who asked to end a freeze
    on_call: bool = False  # of staff: woken when somebody is in danger
    note: str = sealed("person.note")
    joined_into: int | None = Field(default=None)  # the person whom a human found this one to be
    created_at: datetime = moment()


class Address(SQLModel, table=True):
    """Where messages go: a phone number on SMS or WhatsApp, a Telegram user.

    `wire` is the provider's literal form, kept for sending; `lookup` a keyed hash of its canonical
    form, so that it can be found without being readable.
    """

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("via", "lookup"),)

    id: int | None = Field(default=None, primary_key=True)
    via: Via = choice(Via)
    wire: str = sealed("address.wire")
    lookup: str = Field(max_length=64)
    last_heard_at: datetime | None = maybe_moment()  # opens WhatsApp's 24 hours
    blocked_at: datetime | None = maybe_moment()  # the person blocked us there, or the carrier did
    unsafe_at: datetime | None = maybe_moment()  # «no me escriba aquí»
    bad_at: datetime | None = maybe_moment()  # nobody can be reached there
    shut_at: datetime | None = maybe_moment()  # WhatsApp said that its 24 hours are over
    rest_until: datetime | None = maybe_moment()  # the provider wants it left alone until then
    rewritten: bool = False  # its other way of writing was tried
    beside: int | None = Field(default=None)  # of a WhatsApp id: the number it came with
    created_at: datetime = moment()


class Link(SQLModel, table=True):
    """That an address is a person's, how well that is known, and how it may be used for them.

    While it is in doubt nothing of a case goes there. On a phone that others read too, nothing goes
    but what anybody may read.
    """

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("person_id", "address_id"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    address_id: int = Field(foreign_key="address.id", index=True)
    trust: Trust = choice(Trust, Trust.CLAIMED)
    confirmed_at: datetime | None = maybe_moment()
    doubt: Doubt = choice(Doubt, Doubt.NONE)
    doubted_at: datetime | None = maybe_moment()
    shared: bool = False  # others read this phone too
    quiet: str = Field(default="", max_length=11)  # "21:00-08:00", "none"; "": as for everybody
    note: str | None = sealed("link.note", default=None)  # what to know so as to do no harm
    created_at: datetime = moment()


class Invite(SQLModel, table=True):
    """A one-time link by which somebody enrols an address. Only its hash is kept."""

    __tablename__ = "invite"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    token_hash: str = Field(max_length=64, unique=True)
    via: Via = choice(Via, Via.TELEGRAM)
    expires_at: datetime = moment()
    used_at: datetime | None = maybe_moment()
    used_by: int | None = Field(default=None, foreign_key="address.id")  # may press start twice
    revoked_at: datetime | None = maybe_moment()
    created_at: datetime = moment()
