"""What one person allows, purpose by purpose: how it stands, the log, and what staff add to it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import RowId, Words
from bot.console.records import looks
from bot.console.records.found import the_person
from bot.office.consents import desk, log
from models.grant import Giver, GrantAct, Medium, Purpose, Standing, Withheld

router = APIRouter(prefix="/people", tags=["people"])
Reads = Annotated[Caller, may("people:read")]
Writes = Annotated[Caller, may("people:write")]
Line = Annotated[str, Field(max_length=120)]
Long = Annotated[str, Field(max_length=1000)]


class ActOut(BaseModel):
    """One act of the log."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    purpose: Purpose
    act: GrantAct
    case_id: int | None
    partner: Words
    version: str
    language: str
    medium: Medium | None
    giver: Giver | None
    staff_id: int | None
    interpreter: Words
    witness: Words
    words: Words
    inbox_id: int | None
    evidence_id: int | None
    withheld: Words
    withheld_why: Withheld | None
    valid_until: datetime | None
    at: datetime


class ConsentsOut(BaseModel):
    """What holds now for each purpose, and every act, the newest first."""

    standing: dict[Purpose, Standing]
    acts: list[ActOut]


class ConsentIn(BaseModel):
    """A question by message (`ask`), an answer that a human got (`record`), or a sharing."""

    model_config = ConfigDict(extra="forbid")

    step: Literal["ask", "record", "share"]
    purpose: Purpose
    act: GrantAct | None = None
    case: Annotated[str, Field(max_length=16)] = ""
    partner: Line = ""
    what: Long = ""
    reason: Long = ""
    version: Annotated[str, Field(max_length=40)] = ""
    language: Annotated[str, Field(pattern="^([a-z]{3})?$")] = ""
    medium: Medium | None = None
    giver: Giver | None = None
    interpreter: Line = ""
    witness: Line = ""
    words: Long = ""
    evidence_id: RowId | None = None
    withheld: Long = ""
    withheld_why: Withheld | None = None
    valid_until: AwareDatetime | None = None


@router.get("/{person_id}/consents", summary="What a person allows")
async def sheet(person_id: RowId, caller: Reads) -> ConsentsOut:
    """Give what holds now for each purpose, and the whole log."""
    await caller.looks(looks.PERSON, f"person:{person_id}", looks.at_person(person_id))

    def act(s: Session) -> ConsentsOut:
        the_person(s, person_id)
        return _sheet(s, person_id, caller.now)

    return await caller.read(act)


@router.post(
    "/{person_id}/consents",
    summary="Ask, record an answer, or keep a sharing",
    response_model=ConsentsOut,
)
async def add(person_id: RowId, body: ConsentIn, caller: Writes, once: Once) -> JSONResponse:
    """Add to the log in the name of the staff account that the token belongs to."""
    human = caller.human
    given = body.model_dump(exclude={"step", "purpose", "act", "case", "partner", "what", "reason"})
    wanted = desk.Wanted(
        step=body.step,
        act=body.act,
        case=body.case,
        partner=body.partner,
        what=body.what,
        reason=body.reason,
        said=log.Said(**given),
    )

    def act(s: Session) -> ConsentsOut:
        desk.do(s, the_person(s, person_id), body.purpose, wanted, human, caller.now)
        return _sheet(s, person_id, caller.now)

    return await create(caller, once, act)


def _sheet(s: Session, person_id: int, now: datetime) -> ConsentsOut:
    return ConsentsOut(
        standing=dict(log.all_standing(s, person_id, now)),
        acts=[ActOut.model_validate(row) for row in log.history(s, person_id)],
    )
