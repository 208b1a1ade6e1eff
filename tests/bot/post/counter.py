"""Lanes in their world, and what comes into them as providers bring it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, col, select

from bot.db import Database
from bot.post.acts import Acts
from bot.post.inbox import Keeper
from bot.post.lanes import Lanes
from bot.post.turns import Turns
from bot.world import World
from channels.base import Call
from models.inbox import Heard, Inbox, InboxState
from tests.bot import here
from tests.bot.here import Clock
from tests.bot.scene import MARTA
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
        keys = self.world.keys
        keeper = Keeper(self.db, lambda *who: keys.lookup("lane", "|".join(who)), self.clock)
        for call in calls:
            door = "telegram" if "telegram" in call.url else "twilio/messages"
            await keeper.keep(self.world.doors[door].admit(call))

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


async def settled(working: Lanes) -> None:
    """Wait for the lanes that are being worked."""
    while working._worked:
        await asyncio.wait(working._worked)


def office_of(db: Database, folder: Path, clock: Clock | None = None, **more: str) -> Office:
    clock = clock or Clock()
    world = here.world(db, folder, clock=clock, **more)
    return Office(db, world, clock, Lanes(world, Turns(world, Acts(world))))
