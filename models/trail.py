"""Who did what, when: the log of acts that every change leaves, and live pages follow."""

from datetime import datetime

from sqlmodel import Field, Index, SQLModel

from models.base import moment, sealed


class Trail(SQLModel, table=True):
    """One act, in the same transaction as what it did. Rows are never changed."""

    __tablename__ = "trail"
    __table_args__ = (Index("ix_trail_case_id_id", "case_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = moment()
    actor: str = Field(max_length=40)  # "staff:3", "person:12", "bot"
    act: str = Field(max_length=60)  # past tense: "offer.accepted"
    object: str = Field(default="", max_length=60)  # "assignment:7"
    case_id: int | None = Field(default=None)
    detail: str = sealed("trail.detail")
