"""Who holds an address: vouching for somebody, doubting them, and dropping a forgotten PIN."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import Session

from bot.console.api.callers import Caller, may
from bot.console.api.lists import RowId
from bot.console.records.found import the_link, the_person
from bot.office.reach import invites, proof
from bot.office.who import doubts
from bot.post.vouching import confirm
from models.person import Doubt

router = APIRouter(prefix="/people/{person_id}", tags=["people"])
Writes = Annotated[Caller, may("people:write")]


class RevokedOut(BaseModel):
    """How many invites hold no more."""

    revoked: int


@router.put("/addresses/{address_id}/proof", status_code=204, summary="Vouch for somebody")
async def vouch_for(person_id: RowId, address_id: RowId, caller: Writes) -> Response:
    """Keep that a named human knows who holds this address. What waited for it goes on."""
    human, world, now = caller.human, caller.world, caller.now

    def act(s: Session) -> None:
        confirm(s, world, the_link(s, the_person(s, person_id), address_id), human, now)

    await world.db.write(act)
    world.ring()
    return Response(status_code=204)


@router.delete("/addresses/{address_id}/proof", status_code=204, summary="Doubt an address")
async def doubt(person_id: RowId, address_id: RowId, caller: Writes) -> Response:
    """Let nothing of a case go there until a human asked, or they have shown who they are."""

    def act(s: Session) -> None:
        link = the_link(s, the_person(s, person_id), address_id)
        doubts.doubt(s, link, Doubt.STAFF, caller.now, caller.actor)

    await caller.world.db.write(act)
    return Response(status_code=204)


@router.delete("/pin", status_code=204, summary="Drop a forgotten PIN")
async def forget(person_id: RowId, caller: Writes) -> Response:
    """Drop this person's PIN. They choose another by writing PIN where they are known."""
    await caller.world.db.write(
        lambda s: proof.forget_pin(s, the_person(s, person_id), caller.now, caller.actor)
    )
    return Response(status_code=204)


@router.delete("/invites", summary="Take invites back")
async def revoke(person_id: RowId, caller: Writes) -> RevokedOut:
    """Let no invite of this person hold any more that nobody has used."""
    revoked = await caller.world.db.write(
        lambda s: invites.revoke(s, the_person(s, person_id), caller.now, caller.actor)
    )
    return RevokedOut(revoked=revoked)
