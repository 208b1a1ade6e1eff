"""An assignment: a piece of work on a case, offered to Defenders and taken by one."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel, UniqueConstraint

from models.base import choice, maybe_moment, moment, sealed


class AssignmentKind(Enum):
    """What sort of work it is."""

    FIELD_SEARCH = "field_search"
    DOCUMENTS = "documents"
    DECLARATION = "declaration"
    OTHER = "other"


class AssignmentState(Enum):
    """How far the work has come."""

    DRAFT = "draft"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    SUBMITTED = "submitted"  # the Defender has reported; staff look
    DONE = "done"
    WITHDRAWN = "withdrawn"


class OfferState(Enum):
    """What became of one offer to one Defender."""

    NEXT = "next"  # waits in line; she knows nothing of it
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    COVERED = "covered"  # somebody else took it first
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    PASSED_OVER = "passed_over"  # could not be asked when it was her turn


class Taken(Enum):
    """What a Defender answers to an offer."""

    YES = "yes"
    NO = "no"
    QUESTION = "question"


class LeftOut(Enum):
    """What a Defender who has no time answers: leave me out, or I can next week."""

    YES = "yes"
    NEXT_WEEK = "next_week"


class DeclineReason(Enum):
    """Why a Defender cannot take an assignment. Only staff see it."""

    TIME = "time"
    DISTANCE = "distance"
    SECURITY = "security"
    OTHER = "other"
    UNSAID = "unsaid"


class Assignment(SQLModel, table=True):
    """Work on a case. `due` is an ISO day; `municipality` may be told in an offer."""

    __tablename__ = "assignment"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id", index=True)
    kind: AssignmentKind = choice(AssignmentKind)
    state: AssignmentState = choice(AssignmentState, AssignmentState.DRAFT)
    municipality: str = sealed("assignment.municipality")
    language_needed: str = Field(default="", max_length=40)
    due: str = Field(default="", max_length=10)
    budget: str = Field(default="", max_length=60)
    details: str = sealed("assignment.details")  # for the one who takes it; never in an offer
    documents: str = Field(default="", max_length=200)  # document types wanted, comma between
    defender_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    created_at: datetime = moment()
    accepted_at: datetime | None = maybe_moment()
    closed_at: datetime | None = maybe_moment()


class Offer(SQLModel, table=True):
    """One assignment offered to one Defender, or to be offered: the line goes by `id`."""

    __tablename__ = "offer"
    __table_args__ = (UniqueConstraint("assignment_id", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    assignment_id: int = Field(foreign_key="assignment.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    state: OfferState = choice(OfferState, OfferState.OFFERED)
    reason: DeclineReason = choice(DeclineReason, DeclineReason.UNSAID)
    note: str = sealed("offer.note")
    free_from: str = Field(default="", max_length=10)  # ISO day, where a no was «next week»
    offered_at: datetime = moment()
    answered_at: datetime | None = maybe_moment()
