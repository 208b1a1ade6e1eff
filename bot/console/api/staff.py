"""Colleagues: who may sign in, and the one-time links by which new ones open their accounts."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import RowId
from bot.console.records.found import the_account, the_staff_invite
from bot.office import hiring, leaving, staff
from bot.vault import trail
from models.staff import Duty

router = APIRouter(prefix="/staff", tags=["staff"])
Reads = Annotated[Caller, may("staff:read")]
Writes = Annotated[Caller, may("staff:write")]


class ColleagueOut(BaseModel):
    """An account. One that was ended has `disabled_at`."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    username: str
    name: str
    duty: Duty
    created_at: datetime
    disabled_at: datetime | None


class HireIn(BaseModel):
    """A new colleague, what she may do, and for how many days her link works: 1, 3 or 7."""

    model_config = ConfigDict(extra="forbid")

    username: Annotated[str, Field(min_length=1, max_length=80)]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    duty: Duty
    days: int = hiring.LIFE


class LinkOut(BaseModel):
    """A link that works once. It is given only in this answer."""

    link: str


class WaitingOut(BaseModel):
    """A link that was not used yet; the link itself is not kept."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    username: str
    name: str
    duty: Duty
    created_at: datetime
    expires_at: datetime


@router.get("", summary="Who may sign in")
async def colleagues(caller: Reads) -> list[ColleagueOut]:
    """Give all accounts. There are few: no pages."""
    return await caller.read(
        lambda s: [ColleagueOut.model_validate(one) for one in staff.everybody(s)]
    )


@router.get("/invites", summary="Links that were not used yet")
async def waiting(caller: Reads) -> list[WaitingOut]:
    """Give the links that still work, the newest first."""
    return await caller.read(
        lambda s: [WaitingOut.model_validate(one) for one in hiring.waiting(s, caller.now)]
    )


@router.post("/invites", status_code=201, summary="Invite a colleague", response_model=LinkOut)
async def invite(body: HireIn, caller: Writes, once: Once) -> JSONResponse:
    """Make a one-time link by which a colleague opens her account. Only a named human invites."""
    by, world = trail.by_staff(caller.human), caller.world

    def act(s: Session) -> LinkOut:
        token = hiring.invite(s, world.keys, **body.model_dump(), now=caller.now, actor=by)
        return LinkOut(link=world.join_link(token))

    return await create(caller, once, act)


@router.delete("/invites/{invite_id}", status_code=204, summary="Take a link back")
async def revoke(invite_id: RowId, caller: Writes) -> Response:
    """Let a link hold no more. One that was used already is left as it is."""
    await caller.world.db.write(
        lambda s: hiring.revoke(s, the_staff_invite(s, invite_id), caller.now, caller.actor)
    )
    return Response(status_code=204)


@router.delete("/{staff_id}", status_code=204, summary="End an account")
async def end(staff_id: RowId, caller: Writes) -> Response:
    """Let nobody sign in with it any more. What it had waits for others; only a human does it."""
    by = trail.by_staff(caller.human)
    await caller.world.db.write(lambda s: leaving.end(s, the_account(s, staff_id), caller.now, by))
    return Response(status_code=204)


@router.post("/{staff_id}/reopen", status_code=204, summary="Undo that an account was ended")
async def reopen(staff_id: RowId, caller: Writes) -> Response:
    """Let its password sign in again. Tokens that acted for it stay revoked."""
    by = trail.by_staff(caller.human)
    await caller.world.db.write(
        lambda s: leaving.reopen(s, the_account(s, staff_id), caller.now, by)
    )
    return Response(status_code=204)
