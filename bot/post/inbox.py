"""The inbox: envelopes kept before they are answered for, worked in order, one lane at a time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot import crash, metrics
from bot.db import Database, Unavailable
from bot.post.hush import hush, may_stop
from bot.rows import Rows
from bot.vault.keys import Keys
from bot.vault.owning import raw_of
from channels.base import Envelope, Kind
from models.inbox import Inbox, InboxState, Lane

LEASE = timedelta(seconds=15)  # a turn takes milliseconds, and renews it
BACKOFF = (5, 30, 120, 600)  # seconds before a lane is tried again
TRIES = 5
RECEIPTS = "receipts"  # news of sent messages need no order among people: one lane a channel
PATIENCE = 10.0  # seconds that an envelope may wait; Twilio hangs up after fifteen
MOST = 2000  # envelopes that wait for the record at a time; who comes then is refused


@dataclass(frozen=True)
class Kept:
    """An envelope with the lane it belongs to, and whether its words may ask us to stop."""

    envelope: Envelope
    lane: str
    received_at: datetime
    may_stop: bool = False


def kept(envelope: Envelope, keys: Keys, now: datetime) -> Kept:
    """Make an envelope ready to be inserted."""
    if envelope.kind is Kind.RECEIPT:
        return Kept(envelope, f"{RECEIPTS}:{envelope.channel}", now)
    lane = keys.lookup("lane", f"{envelope.channel}|{envelope.sender}")
    return Kept(envelope, lane, now, may_stop(envelope))


_Waiting = tuple[Kept, asyncio.Future[None]]


@dataclass(frozen=True)
class LaneClaim:
    """A lane that is ours to work, for as long as its lease holds."""

    lane: str
    fence: int


class Full(Exception):  # noqa: N818 - a verdict: come again
    """More waits for the record than it can take soon. Nothing was kept."""


class Keeper:
    """Keeps envelopes: whatever waits goes into one transaction, so a crowd shares one commit."""

    def __init__(self, db: Database, keys: Keys, now: Callable[[], datetime]) -> None:
        self._db = db
        self._keys = keys
        self._now = now
        self._waiting: list[_Waiting] = []
        self._drain: asyncio.Task[None] | None = None

    async def keep(self, envelope: Envelope, *, within: float = PATIENCE) -> None:
        """Return when the envelope is on disk. A second delivery of one event changes nothing.

        Raises `Full` or `Unavailable` when it could not be kept, or `TimeoutError` when it was not
        within so many seconds; the provider must deliver it again.
        """
        if len(self._waiting) >= MOST:
            raise Full
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        ends = loop.call_later(within, _give_up, future)  # `asyncio.timeout` costs several of these
        self._waiting.append((kept(envelope, self._keys, self._now()), future))
        if self._drain is None or self._drain.done():
            self._drain = asyncio.create_task(self._empty())
        try:
            await future
        finally:
            ends.cancel()

    async def _empty(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            # Whoever has given up waiting was told that it is not kept.
            await self._insert([one for one in batch if not one[1].done()])

    async def _insert(self, batch: list[_Waiting]) -> None:
        try:
            act = partial(insert, kept=[one for one, _ in batch], keys=self._keys)
            await self._db.write(act, hurried=True)
        except Exception as problem:  # noqa: BLE001 - whoever waits hears it
            if len(batch) == 1 or isinstance(problem, Unavailable):
                _tell(batch, problem)
                return
            # One of them cannot be kept. That must not cost the others their place.
            for one in batch:
                await self._insert([one])
        else:
            _tell(batch)


def _give_up(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_exception(TimeoutError())


def _tell(batch: Sequence[_Waiting], problem: Exception | None = None) -> None:
    for _, future in batch:
        if future.done():
            continue
        if problem is None:
            future.set_result(None)
        else:
            future.set_exception(problem)


# Every message takes this road. A lane that is marked already is locked all the same.
_LANES = Rows(
    Lane,
    "id pending fence owner",
    conflict="(id) DO UPDATE SET pending = true WHERE NOT lane.pending",
)
_ENVELOPES = Rows(
    Inbox,
    "channel account event_id kind lane raw state hushed attempts error received_at",
    conflict="(account, event_id) DO NOTHING",
)


def insert(s: Session, kept: Sequence[Kept], keys: Keys) -> None:
    """Insert envelopes that are not there yet, and mark their lanes. A stop takes effect at once.

    The lane is locked before its envelopes get their numbers: numbers of one lane follow commits.
    """
    lanes = sorted({one.lane for one in kept})
    _LANES.put(s, [(lane, True, 0, "") for lane in lanes])
    for may, some in groupby(kept, lambda one: one.may_stop):
        if may:
            for one in some:
                _insert_stop(s, one, keys)
        else:
            _ENVELOPES.put(s, [_values(s, one) for one in some])
    crash.point("in.inserted")


def _insert_stop(s: Session, one: Kept, keys: Keys) -> None:
    number = _ENVELOPES.put(s, [_values(s, one)], more="RETURNING id").scalar()
    # An event that is here already has stopped them once; they may have come back since.
    if number is not None and hush(s, keys, one.envelope, one.received_at):
        asked = sa.update(Inbox).where(col(Inbox.id) == number)
        s.connection().execute(asked.values(hushed=True))


def _values(s: Session, one: Kept) -> tuple[Any, ...]:
    sent = one.envelope
    raw = raw_of(s, sent.raw, one.received_at)
    first = (sent.channel, sent.account, sent.event_id, sent.kind.value, one.lane, raw)
    return (*first, InboxState.NEW, False, 0, "", one.received_at)


def is_new() -> sa.ColumnElement[bool]:
    """That an envelope has not taken effect. Literal, or SQLite would not use their index."""
    return col(Inbox.state) == sa.literal(InboxState.NEW, literal_execute=True)


# Every message takes this road too, so it is built once.
_LANE: Any = sa.bindparam("lane")
_NOW: Any = sa.bindparam("now")
_MOST = sa.bindparam("most", type_=sa.Integer())
_FREE = (
    sa.select(col(Lane.id), col(Lane.fence), col(Lane.lease_until))
    .where(
        col(Lane.pending).is_(True),
        col(Lane.lease_until).is_(None) | (col(Lane.lease_until) < _NOW),
        col(Lane.next_at).is_(None) | (col(Lane.next_at) <= _NOW),
    )
    # In no order: lanes that always have work would else keep those behind them from theirs.
    .order_by(sa.func.random())
    .limit(_MOST)
    .with_for_update(skip_locked=True)
)
_LEASE = sa.update(Lane).values(lease_until=sa.bindparam("until"))
_TAKE = _LEASE.where(col(Lane.id).in_(sa.bindparam("lanes", expanding=True))).values(
    fence=col(Lane.fence) + 1, owner=sa.bindparam("by")
)
_RENEW = _LEASE.where(col(Lane.id) == _LANE, col(Lane.fence) == sa.bindparam("ours"))
_HEADS = (
    select(Inbox).where(col(Inbox.lane) == _LANE, is_new()).order_by(col(Inbox.id)).limit(_MOST)
)
_LEAVE = (
    sa.update(Lane)
    .where(col(Lane.id) == _LANE, ~sa.exists().where(col(Inbox.lane) == col(Lane.id), is_new()))
    .values(pending=False, lease_until=None, next_at=None)
)
_FINISH = (
    sa.update(Inbox)
    .where(col(Inbox.id) == sa.bindparam("number"), col(Inbox.state) != sa.bindparam("as"))
    .values(state=sa.bindparam("as"), done_at=_NOW)
)


def claim_lanes(s: Session, *, now: datetime, owner: str, most: int) -> list[LaneClaim]:
    """Take lanes that have work and that nobody holds."""
    connection = s.connection()
    free = connection.execute(_FREE, {"now": now, "most": most}).all()
    if free:
        taken = {"lanes": [lane.id for lane in free], "by": owner, "until": now + LEASE}
        connection.execute(_TAKE, taken)
    metrics.lease_steals.labels("lane").inc(sum(lane.lease_until is not None for lane in free))
    return [LaneClaim(lane.id, lane.fence + 1) for lane in free]


def free_lanes(s: Session) -> None:
    """Take every lane from whoever held it: their process is known to be gone."""
    s.connection().execute(
        sa.update(Lane).where(col(Lane.lease_until).is_not(None)).values(lease_until=None)
    )


def holds(s: Session, claim: LaneClaim, now: datetime) -> bool:
    """Renew the lease and say whether the lane is still ours, inside the effect's transaction."""
    return _lease(s, claim, now + LEASE)


