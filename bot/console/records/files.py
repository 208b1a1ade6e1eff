"""One file: whose it is, what it belongs to, and who has looked at it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bot.console.records.people import names
from bot.console.records.timeline import LOOKS, actor_name, staff_names
from models.case import Case
from models.document import DocumentRequest
from models.evidence import Evidence
from models.person import Person
from models.trail import Trail

NEWEST = 20


@dataclass(frozen=True)
class Look:
    """Somebody looked at a file, or took a copy."""

    act: str
    who: str
    at: datetime


@dataclass(frozen=True)
class File:
    """A file and what surrounds it."""

    evidence: Evidence
    person: Person | None
    case: Case | None
    request: DocumentRequest | None
    looks: tuple[Look, ...]


def find(s: Session, number: int) -> File | None:
    """Find a file by its number."""
    evidence = s.get(Evidence, number)
    if evidence is None:
        return None
    case = s.get(Case, evidence.case_id) if evidence.case_id else None
    return File(
        evidence=evidence,
        person=s.get(Person, evidence.person_id),
        case=case,
        request=s.get(DocumentRequest, evidence.request_id) if evidence.request_id else None,
        looks=tuple(_looks(s, evidence)),
    )


def _looks(s: Session, evidence: Evidence) -> list[Look]:
    rows = list(
        s.exec(
            select(Trail)
            .where(
                Trail.case_id == evidence.case_id,
                Trail.object == f"evidence:{evidence.id}",
                col(Trail.act).in_(LOOKS),
            )
            .order_by(col(Trail.id).desc())
            .limit(NEWEST)
        )
    )
    members = [int(row.actor.partition(":")[2]) for row in rows if row.actor.startswith("staff:")]
    staff = staff_names(s, members)
    return [Look(row.act, actor_name(row.actor, names(s, []), staff), row.at) for row in rows]
