"""A call that somebody agreed to, and what a human established in it."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel

from models.base import choice, maybe_moment, moment, sealed


class AppointmentState(Enum):
    """What became of the call."""

    BOOKED = "booked"
    HELD = "held"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Established(Enum):
    """What the named human who called established. The bot never writes this."""

    NOTHING = "nothing"
    IS_THE_PERSON = "is_the_person"
    IS_NOT_THE_PERSON = "is_not_the_person"
    UNSURE = "unsure"


class Appointment(SQLModel, table=True):
    """One agreed call, at an instant in UTC, told in the person's own zone."""

    __tablename__ = "appointment"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="case.id", index=True)
    at: datetime = moment(index=True)
    zone: str = Field(max_length=40)
    state: AppointmentState = choice(AppointmentState, AppointmentState.BOOKED)
    established: Established = choice(Established, Established.NOTHING)
    note: str = sealed("appointment.note")
    recorded_by: int | None = Field(default=None, foreign_key="staff.id")
    recorded_at: datetime | None = maybe_moment()
    created_at: datetime = moment()
