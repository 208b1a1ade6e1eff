"""The keyring: a key for each case, person, address and week, itself wrapped by the master key."""

from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, UniqueConstraint

from models.base import choice, maybe_moment, moment


class Subject(Enum):
    """What a key is for. Destroyed, nothing that was sealed with it is ever read again."""

    ROOT = "root"  # the first master key: what is found by a hash, signed or sealed for nobody
    CASE = "case"
    PERSON = "person"
    ADDRESS = "address"
    INTAKE = "intake"  # raw envelopes of one week, numbered as in 202648


class DataKey(SQLModel, table=True):
    """One key. `token` stands before whatever it sealed, `generation` names what wraps it.

    A destroyed key leaves its row, so that what it sealed can be told from what is broken.
    """

    __tablename__ = "data_key"
    __table_args__ = (UniqueConstraint("kind", "subject"),)

    id: int | None = Field(default=None, primary_key=True)
    token: bytes = Field(sa_type=sa.LargeBinary, nullable=False, unique=True)
    kind: Subject = choice(Subject)
    subject: int
    wrapped: bytes | None = Field(default=None, sa_type=sa.LargeBinary, nullable=True)
    generation: str = Field(default="", max_length=16, index=True)
    created_at: datetime = moment()
    destroyed_at: datetime | None = maybe_moment()


Whose = tuple[Subject, int]
"""A case, a person, an address or a week, by its number."""

OWN = {"case": Subject.CASE, "person": Subject.PERSON, "address": Subject.ADDRESS}
"""The tables whose rows have a key of their own."""


def whose(row: Any) -> Whose | None:
    """Say whose key a row is sealed with: its case's before its person's, and else nobody's.

    A row of a case, a person or an address has its own, under 0 while its number is not known.
    """
    own = OWN.get(row.__tablename__)
    if own is not None:
        return own, row.id or 0
    return of(getattr(row, "case_id", None), getattr(row, "person_id", None))


def of(case_id: int | None, person_id: int | None) -> Whose | None:
    """Say whose key goes with a case and a person, of which either may be nobody."""
    if case_id is not None:
        return Subject.CASE, case_id
    return (Subject.PERSON, person_id) if person_id is not None else None


def week_of(came: datetime) -> Whose:
    """Say whose key an envelope is sealed with that came then: its week's, by ISO 8601."""
    year, week, _ = came.isocalendar()
    return Subject.INTAKE, year * 100 + week
