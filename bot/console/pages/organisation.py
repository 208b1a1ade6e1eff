"""Our own name, number and website: what they are, and which texts will carry them."""

from datetime import UTC, date, datetime, time

from sqlmodel import Session
from starlette.responses import Response

from bot.console.carrying import carried
from bot.console.doors import Doors
from bot.console.visit import Visit
from bot.office import organisation
from models.organisation import Organisation
from models.text import _

doors = Doors()
HOURS = _("Say within how many hours a human answers: 1 to 168.")
LONGEST = 400  # characters of a field; the office says how long each may be
NAMED = ("name", "phone", "website", "owner")


@doors.get("/organisation")
async def sheet(visit: Visit) -> Response:
    """Show who we say that we are, and in which words."""
    ours, form = await visit.read(organisation.ours), visit.form
    if ours.owner:
        form.values |= {name: [getattr(ours, name)] for name in NAMED}
        form.values["review_by"] = [ours.review_by.date().isoformat()]
    form.values["reply_hours"] = [str(ours.reply_hours)]
    return _page(visit, ours, ours)


@doors.post("/organisation")
async def describe(visit: Visit) -> Response:
    """Keep who we are; or only show what the texts would say."""
    form = visit.form
    day = form.day("review_by", today=visit.now.date())
    if not day:
        form.wrong("review_by", _("Write the day as year-month-day, like 2026-12-05."))
    hours = form.number("reply_hours", need=HOURS)
    ours = await visit.read(organisation.ours)
    if not form.fine or hours is None:
        return _page(visit, ours, ours)
    until = datetime.combine(date.fromisoformat(day), time(23, 59), UTC)

    typed = {name: form.words(name, most=LONGEST) for name in NAMED}
    if form.raw("step") == "look":
        seen = Organisation(id=1, review_by=until, reply_hours=hours, **typed)
        form.refuse(*organisation.wrong(seen, visit.now))
        return _page(visit, ours, seen if form.fine else ours)

    def act(s: Session) -> Organisation:
        return organisation.describe(
            s,
            **typed,
            review_by=until,
            reply_hours=hours,
            hours=ours.hours,
            now=visit.now,
            actor=visit.actor,
        )

    if await visit.attempt(act) is None:
        return _page(visit, ours, ours)
    return visit.go("/console/organisation", done="organisation-described")


def _page(visit: Visit, ours: Organisation, shown: Organisation) -> Response:
    language = visit.asked("language")
    language = language if language in ("spa", "eng") else "spa"
    return visit.again(
        "organisation.html",
        ours=ours,
        lacks=organisation.lacks(ours, visit.now),
        looked=shown is not ours,
        language=language,
        carried=carried(visit.world, shown, language, visit.now),
    )
