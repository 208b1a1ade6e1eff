"""The work on a case: assignments, whereabouts, documents and calls, and what humans decide."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import Page, RowId, Words
from bot.console.records import cases
from bot.console.records.found import (
    the_assignment,
    the_call,
    the_case,
    the_document,
    the_report,
)
from bot.office import casebook
from bot.post.screen import Screen
from models.appointment import Appointment, AppointmentState, Established
from models.assignment import AssignmentKind, AssignmentState, DeclineReason, Offer, OfferState
from models.document import DocumentState, DocumentType, Obstacle
from models.whereabouts import Certainty, Finding, Source, Standing

router = APIRouter(prefix="/cases/{reference}")


class OfferOut(BaseModel):
    """What became of one offer."""

    model_config = ConfigDict(from_attributes=True)

    person_id: int
    state: OfferState
    reason: DeclineReason
    note: Words
    offered_at: datetime
    answered_at: datetime | None


class AssignmentOut(BaseModel):
    """A piece of work, with every offer made of it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: AssignmentKind
    state: AssignmentState
    municipality: Words
    language_needed: Words
    due: str
    budget: Words
    details: Words
    documents: str
    defender_id: int | None
    created_at: datetime
    accepted_at: datetime | None
    closed_at: datetime | None
    offers: list[OfferOut] = []


class AssignmentIn(BaseModel):
    """Work to offer. All but `details` may be told in the offer, so it names nobody."""

    model_config = ConfigDict(extra="forbid")

    kind: AssignmentKind
    municipality: Annotated[str, Field(max_length=80)] = ""
    language_needed: Annotated[str, Field(max_length=40)] = ""
    due: date | None = None
    budget: Annotated[str, Field(max_length=60)] = ""
    details: Annotated[str, Field(max_length=4000)] = ""
    documents: list[DocumentType] = []
    person_ids: Annotated[list[RowId], Field(min_length=1, max_length=100)]


class WhereaboutsOut(BaseModel):
    """A report. Only a named human confirms or rejects it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    assignment_id: int | None
    reported_by: int
    reported_at: datetime
    via: str
    finding: Finding
    place: Words
    pin: str
    source: Source | None
    certainty: Certainty | None
    note: Words
    standing: Standing
    decided_by: int | None
    decided_at: datetime | None
    decision_note: Words


class Verdict(Enum):
    """What a human makes of a report."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class WhereaboutsDecision(BaseModel):
    """A named human's decision about a report."""

    model_config = ConfigDict(extra="forbid")

    standing: Verdict
    note: Annotated[str, Field(max_length=1000)] = ""


class DocumentOut(BaseModel):
    """A document asked of a Defender."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    assignment_id: int | None
    person_id: int
    type: DocumentType
    state: DocumentState
    obstacle: Obstacle | None
    explanation: Words
    requested_at: datetime
    answered_at: datetime | None
    decided_by: int | None
    decided_at: datetime | None


class DocumentIn(BaseModel):
    """A document to ask for."""

    model_config = ConfigDict(extra="forbid")

    type: DocumentType
    person_id: RowId


class DocumentDecision(BaseModel):
    """A named human's decision about a document. `note` tells the sender what is wrong."""

    model_config = ConfigDict(extra="forbid")

    accepted: bool
    note: Annotated[str, Field(max_length=600)] = ""