def heads(s: Session, lane: str, most: int = 1) -> list[Inbox]:
    """The oldest envelopes of a lane that have not taken effect."""
    return list(s.exec(_HEADS, params={"lane": lane, "most": most}))


def finish(s: Session, row: Inbox, state: InboxState, now: datetime) -> bool:
    """Mark an envelope as worked, in the transaction of its effects. False if it was before."""
    worked = {"number": row.id, "as": state, "now": now}
    return bool(s.connection().execute(_FINISH, worked).rowcount)


def fail(s: Session, claim: LaneClaim, inbox_id: int, error: str, now: datetime) -> int:
    """Count a failed try and let the lane wait; after five, park the envelope.

    News needs no order: it waits in a lane of its own, and holds up no other news. Gives how often
    the envelope was tried when it is parked now, else 0.
    """
    held = holds(s, claim, now)
    row = s.get(Inbox, inbox_id)
    if not held or row is None or row.state is not InboxState.NEW:
        return 0
    row.attempts += 1
    row.error = error[:300]
    if row.attempts >= TRIES:
        finish(s, row, InboxState.DEAD, now)
        return row.attempts
    lane = s.get_one(Lane, claim.lane)
    if row.attempts == 1 and lane.id.startswith(RECEIPTS):
        row.lane = f"{lane.id}:{row.id}"
        lane = Lane(id=row.lane, pending=True)
        s.add(lane)
    lane.next_at = now + timedelta(seconds=BACKOFF[row.attempts - 1])
    s.flush()  # before the lane is let go
    return 0


