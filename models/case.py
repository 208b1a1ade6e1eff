"""A case: what a lawyer asked the network to do for one family."""

import re
from datetime import datetime
from enum import Enum
from typing import Any

from sqlmodel import Field, SQLModel

from models.base import choice, maybe_moment, moment, sealed


class Program(Enum):
    """The line of work a case belongs to."""

    FAMILY_SEPARATION = "family_sep"
    ASYLUM_EVIDENCE = "asylum_evidence"
    EXPERT_DECLARATION = "expert_decl"
    LABOR = "labor"
    SIJ = "sij"
    REMOTE_TESTIMONY = "remote_testimony"
    GENDER_VIOLENCE = "gbv"


class CaseState(Enum):
    """Whether a case is worked on."""

    OPEN = "open"
    CLOSED = "closed"


def number_in(reference: str) -> int:
    """Give the number that a reference ends with, 0 where it has none that fits: GT-0417 is 417."""
    digits = re.search(r"[0-9]{1,9}$", reference)
    return int(digits[0]) if digits else 0


def _number(row: Any) -> int:
    return number_in(row.get_current_parameters()["reference"])


class Case(SQLModel, table=True):
    """One case. `reference` looks like GT-0417: it names the request, never a person."""

    __tablename__ = "case"

    id: int | None = Field(default=None, primary_key=True)
    reference: str = Field(max_length=16, unique=True)
    number: int = Field(
        default=None,
        index=True,
        nullable=False,
        # Kept by the insert itself, so that no writer can forget it.
        sa_column_kwargs={"default": _number, "server_default": "0"},
    )
    program: Program = choice(Program)
    country: str = Field(max_length=2)
    state: CaseState = choice(CaseState, CaseState.OPEN, index=True)
    summary: str = sealed("case.summary")  # what is asked
    sought: str = sealed("case.sought")  # whom we look for
    guarded: str = sealed("case.guarded")  # names and places, a line each, that no text may hold
    lawyer_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    parent_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    worded: int = Field(default=0, index=True)  # the rule its words were marked by; 0: none yet
    opened_at: datetime = moment()
    closed_at: datetime | None = maybe_moment()


class CaseWord(SQLModel, table=True):
    """That a case holds a word, as a keyed mark: it finds the word again, and tells nothing.

    `whole`: it is a name or place, or two words of one. Else it is one word of several, which only
    those whom the case is about must not read.
    """

    __tablename__ = "case_word"

    mark: str = Field(primary_key=True, max_length=32)
    case_id: int = Field(primary_key=True, foreign_key="case.id", index=True)
    whole: bool = Field(primary_key=True)
