"""What somebody is known by: staff drop a PIN that was forgotten, and take invites back."""

from enum import Enum

from sqlmodel import Session
from starlette.responses import Response

from bot.console.doors import Doors
from bot.console.pages.person import sheet as person_sheet
from bot.console.records.found import the_person
from bot.console.visit import Visit
from bot.office.reach import invites, proof
from models.text import _

doors = Doors()


class Step(Enum):
    """What staff may do about it."""

    FORGET = "forget"  # the PIN
    REVOKE = "revoke"  # invites that nobody has used


@doors.post("/people/{person}/proof")
async def settle(visit: Visit) -> Response:
    """Let somebody choose another PIN, or let invites hold no more."""
    number, now, by = visit.number("person"), visit.now, visit.actor
    step = visit.form.choice("step", Step, need=_("Choose one of the list."))
    if step is None or not visit.form.fine:
        return await person_sheet(visit)

    def act(s: Session) -> bool:
        person = the_person(s, number)
        match step:
            case Step.FORGET:
                proof.forget_pin(s, person, now, by)
            case Step.REVOKE:
                invites.revoke(s, person, now, by)
        return True

    await visit.attempt(act)
    return visit.go(f"/console/people/{number}", done=f"proof-{step.value}")
