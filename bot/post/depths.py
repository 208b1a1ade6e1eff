"""How deep the post stands: what waits, since when, what rests, what nobody knows, what is paused.

Every question is answered from an index, so that it may be asked while the post is busy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import gates
from bot.post.inbox import is_new
from models.base import among
from models.evidence import Evidence, EvidenceState
from models.inbox import Inbox, InboxState, Lane
from models.outbox import Held, Outbox, OutboxState, Part, Weight

ON_THE_WAY = (OutboxState.PENDING, OutboxState.SENDING, OutboxState.UNKNOWN)
PARKED = (InboxState.ODD, InboxState.DEAD)


@dataclass(frozen=True)
class Pile:
    """Messages of one state, channel and urgency: how many, and since when the oldest is there."""

    state: OutboxState
    via: str
    weight: Weight
    count: int
    since: datetime


@dataclass(frozen=True)
class HeldBack:
    """Messages of a channel that wait for something that is not ours to hasten."""

    why: Held
    via: str
    count: int


@dataclass(frozen=True)
class Depths:
    """The post at one moment. Moments are None where nothing waits."""

    envelopes: int  # came in, and have not taken effect
    envelope_since: datetime | None
    lanes: int  # addresses that have such envelopes
    resting: int  # of them, those that wait after a failure
    parked: Mapping[InboxState, int]
    piles: tuple[Pile, ...]
    held: tuple[HeldBack, ...]
    due_since: datetime | None  # when the most overdue message should have gone
    unknown_parts: Mapping[str, int]  # by channel
    files: int  # announced, and not fetched yet
    file_since: datetime | None
    shut: frozenset[str]  # gates


def read(s: Session, now: datetime) -> Depths:
    """Look how deep the post stands."""
    envelopes, envelope_since = s.exec(
        select(sa.func.count(), sa.func.min(col(Inbox.received_at)))
        .select_from(Lane)
        .join(Inbox, sa.and_(col(Inbox.lane) == Lane.id, is_new()))
        .where(col(Lane.pending).is_(True))
    ).one()
    files, file_since = s.exec(
        select(sa.func.count(), sa.func.min(col(Evidence.received_at)))
        .select_from(Evidence)
        .where(Evidence.state == EvidenceState.ANNOUNCED)
    ).one()
    lying = piles(s)
    return Depths(
        envelopes=envelopes,
        envelope_since=envelope_since,
        lanes=_lanes(s),
        resting=_lanes(s, col(Lane.next_at) > now),
        parked=_parked(s),
        piles=lying,
        held=held(s),
        due_since=_due_since(s, lying, now),
        unknown_parts=_unknown_parts(s),
        files=files,
        file_since=file_since,
        shut=gates.closed(s, now),
    )


def piles(s: Session) -> tuple[Pile, ...]:
    """Count the messages that have not ended, by state, channel and urgency."""
    row = col(Outbox.state), col(Outbox.via), col(Outbox.weight)
    counted = s.execute(
        sa.select(*row, sa.func.count(), sa.func.min(col(Outbox.id)))
        .where(among(row[0], ON_THE_WAY))
        .group_by(*row)
        .order_by(*row)
    ).all()
    firsts = dict(
        s.exec(
            select(Outbox.id, Outbox.created_at).where(
                col(Outbox.id).in_([first for *_, first in counted])
            )
        ).all()
    )
    return tuple(
        Pile(state, via, Weight(weight), count, firsts[first])
        for state, via, weight, count, first in counted
    )


def held(s: Session) -> tuple[HeldBack, ...]:
    """Count the messages that wait for a person to write, or for the morning."""
    counted = s.execute(
        sa.select(col(Outbox.held), col(Outbox.via), sa.func.count())
        .where(col(Outbox.state) == OutboxState.PENDING, col(Outbox.held).is_not(None))
        .group_by(col(Outbox.held), col(Outbox.via))
        .order_by(col(Outbox.held), col(Outbox.via))
    )
    return tuple(HeldBack(why, via, count) for why, via, count in counted)


def _lanes(s: Session, *which: sa.ColumnElement[bool]) -> int:
    return s.exec(
        select(sa.func.count()).select_from(Lane).where(col(Lane.pending).is_(True), *which)
    ).one()


def _parked(s: Session) -> dict[InboxState, int]:
    counted = s.exec(
        select(col(Inbox.state), sa.func.count())
        .where(among(col(Inbox.state), PARKED))
        .group_by(col(Inbox.state))
    )
    return dict(counted.all())


def _due_since(s: Session, lines: Iterable[Pile], now: datetime) -> datetime | None:
    """Find the most overdue message: the first of each line, because that is how they lie."""
    firsts = [
        s.exec(
            select(Outbox.next_at)
            .where(
                Outbox.state == OutboxState.PENDING,
                Outbox.via == line.via,
                Outbox.weight == line.weight.value,
                col(Outbox.next_at) <= now,
                col(Outbox.held).is_(None),
            )
            .order_by(col(Outbox.next_at))
            .limit(1)
        ).first()
        for line in lines
        if line.state is OutboxState.PENDING
    ]
    return min((first for first in firsts if first is not None), default=None)


def _unknown_parts(s: Session) -> dict[str, int]:
    counted = s.exec(
        select(Part.via, sa.func.count())
        .join(Outbox, col(Outbox.id) == Part.outbox_id)
        .where(Outbox.state == OutboxState.UNKNOWN, Part.state == OutboxState.UNKNOWN)
        .group_by(col(Part.via))
    )
    return dict(counted.all())
