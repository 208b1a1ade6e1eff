"""Words that WhatsApp must approve before they may open a talk, and how far that has come."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel, UniqueConstraint

from models.base import choice, maybe_moment, moment


class Approval(Enum):
    """What WhatsApp says of a template. Only the approved ones are sent."""

    UNSUBMITTED = "unsubmitted"
    RECEIVED = "received"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"


class TemplateRow(SQLModel, table=True):
    """One template in one language and version, under its id at Twilio."""

    __tablename__ = "template"
    __table_args__ = (UniqueConstraint("key", "language", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=40)
    language: str = Field(max_length=8)  # ISO 639-3
    version: int = 1
    content_sid: str = Field(default="", max_length=40)
    approval: Approval = choice(Approval, Approval.UNSUBMITTED)
    category: str = Field(default="", max_length=20)
    reason: str = Field(default="", max_length=300)
    checked_at: datetime | None = maybe_moment()
    created_at: datetime = moment()
