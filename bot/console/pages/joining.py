"""Bringing people in from a file: chosen, looked at, and then all of them or nobody."""

from collections import Counter
from typing import TYPE_CHECKING

from sqlmodel import Session
from starlette.responses import Response

from bot.console import words
from bot.console.doors import Doors, Needs
from bot.console.visit import Visit
from bot.office.refusal import Refusal
from models.text import _

if TYPE_CHECKING:
    from bot.office.reach.joining import Plan

doors = Doors()
SHOWN = 20  # people of a preview
FAULTS = 100  # of a file, on one page


@doors.get("/people/import", Needs.ACT)
async def choose(visit: Visit) -> Response:
    """Show the form to choose a file."""
    return _page(visit)


@doors.post("/people/import")
async def bring_in(visit: Visit) -> Response:
    """Show what a file would do to the record; when it was looked at, do it."""
    # Numbers of the whole world are loaded with these, which nothing else in a process needs.
    from bot.office.reach import joining, roster, sheet  # noqa: PLC0415

    form, keys = visit.form, visit.world.keys
    data = form.files.get("file") or form.raw("table").encode()
    if not data:
        form.wrong("file", _("Choose the file, saved from Excel as CSV."))
        return _page(visit)
    lists = roster.Lists(words.LANGUAGES, words.COUNTRIES, words.ZONES)
    try:
        entries = await visit.read(lambda _s: roster.read(data, lists))
        plan = await visit.read(lambda s: joining.plan(s, keys, entries))
    except Refusal as refusal:
        form.refuse(*refusal.reasons[:FAULTS])
        if len(refusal.reasons) > FAULTS:
            form.refuse(_("… and {count} more.", count=str(len(refusal.reasons) - FAULTS)))
        return _page(visit)
    if form.raw("step") != "join" or not form.fine:
        return _page(visit, plan, sheet.text(data))

    def act(s: Session) -> "Plan":
        return joining.join(s, keys, entries, visit.now, visit.actor)

    if await visit.attempt(act) is None:
        return _page(visit)
    return visit.go("/console/people", done="people-joined")


def _page(visit: Visit, plan: "Plan | None" = None, table: str = "") -> Response:
    new = plan.new if plan else ()
    return visit.again(
        "people_import.html",
        plan=plan,
        table=table,
        groups=sorted(
            Counter((one.role, one.country) for one in new).items(),
            key=lambda group: (group[0][0].value, group[0][1]),
        ),
        shown=new[:SHOWN],
        left=max(len(new) - SHOWN, 0),
    )
