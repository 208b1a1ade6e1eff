"""Bodies: the words of old messages are taken away at their provider, which keeps them for ever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from bot import crash, metrics
from bot.db import clock
from bot.log import log
from bot.world import World
from channels.base import Busy, Failure
from models.inbox import Inbox, InboxState
from models.outbox import Attempt, Outbox, OutboxState, Part

AT_ONCE = 10  # of each way, and as many that were tried before; one after the other
AGAIN = timedelta(hours=1)  # the lease of those taken, and when one that failed is tried again
EVERY = timedelta(minutes=5)
OVER = (
    OutboxState.SENT,
    OutboxState.DELIVERED,
    OutboxState.READ,
    OutboxState.FAILED,
    OutboxState.EXPIRED,
    OutboxState.CANCELLED,
    OutboxState.REFUSED,
)
"""What nobody asks a provider about any more. One in doubt is looked for by its words."""


@dataclass(frozen=True)
class Body:
    """The words of one message at its provider; `table` is the record's of its way."""

    table: type[Attempt | Inbox]
    id: int
    via: str
    message_id: str


class Bodies:
    """Takes the words away of what came in and took effect, and of what went out and is over.

    None goes before `BLANK_AFTER_DAYS`: until then lists at the provider are read with their words.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._next: datetime | None = None

    async def work(self) -> bool:
        """Blank what is due, when it is time to look. True when there may be more."""
        now = self._world.now()
        if self._next is not None and now < self._next:
            return False
        before = now - timedelta(days=self._world.settings.blank_after_days)
        accounts = {name: channel.account for name, channel in self._world.channels.items()}
        bodies = await self._world.db.write(partial(_claim, accounts, before))
        blanked, pause = await self._blank(bodies)
        if blanked:
            crash.point("bodies.blanked")
            await self._world.db.write(partial(_blanked, blanked, now))
            metrics.bodies.labels("blanked").inc(len(blanked))
            log.info("bodies.blanked", count=len(blanked))
        if later := len(bodies) - len(blanked):
            metrics.bodies.labels("later").inc(later)
            log.warning("bodies.later", count=later)
        more = bool(bodies) and not later
        self._next = None if more else now + max(EVERY, pause)
        return more

    async def _blank(self, bodies: Sequence[Body]) -> tuple[list[Body], timedelta]:
        """Say whose words are gone, and for how long the provider asked us to wait."""
        gone: list[Body] = []
        for body in bodies:
            try:
                await self._world.channels[body.via].blank(body.message_id)
            except Busy as busy:
                return gone, timedelta(seconds=busy.wait)
            except Failure:
                continue  # its lease brings it up again
            gone.append(body)
        return gone, timedelta()


def _claim(accounts: Mapping[str, str], before: datetime, s: Session) -> list[Body]:
    """Take what is due, by the record's clock; the lease is when it is tried again."""
    now = clock(s)
    bodies = []
    for way in (_sent(list(accounts)), _came(accounts)):
        # Apart, since an index finds each of the two, and neither finds both.
        never = way.query.where(col(way.tried).is_(None), col(way.since) <= before)
        for query in (never, way.query.where(col(way.tried) <= now)):
            due = query.order_by(col(way.tried), col(way.since)).limit(AT_ONCE)
            if s.get_bind().dialect.name == "postgresql":
                due = due.with_for_update(skip_locked=True, of=way.table)
            bodies += [
                Body(way.table, number or 0, via, message_id)
                for number, via, message_id in s.connection().execute(due)
            ]
    _put(s, bodies, blank_at=now + AGAIN)
    return bodies


@dataclass(frozen=True)
class Way:
    """One way of messages: what may go of them, when it was tried, and since when they are there.

    `query` gives a row's id, its channel and the provider's id. What it says of the row itself is
    said as its index says it.
    """

    table: type[Attempt | Inbox]
    query: sa.Select[int | None, str, str]
    tried: Any
    since: Any


def _sent(vias: Sequence[str]) -> Way:
    via = sa.func.coalesce(Part.via, Outbox.via)
    # Hidden from the index of states, where most are over: what has words there still is fewer.
    state = sa.func.coalesce(col(Outbox.state), sa.null())
    query = (
        sa.select(col(Attempt.id), via, col(Attempt.provider_id))
        .join(Outbox, col(Outbox.id) == col(Attempt.outbox_id))
        .outerjoin(Part, col(Part.id) == col(Attempt.part_id))
        .where(
            col(Attempt.blanked_at).is_(None),
            sa.literal_column("attempt.provider_id <> ''"),
            state.in_(OVER),
            via.in_(vias),
        )
    )
    return Way(Attempt, query, Attempt.blank_at, Attempt.started_at)


def _came(accounts: Mapping[str, str]) -> Way:
    query = sa.select(col(Inbox.id), col(Inbox.channel), col(Inbox.event_id)).where(
        col(Inbox.blanked_at).is_(None),
        sa.literal_column("inbox.kind = 'message'"),
        sa.literal_column(f"inbox.state = '{InboxState.DONE.value}'"),
        sa.tuple_(col(Inbox.channel), col(Inbox.account)).in_(list(accounts.items())),
    )
    return Way(Inbox, query, Inbox.blank_at, Inbox.received_at)


def _blanked(bodies: Sequence[Body], now: datetime, s: Session) -> None:
    _put(s, bodies, blanked_at=now)


def _put(s: Session, bodies: Sequence[Body], **values: datetime) -> None:
    for table in (Attempt, Inbox):
        ids = [body.id for body in bodies if body.table is table]
        s.connection().execute(sa.update(table).where(col(table.id).in_(ids)).values(values))
