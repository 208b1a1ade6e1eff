"""News without a reload: a stream that says only that something changed; the page asks what.

The stream looks at the record itself, so it does not matter which process made the change.
"""

import asyncio
from collections.abc import AsyncIterator
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select
from starlette.responses import Response, StreamingResponse

from bot.console import sessions
from bot.console.doors import Doors
from bot.console.records import looks, tasks, troubles
from bot.console.records.found import NotFound, the_broadcast, the_case
from bot.console.visit import Visit
from bot.office.broadcasts import counts
from bot.post import depths
from models.base import among
from models.evidence import Evidence
from models.gate import Gate
from models.inbox import Heard, Inbox, Lane
from models.outbox import Outbox
from models.person import Person
from models.task import Task
from models.trail import Trail

doors = Doors()
LOOK_EVERY = 1.0  # seconds
SIGN_OF_LIFE = 15  # looks without news, after which proxies would think the stream dead
NEWEST = 200  # rows of each table that a page may show

# A page that asked for itself because somebody looked would close what its reader has opened.
_ACT = select(col(Trail.id)).where(col(Trail.act).not_in(looks.ALL)).order_by(col(Trail.id).desc())


def version(s: Session, topic: str, name: str) -> str:
    """Say where a subject stands: another value means that there is news. Raises `NotFound`."""
    match topic:
        case "case":
            parts = _about(s, "case_id", the_case(s, name).id or 0)
        case "person":
            person = s.get(Person, int(name)) if name.isdigit() else None
            if person is None:
                raise NotFound
            parts = [
                *_about(s, "person_id", person.id or 0),
                person.stopped_at,
                person.frozen_at,
                person.held_at,
                person.language,
                person.role,
            ]
        case "broadcast":
            broadcast = the_broadcast(s, name)
            parts = [counts(s, broadcast), broadcast.state]
        case "post":
            parts = _post(s)
        case "all":
            parts = [
                s.exec(select(sa.func.max(col(table.id)))).one() for table in (Heard, Outbox, Task)
            ]
            parts.append(s.exec(_ACT.limit(1)).first())
            parts.append(tasks.count_waiting(s))
        case _:
            raise NotFound
    return blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def address(s: Session, topic: str, name: str = "") -> str:
    """The stream's address for a page that is being drawn from this very state of the record."""
    return f"/console/live?{topic}={name}&since={version(s, topic, name)}"


@doors.get("/live")
async def stream(visit: Visit) -> Response:
    """Tell a page when to ask for itself again."""
    topic, name = next(
        (
            (topic, visit.asked(topic))
            for topic in ("case", "person", "broadcast", "post", "all")
            if topic in visit.request.query_params
        ),
        ("", ""),
    )
    since = visit.request.headers.get("last-event-id") or visit.asked("since")
    await visit.read(lambda s: version(s, topic, name))  # nothing to follow is said at once
    return StreamingResponse(
        _follow(visit, topic, name, since),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


async def _follow(visit: Visit, topic: str, name: str, since: str) -> AsyncIterator[bytes]:
    known, quiet = since, 0
    yield b"retry: 3000\n\n"
    while not visit.world.leaving():
        visit.now = visit.world.now()
        current = await visit.read(
            lambda s: version(s, topic, name) if sessions.still_holds(s, visit) else None
        )
        if current is None:
            yield b"event: ended\ndata: \n\n"
            return
        if current != known:
            known, quiet = current, 0
            yield f"event: changed\nid: {current}\ndata: \n\n".encode()
        elif (quiet := quiet + 1) >= SIGN_OF_LIFE:
            quiet = 0
            yield b": still here\n\n"
        await asyncio.sleep(LOOK_EVERY)


def _post(s: Session) -> list[Any]:
    """What can change about the post, from indexes alone."""
    wrong = (
        sa.select(col(Outbox.id), col(Outbox.state), col(Outbox.changed_at))
        .where(among(col(Outbox.state), troubles.WRONG))
        .order_by(col(Outbox.id).desc())
        .limit(NEWEST)
    )
    parked = (
        sa.select(col(Inbox.id), col(Inbox.state))
        .where(among(col(Inbox.state), troubles.PARKED))
        .order_by(col(Inbox.id).desc())
        .limit(NEWEST)
    )
    lanes = sa.select(sa.func.count(), sa.func.max(col(Lane.next_at))).where(
        col(Lane.pending).is_(True)
    )
    gates = sa.select(col(Gate.id), col(Gate.shut_until), col(Gate.shut_by), col(Gate.reason))
    return [
        depths.piles(s),
        depths.held(s),
        *(
            s.execute(look).all()
            for look in (wrong, parked, lanes, gates.where(col(Gate.shut_at).is_not(None)))
        ),
    ]


def _about(s: Session, column: str, number: int) -> list[Any]:
    """What can change about a case or a person. Only the newest rows: the page shows no more."""
    parts: list[Any] = []
    for table, moved in (
        (Outbox, "changed_at"),
        (Heard, "received_at"),
        (Evidence, "stored_at"),
        (Task, "done_at"),
    ):
        newest = (
            sa.select(col(table.id).label("id"), getattr(table, moved).label("moved"))
            .where(getattr(table, column) == number)
            .order_by(col(table.id).desc())
            .limit(NEWEST)
            .subquery()
        )
        found = sa.select(sa.func.max(newest.c.id), sa.func.max(newest.c.moved), sa.func.count())
        parts += s.execute(found).one()
        if table is Evidence:
            parts += s.execute(_states(column, number)).all()
    if column == "case_id":
        parts.append(s.exec(_ACT.where(Trail.case_id == number).limit(1)).first())
    return parts


def _states(column: str, number: int) -> Any:
    """How many files are stored, still awaited, or lost: a failure leaves no time of its own."""
    newest = (
        sa.select(col(Evidence.state).label("state"))
        .where(getattr(Evidence, column) == number)
        .order_by(col(Evidence.id).desc())
        .limit(NEWEST)
        .subquery()
    )
    return sa.select(newest.c.state, sa.func.count()).group_by(newest.c.state)
