"""The post room: what waits, what is stuck, what nobody knows, what did not arrive, and pauses."""

import asyncio
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.responses import Response

from bot.console import live, mending
from bot.console.doors import Doors, Needs
from bot.console.records import looks, pauses, troubles
from bot.console.records.found import NotFound
from bot.console.visit import Visit
from bot.console.words import gate_name
from bot.office import gates
from bot.post import depths, templates
from bot.post.outbox_decisions import Decision
from bot.post.phrases import BOOK
from models.inbox import InboxState
from models.outbox import OutboxState
from models.person import Via
from models.text import _

doors = Doors()
GONE = (OutboxState.FAILED, OutboxState.REFUSED, OutboxState.EXPIRED)


@doors.get("/post")
async def room(visit: Visit) -> Response:
    """Show how the post stands."""
    await visit.looks(*looks.at_list("post"))
    return await _room(visit)


@doors.post("/post/envelopes/{envelope}")
async def try_again(visit: Visit) -> Response:
    """Put an envelope that could not be worked back into its line."""
    number = visit.number("envelope")
    if (
        await visit.attempt(lambda s: mending.try_again(s, number, visit.my_id, visit.now))
    ) is None:
        return await _room(visit)
    return visit.go("/console/post", done="replayed")


@doors.post("/post/messages/{message}")
async def decide(visit: Visit) -> Response:
    """Decide about a message of which nobody knows whether it arrived."""
    number = visit.number("message")
    decision = visit.form.choice("decision", Decision, need=_("Choose what becomes of it."))
    if decision is None:
        return await _room(visit)
    if (
        await visit.attempt(lambda s: mending.decide(s, number, decision, visit.my_id, visit.now))
    ) is None:
        return await _room(visit)
    return visit.go("/console/post", done=f"message-{decision.value}")


@doors.get("/post/gates/{gate}", Needs.ACT)
async def gate(visit: Visit) -> Response:
    """Ask for the reason of a pause, or for a last look before what waits goes."""
    return await _gate(visit)


@doors.post("/post/gates/{gate}/pause")
async def pause(visit: Visit) -> Response:
    """Pause what goes by a channel, or its broadcasts."""
    key = visit.place("gate")
    reason = visit.form.words(
        "reason", need=_("Say why, so that others know when it may go on."), most=gates.REASON
    )
    if not visit.form.fine:
        return await _gate(visit)

    def act(s: Session) -> str:
        mending.pause(s, key, reason, visit.my_id, visit.now)
        return key

    if await visit.attempt(act) is None:
        return await _gate(visit)
    return visit.go("/console/post", done="paused")


@doors.post("/post/gates/{gate}/resume")
async def resume(visit: Visit) -> Response:
    """Let what waits go."""
    key = visit.place("gate")

    def act(s: Session) -> str:
        mending.resume(s, key, visit.my_id, visit.now)
        return key

    if await visit.attempt(act) is None:
        return await _room(visit)
    return visit.go("/console/post", done="resumed")


async def _gate(visit: Visit) -> Response:
    key = visit.place("gate")

    def gather(s: Session) -> tuple[pauses.Pause | None, int | None]:
        piles = depths.piles(s)
        shut = {one.key: one for one in pauses.listing(s, piles, visit.now)}
        return shut.get(key), pauses.holds(key, piles)

    shut, holds = await visit.read(gather)
    if shut is None and key not in mending.PAUSABLE:
        raise NotFound
    return visit.again("gate.html", key=key, name=gate_name(key), shut=shut, holds=holds)


async def _room(visit: Visit) -> Response:
    def gather(s: Session) -> dict[str, object]:
        at = depths.read(s, visit.now)
        gone = troubles.lost(s, GONE, below=visit.cursor())
        return {
            "at": at,
            "pauses": pauses.listing(s, at.piles, visit.now),
            "doubtful": troubles.doubtful(s),
            "resting": troubles.resting(s, visit.now),
            "dead": troubles.envelopes(s, (InboxState.DEAD,)).items,
            "odd": troubles.envelopes(s, (InboxState.ODD,)).items,
            "gone": gone.items,
            "older": f"?{urlencode({'before': gone.next})}" if gone.next else "",
            "amiss": templates.amiss(s) if Via.WHATSAPP.value in visit.world.channels else [],
            "live": live.address(s, "post"),
        }

    spool = visit.world.spool
    return visit.again(
        "post.html",
        beside=await asyncio.to_thread(spool.look) if spool is not None else None,
        **await visit.read(gather),
        before=visit.cursor(),
        vias=[(via, via.value in visit.world.channels) for via in Via],
        of_channel=gates.of_channel,
        of_broadcasts=gates.of_broadcasts,
        gate_name=gate_name,
        phrase=lambda row: BOOK[row.key].words(row.language, {}),
        decisions=Decision,
        states=OutboxState,
    )
