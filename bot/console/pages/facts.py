"""Facts that age: what they say, who answers for them, and renewing them."""

from datetime import UTC, date, datetime, time

from sqlmodel import Session
from starlette.responses import Response

from bot.console.doors import Doors
from bot.console.visit import Visit
from bot.office import dated
from models.text import _

doors = Doors()


@doors.get("/facts")
async def listing(visit: Visit) -> Response:
    """List the facts; the address may name one to be renewed."""
    return await _page(visit, visit.asked("key"))


@doors.post("/facts")
async def keep(visit: Visit) -> Response:
    """Write a fact down, or renew it."""
    form = visit.form
    key = form.words("key", need=_("Give the fact a name, like class-deadline."), most=40)
    spanish = form.words("spanish", most=dated.LONGEST)
    english = form.words("english", most=dated.LONGEST)
    owner = form.words("owner", need=_("Say who answers for this fact."), most=80)
    day = form.day("review_by", today=visit.now.date())
    if not day:
        form.wrong("review_by", _("Write the day as year-month-day, like 2026-12-05."))
    if not form.fine:
        return await _page(visit)
    until = datetime.combine(date.fromisoformat(day), time(23, 59), UTC)

    def act(s: Session) -> str:
        return dated.keep(
            s,
            key=key,
            spanish=spanish,
            english=english,
            owner=owner,
            review_by=until,
            now=visit.now,
            actor=visit.actor,
        ).key

    if await visit.attempt(act) is None:
        return await _page(visit)
    return visit.go("/console/facts", done="fact-kept")


async def _page(visit: Visit, key: str = "") -> Response:
    facts = await visit.read(dated.listing)
    for fact in facts:
        if fact.key == key:
            for name in ("key", "spanish", "english", "owner"):
                visit.form.values[name] = [getattr(fact, name)]
    return visit.again("facts.html", facts=facts)
