"""Taking back: what follows at once when somebody takes back what they allowed us."""

from sqlmodel import Session

from bot.office import people
from bot.office.consents import withdrawal
from bot.post.arrival import Arrival
from bot.post.screen import Screen
from handlers import always


def answer(s: Session, screen: Screen, arrival: Arrival) -> bool:
    """Take back all that somebody allowed, at their word. False: it must be routed as well.

    It holds whatever else the message is, also of somebody stopped, frozen or with a human.
    """
    person, text, now = arrival.person, arrival.inbound.text, arrival.now
    withdrawal.take(s, person, text, arrival.heard.inbox_id, now)
    silent = person.stopped_at or person.frozen_at or person.held_at
    if silent or people.in_danger(person, text):
        return False
    screen.tell(s, person, [always.withdrawn_consent()], arrival.cause(), now)
    return True
