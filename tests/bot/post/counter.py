"""Lanes in their world, and what comes into them as providers bring it."""

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session, col, select

from bot.db import Database
from bot.office import people
from bot.post.acts import Acts
from bot.post.inbox import Keeper
from bot.post.lanes import Lanes
from bot.post.turns import Turns
from bot.world import World
from channels.base import Call
from handlers.seen import shown
from handlers.talk import Kind, Question
from models.conversation import ConversationState, Talked
from models.inbox import Heard, Inbox, InboxState, Lane
from models.person import Via
from models.text import Text
from tests.bot import here, scene
from tests.bot.here import Clock
from tests.bot.scene import MARTA, NOW
from tests.channels.desk import ACCOUNT, telegram_call, twilio_call


def sms(number: int, text: str, sender: str = MARTA) -> Call:
    """A message as Twilio brings it."""
    form = {
        "MessageSid": f"SM{number:032x}",
        "AccountSid": ACCOUNT,
        "From": sender,
        "To": "+15005550006",
        "Body": text,
        "NumMedia": "0",
    }
    return twilio_call(form)


def press(number: int) -> Call:
    """A pressed button as Telegram brings it."""
    person = {"id": 77, "is_bot": False, "first_name": "Ixchel"}
    chat = {"id": 77, "type": "private", "first_name": "Ixchel"}
    message = {"message_id": 5, "date": 1750000000, "chat": chat, "text": "¿?"}
    query = {
        "id": str(number),
        "from": person,
        "chat_instance": "1",
        "data": "c9.0.0",
        "message": message,
    }
    return telegram_call({"update_id": number, "callback_query": query})


@dataclass
class Office:
    """Lanes in their world."""

    db: Database
    world: World
    clock: Clock
    lanes: Lanes

    async def comes(self, *calls: Call) -> None:
        """Keep requests, as the doors do."""
        keeper = Keeper(self.db, self.world.keys, self.clock)
        for call in calls:
            door = "telegram" if "telegram" in call.url else "twilio/messages"
            envelope = self.world.doors[door].admit(call)
            await keeper.keep(envelope)

    def goes_on(self, **more: float) -> None:
        """Let time pass, also by the record's own clock: what it waits for comes nearer."""
        step = timedelta(**more)
        self.clock.time += step

        def act(s: Session) -> None:
            for lane in s.exec(select(Lane)):
                lane.lease_until = lane.lease_until and lane.lease_until - step
                lane.next_at = lane.next_at and lane.next_at - step

        self.db.write_now(act)

    async def works(self) -> None:
        """Work all lanes that are due, to their ends."""
        before: list[tuple[InboxState, int]] = []
        while (now := [(one.state, one.attempts) for one in self.envelopes()]) != before:
            before = now
            await here.until_idle(self.lanes.work, lambda: settled(self.lanes))

    def heard(self) -> list[str]:
        """What took effect, in the order in which it did."""
        query = select(Heard).order_by(col(Heard.id))
        return self.db.read_now(lambda s: [one.text for one in s.exec(query)])

    def envelopes(self) -> list[Inbox]:
        """What came, in its order."""

        def act(s: Session) -> list[Inbox]:
            found = list(s.exec(select(Inbox).order_by(col(Inbox.id))))
            s.expunge_all()
            return found

        return self.db.read_now(act)

    def states(self) -> list[InboxState]:
        """How far what came has come."""
        return [one.state for one in self.envelopes()]


def poison(office: Office) -> None:
    """Leave somebody a conversation over which every turn breaks: it asks since no time."""

    def act(s: Session) -> None:
        person, _address = people.meet(s, scene.KEYS, Via.SMS, MARTA, "Marta", NOW)
        question = shown(Question("q", Kind.WORDS, Text("¿?")), lambda text: text.source)
        s.add(
            Talked(
                name="welcome",
                person_id=person.id or 0,
                state=ConversationState.ASKING,
                given="{}",
                asked=json.dumps(question),
                started_at=NOW,
            )
        )

    office.db.write_now(act)


async def settled(working: Lanes) -> None:
    """Wait for the lanes that are being worked."""
    while working._worked:
        await asyncio.wait(working._worked)


def office_of(db: Database, folder: Path, clock: Clock | None = None, **more: str) -> Office:
    clock = clock or Clock()
    world = here.world(db, folder, clock=clock, **more)
    return Office(db, world, clock, Lanes(world, Turns(world, Acts(world))))
