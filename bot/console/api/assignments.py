"""The work on a case: offered blind, taken by one, withdrawn."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import Page, RowId, Words
from bot.console.records import cases, looks
from bot.console.records.found import the_assignment, the_case
from bot.office import casebook
from bot.post.screen import Screen
from models.assignment import AssignmentKind, AssignmentState, DeclineReason, OfferState
from models.document import DocumentType

router = APIRouter(prefix="/cases/{reference}/assignments", tags=["assignments"])
Reads = Annotated[Caller, may("cases:read")]
Writes = Annotated[Caller, may("cases:write")]


class OfferOut(BaseModel):
    """What became of one offer."""

    model_config = ConfigDict(from_attributes=True)

    person_id: int
    state: OfferState
    reason: DeclineReason
    note: Words
    free_from: str
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
    """Work to offer. All but `details` may be told in the offer, so it names nobody.

    All of `person_ids` are asked at once; once they have said no or not answered, those of
    `then_ids` one by one, in their order.
    """

    model_config = ConfigDict(extra="forbid")

    kind: AssignmentKind
    municipality: Annotated[str, Field(max_length=80)] = ""
    language_needed: Annotated[str, Field(max_length=40)] = ""
    due: date | None = None
    budget: Annotated[str, Field(max_length=60)] = ""
    details: Annotated[str, Field(max_length=4000)] = ""
    documents: list[DocumentType] = []
    person_ids: Annotated[list[RowId], Field(min_length=1, max_length=100)]
    then_ids: Annotated[list[RowId], Field(max_length=100)] = []


@router.get("", summary="List the work on a case")
async def assignments(reference: str, caller: Reads) -> Page[AssignmentOut]:
    """Give the work on a case, the newest first, with every offer."""
    await caller.looks(looks.CASE, f"case:{reference}", looks.at_case(reference))

    def act(s: Session) -> list[AssignmentOut]:
        return [_assignment(work) for work in cases.sheet(s, the_case(s, reference)).work]

    return Page(items=await caller.read(act))


@router.post(
    "",
    status_code=201,
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
            then_ids=body.then_ids,
            now=caller.now,
            actor=caller.actor,
        )
        return _offered(s, made.id or 0, reference)

    return await create(caller, once, act)


@router.post(
    "/{assignment_id}/withdrawal",
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


def _offered(s: Session, assignment_id: int, reference: str) -> AssignmentOut:
    s.flush()
    work = cases.sheet(s, the_case(s, reference)).work
    return next(_assignment(one) for one in work if one.assignment.id == assignment_id)


def _assignment(work: cases.Work) -> AssignmentOut:
    made = AssignmentOut.model_validate(work.assignment)
    offers = [OfferOut.model_validate(offer) for offer in work.offers]
    return made.model_copy(update={"offers": offers})
