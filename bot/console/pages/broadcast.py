"""One broadcast: confirmed by a typed number, then watched as it arrives and is answered."""

from urllib.parse import urlencode

from sqlmodel import Session
from starlette.responses import Response

from bot.console import live
from bot.console.doors import Doors
from bot.console.pages.broadcasts import looks
from bot.console.records import broadcasts
from bot.console.records.found import the_broadcast
from bot.console.rooms import confirm_number, room
from bot.console.visit import Visit
from bot.office.broadcasts import audience, counts
from models.broadcast import Broadcast, BroadcastState, Reply
from models.outbox import OutboxState
from models.text import _

doors = Doors()
ARRIVED = (OutboxState.DELIVERED, OutboxState.READ)
ON_THE_WAY = (OutboxState.PENDING, OutboxState.SENDING)


@doors.get("/broadcasts/{code}")
async def sheet(visit: Visit) -> Response:
    """Show a broadcast: before it goes out, or how far it has come."""
    return await _sheet(visit)


@doors.post("/broadcasts/{code}/confirm")
async def send(visit: Visit) -> Response:
    """Let a broadcast go out, if the number of people typed is the number who get it now."""
    typed = visit.form.words("number", need=_("Type the number of people who get it."), most=9)

    def act(s: Session) -> str:
        broadcast = the_broadcast(s, visit.place("code"))
        confirm_number(s, broadcast, typed, visit.my_id, visit.now)
        return broadcast.code

    code = await visit.attempt(act) if visit.form.fine else None
    if code is None:
        return await _sheet(visit)
    return visit.go(f"/console/broadcasts/{code}", done="broadcast-confirmed")


async def _sheet(visit: Visit) -> Response:
    broadcast = await visit.read(lambda s: the_broadcast(s, visit.place("code")))
    if broadcast.state is BroadcastState.DRAFT:
        return await _draft(visit, broadcast)
    show = next(
        (one for one in broadcasts.Show if one.value == visit.asked("show")), broadcasts.Show.ALL
    )

    def gather(s: Session) -> dict[str, object]:
        lines = broadcasts.recipients(s, broadcast, show, below=visit.cursor())
        query = urlencode({"show": show.value, "before": str(lines.next)})
        return {
            "board": counts(s, broadcast),
            "troubles": broadcasts.troubles(s, broadcast),
            "lines": lines.items,
            "older": f"?{query}" if lines.next else "",
            "live": live.address(s, "broadcast", broadcast.code),
        }

    return visit.again(
        "broadcast.html",
        broadcast=broadcast,
        show=show,
        arrived=ARRIVED,
        on_the_way=ON_THE_WAY,
        troubled=broadcasts.TROUBLED,
        replies=Reply,
        **await visit.read(gather),
    )


async def _draft(visit: Visit, broadcast: Broadcast) -> Response:
    seats = await visit.read(lambda s: audience(s, broadcast, visit.now))
    who = room(seats, broadcast.body_es, broadcast.body_en)
    return visit.again(
        "broadcast_draft.html",
        broadcast=broadcast,
        room=who,
        previews=looks(visit, broadcast.code, broadcast.body_es, broadcast.body_en, who),
    )
