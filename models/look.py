"""Who looked at what, and when last: so that looking again soon leaves no second line."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.base import moment


class Look(SQLModel, table=True):
    """The last line that a reader left in the trail for one thing. The trail has all of them."""

    __tablename__ = "look"

    actor: str = Field(primary_key=True, max_length=40)  # as the trail writes it: "staff:3"
    object: str = Field(primary_key=True, max_length=60)  # "person:12", "case:7"
    at: datetime = moment()
