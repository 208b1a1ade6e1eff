"""Who holds an address: staff vouch for somebody, doubt them, and help who forgot a PIN."""

from enum import Enum

from sqlmodel import Session
from starlette.responses import Response

from bot.console.doors import Doors
from bot.console.pages.person import sheet as person_sheet
from bot.console.records.found import the_address, the_person
from bot.console.visit import Visit
from bot.office.reach import invites, proof
from bot.post.vouching import vouch
from models.text import _

doors = Doors()


class Step(Enum):
    """What staff may say about it."""

    VOUCH = "vouch"
    DOUBT = "doubt"
    FORGET = "forget"  # the PIN
    REVOKE = "revoke"  # invites that nobody has used


@doors.post("/people/{person}/proof")
async def settle(visit: Visit) -> Response:
    """Keep what staff know of who holds an address; a slip is put right by the other button."""
    number, world, now, by = visit.number("person"), visit.world, visit.now, visit.actor
    step = visit.form.choice("step", Step, need=_("Choose one of the list."))
    address_id = visit.form.number("address_id")
    if step is None or not visit.form.fine:
        return await person_sheet(visit)

    def act(s: Session) -> bool:
        person = the_person(s, number)
        match step:
            case Step.VOUCH:
                vouch(s, world, person, the_address(s, person, address_id), now, by)
            case Step.DOUBT:
                proof.doubt(s, person, the_address(s, person, address_id), now, by)
            case Step.FORGET:
                proof.forget_pin(s, person, now, by)
            case Step.REVOKE:
                invites.revoke(s, person, now, by)
        return True

    await visit.attempt(act)
    return visit.go(f"/console/people/{number}", done=f"proof-{step.value}")
