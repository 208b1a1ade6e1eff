"""Somebody has come in by an invite: they are welcomed, or show first who they are."""

from sqlmodel import Session

from bot.office import organisation, talks
from bot.office.reach import proof
from bot.post import prover, telling
from bot.post.arrival import Arrival
from bot.post.screen import Screen
from bot.world import World
from models.facts import WelcomeGiven


def welcome(s: Session, world: World, arrival: Arrival) -> None:
    """Welcome whoever was invited, where it is known that it is them, and let them choose a PIN.

    Pressed twice, it is said once.
    """
    person, address, now = arrival.person, arrival.address, arrival.now
    telling.tell(s, world, person, address, arrival.key, now)
    found = proof.places(s, person)
    if not proof.proved(person, found, address, now):
        prover.ask(s, world, person, address, found, arrival.key, now)
        return
    if any(one.name == "welcome" for one in talks.open_for(s, person.id or 0)):
        return
    ours = organisation.ours(s)
    talks.start(
        s,
        name="welcome",
        given=WelcomeGiven(person.name.split(" ")[0], ours.name),
        person_id=person.id or 0,
        case_id=None,
        code="",
        now=now,
    )
    Screen(world).next(s, person.id or 0, now)
    if person.role in proof.WHO and not proof.has_pin(s, person):
        prover.ask_pin(s, world, arrival, person)
