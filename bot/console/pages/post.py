"""The post room: what came in odd or broken, and what went out and did not arrive."""

from sqlmodel import Session
from starlette.responses import Response

from bot.console.doors import Doors
from bot.console.records import troubles
from bot.console.visit import Visit

doors = Doors()


@doors.get("/post")
async def listing(visit: Visit) -> Response:
    """List what went wrong on the way."""

    def gather(s: Session) -> dict[str, object]:
        return {"lost": troubles.lost(s), "envelopes": troubles.envelopes(s)}

    return visit.page("post.html", **await visit.read(gather))
