"""Staff accounts, their sessions, and the tokens of programs that act for them."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel

from models.base import choice, maybe_moment, moment, sealed


class Duty(Enum):
    """What a staff account may do."""

    COORDINATOR = "coordinator"
    READER = "reader"


class Staff(SQLModel, table=True):
    """Somebody who signs in to the console. The password is kept as an Argon2id hash."""

    __tablename__ = "staff"

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(max_length=80, unique=True)
    name: str = sealed("staff.name")
    duty: Duty = choice(Duty, Duty.COORDINATOR)
    password_hash: str = Field(max_length=200)
    language: str = Field(default="spa", max_length=8)
    person_id: int | None = Field(default=None, foreign_key="person.id", unique=True)  # their phone
    created_at: datetime = moment()
    disabled_at: datetime | None = maybe_moment()


class StaffSession(SQLModel, table=True):
    """One signed-in browser. Only the hash of its cookie is kept."""

    __tablename__ = "staff_session"

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff.id", index=True)
    token_hash: str = Field(max_length=64, unique=True)
    csrf: str = Field(max_length=64)
    created_at: datetime = moment()
    seen_at: datetime = moment()
    ended_at: datetime | None = maybe_moment()


class StaffInvite(SQLModel, table=True):
    """A one-time link by which a colleague opens her account. Only its hash is kept."""

    __tablename__ = "staff_invite"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    username: str = Field(max_length=80, index=True)
    name: str = sealed("staff_invite.name")
    duty: Duty = choice(Duty, Duty.COORDINATOR)
    expires_at: datetime = moment()
    used_at: datetime | None = maybe_moment()
    revoked_at: datetime | None = maybe_moment()
    created_at: datetime = moment()


class ApiToken(SQLModel, table=True):
    """A bearer token for the API. Only its hash is kept; `scopes` are space-separated."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    label: str = Field(max_length=80)
    token_hash: str = Field(max_length=64, unique=True)
    scopes: str = Field(max_length=300)
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    created_at: datetime = moment()
    revoked_at: datetime | None = maybe_moment()


class Creation(SQLModel, table=True):
    """What an `Idempotency-Key` already created, so that a repeated request makes nothing new."""

    __tablename__ = "creation"

    id: int | None = Field(default=None, primary_key=True)
    token_id: int = Field(foreign_key="api_token.id")
    key_hash: str = Field(max_length=64, unique=True)
    request_hash: str = Field(max_length=64)
    answer: str = sealed("creation.answer")
    created_at: datetime = moment()
