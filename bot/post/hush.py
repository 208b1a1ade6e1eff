"""A stop is heard at the door: it takes effect when it is kept, however long its lane must wait."""

from datetime import datetime

from sqlmodel import Session

from bot.vault.keys import Keys
from channels.base import Envelope, Kind
from handlers.understanding import stops, stops_anybody
from models.base import know_all
from models.person import Person, Via


def may_stop(envelope: Envelope) -> bool:
    """Whether the words ask us to stop in any language. Nearly none do, so this is quick."""
    return envelope.kind is Kind.MESSAGE and bool(envelope.words) and stops_anybody(envelope.words)


def hush(s: Session, keys: Keys, envelope: Envelope, now: datetime) -> bool:
    """Write no more to whoever asked for it, from this moment. True when that is new.

    What else follows from it, such as the one confirmation, is for the turn. In the language of
    somebody we know the words may mean something else; somebody we do not know may use any.
    """
    # With these comes most of the bot, and what serves the webhooks is to be there at once.
    from bot.office import people  # noqa: PLC0415
    from bot.post.screen import spoken  # noqa: PLC0415

    know_all()
    via = Via(envelope.channel)
    known = people.find(s, keys, via, envelope.sender)
    if known is not None and not stops(envelope.words, spoken(known[0])):
        return False
    person, _address = people.meet(s, keys, via, envelope.sender, "", now)
    # A turn of theirs that is under way ends first: what it still says is cancelled too.
    s.get(Person, person.id, with_for_update=True)
    return people.hush(s, person, now)
