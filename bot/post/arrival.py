"""One message as the turn knows it: who sent it, from where, and what it was."""

from dataclasses import dataclass
from datetime import datetime

from bot.post.screen import Cause
from channels.base import Inbound
from models.outbox import Weight
from models.person import Address, Person


@dataclass
class Entry:
    """Where a message is kept, and what it turns out to be about. Written when the turn is over."""

    id: int
    inbox_id: int
    received_at: datetime
    person_id: int
    conversation_id: int | None = None
    case_id: int | None = None


@dataclass(frozen=True)
class Arrival:
    """A message and its sender, inside one turn."""

    person: Person
    address: Address
    heard: Entry
    inbound: Inbound
    key: str
    now: datetime
    waited: bool = False  # something waited for this person to write, and comes now
    doubted: bool = False  # it may be somebody else who writes there now
    hushed: bool = False  # it said stop, and took effect as such when it was kept

    @property
    def outdated(self) -> bool:
        """Whether they have said stop after this came, so that it cannot lift that stop."""
        stopped_at = self.person.stopped_at
        return stopped_at is not None and self.heard.received_at < stopped_at

    def cause(self, weight: Weight = Weight.REPLY) -> Cause:
        """What an answer to it is caused by."""
        return Cause(self.key, self.address, weight)
