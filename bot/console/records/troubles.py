"""What went wrong on the way: envelopes nobody could work, messages that did not arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.console.records.people import names
from bot.console.records.slices import Slice, cut
from bot.post.outbox_decisions import LEFT
from channels.base import Kind
from models.base import among
from models.case import Case
from models.inbox import Heard, Inbox, InboxState, Lane
from models.outbox import Attempt, Outbox, OutboxState
from models.task import Task, TaskState

PAGE = 50
PARKED = (InboxState.ODD, InboxState.DEAD)
WRONG = (OutboxState.FAILED, OutboxState.UNKNOWN, OutboxState.REFUSED, OutboxState.EXPIRED)


@dataclass(frozen=True)
class Lost:
    """A message that did not arrive, or nobody knows; whose it is, and the task it made."""

    row: Outbox
    name: str
    case: str = ""
    task_id: int | None = None
    tried_at: datetime | None = None  # when it was last handed over


@dataclass(frozen=True)
class Parked:
    """An envelope that took no effect, and who it is from, where they wrote before."""

    row: Inbox
    person_id: int | None = None
    name: str = ""


@dataclass(frozen=True)
class Resting:
    """An address whose envelopes wait after a failure: the first of them, and until when."""

    row: Inbox
    until: datetime
    person_id: int | None = None
    name: str = ""


def envelopes(
    s: Session,
    states: Sequence[InboxState] = PARKED,
    *,
    below: int | None = None,
    most: int = PAGE,
) -> Slice[Parked]:
    """List odd and dead envelopes, the newest first."""
    ids = select(Inbox.id).where(among(col(Inbox.state), PARKED), col(Inbox.state).in_(states))
    if below is not None:
        ids = ids.where(col(Inbox.id) < below)
    newest = ids.order_by(col(Inbox.id).desc()).limit(most + 1)
    query = select(Inbox).where(col(Inbox.id).in_(newest)).order_by(col(Inbox.id).desc())
    found = list(s.exec(query))
    part = cut(found, [row.id or 0 for row in found], most)
    writers = _writers(s, part.items)
    called = names(s, writers.values())
    return Slice(
        tuple(
            Parked(row, writers.get(row.lane), called.get(writers.get(row.lane, 0), ""))
            for row in part.items
        ),
        part.next,
    )


def resting(s: Session, now: datetime, *, most: int = PAGE) -> list[Resting]:
    """List the addresses whose envelopes wait after a failure, the longest wait first."""
    head = (
        select(sa.func.min(Inbox.id))
        .where(Inbox.lane == Lane.id, Inbox.state == InboxState.NEW)
        .correlate(Lane)
        .scalar_subquery()
    )
    found = s.exec(
        select(Inbox, Lane.next_at)
        .select_from(Lane)
        .join(Inbox, col(Inbox.id) == head)
        .where(col(Lane.pending).is_(True), col(Lane.next_at) > now)
        .order_by(col(Lane.next_at).desc())
        .limit(most)
    ).all()
    writers = _writers(s, [row for row, _until in found])
    called = names(s, writers.values())
    return [
        Resting(row, until or now, writers.get(row.lane), called.get(writers.get(row.lane, 0), ""))
        for row, until in found
    ]


def lost(
    s: Session,
    states: Sequence[OutboxState] = WRONG,
    *,
    since: datetime | None = None,
    below: int | None = None,
    most: int = PAGE,
) -> Slice[Lost]:
    """List messages that did not arrive, the newest first."""
    ids = select(Outbox.id).where(among(col(Outbox.state), WRONG), col(Outbox.state).in_(states))
    if since is not None:
        ids = ids.where(col(Outbox.created_at) >= since)
    if below is not None:
        ids = ids.where(col(Outbox.id) < below)
    newest = ids.order_by(col(Outbox.id).desc()).limit(most + 1)
    query = select(Outbox).where(col(Outbox.id).in_(newest)).order_by(col(Outbox.id).desc())
    found = list(s.exec(query))
    part = cut(found, [row.id or 0 for row in found], most)
    return Slice(tuple(_told(s, part.items)), part.next)


def doubtful(s: Session, *, most: int = PAGE) -> list[Lost]:
    """List messages of which nobody knows whether they arrived, and about which nobody decided."""
    query = (
        select(Outbox)
        .where(Outbox.state == OutboxState.UNKNOWN, Outbox.reason != LEFT.source)
        .order_by(col(Outbox.changed_at).desc())
        .limit(most)
    )
    return _told(s, list(s.exec(query)))


def _told(s: Session, rows: Sequence[Outbox]) -> list[Lost]:
    """Say of messages whose they are, which case they are of, and which task waits for them."""
    called = names(s, [row.person_id for row in rows])
    cases = dict(
        s.exec(
            select(Case.id, Case.reference).where(
                col(Case.id).in_({row.case_id for row in rows} - {None})
            )
        ).all()
    )
    causes = {f"{kind}:{row.id}": row.id for row in rows for kind in ("kept", "failed")}
    open_ = s.exec(
        select(Task.cause, Task.id).where(
            col(Task.cause).in_(causes), col(Task.state) == TaskState.OPEN
        )
    )
    tasks = {causes[cause]: number for cause, number in open_}
    tried = dict(
        s.exec(
            select(Attempt.outbox_id, sa.func.max(col(Attempt.started_at)))
            .where(col(Attempt.outbox_id).in_([row.id for row in rows]))
            .group_by(col(Attempt.outbox_id))
        ).all()
    )
    return [
        Lost(
            row,
            called.get(row.person_id, ""),
            cases.get(row.case_id, ""),
            tasks.get(row.id),
            tried.get(row.id or 0),
        )
        for row in rows
    ]


def _writers(s: Session, rows: Sequence[Inbox]) -> dict[str, int]:
    """Find who wrote from the addresses of these envelopes before, by lane."""
    lanes = {row.lane for row in rows if row.kind == Kind.MESSAGE.value}
    if not lanes:
        return {}  # asked of no lane, SQLite would look through all of them
    last = (
        select(sa.func.max(Inbox.id).label("id"))
        .where(col(Inbox.lane).in_(lanes), Inbox.state == InboxState.DONE)
        .group_by(col(Inbox.lane))
        .subquery()
    )
    found = s.exec(
        select(Inbox.lane, Heard.person_id)
        .join(Heard, col(Heard.inbox_id) == col(Inbox.id))
        .where(col(Inbox.id).in_(select(last.c.id)))
    )
    return dict(found.all())
