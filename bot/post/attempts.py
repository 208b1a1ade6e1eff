"""Attempts: each try to hand a part of a message over, and how far its provider says it has come.

A try climbs a lattice and never goes down, whatever the order of its news. A part is where its
newest try is, unless an older one turns out to have arrived. A message is where its parts are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from bot.post.outbox import Claim
from bot.post.pacing import Lately
from bot.vault.owning import words_of
from channels.base import RANK, Status
from models.outbox import Attempt, Outbox, OutboxState, Part, ReceiptRow
from models.person import Address

ACCEPTED = (OutboxState.ACCEPTED, OutboxState.SENT)
OF_STATUS = {
    Status.QUEUED: OutboxState.ACCEPTED,
    Status.SENDING: OutboxState.ACCEPTED,
    Status.SENT: OutboxState.SENT,
    Status.DELIVERED: OutboxState.DELIVERED,
    Status.READ: OutboxState.READ,
    Status.FAILED: OutboxState.FAILED,
}
HEIGHT = {
    OutboxState.PENDING: 0,
    OutboxState.SENDING: 5,
    OutboxState.UNKNOWN: 6,
    OutboxState.ACCEPTED: RANK[Status.QUEUED],
    OutboxState.SENT: RANK[Status.SENT],
    OutboxState.FAILED: RANK[Status.FAILED],
    OutboxState.DELIVERED: RANK[Status.DELIVERED],
    OutboxState.READ: RANK[Status.READ],
}
"""How far up the lattice each state is. What is not in it (expired, cancelled) only proof moves."""

ARRIVED = (Status.DELIVERED, Status.READ)
WORST_FIRST = (
    OutboxState.FAILED,
    OutboxState.UNKNOWN,
    OutboxState.SENDING,
    OutboxState.PENDING,
    OutboxState.ACCEPTED,
    OutboxState.SENT,
    OutboxState.DELIVERED,
    OutboxState.READ,
)
"""A message is where the first of its parts is, in this order."""


@dataclass(frozen=True)
class Outcome:
    """How a try ended, and what becomes of its part."""

    name: str  # "accepted", "busy", "unreachable", …
    state: OutboxState
    provider_id: str = ""
    code: str = ""
    reason: str = ""
    wait: float = 0.0  # seconds until it may be tried again
    counts: bool = True  # whether it uses up a try


@dataclass(frozen=True)
class Going:
    """What is about to be handed over: a part that is known, or the first of `fresh` ones."""

    row: Outbox
    part: Part | None = None
    fresh: Sequence[dict[str, Any]] = ()  # of a message just drawn; all have the same columns


_PARTS = sa.insert(Part).returning(col(Part.id), sort_by_parameter_order=True)
_TRY = {"outcome": "", "status": "", "looks": 0, "code": "", "provider_id": ""}
"""A try of which nothing is known yet."""


def begin(s: Session, going: Sequence[Going], now: datetime) -> list[Claim]:
    """Write down that parts are about to be handed over. Only then may they be."""
    fresh = [_sealed(s, one.row, values) for one in going for values in one.fresh]
    made = iter(s.connection().execute(_PARTS, fresh).scalars().all() if fresh else ())
    tries = []
    for one in going:
        numbers = [next(made) for _ in one.fresh]
        if one.part is not None:
            numbers = [one.part.id]
            one.part.state = OutboxState.SENDING
            one.part.changed_at = now
        one.row.attempts += 1
        told = {"outbox_id": one.row.id, "part_id": numbers[0], "n": one.row.attempts}
        tries.append({**_TRY, **told, "fence": one.row.fence, "started_at": now})
    if tries:
        s.connection().execute(sa.insert(Attempt), tries)
    return [Claim(one.row.id or 0, one.row.fence, one.row.attempts) for one in going]


def _sealed(s: Session, row: Outbox, values: dict[str, Any]) -> dict[str, Any]:
    """Have what a part says sealed with the key of what its message says."""
    own = words_of(s, values["written"] or "", case_id=row.case_id, person_id=row.person_id)
    return {**values, "written": own or values["written"]}


def legs(s: Session, row: Outbox) -> list[Part]:
    """Give the parts of a message on its way to the address it goes to now, in their order."""
    return list(
        s.exec(
            select(Part).where(Part.outbox_id == row.id, Part.leg == row.leg).order_by(col(Part.n))
        )
    )


@dataclass(frozen=True)
class Flight:
    """A try, with all that its end concerns. The message is locked."""

    attempt: Attempt
    part: Part
    row: Outbox
    address: Address


_FLIGHT = (
    select(Attempt, Part, Outbox, Address)
    .join(Part, col(Part.id) == col(Attempt.part_id))
    .join(Outbox, col(Outbox.id) == col(Attempt.outbox_id))
    .join(Address, col(Address.id) == col(Part.address_id))
    .where(col(Attempt.outbox_id).in_(sa.bindparam("messages", expanding=True)))
    .order_by(col(Outbox.id))
    # The attempt too: whoever waits for the message must see that it has ended meanwhile.
    .with_for_update(of=(Outbox, Attempt))
    # What was said is sealed, and of no concern any more.
    .options(*(defer(getattr(Outbox, words)) for words in ("text", "options", "written")))
)


def flights(s: Session, claims: Sequence[Claim]) -> list[Flight]:
    """Give claimed tries and what they are of."""
    found = s.exec(_FLIGHT, params={"messages": [claim.outbox_id for claim in claims]})
    known = {(one[0].outbox_id, one[0].n): Flight(*one) for one in found}
    return [known[claim.outbox_id, claim.attempt] for claim in claims]


def land(
    s: Session,
    claim: Claim,
    landed: Flight,
    outcome: Outcome,
    now: datetime,
    *,
    early: Sequence[ReceiptRow] = (),
) -> bool:
    """Write how a try ended. A stale claim changes only its own attempt row: then False.

    `early` is the news of it that came before anybody knew whose they were.
    """
    attempt, part, row = landed.attempt, landed.part, landed.row
    attempt.outcome = outcome.name
    attempt.ended_at = now
    attempt.code = attempt.code or outcome.code
    attempt.provider_id = attempt.provider_id or outcome.provider_id
    s.add(attempt)
    if row.fence != claim.fence:
        return False
    part.provider_id = part.provider_id or outcome.provider_id
    # Given up too early, it may wait for its second time: then the first has gone out after all.
    news = outcome.state in ACCEPTED and HEIGHT[outcome.state] > HEIGHT.get(part.state, 0)
    if news or part.state in (OutboxState.SENDING, OutboxState.UNKNOWN):
        part.state = outcome.state
        part.code = outcome.code
        part.tries += outcome.counts
        part.changed_at = now
        if outcome.state in ACCEPTED:
            part.sent_at = part.sent_at or now
        sum_up(s, row, part, now, reason=outcome.reason)
        if row.state is OutboxState.PENDING:
            row.next_at = now + timedelta(seconds=outcome.wait)
    s.add(part)
    s.add(row)
    for receipt in early:
        receipt.outbox_id = attempt.outbox_id
        climb(s, row, part, attempt, Status(receipt.status), receipt.code, now)
    return True


def try_again(s: Session, row: Outbox, part: Part, outcome: Outcome, now: datetime) -> None:
    """Let a part that was taken and then failed be handed over anew, after a while."""
    part.state = OutboxState.PENDING
    part.provider_id = ""
    part.tries += outcome.counts
    part.changed_at = now
    s.add(part)
    sum_up(s, row, part, now, reason=outcome.reason)
    row.next_at = now + timedelta(seconds=outcome.wait)


def go_elsewhere(s: Session, row: Outbox, address: Address, now: datetime) -> None:
    """Send a message that has failed for good at one address to another, from its first part on."""
    row.leg += 1
    row.via = address.via.value
    row.address_id = address.id or 0
    row.state = OutboxState.PENDING
    row.tries = 0
    row.next_at = now
    row.lease_until = None
    row.changed_at = now
    s.add(row)


def sum_up(s: Session, row: Outbox, part: Part, now: datetime, *, reason: str = "") -> None:
    """Let a message be where its parts are, after one of them moved."""
    parts = [part] if part.of == 1 else _with(legs(s, row), part)
    states = [one.state for one in parts]
    if len(parts) < part.of:
        states.append(OutboxState.PENDING)
    row.state = min(states, key=_place)
    row.code = part.code
    row.reason = reason[:300]
    row.tries = part.tries
    row.provider_id = part.provider_id or row.provider_id
    row.sent_at = row.sent_at or part.sent_at
    row.lease_until = None
    row.changed_at = now
    if row.state is OutboxState.PENDING:
        row.next_at = now
    s.add(row)


def _with(parts: Sequence[Part], moved: Part) -> list[Part]:
    return [moved if one.id == moved.id else one for one in parts]


def _place(state: OutboxState) -> int:
    return WORST_FIRST.index(state) if state in WORST_FIRST else 0


def climb(
    s: Session,
    row: Outbox,
    part: Part,
    attempt: Attempt,
    status: Status,
    code: str,
    now: datetime,
) -> bool:
    """Move a try up the lattice, never down, and its part and message with it. True if it moved.

    Whatever the order in which its news comes, it ends in the same state, with the same code.
    """
    before = Status(attempt.status) if attempt.status else None
    if status is before is Status.FAILED:
        attempt.code = part.code = row.code = max(attempt.code, code)
        s.add_all((attempt, part, row))
    if before is not None and RANK[status] <= RANK[before]:
        return False
    attempt.status = status.value
    attempt.code = code
    s.add(attempt)
    newest = attempt.n == row.attempts or part.state is OutboxState.UNKNOWN
    state = OF_STATUS[status]
    if not (newest or status in ARRIVED) or HEIGHT[state] <= HEIGHT.get(part.state, 0):
        return True
    part.state = state
    part.code = code
    part.sent_at = part.sent_at or now
    part.changed_at = now
    s.add(part)
    if part.leg == row.leg or (status in ARRIVED and row.state is OutboxState.PENDING):
        row.leg = part.leg  # it arrived where we had given up, before it went elsewhere
        sum_up(s, row, part, now)
    return True


def find(s: Session, own: int | None, number: int, provider_id: str) -> Attempt | None:
    """Find the try that news speak of: by our own ids where the provider carries them, or theirs.

    Where only the message is known, its newest try is meant.
    """
    if own is not None:
        mine = select(Attempt).where(Attempt.outbox_id == own)
        if number:
            mine = mine.where(Attempt.n == number)
        found = s.exec(mine.order_by(col(Attempt.n).desc()).limit(1)).first()
        if found is not None:
            return found
    return s.exec(select(Attempt).where(Attempt.provider_id == provider_id)).first()


_EARLY = (
    select(ReceiptRow)
    .where(
        col(ReceiptRow.provider_id).in_(sa.bindparam("theirs", expanding=True)),
        col(ReceiptRow.outbox_id).is_(None),
    )
    .order_by(col(ReceiptRow.id))
)


def early(s: Session, provider_ids: Sequence[str]) -> dict[str, list[ReceiptRow]]:
    """Find the news that came before anybody knew whose they were, by the provider's ids."""
    found: dict[str, list[ReceiptRow]] = {}
    for receipt in s.exec(_EARLY, params={"theirs": provider_ids}) if provider_ids else ():
        found.setdefault(receipt.provider_id, []).append(receipt)
    return found


