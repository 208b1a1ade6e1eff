"""The post: what waits, what is stuck or unknown, what is paused, and what staff do about it."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console import mending
from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import Cursor, Limit, Page, RowId, Words, pack, unpack
from bot.console.records import looks, pauses, troubles
from bot.office import gates
from bot.post import depths
from bot.post.outbox_decisions import Decision
from models.inbox import InboxState
from models.outbox import Held, Outbox, OutboxState

router = APIRouter(tags=["post"])
Reads = Annotated[Caller, may("post:read")]
Writes = Annotated[Caller, may("post:write")]
Gate = Annotated[str, Path(max_length=80, description="Such as channel:sms or broadcasts:whatsapp")]


class PileOut(BaseModel):
    """Messages that have not ended, of one state, channel and urgency."""

    state: OutboxState
    via: str
    urgency: str
    count: int
    since: datetime


class HeldOut(BaseModel):
    """Messages that wait for the person to write, or for the morning."""

    model_config = ConfigDict(from_attributes=True)

    why: Held
    via: str
    count: int


class GateOut(BaseModel):
    """Something that is paused. `by` is a name, "" the bot; `holds` null where nobody can count."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    since: datetime
    until: datetime | None
    by: Words
    reason: Words
    holds: int | None


class SpoolOut(BaseModel):
    """The folder beside the database. `trouble` says why it takes no files, or nothing."""

    model_config = ConfigDict(from_attributes=True)

    waiting: int
    bad: int
    trouble: str


class PostOut(BaseModel):
    """How the post stands now. The moments are null where nothing waits, `spool` without one."""

    envelopes: int
    envelope_since: datetime | None
    lanes: int
    resting: int
    dead: int
    odd: int
    messages: list[PileOut]
    due_since: datetime | None
    held: list[HeldOut]
    unknown_parts: dict[str, int]
    files: int
    file_since: datetime | None
    gates: list[GateOut]
    spool: SpoolOut | None


class GateIn(BaseModel):
    """Why something is paused, and until when; without an end until somebody resumes it."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=gates.REASON)]
    until: AwareDatetime | None = None


class TroubleOut(BaseModel):
    """A message that did not arrive, was kept back, or of which nobody knows."""

    id: int
    person_id: int
    via: str
    case: str | None
    state: OutboxState
    reason: Words
    code: str
    created_at: datetime
    tried_at: datetime | None
    task_id: int | None


class EnvelopeOut(BaseModel):
    """An envelope that took no effect."""

    id: int
    channel: str
    kind: str
    state: InboxState
    error: Words
    attempts: int
    person_id: int | None
    received_at: datetime
    destroyed: bool


class DecisionIn(BaseModel):
    """What becomes of a message of which nobody knows whether it arrived."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision


class DecidedOut(BaseModel):
    """A message after a decision."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    person_id: int
    via: str
    state: OutboxState


class ReplayedOut(BaseModel):
    """An envelope that is back in its line."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    state: InboxState


@router.get("/post", summary="How the post stands")
async def stand(caller: Reads) -> PostOut:
    """Give how deep the post stands, and what is paused."""
    spool = caller.world.spool
    lying = await asyncio.to_thread(spool.look) if spool is not None else None

    def act(s: Session) -> PostOut:
        at = depths.read(s, caller.now)
        return PostOut(
            envelopes=at.envelopes,
            envelope_since=at.envelope_since,
            lanes=at.lanes,
            resting=at.resting,
            dead=at.parked.get(InboxState.DEAD, 0),
            odd=at.parked.get(InboxState.ODD, 0),
            messages=[
                PileOut(
                    state=pile.state,
                    via=pile.via,
                    urgency=pile.weight.name.lower(),
                    count=pile.count,
                    since=pile.since,
                )
                for pile in at.piles
            ],
            due_since=at.due_since,
            held=[HeldOut.model_validate(one) for one in at.held],
            unknown_parts=dict(at.unknown_parts),
            files=at.files,
            file_since=at.file_since,
            gates=[GateOut.model_validate(one) for one in pauses.listing(s, at.piles, caller.now)],
            spool=SpoolOut.model_validate(lying) if lying is not None else None,
        )

    return await caller.read(act)


