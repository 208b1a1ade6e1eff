"""How long things are kept: the rules, what is due, who holds what, and the two who destroy it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from bot.console.api.callers import Caller, may
from bot.console.api.lists import RowId, Words
from bot.console.letting_go import let_go
from bot.console.records.found import the_case, the_person, the_week
from bot.office.keeping import due
from bot.office.keeping.steps import Step, standing, take
from models.case import Program
from models.data_key import Subject, Whose

router = APIRouter(tags=["keeping"])
Reads = Annotated[Caller, may("keeping:read")]
Writes = Annotated[Caller, may("keeping:write")]


class RuleOut(BaseModel):
    """For how many days a line of work keeps its closed cases. Others keep them for good."""

    program: Program
    days: int


class DueOut(BaseModel):
    """A closed case that was kept long enough. What is held stays all the same."""

    reference: str
    since: datetime
    held: bool
    asked: bool


class DueWeekOut(BaseModel):
    """A week of raw envelopes that was kept long enough, as in 2026-W40."""

    week: str
    since: datetime
    held: bool
    asked: bool


class KeepingOut(BaseModel):
    """The rules, and what is due by them."""

    rules: list[RuleOut]
    due: list[DueOut]
    due_weeks: list[DueWeekOut]


class RuleIn(BaseModel):
    """For how many days; null: for good."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[int, Field(ge=due.FEWEST, le=due.MOST)] | None


class HoldOut(BaseModel):
    """Who says that something must be kept, and why."""

    model_config = ConfigDict(from_attributes=True)

    reason: Words
    placed_by: int
    placed_at: datetime


class AskedOut(BaseModel):
    """Who asked that something is destroyed, and why. Somebody else must do it."""

    model_config = ConfigDict(from_attributes=True)

    reason: Words
    asked_by: int
    asked_at: datetime


class StandingOut(BaseModel):
    """How it stands with a case, a person or a week of raw envelopes."""

    model_config = ConfigDict(from_attributes=True)

    destroyed_at: datetime | None
    holds: list[HoldOut]
    asked: AskedOut | None


class StepIn(BaseModel):
    """A step, in the name of the human whose token this is. `hold` and `ask` need a reason."""

    model_config = ConfigDict(extra="forbid")

    step: Step
    reason: Annotated[str, Field(max_length=600)] = ""


@router.get("/keeping", summary="What is kept for how long, and what is due")
async def overview(caller: Reads) -> KeepingOut:
    """Give the rules, and the closed cases and weeks of raw envelopes kept long enough."""

    def act(s: Session) -> KeepingOut:
        return KeepingOut(
            rules=[RuleOut(program=program, days=days) for program, days in due.rules(s).items()],
            due=[
                DueOut(
                    reference=one.case.reference, since=one.since, held=one.held, asked=one.asked
                )
                for one in due.due(s, caller.now)
            ],
            due_weeks=[
                DueWeekOut(week=one.written, since=one.since, held=one.held, asked=one.asked)
                for one in due.due_weeks(s, caller.now)
            ],
        )

    return await caller.read(act)


@router.put("/keeping/{program}", status_code=204, summary="Say how long cases are kept")
async def rule(program: Program, body: RuleIn, caller: Writes) -> Response:
    """Say how long a line of work keeps its closed cases."""
    human = caller.human
    await caller.world.db.write(lambda s: due.rule(s, program, body.days, human, caller.now))
    return Response(status_code=204)


@router.get("/cases/{reference}/keeping", summary="Whether a case is held or to be destroyed")
async def of_case(reference: str, caller: Reads) -> StandingOut:
    """Say how it stands with a case."""
    return await caller.read(lambda s: _standing(s, _case(s, reference)))


@router.post("/cases/{reference}/keeping", summary="Close, hold or destroy a case")
async def step_of_case(reference: str, body: StepIn, caller: Writes) -> StandingOut:
    """Take a step about a case. Destroying takes two humans: one asks, another one does it."""
    who = await caller.read(lambda s: _case(s, reference))
    return await _step(who, body, caller)


@router.get("/people/{person_id}/keeping", summary="Whether somebody is held or to be destroyed")
async def of_person(person_id: RowId, caller: Reads) -> StandingOut:
    """Say how it stands with a person."""
    return await caller.read(lambda s: _standing(s, _person(s, person_id)))


@router.post("/people/{person_id}/keeping", summary="Hold or destroy a person")
async def step_of_person(person_id: RowId, body: StepIn, caller: Writes) -> StandingOut:
    """Take a step about a person. Destroying takes two humans: one asks, another one does it."""
    who = await caller.read(lambda s: _person(s, person_id))
    return await _step(who, body, caller)


@router.get("/weeks/{week}/keeping", summary="Whether a week of raw envelopes is held")
async def of_week(week: str, caller: Reads) -> StandingOut:
    """Say how it stands with the raw envelopes that came in a week, as in 2026-W40."""
    return await caller.read(lambda s: _standing(s, _week(week)))


@router.post("/weeks/{week}/keeping", summary="Hold or destroy a week of raw envelopes")
async def step_of_week(week: str, body: StepIn, caller: Writes) -> StandingOut:
    """Take a step about a week. Destroying takes two humans: one asks, another one does it."""
    return await _step(_week(week), body, caller)


async def _step(who: Whose, body: StepIn, caller: Caller) -> StandingOut:
    human = caller.human
    paths = await caller.world.db.write(
        lambda s: take(s, who, body.step, body.reason, human, caller.now)
    )
    if body.step is Step.DESTROY:
        await let_go(caller.world, paths)
    return await caller.read(lambda s: _standing(s, who))


def _case(s: Session, reference: str) -> Whose:
    return Subject.CASE, the_case(s, reference).id or 0


def _person(s: Session, number: int) -> Whose:
    return Subject.PERSON, the_person(s, number).id or 0


def _week(written: str) -> Whose:
    return Subject.INTAKE, the_week(written)


def _standing(s: Session, who: Whose) -> StandingOut:
    return StandingOut.model_validate(standing(s, who))
