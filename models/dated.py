"""Facts that age: deadlines, numbers, addresses, each with who answers for it and until when."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.base import moment


class DatedFact(SQLModel, table=True):
    """One fact, in the languages we write. After `review_by` nothing that holds it is sent."""

    __tablename__ = "dated_fact"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=40, unique=True)
    spanish: str = Field(default="", max_length=300)
    english: str = Field(default="", max_length=300)
    owner: str = Field(max_length=80)
    review_by: datetime = moment()
    changed_at: datetime = moment()
