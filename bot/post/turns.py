"""One arrival, one turn, one transaction."""

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import people, tasks
from bot.post import receipts, windows
from bot.post.acts import ADOPTS, Acts
from bot.post.arrival import Arrival
from bot.post.files import announce
from bot.post.memory import seen
from bot.post.router import decide
from bot.post.routes import Files, Message, Quiet, Rules, Stop, Thread
from bot.post.routes import Person as Sender
from bot.post.screen import spoken
from bot.world import World
from channels.base import Blocked, Event, Inbound, Odd, Receipt
from handlers.seen import Seen
from handlers.understanding import stops
from models.conversation import ConversationState, Talked
from models.evidence import Evidence
from models.inbox import Heard, Inbox, InboxState
from models.outbox import Attempt, Outbox
from models.person import Person, Via
from models.task import TaskKind

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
"""An invite that came as a message: where no app has a Start button, the link writes it."""

RECENT = timedelta(days=90)  # closed conversations a late answer may still speak of
MANY = 60  # of them, at most


# Asked for every message that comes in, so built once.
_TALKS = (
    select(Talked)
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


class Turns:
    """What each arrival brings about."""

    def __init__(self, world: World, acts: Acts) -> None:
        self._world = world
        self._acts = acts
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
        person, address = people.meet(
            s, self._world.keys, Via(inbound.channel), inbound.sender, inbound.profile_name, now
        )
        # Whatever else happens to this person waits until this turn is over.
        s.get(Person, person.id, with_for_update=True)
        unseen = windows.unseen(s, person)
        heard_at = address.last_heard_at
        address.last_heard_at = max(heard_at, row.received_at) if heard_at else row.received_at
        address.wire = inbound.sender
        s.add(address)
        released = windows.opened(s, address, now)
        heard = Heard(
            inbox_id=row.id or 0,
            person_id=person.id or 0,
            address_id=address.id or 0,
            via=inbound.channel,
            provider_id=inbound.message_id,
            text=inbound.text,
            note=_note(inbound),
            files=len(inbound.attachments),
            forwarded=inbound.forwarded,
            sent_at=inbound.sent_at,
            received_at=row.received_at,
        )
        s.add(heard)
        s.flush()
        key, waited = f"in{row.id}.{number}", bool(released)
        arrival = Arrival(person, address, heard, inbound, key, now, waited, row.hushed)
        if inbound.edited:
            # Kept as a further message; what was answered stays answered. A stop always counts.
            new = person.stopped_at is None and stops(inbound.text, spoken(person))
            if row.hushed or new:
                self._acts.do(s, arrival, Stop())
            return
        if inbound.start is not None:
            self._acts.started(s, arrival, inbound.start)
            return
        token = _TOKEN.fullmatch(inbound.text.strip())
        if token and self._acts.started(s, arrival, token[0], only_invited=True):
            return
        threads = _threads(s, person, now, unseen)
        message = Message(
            text=inbound.text,
            button=inbound.button,
            quoted=_quoted(s, inbound),
            files=len(inbound.attachments),
            pin=(inbound.pin.latitude, inbound.pin.longitude) if inbound.pin else None,
            opens=waited,
        )
        sender = Sender(
            language=spoken(person),
            stopped=person.stopped_at is not None,
            frozen=person.frozen_at is not None,
            held=person.held_at is not None,
        )
        adoptable = _adoptable(s, person, now)
        route = (
            Stop()
            if row.hushed
            else decide(message, sender, threads, now, self._rules, adoptable=adoptable)
        )
        if inbound.attachments:
            thread = route.thread if isinstance(route, Files) else None
            announce(s, arrival, s.get(Talked, thread) if thread else None)
        if not (isinstance(route, Quiet) and route.why == "held"):
            self._acts.do(s, arrival, route)


def _note(inbound: Inbound) -> str:
    if inbound.edited:
        return "edited"
    if inbound.button:
        return "button"
    if inbound.pin is not None:
        return f"pin {inbound.pin.latitude:.5f},{inbound.pin.longitude:.5f}"
    return inbound.attachments[0].kind.value if inbound.attachments else ""


def _quoted(s: Session, inbound: Inbound) -> int | None:
    if not inbound.quoted:
        return None
    return s.exec(_QUOTED, params={"theirs": inbound.quoted}).first()


def _threads(s: Session, person: Person, now: datetime, unseen: frozenset[int]) -> list[Thread]:
    found = s.exec(_TALKS, params={"person": person.id, "since": now - RECENT})
    return [
        Thread(
            id=one.id or 0,
            name=one.name,
            code=one.code,
            state=one.state,
            seen=_seen(one, unseen),
            asked_at=one.asked_at,
            begun=json.loads(one.journal) != {},
            unseen=one.id in unseen,
        )
        for one in reversed(list(found))
    ]


def _seen(talked: Talked, unseen: frozenset[int]) -> Seen | None:
    """The question on the screen. One that has not come yet cannot be what is answered."""
    there = talked.state is ConversationState.ASKING and talked.id not in unseen
    return seen(talked) if there else None


def _adoptable(s: Session, person: Person, now: datetime) -> bool:
    files = s.exec(_UNPLACED, params={"person": person.id, "since": now - ADOPTS}).first()
    return files is not None
