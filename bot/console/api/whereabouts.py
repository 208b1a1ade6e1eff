"""What Defenders reported of whereabouts, and what a named human makes of it."""

from datetime import datetime
from enum import Enum
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import Page, RowId, Words
from bot.console.records import cases, looks
from bot.console.records.found import the_case, the_report
from bot.office import casebook
from bot.post.screen import Screen
from models.whereabouts import Certainty, Finding, Source, Standing

router = APIRouter(prefix="/cases/{reference}/whereabouts", tags=["whereabouts"])
Reads = Annotated[Caller, may("cases:read")]
Writes = Annotated[Caller, may("cases:write")]


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


@router.get("", summary="What Defenders reported")
async def whereabouts(reference: str, caller: Reads) -> Page[WhereaboutsOut]:
    """Give the reports on a case, the newest first."""
    await caller.looks(looks.CASE, f"case:{reference}", looks.at_case(reference))

    def act(s: Session) -> list[WhereaboutsOut]:
        sheet = cases.sheet(s, the_case(s, reference))
        return [WhereaboutsOut.model_validate(report) for report in sheet.whereabouts]

    return Page(items=await caller.read(act))


@router.post(
    "/{report_id}/decision",
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
