"""Cases as staff find them, and what belongs to one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.console.records.slices import Slice, cut
from bot.office.work import recognition
from models.appointment import Appointment
from models.assignment import Assignment, Offer
from models.case import Case, CaseState, Program
from models.document import DocumentRequest
from models.evidence import Evidence
from models.person import Person
from models.recognition import Claim
from models.task import Task, TaskState
from models.whereabouts import Whereabouts

PAGE = 50
PHOTOS = 60


@dataclass(frozen=True)
class Filter:
    """Which cases. Empty values do not narrow."""

    code: str = ""
    state: CaseState | None = None
    program: Program | None = None
    country: str = ""


@dataclass(frozen=True)
class Work:
    """An assignment with every offer made of it."""

    assignment: Assignment
    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class Sheet:
    """All that belongs to a case, but for its timeline."""

    case: Case
    people: dict[int, Person]
    work: tuple[Work, ...]
    whereabouts: tuple[Whereabouts, ...]
    documents: tuple[DocumentRequest, ...]
    appointments: tuple[Appointment, ...]
    photos: tuple[Evidence, ...]
    tasks: tuple[Task, ...]
    claims: tuple[Claim, ...]


def find(s: Session, reference: str) -> Case | None:
    """Find a case by its reference, however it is capitalised."""
    return s.exec(select(Case).where(Case.reference == reference.strip().upper())).first()


def listing(
    s: Session, wanted: Filter, *, below: int | None = None, most: int = PAGE
) -> Slice[Case]:
    """List cases, the newest first."""
    query = select(Case).order_by(col(Case.id).desc())
    if wanted.state is not None:
        query = query.where(Case.state == wanted.state)
    if wanted.program is not None:
        query = query.where(Case.program == wanted.program)
    if wanted.country:
        query = query.where(Case.country == wanted.country)
    if wanted.code.strip():
        query = query.where(called(wanted.code))
    if below is not None:
        query = query.where(col(Case.id) < below)
    rows = list(s.exec(query.limit(most + 1)))
    return cut(rows, [row.id or 0 for row in rows], most)


def called(code: str) -> sa.ColumnElement[bool]:
    """Find what people write of a code: GT-0417, gt0417, GT 417, 417, or a piece of it."""
    text = code.strip().upper()
    parts = re.fullmatch(r"([A-Z]{2,4})?[\s\-–—.]*0*(\d{1,9})", text)
    if parts is None:
        return col(Case.reference).contains(text, autoescape=True)
    same = col(Case.number) == int(parts[2])
    return same & col(Case.reference).startswith(f"{parts[1]}-") if parts[1] else same


def sheet(s: Session, case: Case) -> Sheet:
    """Gather what belongs to a case."""
    number = case.id or 0
    assignments = list(
        s.exec(
            select(Assignment)
            .where(Assignment.case_id == number)
            .order_by(col(Assignment.id).desc())
        )
    )
    offers = _offers(s, [assignment.id or 0 for assignment in assignments])
    whereabouts = tuple(
        s.exec(
            select(Whereabouts)
            .where(Whereabouts.case_id == number)
            .order_by(col(Whereabouts.id).desc())
        )
    )
    documents = tuple(
        s.exec(
            select(DocumentRequest)
            .where(DocumentRequest.case_id == number)
            .order_by(col(DocumentRequest.id))
        )
    )
    appointments = tuple(
        s.exec(
            select(Appointment)
            .where(Appointment.case_id == number)
            .order_by(col(Appointment.at).desc())
        )
    )
    photos = tuple(photos_of(s, number))
    tasks = tuple(
        s.exec(
            select(Task)
            .where(Task.case_id == number, Task.state == TaskState.OPEN)
            .order_by(col(Task.due_at))
        )
    )
    claims = tuple(recognition.answers(s, number))
    ids = {
        case.lawyer_id,
        case.parent_id,
        *(offer.person_id for offer in offers),
        *(assignment.defender_id for assignment in assignments),
        *(report.reported_by for report in whereabouts),
        *(document.person_id for document in documents),
        *(call.person_id for call in appointments),
        *(photo.person_id for photo in photos),
        *(task.person_id for task in tasks),
        *(claim.person_id for claim in claims),
    }
    people = s.exec(select(Person).where(col(Person.id).in_(ids - {None})))
    return Sheet(
        case=case,
        people={person.id or 0: person for person in people},
        work=tuple(
            Work(one, tuple(offer for offer in offers if offer.assignment_id == one.id))
            for one in assignments
        ),
        whereabouts=whereabouts,
        documents=documents,
        appointments=appointments,
        photos=photos,
        tasks=tasks,
        claims=claims,
    )


def photos_of(
    s: Session, case_id: int, *, below: int | None = None, most: int = PHOTOS
) -> list[Evidence]:
    """Give a case's files, the newest first."""
    query = select(Evidence).where(Evidence.case_id == case_id).order_by(col(Evidence.id).desc())
    if below is not None:
        query = query.where(col(Evidence.id) < below)
    return list(s.exec(query.limit(most)))


def _offers(s: Session, assignments: Sequence[int]) -> list[Offer]:
    return list(
        s.exec(
            select(Offer).where(col(Offer.assignment_id).in_(assignments)).order_by(col(Offer.id))
        )
    )
