"""One arrival, one turn, one transaction."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import people, tasks
from bot.office.reach.invites import token_in
from bot.post import changing, duty, receipts, strangers, windows, withdrawing
from bot.post.acts import ADOPTS, Acts
from bot.post.arrival import Arrival, Entry
from bot.post.files import announce, belongs
from bot.post.memory import seen
from bot.post.proving import Proving, routed, veiled
from bot.post.router import decide
from bot.post.routes import Danger, Files, Message, Quiet, Route, Rules, Start, Stop, Thread
from bot.post.routes import Person as Sender
from bot.post.screen import spoken
from bot.vault.owning import words_of
from bot.world import World
from channels.base import Blocked, Event, Inbound, Moved, Odd, Receipt
from handlers.seen import Seen
from handlers.understanding import starts, stops, withdraws
from models.conversation import ConversationState, Talked
from models.evidence import Evidence
from models.inbox import Heard, Inbox, InboxState
from models.outbox import Attempt, Outbox, OutboxState
from models.person import Address, Person, Role, Via
from models.task import TaskKind

RECENT = timedelta(days=90)  # closed conversations a late answer may still speak of
MANY = 60  # of them, at most


# Asked for every message that comes in, so built once.
_UNSEEN = sa.and_(
    col(Talked.state) == ConversationState.ASKING,
    col(Outbox.state) == OutboxState.PENDING,
    col(Outbox.held).is_not(None),
)
_TALKS = (
    # With whether its question still waits to be sent: nobody can have answered that.
    select(Talked, _UNSEEN)
    .outerjoin(Outbox, col(Outbox.id) == col(Talked.asked_in))
    .where(
        col(Talked.person_id) == sa.bindparam("person"),
        col(Talked.ended_at).is_(None) | (col(Talked.ended_at) > sa.bindparam("since")),
    )
    .order_by(col(Talked.id).desc())
    .limit(MANY)
)
_UNPLACED = select(Evidence.id).where(
    col(Evidence.person_id) == sa.bindparam("person"),
    col(Evidence.case_id).is_(None),
    col(Evidence.conversation_id).is_(None),
    col(Evidence.received_at) > sa.bindparam("since"),
)
_QUOTED = (
    select(Outbox.conversation_id)
    .join(Attempt, col(Attempt.outbox_id) == col(Outbox.id))
    .where(col(Attempt.provider_id) == sa.bindparam("theirs"))
)


_HEARD = sa.insert(Heard).returning(col(Heard.id))
_MOVES = ("person_id", "conversation_id", "case_id", "text", "pin")  # as sealed
_ABOUT = (
    sa.update(Heard)
    .where(col(Heard.id) == sa.bindparam("number"))
    .values({name: sa.bindparam(name) for name in _MOVES})
)


class Turns:
    """What each arrival brings about."""

    def __init__(self, world: World, acts: Acts) -> None:
        self._world = world
        self._acts = acts
        self._proving = Proving(world)
        self._rules = Rules(floor=world.rhythm.floor, fresh=world.rhythm.fresh)

    def take(self, s: Session, row: Inbox, events: Sequence[Event], now: datetime) -> InboxState:
        """Let an envelope take effect, and say what it was."""
        state = InboxState.DONE
        for number, event in enumerate(events):
            match event:
                case Receipt():
                    receipts.apply(s, self._world.channels, event, now)
                case Blocked():
                    self._blocked(s, event, now)
                case Moved():
                    changing.moved(s, self._world.keys, event, now)
                case Inbound():
                    self._heard(s, row, event, number, now)
                case Odd():
                    state = InboxState.ODD
                    tasks.need(
                        s,
                        kind=TaskKind.ODD,
                        cause=f"odd:{row.id}",
                        now=now,
                        detail=f"{event.why} It is kept as envelope {row.id}.",
                    )
        return state

    def _blocked(self, s: Session, event: Blocked, now: datetime) -> None:
        found = people.find(s, self._world.keys, Via(event.channel), event.sender)
        if found is None:
            return
        if event.blocked:
            people.block(s, found[1], now)
        else:
            people.unblock(s, found[1], now)

    def _heard(self, s: Session, row: Inbox, inbound: Inbound, number: int, now: datetime) -> None:
        person, address, doubted_at = changing.sender(
            s, self._world.keys, inbound, row.received_at, now
        )
        # Whatever else happens to this person waits until this turn is over.
        s.get(Person, person.id, with_for_update=True)
        talks = _talks(s, person, now)
        self._proving.lapse(s, person, address, now)
        people.wrote(s, address, row.received_at)
        if address.wire != inbound.sender:
            address.wire = inbound.sender
        released = windows.opened(s, address, now)
        inbound, digits = veiled(inbound, address, talks)
        entry = _keep(s, row, inbound, person, address)
        key, waited = f"in{row.id}.{number}", bool(released)
        doubted = doubted_at is not None
        arrival = Arrival(person, address, entry, inbound, key, now, waited, doubted, row.hushed)
        before = replace(entry)
        self._answer(s, arrival, talks, digits)
        if entry != before:
            _about(s, entry, inbound.text, _pin(inbound))

    def admit(self, s: Session, person: Person, address: Address, now: datetime) -> None:
        """Let take effect what waited until this person had shown who they are at an address."""
        self._proving.admit(s, person, address, now, self._again)

    def _again(self, s: Session, arrival: Arrival) -> None:
        """Do what a message asks for that waited. Its files are here already."""
        self._act(s, arrival, _talks(s, arrival.person, arrival.now), "", waited=True)
        # As it was kept: a PIN in it was hidden.
        kept = s.get_one(Heard, arrival.heard.id)
        _about(s, arrival.heard, kept.text, kept.pin or "")

    def _answer(
        self, s: Session, arrival: Arrival, talks: Sequence[tuple[Talked, bool]], digits: str
    ) -> None:
        """Do what a message asks for."""
        person, inbound = arrival.person, arrival.inbound
        if inbound.edited:
            # Kept as a further message; what was answered stays answered. A stop always counts, and
            # so do words of danger.
            new = person.stopped_at is None and stops(inbound.text, spoken(person))
            if person.frozen_at is None and people.in_danger(person, inbound.text):
                self._acts.do(s, arrival, Danger())
            elif arrival.hushed or new:
                self._acts.do(s, arrival, Stop())
            elif inbound.text:
                self._acts.do(s, arrival, Quiet("edited"))
            return
        if inbound.start is not None:
            self._acts.started(s, arrival, inbound.start)
            self._proving.entered(s, arrival, self._again)
            return
        token = token_in(inbound.text)  # where no app has a Start button, the link writes it
        if token and self._acts.started(s, arrival, token, only_invited=True):
            self._proving.entered(s, arrival, self._again)
            return
        if person.role is Role.STAFF and duty.takes(s, self._acts.screen, arrival):
            return
        if withdraws(inbound.text) and withdrawing.answer(s, self._acts.screen, arrival):
            return
        self._act(s, arrival, talks, digits)

    def _act(
        self,
        s: Session,
        arrival: Arrival,
        talks: Sequence[tuple[Talked, bool]],
        digits: str,
        *,
        waited: bool = False,
    ) -> None:
        person, inbound, now = arrival.person, arrival.inbound, arrival.now
        threads = routed(_threads(talks))
        message = Message(
            text=inbound.text,
            button=inbound.button,
            quoted=_quoted(s, inbound),
            files=len(inbound.attachments),
            pin=(inbound.pin.latitude, inbound.pin.longitude) if inbound.pin else None,
            opens=arrival.waited,
        )
        sender = Sender(
            language=spoken(person),
            stopped=person.stopped_at is not None,
            frozen=person.frozen_at is not None,
            held=person.held_at is not None,
            in_danger=people.in_danger(person, inbound.text),
        )
        # Only a request's code can call for what has no place yet.
        adoptable = any(one.code for one in threads) and _adoptable(s, person, now)
        route = _opted(s, arrival, sender) or decide(
            message, sender, threads, now, self._rules, adoptable=adoptable
        )
        if arrival.doubted and strangers.contradicts(s, arrival, route):
            return
        if self._proving.keeps(s, arrival, route, digits, self._again):
            return
        aside = arrival.doubted and changing.put_aside(
            s, self._acts.screen, arrival, route, [talked for talked, _ in talks]
        )
        if inbound.attachments:
            thread = route.thread if isinstance(route, Files) else None
            tell = belongs if waited else announce
            tell(s, arrival, s.get(Talked, thread) if thread else None)
        if not aside:
            self._acts.do(s, arrival, route)


def _opted(s: Session, arrival: Arrival, sender: Sender) -> Route | None:
    """Say what was decided before the router: a stop at the door, and what the provider did.

    What it shut or opened at a word is so, whatever the word means to us.
    """
    opted, address = arrival.inbound.opted, arrival.address
    if opted == "in" and address.blocked_at is not None:
        people.unblock(s, address, arrival.now)
        if starts(arrival.inbound.text, sender.language) and not sender.frozen:
            return Start()
    if sender.in_danger and not sender.frozen:
        return None
    return Stop() if arrival.hushed or opted == "out" else None


def _keep(s: Session, row: Inbox, inbound: Inbound, person: Person, address: Address) -> Entry:
    """Keep a message as people read it."""
    number = s.connection().execute(
        _HEARD,
        {
            "inbox_id": row.id,
            "person_id": person.id,
            "address_id": address.id,
            "via": inbound.channel,
            "provider_id": inbound.message_id,
            "text": words_of(s, inbound.text, person_id=person.id),
            "note": _note(inbound),
            "pin": words_of(s, _pin(inbound), person_id=person.id) or None,
            "files": len(inbound.attachments),
            "forwarded": inbound.forwarded,
            "sent_at": inbound.sent_at,
            "received_at": row.received_at,
        },
    )
    return Entry(number.scalar_one() or 0, row.id or 0, row.received_at, person.id or 0)


def _about(s: Session, entry: Entry, text: str, pin: str) -> None:
    """Keep what a message turned out to be about."""
    about: dict[str, Any] = {"person_id": entry.person_id, "conversation_id": entry.conversation_id}
    about |= {"number": entry.id, "case_id": entry.case_id}
    own = partial(words_of, s, case_id=entry.case_id, person_id=entry.person_id)
    about |= {"text": own(text), "pin": own(pin) or None}
    s.connection().execute(_ABOUT, about)


def _note(inbound: Inbound) -> str:
    if inbound.edited:
        return "edited"
    if inbound.button:
        return "button"
    if inbound.pin is not None:
        return "pin"
    return inbound.attachments[0].kind.value if inbound.attachments else ""


def _pin(inbound: Inbound) -> str:
    pin = inbound.pin
    return "" if pin is None else f"{pin.latitude:.5f},{pin.longitude:.5f}"


def _quoted(s: Session, inbound: Inbound) -> int | None:
    if not inbound.quoted:
        return None
    return s.exec(_QUOTED, params={"theirs": inbound.quoted}).first()


def _talks(s: Session, person: Person, now: datetime) -> list[tuple[Talked, bool]]:
    """Give somebody's conversations, the oldest first, each with whether it is still unseen."""
    found = s.exec(_TALKS, params={"person": person.id, "since": now - RECENT}).all()
    return [(talked, bool(unseen)) for talked, unseen in reversed(found)]


def _threads(talks: Sequence[tuple[Talked, bool]]) -> list[Thread]:
    return [
        Thread(
            id=one.id or 0,
            name=one.name,
            code=one.code,
            state=one.state,
            seen=_seen(one, unseen=unseen),
            asked_at=one.asked_at,
            begun=json.loads(one.journal) != {},
            unseen=unseen,
        )
        for one, unseen in talks
    ]


def _seen(talked: Talked, *, unseen: bool) -> Seen | None:
    """The question on the screen. One that has not come yet cannot be what is answered."""
    there = talked.state is ConversationState.ASKING and not unseen
    return seen(talked) if there else None


def _adoptable(s: Session, person: Person, now: datetime) -> bool:
    files = s.exec(_UNPLACED, params={"person": person.id, "since": now - ADOPTS}).first()
    return files is not None
