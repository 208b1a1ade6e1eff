"""Doubts: messages of which nobody knows whether they went out, asked about and never guessed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.post import attempts
from bot.post.receipts import ask_human
from bot.world import World
from channels.base import Failure, Sent, Status
from models.outbox import Attempt, Outbox, OutboxState, Part
from models.person import Address, Via

DOUBTS = 2  # how often a harmless message of unknown fate may go out in all
LOOKS = 2  # in vain, so long apart as news is awaited: strong evidence that it was not sent
MANY = 50


@dataclass(frozen=True)
class Doubt:
    """A message of unknown fate, and what is needed to ask its provider about it."""

    id: int
    via: str
    to: str
    written: str
    started_at: datetime


def unknown(s: Session, before: datetime) -> list[Doubt]:
    """The messages whose fate has been unknown for a while, and that may still be asked about.

    Telegram brings no news of a message, so nothing is gained by waiting for it.
    """
    query = (
        select(Outbox, Part, Address, Attempt)
        .join(
            Part, sa.and_(col(Part.outbox_id) == col(Outbox.id), col(Part.leg) == col(Outbox.leg))
        )
        .join(Address, col(Address.id) == col(Part.address_id))
        .join(
            Attempt,
            sa.and_(
                col(Attempt.outbox_id) == col(Outbox.id), col(Attempt.n) == col(Outbox.attempts)
            ),
        )
        .where(
            Outbox.state == OutboxState.UNKNOWN,
            Part.state == OutboxState.UNKNOWN,
            sa.or_(col(Outbox.changed_at) < before, col(Outbox.via) == Via.TELEGRAM.value),
            col(Outbox.next_at).is_not(None),
        )
        .order_by(col(Outbox.changed_at))
        .limit(MANY)
    )
    return [
        Doubt(row.id or 0, row.via, address.wire, part.written or row.written, attempt.started_at)
        for row, part, address, attempt in s.exec(query)
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

    Found, it is adopted. Not found in two looks, it is presumed not sent: then it goes out once
    more if a second copy does no harm; otherwise it stays unknown for a human.
    """
    row = s.get(Outbox, outbox_id, with_for_update=True)
    if row is None or row.state is not OutboxState.UNKNOWN:
        return None
    part = next(one for one in attempts.legs(s, row) if one.state is OutboxState.UNKNOWN)
    attempt = s.exec(
        select(Attempt).where(Attempt.outbox_id == row.id, Attempt.n == row.attempts)
    ).one()
    row.changed_at = now
    if found is not None and not _is_another_s(s, attempt, found.message_id):
        attempt.provider_id = part.provider_id = found.message_id
        attempts.climb(s, row, part, attempt, found.status, "", now)
        for receipt in attempts.early(s, [found.message_id]).get(found.message_id, ()):
            receipt.outbox_id = attempt.outbox_id
            attempts.climb(s, row, part, attempt, Status(receipt.status), receipt.code, now)
    elif _askable(row) and attempt.looks + 1 < LOOKS:
        attempt.looks += 1
    elif row.repeatable and attempts.doubts_of(s, row) < DOUBTS and not _too_late(row, now):
        attempt.outcome = "presumed_not_sent" if _askable(row) else "unknown"
        part.state = OutboxState.PENDING
        attempts.sum_up(s, row, part, now)
    else:
        row.next_at = None
    s.add_all((row, part, attempt))
    return row


def _askable(row: Outbox) -> bool:
    return row.via != Via.TELEGRAM.value


def _is_another_s(s: Session, attempt: Attempt, provider_id: str) -> bool:
    """Tell whether the same words to the same person are what another try sent."""
    other = select(Attempt.id).where(
        Attempt.provider_id == provider_id, col(Attempt.id) != attempt.id
    )
    return s.exec(other).first() is not None


def _too_late(row: Outbox, now: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= now


async def reconcile(world: World) -> None:
    """Ask the provider about messages of unknown fate, where it can be asked.

    Where asking fails, it is asked again later.
    """
    before = world.now() - world.rhythm.doubt
    doubts = await world.db.read(lambda s: unknown(s, before=before))
    for via in dict.fromkeys(doubt.via for doubt in doubts):
        await _ask(world, via, [doubt for doubt in doubts if doubt.via == via])
    if doubts:
        world.ring()


async def _ask(world: World, via: str, doubts: Sequence[Doubt]) -> None:
    channel = world.channels.get(via)
    for place, doubt in enumerate(doubts):
        try:
            found = (
                await channel.find(doubt.to, doubt.written, doubt.started_at) if channel else None
            )
        except Failure:
            left = [one.id for one in doubts[place:]]
            await world.db.write(partial(ask_later, left, world.now()))
            return
        await world.db.write(partial(_settled, doubt.id, found, world.now()))


def _settled(outbox_id: int, found: Sent | None, now: datetime, s: Session) -> None:
    row = settle(s, outbox_id, found, now)
    if row is None:
        return
    if row.state is OutboxState.FAILED:
        ask_human(s, row, now, f"failed:{row.id}", row.code)
    if row.state is OutboxState.UNKNOWN and row.next_at is None:
        ask_human(s, row, now, f"kept:{row.id}", "Nobody knows whether it arrived.")
