"""Who of staff answers people, at which hours of the week, and who is away."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.base import maybe_moment, moment


class Shift(SQLModel, table=True):
    """Hours of a weekday at which somebody answers, by the clock of a zone.

    Minutes count from midnight. Where the end is not after the beginning, it is on the next day.
    """

    __tablename__ = "shift"

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff.id", index=True)
    weekday: int  # 0 is Monday
    begins: int
    ends: int
    zone: str = Field(max_length=40)
    created_at: datetime = moment()
    ended_at: datetime | None = maybe_moment()


class Leave(SQLModel, table=True):
    """Days on which somebody is away, the first and the last of them (ISO), where they live."""

    __tablename__ = "leave"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    first: str = Field(max_length=10)
    last: str = Field(max_length=10)
    created_at: datetime = moment()
    ended_at: datetime | None = maybe_moment()
