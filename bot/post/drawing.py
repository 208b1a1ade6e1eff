"""Drawing: the last looks at a claimed message, and the part of it that goes now.

What may not go now is put off, and says why; what may never go is closed, and a human hears of it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import dated, gates, guard, hours
from bot.office.duty import held
from bot.office.who import links
from bot.post import attempts, holding, outbox, windows
from bot.post.attempts import Going
from bot.post.limits import Limits
from bot.post.outbox import Claim
from bot.post.receipts import ask_human
from bot.vault.owning import words_of
from bot.world import World
from channels.base import Option, Outbound, Written
from handlers import always
from models.conversation import Talked
from models.outbox import Held, Outbox, OutboxState, Weight
from models.person import Address, Link, Person, Via

GATE = timedelta(minutes=1)  # what waits before a shut gate is looked at again after this
MARGIN = timedelta(minutes=1)  # before the night, so that a slow carrier does not wake anybody


@dataclass(frozen=True)
class Ready:
    """A part that passed every check and may be handed over."""

    claim: Claim
    via: str
    outbound: Outbound


_Drawn = tuple[Going, Outbound]


@dataclass
class _Look:
    """A message under the last look, with all that the look needs."""

    row: Outbox
    person: Person
    address: Address
    now: datetime
    quiet: hours.Hours | None
    talked: Talked | None  # held here: a session forgets what nobody holds, and would ask again
    lately: "_Lately"
    closes: datetime | None = None  # when the hours end in which it may arrive


# Asked for every batch that goes, so built once.
_PEOPLE = select(Person).where(col(Person.id).in_(sa.bindparam("ids", expanding=True)))
_ADDRESSES = select(Address).where(col(Address.id).in_(sa.bindparam("ids", expanding=True)))
_QUIET = sa.select(col(Link.person_id), col(Link.address_id), col(Link.quiet)).where(
    col(Link.person_id).in_(sa.bindparam("people", expanding=True)),
    col(Link.address_id).in_(sa.bindparam("addresses", expanding=True)),
    col(Link.quiet) != "",
)
_TALKS = select(Talked).where(col(Talked.id).in_(sa.bindparam("ids", expanding=True)))
_UNASKED = col(Outbox.weight) >= sa.literal(Weight.NOTICE.value)
_LATELY = (
    sa.select(
        col(Outbox.person_id),
        sa.func.count().filter(_UNASKED, col(Outbox.sent_at) > sa.bindparam("day")),
        sa.func.count().filter(col(Outbox.sent_at) > sa.bindparam("minutes")),
    )
    .where(
        col(Outbox.person_id).in_(sa.bindparam("people", expanding=True)),
        col(Outbox.sent_at) > sa.bindparam("since"),
    )
    .group_by(col(Outbox.person_id))
)


class _Lately(NamedTuple):
    """How many messages somebody had: within a day unasked, and within minutes of any kind."""

    person_id: int
    unasked: int = 0
    any: int = 0


class Drawing:
    """Looks at claimed messages and draws them as their channels show them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._quiet = world.settings.quiet
        self._limits = world.limits

    def draw(
        self, s: Session, rows: Sequence[Outbox], shut: frozenset[str], now: datetime
    ) -> list[Ready]:
        """Give what goes now, its tries written down; the others are put off or closed."""
        whose, where = [row.person_id for row in rows], [row.address_id for row in rows]
        people = {one.id: one for one in s.exec(_PEOPLE, params={"ids": whose})}
        addresses = {one.id: one for one in s.exec(_ADDRESSES, params={"ids": where})}
        own = {
            (link.person_id, link.address_id): links.hours(link.quiet, self._quiet)
            for link in s.connection().execute(_QUIET, {"people": whose, "addresses": where})
        }
        ids = [row.conversation_id for row in rows if row.conversation_id is not None]
        talks = {one.id: one for one in s.exec(_TALKS, params={"ids": ids})}
        lately = self._lately(s, whose, now)
        looks = [
            _Look(
                row,
                people[row.person_id],
                addresses[row.address_id],
                now,
                own.get((row.person_id, row.address_id), self._quiet),
                talks.get(row.conversation_id),
                lately.get(row.person_id, _Lately(row.person_id)),
            )
            for row in rows
        ]
        with s.no_autoflush:  # nothing changes here that another look would see
            looked = [self._draw(s, look, shut) for look in looks]
        drawn = [one for one in looked if one is not None]
        claims = attempts.begin(s, [going for going, _ in drawn], now)
        return [
            Ready(claim, going.row.via, outbound)
            for claim, (going, outbound) in zip(claims, drawn, strict=True)
        ]

    def _draw(self, s: Session, look: _Look, shut: frozenset[str]) -> _Drawn | None:
        row, now = look.row, look.now
        if row.expires_at is not None and row.expires_at <= now:
            close(s, row, OutboxState.EXPIRED, "It waited too long and was not sent.", now)
            return None
        until = self._waits(s, look, shut)
        if until is not None:
            outbox.put_off(row, until, now)
            s.add(row)
            return None
        if row.held is not None and windows.cancelled(s, row, now):
            return None
        if holding.held(s, self._world, row, look.person, look.address, now):
            return None
        row.held = None
        way = windows.way(s, self._world, row, look.person, look.address, now)
        match way:
            case windows.Behind(until):
                row.held = Held.WINDOW
                row.expires_at = until
                outbox.put_off(row, until, now)
                s.add(row)
                return None
            case windows.Untranslated(why):
                close(s, row, OutboxState.REFUSED, why, now)
                return None
            case windows.Filled(template, words, name):
                if gates.of_template(name) in shut:
                    outbox.put_off(row, now + GATE, now)
                    s.add(row)
                    return None
                base = replace(self._base(look), text=words, options=(), template=template)
                return self._next_part(s, look, base, name)
            case windows.Free():
                return self._next_part(s, look, self._marked(s, look), "")

    def _waits(self, s: Session, look: _Look, shut: frozenset[str]) -> datetime | None:
        """Say until when a message waits that may go later."""
        row, address, now = look.row, look.address, look.now
        if held.waits(row, look.person):
            row.held = Held.HUMAN
            return now + GATE
        if gates.of_region(row.via, gates.region(address.wire)) in shut:
            return now + GATE
        if address.rest_until is not None and address.rest_until > now:
            return address.rest_until
        if not hours.exempt(row, look.person, address, now):
            opens = hours.opens(look.person, look.quiet, now)
            if opens is not None:
                row.held = Held.HOURS
                return opens
            look.closes = hours.closes(look.person, look.quiet, now)
        most = self._limits.unsolicited
        if row.weight >= Weight.NOTICE.value and row.written_by is None:
            return _too_many(s, row, most, now) if look.lately.unasked >= most else None
        return None

    def _lately(self, s: Session, whose: Sequence[int], now: datetime) -> dict[int, _Lately]:
        """Count for all at once what hardly anybody has too much of: only then it is read."""
        day, minutes = now - timedelta(days=1), now - self._limits.identical_for
        asked = {"people": whose, "day": day, "minutes": minutes, "since": min(day, minutes)}
        return {row[0]: _Lately(*row) for row in s.connection().execute(_LATELY, asked)}

    def _base(self, look: _Look) -> Outbound:
        return Outbound(
            key=str(look.row.id),
            attempt=look.row.attempts + 1,
            to=look.address.wire,
            text=look.row.text,
            options=tuple(Option(*pair) for pair in json.loads(look.row.options)),
            expires_in=_seconds(look),
        )

    def _marked(self, s: Session, look: _Look) -> Outbound:
        """Draw it plainly; the second time, where nobody can tell about the first, it says so."""
        base = self._base(look)
        if look.row.via == Via.TELEGRAM.value and look.row.attempts and _in_doubt(s, look.row):
            mark = self._world.render(always.repeated(), look.person.language)
            return replace(base, text=f"{base.text}\n{mark}")
        return base

    def _next_part(self, s: Session, look: _Look, base: Outbound, name: str) -> _Drawn | None:
        row, now = look.row, look.now
        try:
            base = replace(base, text=dated.filled(s, base.text, look.person.language, now))
        except dated.Stale as stale:
            close(s, row, OutboxState.REFUSED, str(stale), now)
            return None
        channel = self._world.channels[row.via]
        pieces = channel.pieces(base)
        written = [channel.write(piece) for piece in pieces]
        whole = "\n".join(as_read(one) for one in written)
        why = guard.verdict(s, row, look.person, look.address, whole, now)
        if why is not None:
            close(s, row, OutboxState.REFUSED, why, now)
            return None
        many = look.lately.any >= self._limits.identical
        if many and _repeats_itself(s, row, self._limits, now):
            why = "The same words went again and again within minutes: something answers itself."
            close(s, row, OutboxState.REFUSED, why, now)
            return None
        row.written = whole
        known = attempts.legs(s, row) if row.attempts else []
        if not known:
            return Going(row, fresh=_parts(row, written, name, now)), pieces[0]
        part = next(one for one in known if one.state is OutboxState.PENDING)
        part.template = name
        said = as_read(written[part.n - 1])
        part.written = words_of(s, said, case_id=row.case_id, person_id=row.person_id)
        return Going(row, part), pieces[part.n - 1]