@router.get("/post/messages", summary="Messages that did not arrive, or nobody knows")
async def messages(
    caller: Reads,
    state: Annotated[list[OutboxState] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TroubleOut]:
    """Give failed, refused, expired and unknown messages, the newest first."""
    await caller.looks(*looks.at_list("post"))
    below = unpack(cursor)
    found = await caller.read(
        lambda s: troubles.lost(s, state or troubles.WRONG, below=below, most=limit)
    )
    return Page(items=[_trouble(one) for one in found.items], next=pack(found.next))


@router.post(
    "/messages/{message_id}/decision",
    summary="Decide about a message nobody knows of",
    response_model=DecidedOut,
)
async def decide(message_id: RowId, body: DecisionIn, caller: Writes, once: Once) -> JSONResponse:
    """Decide in the name of the staff account that the token belongs to. Nothing else ever does."""

    def act(s: Session) -> DecidedOut:
        row: Outbox = mending.decide(s, message_id, body.decision, caller.human, caller.now)
        return DecidedOut.model_validate(row)

    return await create(caller, once, act, status=200)


@router.get("/envelopes", summary="Envelopes that took no effect")
async def envelopes(
    caller: Reads,
    state: Annotated[list[InboxState] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EnvelopeOut]:
    """Give dead and odd envelopes, the newest first."""
    below = unpack(cursor)
    found = await caller.read(
        lambda s: troubles.envelopes(s, state or troubles.PARKED, below=below, most=limit)
    )
    return Page(items=[_envelope(one) for one in found.items], next=pack(found.next))


@router.post(
    "/envelopes/{envelope_id}/replay", summary="Try an envelope again", response_model=ReplayedOut
)
async def replay(envelope_id: RowId, caller: Writes, once: Once) -> JSONResponse:
    """Put an envelope that could not be worked back into its line, once."""

    def act(s: Session) -> ReplayedOut:
        return ReplayedOut.model_validate(
            mending.try_again(s, envelope_id, caller.human, caller.now)
        )

    return await create(caller, once, act, status=200)


@router.get("/gates", summary="What is paused")
async def shut(caller: Reads) -> Page[GateOut]:
    """Give what is paused, by whom and why, what is paused longest first."""
    return Page(items=await caller.read(lambda s: _shut(s, caller)))


@router.put("/gates/{gate}", summary="Pause a channel or its broadcasts", response_model=GateOut)
async def pause(gate: Gate, body: GateIn, caller: Writes, once: Once) -> JSONResponse:
    """Let everything wait that the gate stands before. Nothing is lost."""

    def act(s: Session) -> GateOut:
        mending.pause(s, gate, body.reason, caller.human, caller.now, body.until)
        return next(one for one in _shut(s, caller) if one.key == gate)

    return await create(caller, once, act, status=200)


@router.delete("/gates/{gate}", summary="Resume", response_model=Page[GateOut])
async def resume(gate: Gate, caller: Writes, once: Once) -> JSONResponse:
    """Let what waits before a gate go. Gives what is still paused."""

    def act(s: Session) -> Page[GateOut]:
        mending.resume(s, gate, caller.human, caller.now)
        return Page(items=_shut(s, caller))

    return await create(caller, once, act, status=200)


def _shut(s: Session, caller: Caller) -> list[GateOut]:
    found = pauses.listing(s, depths.piles(s), caller.now)
    return [GateOut.model_validate(one) for one in found]


def _trouble(one: troubles.Lost) -> TroubleOut:
    row = one.row
    return TroubleOut(
        id=row.id or 0,
        person_id=row.person_id,
        via=row.via,
        case=one.case or None,
        state=row.state,
        reason=row.reason,
        code=row.code,
        created_at=row.created_at,
        tried_at=one.tried_at,
        task_id=one.task_id,
    )


def _envelope(one: troubles.Parked) -> EnvelopeOut:
    row = one.row
    return EnvelopeOut(
        id=row.id or 0,
        channel=row.channel,
        kind=row.kind,
        state=row.state,
        error=row.error,
        attempts=row.attempts,
        person_id=one.person_id,
        received_at=row.received_at,
        destroyed=not row.raw,
    )
