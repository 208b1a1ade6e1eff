"""A case: what a lawyer asked the network to do for one family."""

from datetime import datetime
from enum import Enum

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


class Case(SQLModel, table=True):
    """One case. `reference` looks like GT-0417: it names the request, never a person."""

    __tablename__ = "case"

    id: int | None = Field(default=None, primary_key=True)
    reference: str = Field(max_length=16, unique=True)
    program: Program = choice(Program)
    country: str = Field(max_length=2)
    state: CaseState = choice(CaseState, CaseState.OPEN, index=True)
    summary: str = sealed("case.summary")  # what is asked
    sought: str = sealed("case.sought")  # whom we look for
    guarded: str = sealed("case.guarded")  # names and places, a line each, that no text may hold
    lawyer_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    parent_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    opened_at: datetime = moment()
    closed_at: datetime | None = maybe_moment()
