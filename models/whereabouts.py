"""What a search found: where somebody is said to be, who says so, and what staff made of it."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel

from models.base import choice, maybe_choice, maybe_moment, moment, sealed


class Finding(Enum):
    """How a search ended."""

    FOUND = "found"
    NOT_THERE = "not_there"
    MOVED = "moved"
    COULD_NOT_LOOK = "could_not_look"


class Source(Enum):
    """How the Defender knows."""

    IN_PERSON = "in_person"
    FAMILY = "family"
    COMMUNITY = "community"


class Certainty(Enum):
    """How sure the Defender is."""

    SURE = "sure"
    LIKELY = "likely"
    UNSURE = "unsure"


class Standing(Enum):
    """What staff made of a report. The bot only ever writes `reported`."""

    REPORTED = "reported"
    CONFIRMED = "confirmed"  # by a named human, in the console
    REJECTED = "rejected"


class Whereabouts(SQLModel, table=True):
    """One report. Never overwritten: a correction is another report."""

    __tablename__ = "whereabouts"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id", index=True)
    assignment_id: int | None = Field(default=None, foreign_key="assignment.id")
    reported_by: int = Field(foreign_key="person.id")
    via: str = Field(default="", max_length=12)
    finding: Finding = choice(Finding)
    place: str = sealed("whereabouts.place")
    pin: str = sealed("whereabouts.pin")  # "latitude,longitude" as shared, or ""
    source: Source | None = maybe_choice(Source)
    certainty: Certainty | None = maybe_choice(Certainty)
    note: str = sealed("whereabouts.note")
    standing: Standing = choice(Standing, Standing.REPORTED)
    reported_at: datetime = moment()
    decided_by: int | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = maybe_moment()
    decision_note: str = sealed("whereabouts.decision_note")
