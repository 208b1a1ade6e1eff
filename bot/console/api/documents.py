"""Documents asked of Defenders, and what a named human decides about them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import Page, RowId, Words
from bot.console.records import cases, looks
from bot.console.records.found import the_case, the_document
from bot.office import casebook
from bot.post.screen import Screen
from models.document import DocumentState, DocumentType, Obstacle

router = APIRouter(prefix="/cases/{reference}/documents", tags=["documents"])
Reads = Annotated[Caller, may("cases:read")]
Writes = Annotated[Caller, may("cases:write")]


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


@router.get("", summary="Documents asked for")
async def documents(reference: str, caller: Reads) -> Page[DocumentOut]:
    """Give the documents asked for in a case, the oldest first."""
    await caller.looks(looks.CASE, f"case:{reference}", looks.at_case(reference))

    def act(s: Session) -> list[DocumentOut]:
        sheet = cases.sheet(s, the_case(s, reference))
        return [DocumentOut.model_validate(document) for document in sheet.documents]

    return Page(items=await caller.read(act))


@router.post(
    "",
    status_code=201,
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
    "/{document_id}/decision",
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