def close(s: Session, row: Outbox, state: OutboxState, why: str, now: datetime) -> None:
    """Send a message no more, and tell staff why."""
    row.state = state
    row.reason = why[:300]
    row.lease_until = None
    row.changed_at = now
    s.add(row)
    ask_human(s, row, now, f"kept:{row.id}", f"It was kept back: {why}")


def as_read(written: Written) -> str:
    """Give what a phone shows as one text."""
    return "\n".join([written.text, *written.labels])


def _parts(
    row: Outbox, written: Sequence[Written], name: str, now: datetime
) -> list[dict[str, Any]]:
    """Give the parts of a message just drawn; the first of them goes now."""
    common = {
        "outbox_id": row.id,
        "leg": row.leg,
        "of": len(written),
        "via": row.via,
        "address_id": row.address_id,
        "tries": 0,
        "provider_id": "",
        "code": "",
        "changed_at": now,
    }
    return [
        {
            **common,
            "n": n,
            "segments": one.segments,
            "state": OutboxState.PENDING if n > 1 else OutboxState.SENDING,
            "template": "" if n > 1 else name,
            "written": None if n > 1 else as_read(one),
        }
        for n, one in enumerate(written, 1)
    ]


def _seconds(look: _Look) -> int | None:
    """Say for how long the provider may still deliver it."""
    ends = [
        *([look.row.expires_at] if look.row.expires_at else []),
        *([look.closes - MARGIN] if look.closes else []),
    ]
    return max(1, int((min(ends) - look.now).total_seconds())) if ends else None


def _in_doubt(s: Session, row: Outbox) -> bool:
    return attempts.doubts_of(s, row) > 0


def _too_many(s: Session, row: Outbox, most: int, now: datetime) -> datetime | None:
    """Say until when a message waits that its reader did not ask for, after so many a day."""
    sent = s.exec(
        select(Outbox.sent_at)
        .where(
            Outbox.person_id == row.person_id,
            col(Outbox.weight) >= Weight.NOTICE.value,
            col(Outbox.sent_at) > now - timedelta(days=1),
        )
        .order_by(col(Outbox.sent_at).desc())
        .limit(most)
    ).all()
    oldest = sent[-1] if len(sent) == most else None
    return oldest + timedelta(days=1) if oldest else None


def _repeats_itself(s: Session, row: Outbox, limits: Limits, now: datetime) -> bool:
    """Tell whether the last messages to somebody were all these very words, minutes ago."""
    lately = s.exec(
        select(Outbox.text)
        .where(
            Outbox.person_id == row.person_id,
            Outbox.id != row.id,
            col(Outbox.sent_at) > now - limits.identical_for,
        )
        .order_by(col(Outbox.id).desc())
        .limit(limits.identical)
    ).all()
    return len(lately) == limits.identical and all(text == row.text for text in lately)