class CallOut(BaseModel):
    """A call that was agreed, and what a human established in it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    person_id: int
    at: datetime
    zone: str
    state: AppointmentState
    established: Established
    note: Words
    recorded_by: int | None
    recorded_at: datetime | None


class CallRecord(BaseModel):
    """What became of a call."""

    model_config = ConfigDict(extra="forbid")

    state: AppointmentState
    established: Established = Established.NOTHING
    note: Annotated[str, Field(max_length=2000)] = ""


Reads = Annotated[Caller, may("cases:read")]
Writes = Annotated[Caller, may("cases:write")]


@router.get("/assignments", tags=["assignments"], summary="List the work on a case")
async def assignments(reference: str, caller: Reads) -> Page[AssignmentOut]:
    """Give the work on a case, the newest first, with every offer."""

    def act(s: Session) -> list[AssignmentOut]:
        return [_assignment(work) for work in cases.sheet(s, the_case(s, reference)).work]

    return Page(items=await caller.read(act))


@router.post(
    "/assignments",
    status_code=201,
    tags=["assignments"],
    summary="Offer work",
    response_model=AssignmentOut,
)
async def offer(reference: str, body: AssignmentIn, caller: Writes, once: Once) -> JSONResponse:
    """Offer work to Defenders, blind. The first who accepts has it."""

    def act(s: Session) -> AssignmentOut:
        made = casebook.offer(
            s,
            case=the_case(s, reference),
            kind=body.kind,
            municipality=body.municipality,
            language_needed=body.language_needed,
            due=body.due.isoformat() if body.due else "",
            budget=body.budget,
            details=body.details,
            documents=body.documents,
            person_ids=body.person_ids,
            now=caller.now,
            actor=caller.actor,
        )
        return _offered(s, made.id or 0, reference)

    return await create(caller, once, act)


@router.post(
    "/assignments/{assignment_id}/withdrawal",
    tags=["assignments"],
    summary="Withdraw work",
    response_model=AssignmentOut,
)
async def withdraw(
    reference: str, assignment_id: RowId, caller: Writes, once: Once
) -> JSONResponse:
    """Take work back, from everybody who was asked and from whoever has it."""

    def act(s: Session) -> AssignmentOut:
        assignment = the_assignment(s, the_case(s, reference), assignment_id)
        told = casebook.withdraw(s, assignment, caller.now, caller.actor)
        Screen(caller.world).notices(s, told, caller.now)
        return _offered(s, assignment_id, reference)

    return await create(caller, once, act, status=200)


@router.get("/whereabouts", tags=["whereabouts"], summary="What Defenders reported")
async def whereabouts(reference: str, caller: Reads) -> Page[WhereaboutsOut]:
    """Give the reports on a case, the newest first."""

    def act(s: Session) -> list[WhereaboutsOut]:
        sheet = cases.sheet(s, the_case(s, reference))
        return [WhereaboutsOut.model_validate(report) for report in sheet.whereabouts]

    return Page(items=await caller.read(act))


@router.post(
    "/whereabouts/{report_id}/decision",
    tags=["whereabouts"],
    summary="Confirm or reject a report",
    response_model=WhereaboutsOut,
)
async def decide_whereabouts(
    reference: str, report_id: RowId, body: WhereaboutsDecision, caller: Writes, once: Once
) -> JSONResponse:
    """Say as a named human whether a report stands."""

    def act(s: Session) -> WhereaboutsOut:
        report = the_report(s, the_case(s, reference), report_id)
        told = casebook.confirm_whereabouts(
            s, report, caller.human, Standing(body.standing.value), body.note, caller.now
        )
        Screen(caller.world).notices(s, told, caller.now)
        s.flush()
        return WhereaboutsOut.model_validate(report)

    return await create(caller, once, act, status=200)


@router.get("/documents", tags=["documents"], summary="Documents asked for")
async def documents(reference: str, caller: Reads) -> Page[DocumentOut]:
    """Give the documents asked for in a case, the oldest first."""

    def act(s: Session) -> list[DocumentOut]:
        sheet = cases.sheet(s, the_case(s, reference))
        return [DocumentOut.model_validate(document) for document in sheet.documents]

    return Page(items=await caller.read(act))


@router.post(
    "/documents",
    status_code=201,
    tags=["documents"],
    summary="Ask for a document",
    response_model=DocumentOut,
)
async def request_document(
    reference: str, body: DocumentIn, caller: Writes, once: Once
) -> JSONResponse:
    """Ask a Defender for a document."""

    def act(s: Session) -> DocumentOut:
        made = casebook.request_document(
            s,
            case=the_case(s, reference),
            person_id=body.person_id,
            type=body.type,
            now=caller.now,
            actor=caller.actor,
        )
        return DocumentOut.model_validate(made)

    return await create(caller, once, act)


@router.post(
    "/documents/{document_id}/decision",
    tags=["documents"],
    summary="Accept or reject a document",
    response_model=DocumentOut,
)
async def decide_document(
    reference: str, document_id: RowId, body: DocumentDecision, caller: Writes, once: Once
) -> JSONResponse:
    """Decide as a named human whether a document does."""

    def act(s: Session) -> DocumentOut:
        document = the_document(s, the_case(s, reference), document_id)
        told = casebook.decide_document(
            s,
            document,
            staff_id=caller.human,
            accepted=body.accepted,
            note=body.note,
            now=caller.now,
        )
        Screen(caller.world).notices(s, told, caller.now)
        s.flush()
        return DocumentOut.model_validate(document)

    return await create(caller, once, act, status=200)


@router.get("/calls", tags=["calls"], summary="Calls that were agreed")
async def calls(reference: str, caller: Reads) -> Page[CallOut]:
    """Give the calls of a case, the latest first."""

    def act(s: Session) -> list[CallOut]:
        case = the_case(s, reference)
        rows = s.exec(
            select(Appointment)
            .where(Appointment.case_id == case.id)
            .order_by(col(Appointment.at).desc())
        )
        return [CallOut.model_validate(row) for row in rows]

    return Page(items=await caller.read(act))


@router.post(
    "/calls/{call_id}/record",
    tags=["calls"],
    summary="Record a call",
    response_model=CallOut,
)
async def record_call(
    reference: str, call_id: RowId, body: CallRecord, caller: Writes, once: Once
) -> JSONResponse:
    """Record as a named human what became of a call, and what it established."""

    def act(s: Session) -> CallOut:
        call = the_call(s, call_id, the_case(s, reference))
        casebook.record_call(
            s, call, caller.human, body.state, body.established, body.note, caller.now
        )
        s.flush()
        return CallOut.model_validate(call)

    return await create(caller, once, act, status=200)


def _offered(s: Session, assignment_id: int, reference: str) -> AssignmentOut:
    s.flush()
    work = cases.sheet(s, the_case(s, reference)).work
    return next(_assignment(one) for one in work if one.assignment.id == assignment_id)


def _assignment(work: cases.Work) -> AssignmentOut:
    made = AssignmentOut.model_validate(work.assignment)
    return made.model_copy(update={"offers": [_offer(offer) for offer in work.offers]})


def _offer(offer: Offer) -> OfferOut:
    return OfferOut.model_validate(offer)
