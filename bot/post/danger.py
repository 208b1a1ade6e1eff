"""Danger: what follows when somebody says the words that were agreed on with them for it."""

from sqlmodel import Session

from bot.office import people
from bot.office.reach import freezing
from bot.post import duty
from bot.post.arrival import Arrival
from bot.post.screen import Cause, Screen
from bot.vault import trail
from handlers import always
from models.outbox import Weight


def answer(s: Session, screen: Screen, arrival: Arrival) -> None:
    """End the talk blandly, let nothing more go to this person anywhere, and wake who is on call.

    Whoever is woken gets a code: what it is about stands in the console.
    """
    person, now = arrival.person, arrival.now
    if person.stopped_at is None:
        # From the moment of the freeze, so the guard lets it go: who reads along must see nothing.
        screen.tell(s, person, [always.bland()], arrival.cause(Weight.STOP), now)
    people.freeze(s, person, now, trail.by_person(person.id))
    for woken in duty.woken(s, now):
        address = freezing.alarm_address(s, woken)
        cause = Cause(f"{arrival.key}.alarm{woken.id}", address, Weight.URGENT)
        screen.tell(s, woken, [always.alarm(f"P-{person.id}")], cause, now)
