"""What humans of staff find out about who is who: two people are one, a number is another's."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel

from models.base import choice, maybe_moment, moment, sealed


class RegroupingKind(Enum):
    """What is found out."""

    JOIN = "join"  # `person` and `other` are one, and `other` stays
    MOVE = "move"  # an address of `person` is `other`'s
    PART = "part"  # an address of `person` is that of somebody who is not in the record yet
    CHANGE = "change"  # `person` has another number now


class RegroupingState(Enum):
    """How far it has come. Only a human takes it further."""

    PROPOSED = "proposed"
    DONE = "done"
    UNDONE = "undone"
    DROPPED = "dropped"


class Regrouping(SQLModel, table=True):
    """One such finding: proposed, looked at, confirmed by a named human, and perhaps undone.

    `kept` is sealed JSON: all that undoing it needs. For one `cause` the bot proposes it once.
    """

    __tablename__ = "regrouping"

    id: int | None = Field(default=None, primary_key=True)
    kind: RegroupingKind = choice(RegroupingKind)
    state: RegroupingState = choice(RegroupingState, RegroupingState.PROPOSED, index=True)
    cause: str | None = Field(default=None, max_length=80, unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    other_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    address_id: int | None = Field(default=None, foreign_key="address.id")
    new_address_id: int | None = Field(default=None, foreign_key="address.id")
    why: str = sealed("regrouping.why")
    kept: str = sealed("regrouping.kept", default="{}")
    proposed_by: str = Field(max_length=40)  # as the trail writes it: "staff:3", "bot"
    proposed_at: datetime = moment()
    decided_by: int | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = maybe_moment()
    undone_by: int | None = Field(default=None, foreign_key="staff.id")
    undone_at: datetime | None = maybe_moment()
