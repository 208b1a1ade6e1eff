"""What belongs to a person in the record, table by table, and moving it to another."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from models.appointment import Appointment
from models.assignment import Assignment, Offer
from models.broadcast import Recipient
from models.case import Case
from models.conversation import Talked
from models.document import DocumentRequest, UploadPass
from models.duty import Leave
from models.evidence import Evidence
from models.inbox import Heard
from models.outbox import Outbox
from models.person import Invite, Link, Person
from models.proof import Unproved
from models.recognition import Claim
from models.regrouping import Regrouping
from models.staff import Staff
from models.task import Task, TaskNote
from models.whereabouts import Whereabouts

Moved = dict[str, list[int]]
"""Rows by "table.column"."""

MOVES: Mapping[str, tuple[type[SQLModel], str]] = {
    f"{model.__tablename__}.{column}": (model, column)
    for model, column in (
        (Heard, "person_id"),
        (Outbox, "person_id"),
        (Talked, "person_id"),
        (Evidence, "person_id"),
        (Task, "person_id"),
        (TaskNote, "person_id"),
        (Appointment, "person_id"),
        (Claim, "person_id"),
        (Case, "parent_id"),
        (Case, "lawyer_id"),
        (Assignment, "defender_id"),
        (Offer, "person_id"),
        (DocumentRequest, "person_id"),
        (UploadPass, "person_id"),
        (Whereabouts, "reported_by"),
        (Recipient, "person_id"),
        (Invite, "person_id"),
        (Unproved, "person_id"),
        (Leave, "person_id"),
        (Staff, "person_id"),
    )
}
"""What goes with somebody who is found to be another."""

STAYS = frozenset(
    {"consent_event.person_id", "consent_grant.person_id", "proof.person_id", "pin.person_id"}
)
"""What stays with whom it was of: logs whose rows are never changed, and what shows who they are.

Whoever was joined shows it anew, or staff vouch: a human was sure of the two, not of the phone.
"""

OWN = frozenset(
    {f"{Link.__tablename__}.person_id"}
    | {f"{Regrouping.__tablename__}.{name}" for name in ("person_id", "other_id")}
)
"""What joining itself looks after."""

ONCE = {  # one of a kind for each person, or one at all: what the other has already stays
    "offer.person_id": "assignment_id",
    "recipient.person_id": "broadcast_id",
    "staff.person_id": "",
}


def of(s: Session, person: Person, other: Person) -> Moved:
    """Find what of a person would move to another."""
    found: Moved = {}
    for name, (model, column) in MOVES.items():
        mine = sa.select(_column(model, "id")).where(_column(model, column) == person.id)
        if name in ONCE:
            kind = _column(model, ONCE[name]) if ONCE[name] else sa.literal(1)
            theirs = sa.select(kind).where(_column(model, column) == other.id)
            mine = mine.where(kind.not_in(theirs))
        rows = list(s.connection().execute(mine.order_by(_column(model, "id"))).scalars())
        if rows:
            found[name] = rows
    return found


def move(s: Session, rows: Moved, person: Person, other: Person) -> int:
    """Move rows from a person to another, those that are still the first's. Gives how many."""
    s.flush()
    moved = 0
    for name, numbers in rows.items():
        model, column = MOVES[name]
        for some in _chunks(numbers):
            asked = (
                sa.update(model)
                .where(_column(model, "id").in_(some), _column(model, column) == person.id)
                .values({column: other.id})
            )
            moved += s.connection().execute(asked).rowcount
    s.expire_all()
    return moved


def _column(model: type[SQLModel], name: str) -> Any:
    return col(getattr(model, name))


def _chunks(numbers: Sequence[int], size: int = 500) -> Iterable[Sequence[int]]:
    return (numbers[at : at + size] for at in range(0, len(numbers), size))
