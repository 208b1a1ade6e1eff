"""What is kept for how long, what must be kept, and what was asked to be destroyed."""

from datetime import datetime

from sqlmodel import Field, Index, SQLModel

from models.base import Choice, choice, maybe_moment, moment, sealed
from models.case import Program
from models.data_key import Subject


class Keeping(SQLModel, table=True):
    """How long a line of work keeps its closed cases. Without a row they are kept for good."""

    __tablename__ = "keeping"

    program: Program = Field(sa_type=Choice(Program), primary_key=True)
    days: int  # from when the case was closed
    set_by: int = Field(foreign_key="staff.id")
    set_at: datetime = moment()


class Hold(SQLModel, table=True):
    """Somebody with a name says that a case, a person or a week must be kept, and why.

    It wins.
    """

    __tablename__ = "hold"
    __table_args__ = (Index("ix_hold_kind_subject", "kind", "subject"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: Subject = choice(Subject)
    subject: int
    reason: str = sealed("hold.reason")
    placed_by: int = Field(foreign_key="staff.id")
    placed_at: datetime = moment()
    released_by: int | None = Field(default=None, foreign_key="staff.id")
    released_at: datetime | None = maybe_moment()


class Destruction(SQLModel, table=True):
    """One of staff asks that a case, a person or a week is destroyed; another one does it."""

    __tablename__ = "destruction"
    __table_args__ = (Index("ix_destruction_kind_subject", "kind", "subject"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: Subject = choice(Subject)
    subject: int
    reason: str = sealed("destruction.reason")
    asked_by: int = Field(foreign_key="staff.id")
    asked_at: datetime = moment()
    withdrawn_by: int | None = Field(default=None, foreign_key="staff.id")
    withdrawn_at: datetime | None = maybe_moment()
    done_by: int | None = Field(default=None, foreign_key="staff.id")
    done_at: datetime | None = maybe_moment()
