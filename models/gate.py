"""What may not go out now: a channel, a sender, a template or all broadcasts, and why."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.base import maybe_moment, moment


class Gate(SQLModel, table=True):
    """One gate, open or shut. Shut, what would pass waits; nothing is lost.

    The key says what it stands before: `channel:sms`, `broadcasts:whatsapp`,
    `template:offer.spa.1`, `region:sms:+505`. A gate that staff shut stays so until staff open it.
    """

    __tablename__ = "gate"

    id: str = Field(primary_key=True, max_length=80)
    shut_at: datetime | None = maybe_moment()
    shut_until: datetime | None = maybe_moment()  # None, while shut: until somebody opens it
    shut_by: int | None = Field(default=None, foreign_key="staff.id")
    reason: str = Field(default="", max_length=300)
    changed_at: datetime = moment()
