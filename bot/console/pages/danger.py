"""What protects somebody in danger: agreed words, a freeze, the two who end it, who is woken."""

from sqlmodel import Session
from starlette.responses import Response

from bot.console.doors import Doors
from bot.console.pages.person import sheet as person_sheet
from bot.console.records.found import the_person
from bot.console.visit import Visit
from bot.office.reach import freezing

doors = Doors()


@doors.post("/people/{person}/freeze")
async def freeze(visit: Visit) -> Response:
    """Let nothing go to somebody, on any channel."""
    number = visit.number("person")

    def act(s: Session) -> bool:
        return freezing.freeze(s, the_person(s, number), visit.now, visit.actor)

    await visit.write(act)
    return visit.go(f"/console/people/{number}", done="frozen")


@doors.post("/people/{person}/thaw")
async def thaw(visit: Visit) -> Response:
    """Ask that messages may go again, or agree with a colleague who asked."""
    number = visit.number("person")

    def act(s: Session) -> bool:
        return freezing.thaw(s, the_person(s, number), visit.my_id, visit.now)

    thawed = await visit.write(act)
    return visit.go(f"/console/people/{number}", done="thawed" if thawed else "thaw-asked")


@doors.post("/people/{person}/duress")
async def agree(visit: Visit) -> Response:
    """Keep the words agreed on with somebody for danger, one sentence a line."""
    number = visit.number("person")
    phrases = visit.form.words("phrases", most=400)
    if not visit.form.fine:
        return await person_sheet(visit)

    def act(s: Session) -> bool:
        lines = phrases.splitlines()
        freezing.agree(s, the_person(s, number), lines, visit.my_id, visit.now)
        return True

    if await visit.attempt(act) is None:
        return await person_sheet(visit)
    return visit.go(f"/console/people/{number}", done="agreed")


@doors.post("/people/{person}/on-call")
async def call_on(visit: Visit) -> Response:
    """Say that somebody of staff is woken when somebody is in danger, or is no more."""
    number, on = visit.number("person"), visit.form.raw("on") == "yes"

    def act(s: Session) -> bool:
        freezing.call_on(s, the_person(s, number), visit.my_id, visit.now, on=on)
        return True

    if await visit.attempt(act) is None:
        return await person_sheet(visit)
    return visit.go(f"/console/people/{number}", done="on-call" if on else "off-call")
