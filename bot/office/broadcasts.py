"""Broadcasts: one request to many people, each of whom gets it once or is shown why not."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import asking, dated, guard, talks, wording
from bot.office.duty import shifts
from bot.office.reach.addresses import best_of, in_order
from bot.office.reach.fitness import exclusion
from bot.office.refusal import Refusal
from bot.vault import trail
from models.broadcast import Broadcast, BroadcastState, Exclusion, Recipient, Reply
from models.case import Case
from models.conversation import Talked
from models.facts import AnnounceGiven, Answered
from models.outbox import Outbox, OutboxState
from models.person import Address, Link, Person, Role, Trust, Via
from models.text import _

CHUNK = 500
REMINDS = timedelta(hours=24)  # after the last one had it, who has not answered is asked once more
NEVER_TO = {Role.PARENT, Role.UNKNOWN}  # whoever may be the person looked for

Seat = tuple[Person, Exclusion, Via | None]
"""Somebody, why they do not get a broadcast, and else where they do."""


@dataclass(frozen=True)
class Counts:
    """How far a broadcast has come. A recipient is in exactly one of the first three."""

    waiting: int  # not handed over yet, or not shown yet
    states: Mapping[OutboxState, int]  # shown: how far the message has come
    excluded: Mapping[Exclusion, int]
    replies: Mapping[Reply, int]


def draft(
    s: Session,
    *,
    title: str,
    body_es: str,
    body_en: str,
    person_ids: Collection[int],
    staff_id: int,
    now: datetime,
    wanted: int | None = None,
) -> Broadcast:
    """Write a broadcast down, to be looked at before it is confirmed.

    `wanted` is how many people it needs: who says yes later hears kindly that it is covered.
    """
    if not person_ids or not (body_es.strip() or body_en.strip()):
        raise Refusal(_("A broadcast needs words, and somebody to read them."))
    broadcast = _numbered(s, title, body_es.strip(), body_en.strip(), staff_id, now)
    broadcast.wanted = wanted
    ids = sorted(set(person_ids))
    for first in range(0, len(ids), CHUNK):
        rows = [
            {
                "broadcast_id": broadcast.id,
                "person_id": person_id,
                "exclusion": Exclusion.NONE,
                "words": "",
                "late": False,
            }
            for person_id in ids[first : first + CHUNK]
        ]
        s.exec(sa.insert(Recipient), params=rows)
    _note(s, broadcast, "broadcast.drafted", trail.by_staff(staff_id), now)
    return broadcast


def audience(s: Session, whom: Broadcast | Collection[int], now: datetime) -> list[Seat]:
    """Say who will get a broadcast and where, and who will not and why, as things stand now."""
    broadcast = whom if isinstance(whom, Broadcast) else None
    ids = whom if not isinstance(whom, Broadcast) else _recipients(s, whom)
    return [
        seat for chunk in _chunks(sorted(set(ids))) for seat in _seats(s, broadcast, chunk, now)
    ]


def confirm(s: Session, broadcast: Broadcast, staff_id: int, now: datetime) -> None:
    """Let a broadcast go out. Confirmed twice, it goes out once.

    Refuses words that a case guards, that ask for what we never ask for, or that hold a fact whose
    review date has passed.
    """
    kept = _lock(s, broadcast.id or 0)
    if kept.state is not BroadcastState.DRAFT:
        return
    told = dated.filled(s, kept.body_es, "spa", now), dated.filled(s, kept.body_en, "eng", now)
    words = "\n".join(told)
    for number in wording.held(s, wording.runs(words), closed=False).values():
        code = s.get_one(Case, number).reference
        raise Refusal(_("The words hold a name or place that {code} guards.", code=code))
    if asking.asks(words):
        raise Refusal(guard.ASKING)
    kept.state = BroadcastState.SENDING
    kept.confirmed_at = now
    s.add(kept)
    _note(s, kept, "broadcast.confirmed", trail.by_staff(staff_id), now)


def expand(s: Session, broadcast_id: int, now: datetime, most: int = 200) -> bool:
    """Hand the next recipients over, each as a conversation of their own. True while more wait.

    Who is left out is decided here, by what is known now; a restart goes on after the last.
    """
    broadcast = _lock(s, broadcast_id)
    if broadcast.state is not BroadcastState.SENDING:
        return False
    rows = s.exec(
        select(Recipient)
        .where(Recipient.broadcast_id == broadcast_id, col(Recipient.id) > broadcast.expanded_to)
        .order_by(col(Recipient.id))
        .limit(most)
    ).all()
    ids = [row.person_id for row in rows]
    seats = {person.id: (person, why) for person, why, _via in _seats(s, broadcast, ids, now)}
    enough = covered(s, broadcast)
    begun: list[tuple[Recipient, Talked]] = []
    for row in rows:
        person, row.exclusion = seats[row.person_id]
        if enough and row.exclusion is Exclusion.NONE:
            row.exclusion = Exclusion.COVERED
        if row.exclusion is Exclusion.NONE:
            begun.append((row, _announcement(broadcast, person, now)))
        s.add(row)
        broadcast.expanded_to = row.id or 0
    s.add_all(talked for _, talked in begun)
    s.flush()  # once for all: their keys are looked up and their rows written together
    for row, talked in begun:
        row.conversation_id = talked.id
    more = len(rows) == most
    if not more:
        broadcast.state = BroadcastState.SENT
        broadcast.remind_at = now + REMINDS
        _note(s, broadcast, "broadcast.sent", trail.BOT, now)
    s.add(broadcast)
    return more


def covered(s: Session, broadcast: Broadcast) -> bool:
    """Tell whether as many have said yes as a broadcast needs. Who said so late is not counted."""
    if broadcast.wanted is None:
        return False
    said = s.exec(
        select(sa.func.count()).where(
            Recipient.broadcast_id == broadcast.id,
            Recipient.reply == Reply.YES,
            ~col(Recipient.late),
        )
    ).one()
    return said >= broadcast.wanted


def answered(s: Session, talked: Talked, fact: Answered, now: datetime) -> bool:
    """Keep an answer to a broadcast; a later one takes its place. False: yes, but too late."""
    broadcast = _lock(
        s, fact.broadcast
    )  # of two who say yes at once, one is the last that is needed
    recipient = s.exec(
        select(Recipient).where(
            Recipient.broadcast_id == fact.broadcast, Recipient.person_id == talked.person_id
        )
    ).one()
    if (recipient.reply, recipient.words) == (fact.reply, fact.words):
        return not recipient.late
    counted = recipient.reply is Reply.YES and not recipient.late
    yes = fact.reply is Reply.YES
    recipient.late = yes and not counted and covered(s, broadcast)
    recipient.reply = fact.reply
    recipient.words = fact.words
    recipient.replied_at = now
    s.add(recipient)
    trail.note(
        s,
        actor=trail.by_person(talked.person_id),
        act="broadcast.answered",
        object=f"broadcast:{fact.broadcast}",
        detail=fact.reply.value,
        now=now,
    )
    return not recipient.late


def counts(s: Session, broadcast: Broadcast) -> Counts:
    """Count who was left out, how far each message has come, and what was answered."""
    mine = col(Recipient.broadcast_id) == broadcast.id
    excluded = s.exec(
        select(col(Recipient.exclusion), sa.func.count())
        .where(mine, col(Recipient.exclusion) != Exclusion.NONE)
        .group_by(col(Recipient.exclusion))
    ).all()
    replies = s.exec(
        select(col(Recipient.reply), sa.func.count())
        .where(mine, col(Recipient.reply).is_not(None))
        .group_by(col(Recipient.reply))
    ).all()
    first = (
        select(sa.func.min(Outbox.id))
        .where(Outbox.conversation_id == Recipient.conversation_id)
        .correlate(Recipient)
        .scalar_subquery()
    )
    states = s.exec(
        select(col(Outbox.state), sa.func.count())
        .select_from(Recipient)
        .outerjoin(Outbox, col(Outbox.id) == first)
        .where(mine, Recipient.exclusion == Exclusion.NONE)
        .group_by(col(Outbox.state))
    ).all()
    return Counts(
        waiting=sum(count for state, count in states if state is None),
        states={state: count for state, count in states if state is not None},
        excluded=dict(excluded),
        replies={reply: count for reply, count in replies if reply is not None},
    )


def _numbered(
    s: Session, title: str, body_es: str, body_en: str, staff_id: int, now: datetime
) -> Broadcast:
    """Keep a broadcast under a code that nobody else has: the number of its row."""
    broadcast = Broadcast(
        code=token_hex(8),
        title=title,
        body_es=body_es,
        body_en=body_en,
        created_by=staff_id,
        created_at=now,
    )
    s.add(broadcast)
    s.flush()
    broadcast.code = f"AV-{broadcast.id:04d}"
    s.add(broadcast)
    return broadcast


def _recipients(s: Session, broadcast: Broadcast) -> Sequence[int]:
    return s.exec(select(Recipient.person_id).where(Recipient.broadcast_id == broadcast.id)).all()


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[first : first + CHUNK] for first in range(0, len(ids), CHUNK))


def _seats(
    s: Session, broadcast: Broadcast | None, ids: Sequence[int], now: datetime
) -> list[Seat]:
    """Look at some people, with three queries for all of them."""
    people = s.exec(select(Person).where(col(Person.id).in_(ids)).order_by(col(Person.id))).all()
    away = shifts.away(s, people, now)
    homes: dict[int, list[Address]] = {}
    for person_id, address in s.exec(
        select(Link.person_id, Address)
        .join(Address, col(Address.id) == col(Link.address_id))
        .where(col(Link.person_id).in_(ids), col(Link.trust) != Trust.DISPROVED)
    ):
        homes.setdefault(person_id, []).append(address)
    seats: list[Seat] = []
    for person in people:
        mine = in_order(homes.get(person.id or 0, []))
        why = _why_not(broadcast, person, mine)
        if why is Exclusion.NONE and person.id in away:
            why = Exclusion.ON_LEAVE
        best = best_of(mine) if why is Exclusion.NONE else None
        seats.append((person, why, best.via if best else None))
    return seats


def _why_not(broadcast: Broadcast | None, person: Person, addresses: list[Address]) -> Exclusion:
    if person.role in NEVER_TO:
        return Exclusion.LOCKED_OUT
    why = exclusion(person, addresses)
    if why is Exclusion.NONE and broadcast is not None and not _body(broadcast, person):
        return Exclusion.NO_TRANSLATION
    return why


def _body(broadcast: Broadcast, person: Person) -> str:
    """Give the words in the language of the reader, or nothing."""
    return {"spa": broadcast.body_es, "eng": broadcast.body_en}.get(person.language, "")


def _announcement(broadcast: Broadcast, person: Person, now: datetime) -> Talked:
    body = _body(broadcast, person)
    given = AnnounceGiven(broadcast=broadcast.id or 0, code=broadcast.code, body=body)
    return talks.new("announce", given, person_id=person.id or 0, code=broadcast.code, now=now)


def _lock(s: Session, broadcast_id: int) -> Broadcast:
    return s.exec(
        select(Broadcast)
        .where(Broadcast.id == broadcast_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _note(s: Session, broadcast: Broadcast, act: str, actor: str, now: datetime) -> None:
    trail.note(
        s,
        actor=actor,
        act=act,
        object=f"broadcast:{broadcast.id}",
        detail=broadcast.code,
        now=now,
    )
