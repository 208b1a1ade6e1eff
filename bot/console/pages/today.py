"""Today: what waits for a human, what went wrong, and who wrote last."""

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select
from starlette.responses import Response

from bot.console import live
from bot.console.doors import Doors
from bot.console.records import cases, looks, people, tasks, threads, troubles
from bot.console.visit import Visit
from bot.office import organisation
from models.case import Case, CaseState

doors = Doors()
TASKS, TALKS, LOST = 12, 8, 5
RECENT = timedelta(days=3)


@doors.get("/")
async def today(visit: Visit) -> Response:
    """Show what to do first."""
    await visit.looks(*looks.at_list("today"))

    def gather(s: Session) -> dict[str, object]:
        return {
            "live": live.address(s, "all"),
            "waiting": tasks.waiting(s, visit.now, most=TASKS),
            "open_tasks": tasks.count_waiting(s),
            "lacks": organisation.lacks(organisation.ours(s), visit.now),
            "late": tasks.count_late(s, visit.now),
            "talks": threads.listing(s, most=TALKS).items,
            "lost": troubles.lost(s, since=visit.now - RECENT, most=LOST).items,
            "open_cases": s.exec(
                select(sa.func.count()).select_from(Case).where(col(Case.state) == CaseState.OPEN)
            ).one(),
        }

    return visit.page("today.html", **await visit.read(gather))


@doors.get("/find")
async def find(visit: Visit) -> Response:
    """Find a case or a person from one box."""
    await visit.looks(*looks.at_list("find"))
    text = visit.asked("q").strip()[:80]

    def look(s: Session) -> tuple[tuple[Case, ...], tuple[people.Line, ...]]:
        if not text:
            return (), ()
        found = people.listing(s, people.Filter(text=text), most=20).items
        return cases.listing(s, cases.Filter(code=text), most=20).items, found

    matching, persons = await visit.read(look)
    if len(matching) == 1 and not persons:
        return visit.go(f"/console/cases/{matching[0].reference}")
    return visit.page("find.html", text=text, cases=matching, people=persons)
