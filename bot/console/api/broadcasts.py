"""Broadcasts: written, looked at, confirmed by their number, and watched."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import Cursor, Limit, Page, RowId, Words, pack, unpack
from bot.console.records import broadcasts
from bot.console.records.found import the_broadcast
from bot.console.rooms import confirm_number, room
from bot.office import broadcasts as office
from models.broadcast import Broadcast, BroadcastState, Exclusion, Reply
from models.outbox import OutboxState
from models.person import Via

router = APIRouter(prefix="/broadcasts", tags=["broadcasts"])
Reads = Annotated[Caller, may("broadcasts:read")]
Writes = Annotated[Caller, may("broadcasts:write")]


class BroadcastOut(BaseModel):
    """One request to many people."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    title: Words
    body_es: Words
    body_en: Words
    state: BroadcastState
    created_by: int
    created_at: datetime
    confirmed_at: datetime | None
    wanted: int | None
    remind_at: datetime | None


class BoardOut(BroadcastOut):
    """A broadcast with how far it has come. Everybody is counted in one of the first three."""

    waiting: int
    states: dict[OutboxState, int]
    excluded: dict[Exclusion, int]
    replies: dict[Reply, int]


class BroadcastIn(BaseModel):
    """A broadcast to write. It is a draft until it is confirmed."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=120)]
    body_es: Annotated[str, Field(max_length=1000)] = ""
    body_en: Annotated[str, Field(max_length=1000)] = ""
    person_ids: Annotated[list[RowId], Field(min_length=1, max_length=100_000)]
    wanted: Annotated[int, Field(ge=1, le=100_000, description="how many are needed")] | None = None


class SeatOut(BaseModel):
    """Somebody, and where they get a broadcast, or why they do not."""

    person_id: int
    via: Via | None
    exclusion: Exclusion


class AudienceOut(BaseModel):
    """Who gets a broadcast now. Confirm it with `gets`."""

    gets: int
    items: list[SeatOut]


class ConfirmIn(BaseModel):
    """How many people get it, as you have read it."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[int, Field(ge=1)]


class RecipientOut(BaseModel):
    """One person of a broadcast: how far their message has come, and their answer."""

    person_id: int
    exclusion: Exclusion
    state: OutboxState | None
    reply: Reply | None
    late: bool
    words: Words
    replied_at: datetime | None


@router.get("", summary="List broadcasts")
async def listing(caller: Reads, limit: Limit = 50, cursor: Cursor = None) -> Page[BroadcastOut]:
    """Give broadcasts, the newest first."""
    below = unpack(cursor)
    found = await caller.read(lambda s: broadcasts.listing(s, below=below, most=limit))
    items = [BroadcastOut.model_validate(one) for one in found.items]
    return Page(items=items, next=pack(found.next))


@router.post("", status_code=201, summary="Write a broadcast", response_model=BroadcastOut)
async def draft(body: BroadcastIn, caller: Writes, once: Once) -> JSONResponse:
    """Keep a broadcast as a draft. Nothing goes out yet."""

    def act(s: Session) -> BroadcastOut:
        made = office.draft(
            s,
            title=body.title,
            body_es=body.body_es,
            body_en=body.body_en,
            person_ids=body.person_ids,
            wanted=body.wanted,
            staff_id=caller.human,
            now=caller.now,
        )
        return BroadcastOut.model_validate(made)

    return await create(caller, once, act)


@router.get("/{code}", summary="Watch a broadcast")
async def board(code: str, caller: Reads) -> BoardOut:
    """Give a broadcast with how far it has come."""
    return await caller.read(lambda s: _board(s, the_broadcast(s, code)))


@router.get("/{code}/audience", summary="Who gets a broadcast, and who does not and why")
async def audience(code: str, caller: Reads) -> AudienceOut:
    """Give everybody of a draft, as things stand now."""

    def act(s: Session) -> AudienceOut:
        broadcast = the_broadcast(s, code)
        who = room(office.audience(s, broadcast, caller.now), broadcast.body_es, broadcast.body_en)
        return AudienceOut(
            gets=len(who.gets),
            items=[
                SeatOut(person_id=person.id or 0, via=via, exclusion=why)
                for person, why, via in (*who.gets, *who.not_)
            ],
        )

    return await caller.read(act)


@router.get("/{code}/recipients", summary="What became of each person's message")
async def recipients(
    code: str, caller: Reads, limit: Limit = 50, cursor: Cursor = None
) -> Page[RecipientOut]:
    """Give the people of a broadcast, how far their message has come, and their answers."""
    below = unpack(cursor)
    found = await caller.read(
        lambda s: broadcasts.recipients(s, the_broadcast(s, code), below=below, most=limit)
    )
    items = [
        RecipientOut(
            person_id=line.recipient.person_id,
            exclusion=line.recipient.exclusion,
            state=line.message.state if line.message else None,
            reply=line.recipient.reply,
            late=line.recipient.late,
            words=line.recipient.words,
            replied_at=line.recipient.replied_at,
        )
        for line in found.items
    ]
    return Page(items=items, next=pack(found.next))


@router.post("/{code}/confirmation", summary="Let a broadcast go out", response_model=BoardOut)
async def confirm(code: str, body: ConfirmIn, caller: Writes, once: Once) -> JSONResponse:
    """Send it, if `number` is the number of people who get it now."""

    def act(s: Session) -> BoardOut:
        broadcast = the_broadcast(s, code)
        confirm_number(s, broadcast, str(body.number), caller.human, caller.now)
        s.flush()
        return _board(s, broadcast)

    return await create(caller, once, act, status=200)


def _board(s: Session, broadcast: Broadcast) -> BoardOut:
    counted = office.counts(s, broadcast)
    return BoardOut(
        **BroadcastOut.model_validate(broadcast).model_dump(),
        waiting=counted.waiting,
        states=dict(counted.states),
        excluded=dict(counted.excluded),
        replies=dict(counted.replies),
    )