def replay(s: Session, inbox_id: int, now: datetime) -> bool:
    """Put a parked envelope back at the head of its lane, to be tried once more, at once.

    True when it was parked. Whatever came after it may have taken effect already.
    """
    row = s.get(Inbox, inbox_id)
    lane = s.get(Lane, row.lane, with_for_update=True) if row is not None else None
    if row is None or lane is None:
        return False
    s.refresh(row, with_for_update=True)
    if row.state is not InboxState.DEAD:
        return False
    row.state = InboxState.NEW
    row.done_at = None
    lane.pending = True
    lane.next_at = now
    return True


def remark(s: Session) -> int:
    """Mark each lane that owns envelopes and is not marked. Gives how many there were.

    There should be none, ever; this is what would find them.
    """
    unmarked = (
        sa.update(Lane)
        # «Is not», or the few lanes with work would be looked for among the many without.
        .where(col(Lane.pending).is_not(True), col(Lane.id).in_(select(Inbox.lane).where(is_new())))
        .values(pending=True)
    )
    return int(s.connection().execute(unmarked).rowcount)


def release(s: Session, claim: LaneClaim) -> bool:
    """Let a lane go. It stays marked, and this is true, if it holds an envelope still or anew."""
    return _lease(s, claim, None) and not leave(s, claim)


def leave(s: Session, claim: LaneClaim) -> bool:
    """Unmark a lane and let it go, unless it holds an envelope still or anew: then this is false.

    The lane row must be locked by a statement before, as `holds` does. One that waited for the lock
    itself would, on PostgreSQL, look with eyes from before it, and leave an envelope behind.
    """
    return bool(s.connection().execute(_LEAVE, {"lane": claim.lane}).rowcount)


def _lease(s: Session, claim: LaneClaim, until: datetime | None) -> bool:
    ours = {"lane": claim.lane, "ours": claim.fence, "until": until}
    return bool(s.connection().execute(_RENEW, ours).rowcount)
