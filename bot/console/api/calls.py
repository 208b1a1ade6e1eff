"""Calls that were agreed, and what a named human established in them."""

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
from bot.console.records.found import the_call, the_case
from bot.office import casebook
from models.appointment import AppointmentState, Established

router = APIRouter(prefix="/cases/{reference}/calls", tags=["calls"])
Reads = Annotated[Caller, may("cases:read")]
Writes = Annotated[Caller, may("cases:write")]


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


@router.get("", summary="Calls that were agreed")
async def calls(reference: str, caller: Reads) -> Page[CallOut]:
    """Give the calls of a case, the latest first."""
    await caller.looks(looks.CASE, f"case:{reference}", looks.at_case(reference))

    def act(s: Session) -> list[CallOut]:
        case = the_case(s, reference)
        return [CallOut.model_validate(call) for call in cases.sheet(s, case).appointments]

    return Page(items=await caller.read(act))


@router.post(
    "/{call_id}/record",
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
