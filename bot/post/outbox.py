"""The outbox: messages that wait to be sent, claimed by one sender at a time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from channels.base import RANK, Sent, Status
from models.outbox import Attempt, Outbox, OutboxState, ReceiptRow, Weight
from models.person import Address, Person, Via

LEASE = timedelta(seconds=60)  # three times a request's own limit, so a slow send is not stolen
BACKOFF = (2.0, 10.0, 60.0, 300.0, 900.0)  # seconds between tries
DOUBTS = 2  # how often a harmless message of unknown fate may go out in all
LIFE = timedelta(hours=24)  # a message that waited longer is not sent any more

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
    template: str = "",
    variables: str | None = None,
) -> Outbox | None:
    """Put one message in the outbox, or nothing if its key was put there before."""
    connection = s.connection()
    build: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    # The key decides, not a look before: another process may put the same message just now.
    made = connection.execute(
        build.insert(Outbox)
        .values(
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
            written="",
            state=OutboxState.PENDING,
            attempts=0,
            tries=0,
            next_at=now,
            expires_at=expires_at or now + LIFE,
            fence=0,
            provider_id="",
            code="",
            reason="",
            written_by=written_by,
            template=template,
            variables=variables,
            created_at=now,
            changed_at=now,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .inline()  # nothing comes back but whether it was put
        .execution_options(preserve_rowcount=True)
    )
    return s.exec(select(Outbox).where(Outbox.key == key)).one() if made.rowcount else None


def claim(s: Session, *, now: datetime, paused: frozenset[str], most: int) -> list[Claim]:
    """Take messages that are due, the most pressing first, one a person, in their order.

    `paused` channels wait. Nobody has two messages under way, and a person's later message never
    overtakes an earlier one that still waits for the same channel.
    """
    older = sa.orm.aliased(Outbox)
    blocked = sa.exists().where(
        col(older.person_id) == col(Outbox.person_id),
        col(older.id) != col(Outbox.id),
        sa.or_(
            col(older.state) == OutboxState.SENDING,
            sa.and_(
                col(older.state) == OutboxState.PENDING,
                col(older.via) == col(Outbox.via),
                col(older.weight) <= col(Outbox.weight),
                col(older.id) < col(Outbox.id),
            ),
        ),
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
    shared = s.get_bind().dialect.name == "postgresql"
    if shared:
        query = query.with_for_update(skip_locked=True, of=Outbox)
    due = s.exec(query).all()
    claims: list[Claim] = []
    people: set[int] = set()
    for row in _nobody_else_s(s, due) if shared else due:
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


def _nobody_else_s(s: Session, rows: Sequence[Outbox]) -> list[Outbox]:
    """Leave out people of whom another process has just taken a message.

    The query may have looked before that was committed. So each person is locked, and looked at
    again in a second statement, which sees all that was committed before the lock.
    """
    locked = s.exec(
        select(Person.id)
        .where(col(Person.id).in_({row.person_id for row in rows}))
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    flying = s.exec(
        select(Outbox.person_id).where(
            col(Outbox.person_id).in_(locked), Outbox.state == OutboxState.SENDING
        )
    ).all()
    free = set(locked) - set(flying)
    return [row for row in rows if row.person_id in free]


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
    # Given up too early, it may wait for its second time: then the first has gone out after all.
    news = outcome.state in ACCEPTED and HEIGHT[outcome.state] > HEIGHT.get(row.state, 0)
    if news or row.state in (OutboxState.SENDING, OutboxState.UNKNOWN):
        row.state = outcome.state
        row.code = outcome.code
        row.reason = outcome.reason[:300]
        row.lease_until = None
        row.tries += outcome.counts
        row.next_at = now + timedelta(seconds=outcome.wait)
        row.changed_at = now
        if outcome.state in ACCEPTED:
            row.sent_at = now
    s.add(row)
    if outcome.provider_id:
        _apply_early(s, row, now)
    return row


def advance(row: Outbox, status: Status, code: str, now: datetime) -> bool:
    """Move a message up the lattice, never down. True when it moved.

    Whatever the order in which its news comes, it ends in the same state, with the same code.
    """
    state = OF_STATUS[status]
    if state is row.state is OutboxState.FAILED:
        row.code = max(row.code, code)
    if HEIGHT[state] <= HEIGHT.get(row.state, 0):
        return False
    row.state = state
    row.changed_at = now
    row.lease_until = None
    row.sent_at = row.sent_at or now
    row.code = code
    row.reason = ""
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
        .order_by(col(Outbox.changed_at))
        .limit(50)
    )
    return [
        Doubt(row.id or 0, row.via, address.wire, row.written, attempt.started_at)
        for row, address, attempt in s.exec(query)
    ]


def ask_later(ids: Sequence[int], now: datetime, s: Session) -> None:
    """Let messages of unknown fate wait anew: their provider could not be asked about them."""
    s.connection().execute(
        sa.update(Outbox)
        .where(col(Outbox.id).in_(ids), col(Outbox.state) == OutboxState.UNKNOWN)
        .values(changed_at=now)
    )


def settle(s: Session, outbox_id: int, found: Sent | None, now: datetime) -> Outbox | None:
    """End the doubt about a message, once it was asked about. Gives nothing where there is none.

    Found, it is adopted. Not found, it goes out once more if a second copy does no harm;
    otherwise it stays unknown for a human.
    """
    row = s.get(Outbox, outbox_id, with_for_update=True)
    if row is None or row.state is not OutboxState.UNKNOWN:
        return None
    if found is not None and not _is_another_s(s, row, found.message_id):
        row.provider_id = found.message_id
        row.state = OutboxState.ACCEPTED
        row.sent_at = now
        s.add(row)
        _apply_early(s, row, now)
    elif row.repeatable and _doubts(s, row) < DOUBTS and not _too_late(row, now):
        row.state = OutboxState.PENDING
        row.next_at = now
    else:
        row.next_at = None
    row.changed_at = now
    s.add(row)
    return row


def _is_another_s(s: Session, row: Outbox, provider_id: str) -> bool:
    """Tell whether the same words to the same person are what another message sent."""
    other = select(Outbox.id).where(Outbox.provider_id == provider_id, Outbox.id != row.id)
    return s.exec(other).first() is not None


def _doubts(s: Session, row: Outbox) -> int:
    """Count the tries of which nobody knows whether they went out."""
    return s.exec(
        select(sa.func.count())
        .select_from(Attempt)
        .where(Attempt.outbox_id == row.id, col(Attempt.outcome).in_(("", "unknown")))
    ).one()


def _too_late(row: Outbox, now: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= now
