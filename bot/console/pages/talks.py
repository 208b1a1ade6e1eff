"""The inbox: everybody who wrote, whoever wrote last first."""

from urllib.parse import urlencode

from sqlmodel import Session
from starlette.responses import Response

from bot.console import live
from bot.console.doors import Doors
from bot.console.records import looks, threads
from bot.console.records.slices import Slice
from bot.console.visit import Visit

doors = Doors()


@doors.get("/conversations")
async def listing(visit: Visit) -> Response:
    """List conversations. Which ones is in the address."""
    await visit.looks(looks.MESSAGES, "messages", looks.at_all)
    visit.form.values["show"] = [visit.asked("show")]
    show = visit.form.choice("show", threads.Show) or threads.Show.ALL
    visit.form.errors.clear()

    def gather(s: Session) -> tuple[Slice[threads.Talk], str]:
        return threads.listing(s, show, below=visit.cursor()), live.address(s, "all")

    found, address = await visit.read(gather)
    older = f"?{urlencode({'show': show.value, 'before': str(found.next)})}" if found.next else ""
    return visit.page(
        "talks.html",
        talks=found.items,
        show=show,
        older=older,
        live=address if visit.cursor() is None else "",
    )
