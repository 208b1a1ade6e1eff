"""Who we are, as we may tell it: facts that age, with an owner and a review date."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.base import moment


class Organisation(SQLModel, table=True):
    """The network's public face. One row. After `review_by` the phone and page are not told."""

    __tablename__ = "organisation"

    id: int = Field(default=1, primary_key=True)
    name: str = Field(max_length=80)
    phone: str = Field(default="", max_length=40)
    website: str = Field(default="", max_length=120)
    hours: str = Field(default="", max_length=120)
    reply_hours: int = 24  # within how many hours a human answers
    owner: str = Field(default="", max_length=80)
    review_by: datetime = moment()
