"""On call: who answers people, at which hours, whose phone rings, and who is away."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import RowId, Words
from bot.console.paper import zone_of
from bot.console.records import duty
from bot.console.records.found import the_account, the_leave, the_person, the_shift
from bot.office.duty import hands, shifts
from models.duty import Leave, Shift

router = APIRouter(tags=["on call"])

Reads = Annotated[Caller, may("tasks:read")]
Writes = Annotated[Caller, may("tasks:write")]
Minutes = Annotated[int, Field(ge=0, le=24 * 60, description="minutes from midnight")]


class ShiftOut(BaseModel):
    """Hours of a weekday (0 is Monday) at which somebody answers, by the clock of a zone."""

    id: int
    staff_id: int
    weekday: int
    begins: int
    ends: int
    zone: str


class AccountOut(BaseModel):
    """An account, and the person of staff whose phone rings for it."""

    staff_id: int
    name: Words
    person_id: int | None


class SpanOut(BaseModel):
    """Hours at which somebody answers."""

    staff_id: int
    begins_at: datetime
    ends_at: datetime


class LeaveOut(BaseModel):
    """Days on which somebody is away."""

    id: int
    person_id: int
    first: date
    last: date


class RosterOut(BaseModel):
    """Who answers now and next, in the coming days, and who of staff is away.

    `nobody_on` are the days on which nobody does, by the console's calendar.
    """

    now: list[int]
    next: list[int]
    coming: list[SpanOut]
    nobody_on: list[date]
    accounts: list[AccountOut]
    shifts: list[ShiftOut]
    leave: list[LeaveOut]


class ShiftIn(BaseModel):
    """Hours to add. An end that is not after the beginning is on the next day."""

    model_config = ConfigDict(extra="forbid")

    staff_id: RowId
    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7)]
    begins: Minutes
    ends: Minutes
    zone: Annotated[str, Field(max_length=40)] | None = None


class ShiftsOut(BaseModel):
    """The hours, one a weekday."""

    items: list[ShiftOut]


class PhoneIn(BaseModel):
    """Whose phone rings; null: nobody's."""

    model_config = ConfigDict(extra="forbid")

    person_id: RowId | None


class LeaveIn(BaseModel):
    """The first and the last day on which somebody is away."""

    model_config = ConfigDict(extra="forbid")

    first: date
    last: date


@router.get("/on-call", summary="Look at who answers when")
async def roster(caller: Reads) -> RosterOut:
    """Give who answers now, next, and in the coming days."""
    zone = zone_of(caller.world.settings.console_zone)

    def look(s: Session) -> RosterOut:
        found = duty.roster(s, zone, caller.now)
        return RosterOut(
            now=[one.staff.id or 0 for one in found.here],
            next=[one.staff.id or 0 for one in found.coming],
            coming=[
                SpanOut(staff_id=span.staff_id, begins_at=span.begins, ends_at=span.ends)
                for _day, spans in found.days
                for span, _account in spans
            ],
            nobody_on=[day for day, spans in found.days if not spans],
            accounts=[
                AccountOut(staff_id=one.staff.id or 0, name=one.name, person_id=one.staff.person_id)
                for one in found.accounts
            ],
            shifts=[_shift(one) for one in found.shifts],
            leave=[_leave(one) for _person, one in found.leave],
        )

    return await caller.read(look)


@router.post(
    "/on-call/shifts", status_code=201, summary="Add hours of the week", response_model=ShiftsOut
)
async def add(body: ShiftIn, caller: Writes, once: Once) -> JSONResponse:
    """Say at which hours somebody answers."""

    def act(s: Session) -> ShiftsOut:
        made = shifts.add(
            s,
            the_account(s, body.staff_id),
            weekdays=body.weekdays,
            begins=body.begins,
            ends=body.ends,
            zone=zone_of(body.zone or caller.world.settings.console_zone).key,
            now=caller.now,
            actor=caller.actor,
        )
        hands.rehour(s, caller.now)
        return ShiftsOut(items=[_shift(one) for one in made])

    return await create(caller, once, act)


@router.delete("/on-call/shifts/{shift_id}", status_code=204, summary="Take hours away")
async def end(shift_id: RowId, caller: Writes) -> Response:
    """Say that somebody answers at these hours no more."""

    def act(s: Session) -> None:
        shifts.end(s, the_shift(s, shift_id), caller.now, caller.actor)
        hands.rehour(s, caller.now)

    await caller.world.db.write(act)
    return Response(status_code=204)


@router.put("/on-call/phones/{staff_id}", status_code=204, summary="Say whose phone rings")
async def join(staff_id: RowId, body: PhoneIn, caller: Writes) -> Response:
    """Say which person of staff is told by text what an account is to do."""

    def act(s: Session) -> None:
        person = the_person(s, body.person_id) if body.person_id is not None else None
        shifts.join(s, the_account(s, staff_id), person, caller.now, caller.actor)

    await caller.world.db.write(act)
    return Response(status_code=204)


@router.post(
    "/people/{person_id}/leave",
    status_code=201,
    summary="Say that somebody is away",
    response_model=LeaveOut,
)
async def go_away(
    person_id: RowId,
    body: LeaveIn,
    caller: Annotated[Caller, may("people:write")],
    once: Once,
) -> JSONResponse:
    """Say on which days somebody is away. Broadcasts leave them out then."""

    def act(s: Session) -> LeaveOut:
        person = the_person(s, person_id)
        made = shifts.go_away(s, person, body.first, body.last, caller.now, caller.actor)
        hands.rehour(s, caller.now)
        return _leave(made)

    return await create(caller, once, act)


@router.delete(
    "/people/{person_id}/leave/{leave_id}", status_code=204, summary="Somebody is not away"
)
async def come_back(
    person_id: RowId, leave_id: RowId, caller: Annotated[Caller, may("people:write")]
) -> Response:
    """Say that somebody is not away after all."""

    def act(s: Session) -> None:
        leave = the_leave(s, the_person(s, person_id), leave_id)
        shifts.come_back(s, leave, caller.now, caller.actor)
        hands.rehour(s, caller.now)

    await caller.world.db.write(act)
    return Response(status_code=204)


def _shift(shift: Shift) -> ShiftOut:
    return ShiftOut(
        id=shift.id or 0,
        staff_id=shift.staff_id,
        weekday=shift.weekday,
        begins=shift.begins,
        ends=shift.ends,
        zone=shift.zone,
    )


def _leave(leave: Leave) -> LeaveOut:
    return LeaveOut(
        id=leave.id or 0,
        person_id=leave.person_id,
        first=date.fromisoformat(leave.first),
        last=date.fromisoformat(leave.last),
    )
