"""The outbox: messages that wait to be sent, claimed by one sender at a time."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

import sqlalchemy as sa
from sqlmodel import Session, col, select

from channels.base import RANK, Sent, Status
from models.outbox import Attempt, Outbox, OutboxState, ReceiptRow, Weight
from models.person import Address, Via

LEASE = timedelta(seconds=90)  # several times a request's own limit, so a slow send is not stolen
BACKOFF = (2.0, 10.0, 60.0, 300.0, 900.0)  # seconds between tries
DOUBTS = 2  # how often a harmless message of unknown fate may go out in all
LIFE = timedelta(hours=24)  # a message that waited longer is not sent any more

UNDER_WAY = (OutboxState.PENDING, OutboxState.SENDING)
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


@dataclass(frozen=True)
class Claim:
    """One message that is ours to send, for as long as its lease holds."""

    outbox_id: int
    fence: int
    attempt: int


def put(
    s: Session,
    *,
    person_id: int,
    address: Address,
    text: str,
    key: str,
    weight: Weight,
    now: datetime,
    options: list[tuple[str, str]] | None = None,
    conversation_id: int | None = None,
    case_id: int | None = None,
    repeatable: bool = False,
    written_by: int | None = None,
    expires_at: datetime | None = None,
) -> Outbox | None:
    """Put one message in the outbox, or nothing if its key was put there before."""
    if s.exec(select(Outbox.id).where(Outbox.key == key)).first() is not None:
        return None
    row = Outbox(
        key=key,
        person_id=person_id,
        address_id=address.id or 0,
        conversation_id=conversation_id,
        case_id=case_id,
        via=address.via.value,
        weight=weight.value,
        repeatable=repeatable,
        text=text,
        options=json.dumps(options or []),
        next_at=now,
        expires_at=expires_at or now + LIFE,
        written_by=written_by,
        created_at=now,
        changed_at=now,
    )
    s.add(row)
    s.flush()
    return row


def claim(
    s: Session, *, now: datetime, paused: frozenset[str], busy: frozenset[int], most: int
) -> list[Claim]:
    """Take messages that are due, the most pressing first, one a person, in their order.

    `paused` channels wait; people in `busy` have a message under way. A person's later message
    never overtakes an earlier one that still waits.
    """
    older = sa.orm.aliased(Outbox)
    blocked = sa.exists().where(
        col(older.person_id) == col(Outbox.person_id),
        col(older.via) == col(Outbox.via),
        col(older.state).in_(UNDER_WAY),
        sa.or_(
            col(older.state) == OutboxState.SENDING,
            sa.and_(col(older.weight) <= col(Outbox.weight), col(older.id) < col(Outbox.id)),
        ),
        col(older.id) != col(Outbox.id),
    )
    query = (
        select(Outbox)
        .where(
            Outbox.state == OutboxState.PENDING,
            col(Outbox.next_at) <= now,
            ~blocked,
        )
        .order_by(col(Outbox.weight), col(Outbox.id))
        .limit(most)
    )
    if paused:
        query = query.where(col(Outbox.via).not_in(paused))
    if busy:
        query = query.where(col(Outbox.person_id).not_in(busy))
    if s.get_bind().dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True, of=Outbox)
    claims: list[Claim] = []
    people: set[int] = set()
    for row in s.exec(query):
        if row.person_id in people:
            continue
        people.add(row.person_id)
        row.state = OutboxState.SENDING
        row.fence += 1
        row.attempts += 1
        row.lease_until = now + LEASE
        row.changed_at = now
        s.add(row)
        s.add(Attempt(outbox_id=row.id or 0, n=row.attempts, fence=row.fence, started_at=now))
        claims.append(Claim(row.id or 0, row.fence, row.attempts))
    return claims


def held(s: Session, claim: Claim) -> Outbox | None:
    """The claimed row, if the claim still holds."""
    row = s.get(Outbox, claim.outbox_id, with_for_update=True)
    if row is None or row.fence != claim.fence or row.state is not OutboxState.SENDING:
        return None
    return row


@dataclass(frozen=True)
class Outcome:
    """How a try ended, and what becomes of the message."""

    name: str  # "accepted", "busy", "unreachable", …
    state: OutboxState
    provider_id: str = ""
    code: str = ""
    reason: str = ""
    wait: float = 0.0  # seconds until it may be tried again
    counts: bool = True  # whether it uses up a try


def end(s: Session, claim: Claim, outcome: Outcome, now: datetime) -> Outbox | None:
    """Write how a try ended. A stale claim changes only its own attempt row."""
    attempt = s.exec(
        select(Attempt).where(Attempt.outbox_id == claim.outbox_id, Attempt.n == claim.attempt)
    ).one()
    attempt.outcome = outcome.name
    attempt.ended_at = now
    attempt.code = outcome.code
    attempt.provider_id = outcome.provider_id
    s.add(attempt)
    row = s.get(Outbox, claim.outbox_id, with_for_update=True)
    if row is None or row.fence != claim.fence:
        return None
    row.provider_id = row.provider_id or outcome.provider_id
    if row.state in (OutboxState.SENDING, OutboxState.UNKNOWN):
        row.state = outcome.state
        row.code = outcome.code
        row.reason = outcome.reason[:300]
        row.lease_until = None
        row.tries += outcome.counts
        row.next_at = now + timedelta(seconds=outcome.wait)
        row.changed_at = now
        if outcome.state in (OutboxState.ACCEPTED, OutboxState.SENT):
            row.sent_at = now
    s.add(row)
    if outcome.provider_id:
        _apply_early(s, row, now)
    return row


def advance(row: Outbox, status: Status, code: str, now: datetime) -> bool:
    """Move a message up the lattice, never down. True when it moved."""
    state = OF_STATUS[status]
    low = HEIGHT.get(row.state, 0)
    if row.state is OutboxState.FAILED and state not in (OutboxState.DELIVERED, OutboxState.READ):
        return False
    if HEIGHT[state] <= low:
        return False
    row.state = state
    row.changed_at = now
    row.lease_until = None
    row.sent_at = row.sent_at or now
    if code:
        row.code = code
    return True


def receive(s: Session, receipt: ReceiptRow, own: int | None, now: datetime) -> Outbox | None:
    """Apply news of a message: by our own id where the provider carries it, else by theirs.

    News of a message we do not know yet stays unlinked, and is applied when we do.
    """
    row: Outbox | None = None
    if own is not None:
        row = s.get(Outbox, own, with_for_update=True)
    if row is None:
        row = s.exec(
            select(Outbox).where(Outbox.provider_id == receipt.provider_id).with_for_update()
        ).first()
    if row is None:
        return None
    receipt.outbox_id = row.id
    s.add(receipt)
    row.provider_id = row.provider_id or receipt.provider_id
    advance(row, Status(receipt.status), receipt.code, now)
    s.add(row)
    return row


def _apply_early(s: Session, row: Outbox, now: datetime) -> None:
    early = s.exec(
        select(ReceiptRow)
        .where(ReceiptRow.provider_id == row.provider_id, col(ReceiptRow.outbox_id).is_(None))
        .order_by(col(ReceiptRow.id))
    )
    for receipt in early:
        receipt.outbox_id = row.id
        s.add(receipt)
        advance(row, Status(receipt.status), receipt.code, now)
    s.add(row)


def orphans(s: Session, now: datetime, *, all_of_them: bool) -> list[Outbox]:
    """Find tries that nobody will ever end: their lease ran out, or their process is gone."""
    query = select(Outbox).where(Outbox.state == OutboxState.SENDING).with_for_update()
    if not all_of_them:
        query = query.where(col(Outbox.lease_until) < now)
    found = list(s.exec(query))
    for row in found:
        row.state = OutboxState.UNKNOWN
        row.reason = "The process ended while the message was being sent."
        row.lease_until = None
        row.changed_at = now
        s.add(row)
    return found


@dataclass(frozen=True)
class Doubt:
    """A message of unknown fate, and what is needed to ask its provider about it."""

    id: int
    via: str
    to: str
    written: str
    started_at: datetime


def unknown(s: Session, before: datetime) -> list[Doubt]:
    """The messages whose fate has been unknown for a while, and was not asked about yet.

    Telegram brings no news of a message, so nothing is gained by waiting for it.
    """
    query = (
        select(Outbox, Address, Attempt)
        .join(Address, col(Address.id) == col(Outbox.address_id))
        .join(
            Attempt,
            sa.and_(
                col(Attempt.outbox_id) == col(Outbox.id), col(Attempt.n) == col(Outbox.attempts)
            ),
        )
        .where(
            Outbox.state == OutboxState.UNKNOWN,
            sa.or_(col(Outbox.changed_at) < before, col(Outbox.via) == Via.TELEGRAM.value),
            col(Outbox.next_at).is_not(None),
        )
        .limit(50)
    )
    return [
        Doubt(row.id or 0, row.via, address.wire, row.written, attempt.started_at)
        for row, address, attempt in s.exec(query)
    ]


def settle(outbox_id: int, found: Sent | None, now: datetime, s: Session) -> None:
    """End the doubt about a message, once it was asked about.

    Found, it is adopted. Not found, it goes out once more if a second copy does no harm;
    otherwise it stays unknown for a human.
    """
    row = s.get(Outbox, outbox_id, with_for_update=True)
    if row is None or row.state is not OutboxState.UNKNOWN:
        return
    if found is not None:
        row.provider_id = found.message_id
        row.state = OutboxState.ACCEPTED
        row.sent_at = now
        s.add(row)
        _apply_early(s, row, now)
    elif row.repeatable and row.tries < DOUBTS:
        row.state = OutboxState.PENDING
        row.tries += 1
        row.next_at = now
    else:
        row.next_at = None
    row.changed_at = now
    s.add(row)


def new_key() -> str:
    """A key for a message that nothing else can cause again."""
    return token_hex(16)
