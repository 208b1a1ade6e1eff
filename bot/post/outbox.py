"""The outbox: messages that wait to be sent, claimed by one sender at a time."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from operator import attrgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from bot.vault.owning import words_of
from models.outbox import Outbox, OutboxState, Part, Weight
from models.person import Address, Person

LEASE = timedelta(seconds=90)  # over four times a request's own limit: a slow send is not stolen
LIFE = timedelta(hours=24)  # a message that waited longer is not sent any more
PATIENCE = timedelta(minutes=20)  # one that waits longer lets the same person's next ones pass


class Due(NamedTuple):
    """A message that may go now, as far as the record can tell, and what it will cost."""

    outbox_id: int
    person_id: int
    via: str
    address_id: int
    weight: int
    next_at: datetime
    text: str
    options: str
    heard_at: datetime | None  # when its reader last wrote to us there
    shut_at: datetime | None  # when WhatsApp last said that its hours are over

    @property
    def choices(self) -> list[list[str]]:
        """What may be chosen under it: payload and label."""
        found: list[list[str]] = json.loads(self.options)
        return found

    @property
    def bulk(self) -> bool:
        """Whether it is one of many alike."""
        return self.weight >= Weight.BROADCAST.value


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
) -> int | None:
    """Put one message in the outbox and give its number, or nothing if its key was there before.

    `repeatable` is its policy where nobody knows whether it arrived: a second copy does no harm.
    `template` names approved words that say the same, for a WhatsApp talk that is shut.
    """
    own = partial(words_of, s, case_id=case_id, person_id=person_id)
    # The key decides, not a look before: another process may put the same message just now.
    made: int | None = (
        s.connection()
        .execute(
            _insert(s.get_bind().dialect.name),
            {
                "key": key,
                "person_id": person_id,
                "address_id": address.id or 0,
                "conversation_id": conversation_id,
                "case_id": case_id,
                "via": address.via.value,
                "leg": 0,
                "weight": weight.value,
                "repeatable": repeatable,
                "text": own(text),
                "options": own(json.dumps(options)) if options else "[]",
                "written": "",
                "template": template,
                "variables": own(variables) if variables else variables,
                "state": OutboxState.PENDING,
                "attempts": 0,
                "tries": 0,
                "next_at": now,
                "expires_at": expires_at or now + LIFE,
                "fence": 0,
                "provider_id": "",
                "code": "",
                "reason": "",
                "written_by": written_by,
                "created_at": now,
                "changed_at": now,
            },
        )
        .scalar_one_or_none()
    )
    return made


@cache
def _insert(dialect: str) -> Any:
    build: Any = postgresql if dialect == "postgresql" else sqlite
    table = Outbox.__table__  # type: ignore[attr-defined]
    made = build.insert(table).on_conflict_do_nothing(index_elements=["key"])
    return made.returning(table.c.id)


def due(
    s: Session,
    *,
    now: datetime,
    most: int,
    vias: tuple[str, ...] = ("sms", "telegram", "whatsapp"),
    shut: frozenset[str] = frozenset(),
) -> list[Due]:
    """Look at what may go by these channels, the most pressing first, one a person, in order.

    `shut` has `broadcasts:<channel>` where those wait. At most `most` are given for each channel
    and urgency. Nobody has two messages under way, and a person's later message never overtakes an
    earlier one that still waits for the same channel.
    """
    lines = tuple(
        (via, weight.value)
        for via in vias
        for weight in Weight
        if weight is not Weight.BROADCAST or f"broadcasts:{via}" not in shut
    )
    if not lines:
        return []
    found = s.connection().execute(
        _due_query(lines), {"now": now, "soon": now + PATIENCE, "most": most}
    )
    first: dict[int, Due] = {}
    for one in sorted(map(Due._make, found), key=attrgetter("weight", "next_at", "outbox_id")):
        first.setdefault(one.person_id, one)
    return list(first.values())


def _blocked(soon: Any) -> ColumnElement[bool]:
    """Say that somebody has a message under way, or an earlier one that is about to go."""
    older = sa.orm.aliased(Outbox)
    return sa.exists().where(
        col(older.person_id) == col(Outbox.person_id),
        col(older.id) != col(Outbox.id),
        sa.or_(
            col(older.state) == OutboxState.SENDING,
            sa.and_(
                col(older.state) == OutboxState.PENDING,
                col(older.held).is_(None),
                col(older.next_at) <= soon,
                col(older.via) == col(Outbox.via),
                col(older.weight) <= col(Outbox.weight),
                col(older.id) < col(Outbox.id),
            ),
        ),
    )


@cache
def _due_query(lines: tuple[tuple[str, int], ...]) -> Any:
    """Write the look once for each set of lines: each ends where its index does, however long."""
    table = Outbox.__table__.c  # type: ignore[attr-defined]
    names = ("id", "person_id", "via", "address_id", "weight", "next_at", "text", "options")
    now, soon = (sa.bindparam(name, type_=table.next_at.type) for name in ("now", "soon"))
    looks = [
        sa.select(*(table[name] for name in names))
        .where(
            col(Outbox.state) == OutboxState.PENDING,
            col(Outbox.via) == via,
            col(Outbox.weight) == weight,
            col(Outbox.next_at) <= now,
            ~_blocked(soon),
        )
        .order_by(col(Outbox.next_at), col(Outbox.id))
        .limit(sa.bindparam("most", type_=sa.Integer()))
        .subquery()
        for via, weight in lines
    ]
    joined = sa.union_all(*(sa.select(look) for look in looks)).subquery()
    address = Address.__table__.c  # type: ignore[attr-defined]
    told = (address.last_heard_at, address.shut_at)
    return sa.select(joined, *told).join(Address, joined.c.address_id == col(Address.id))


@cache
def _claim_query() -> Any:
    soon: Any = sa.bindparam("soon", type_=Outbox.__table__.c.next_at.type)  # type: ignore[attr-defined]
    chosen = col(Outbox.id).in_(sa.bindparam("ids", expanding=True))
    query = select(Outbox).where(chosen, Outbox.state == OutboxState.PENDING, ~_blocked(soon))
    query = query.order_by(col(Outbox.weight), col(Outbox.id))
    return query.with_for_update(skip_locked=True, of=Outbox)


def claim(
    s: Session, ids: Collection[int], *, now: datetime, clock: datetime | None = None
) -> list[Outbox]:
    """Take these messages, those that may still go, each with a fence and a lease of our own.

    `clock` is the record's time, which leases go by.
    """
    shared = s.get_bind().dialect.name == "postgresql"
    rows = s.exec(_claim_query(), params={"ids": list(ids), "soon": now + PATIENCE}).all()
    taken: list[Outbox] = []
    people: set[int] = set()
    for row in _nobody_else_s(s, rows) if shared else rows:
        if row.person_id in people:
            continue
        people.add(row.person_id)
        row.state = OutboxState.SENDING
        row.fence += 1
        row.lease_until = (clock or now) + LEASE
        row.changed_at = now
        taken.append(row)
    return taken


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


def put_off(row: Outbox, until: datetime, now: datetime) -> None:
    """Give a claimed message back, to be looked at again later."""
    row.state = OutboxState.PENDING
    row.lease_until = None
    row.next_at = until
    row.changed_at = now


def orphans(s: Session, now: datetime, *, clock: datetime | None) -> list[Outbox]:
    """Find tries that nobody will ever end: their lease ran out by the record's `clock`.

    Without one, every process is known to be gone. They may have gone out, so they are unknown from
    here on.
    """
    query = select(Outbox).where(Outbox.state == OutboxState.SENDING).with_for_update()
    if clock is not None:
        query = query.where(col(Outbox.lease_until) < clock)
    found = list(s.exec(query))
    for row in found:
        row.state = OutboxState.UNKNOWN
        row.reason = "The process ended while the message was being sent."
        row.lease_until = None
        row.changed_at = now
    parts = s.exec(
        select(Part).where(
            col(Part.outbox_id).in_([row.id for row in found]), Part.state == OutboxState.SENDING
        )
    )
    for part in parts:
        part.state = OutboxState.UNKNOWN
        part.changed_at = now
    return found