def doubts_of(s: Session, row: Outbox) -> int:
    """Count the tries of a message of which nobody knows whether they went out."""
    return s.exec(
        select(sa.func.count())
        .select_from(Attempt)
        .where(
            Attempt.outbox_id == row.id,
            Attempt.status == "",
            col(Attempt.outcome).in_(("", "unknown", "presumed_not_sent")),
        )
    ).one()


def alike(s: Session, part: Part, code: str) -> int:
    """Count the tries of a part that failed with the same code."""
    return s.exec(
        select(sa.func.count())
        .select_from(Attempt)
        .where(Attempt.part_id == part.id, Attempt.code == code)
    ).one()


def lately(s: Session, now: datetime) -> Lately:
    """Say what went out lately, for a pacing that has lost its count."""
    sends = s.exec(
        select(Part.via, Part.address_id, Attempt.started_at, Part.segments)
        .join(Part, col(Part.id) == col(Attempt.part_id))
        .where(col(Attempt.started_at) > now - timedelta(minutes=1))
    ).all()
    people = s.exec(
        select(Part.via, Part.address_id, sa.func.max(Part.changed_at))
        .where(Part.template != "", col(Part.changed_at) > now - timedelta(days=1))
        .group_by(col(Part.via), col(Part.address_id))
    ).all()
    return Lately(
        [(via, who, at, cost) for via, who, at, cost in sends],
        [(via, who, at) for via, who, at in people if at is not None],
    )
