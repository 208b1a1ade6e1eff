"""Somebody's other phones hear of a new one, and a «no» from there puts it in doubt.

Each is told beside whatever else is open, at its own address: what is written on the new phone
answers nothing of it.
"""

from datetime import datetime

from sqlmodel import Session

from bot.office import talks
from bot.office.reach import invites, proof
from bot.post.arrival import Arrival
from bot.post.screen import Cause, Screen
from bot.world import World
from handlers import added
from handlers.repertoire import REPERTOIRE
from models.conversation import ConversationState, Talked
from models.facts import AddedGiven
from models.outbox import Outbox, OutboxState, Weight
from models.person import Address, Person


def tell(
    s: Session, world: World, person: Person, address: Address, key: str, now: datetime
) -> None:
    """Tell of a phone that has just come in by an invite, wherever else it is known who reads.

    An invite that is pressed again tells nobody.
    """
    if not invites.just_used(s, address, now):
        return
    for other in proof.others(person, proof.places(s, person), address, now):
        given = AddedGiven(address=other.id or 0, added=address.id or 0)
        talked = talks.start(
            s, name="added", given=given, person_id=person.id or 0, case_id=None, code="", now=now
        )
        cause = Cause(f"{key}.added{other.id}", other, Weight.NOTICE)
        Screen(world).show(s, talked, cause, now)


def answered(s: Session, world: World, arrival: Arrival) -> bool:
    """Take a «no» for the answer, where it is one. False: the words are about something else.

    A bare «no» is about the question that this very phone was asked last.
    """
    person, text = arrival.person, arrival.inbound.text
    if not added.denies(text, person.language, newest=True):
        return False  # nearly always, and without a look at the record
    here = [
        (number, talked)
        for talked in talks.open_for(s, person.id or 0)
        if (number := _shown(s, talked, arrival.address))
    ]
    other = max((number for number, talked in here if not _aside(talked)), default=0)
    for number, talked in reversed(here):
        newest = number > other
        if talked.name == "added" and added.denies(text, person.language, newest=newest):
            answer = {"words": added.NOT_MINE}
            Screen(world).answer(s, talked, answer, arrival.cause(), arrival.now)
            return True
    return False


def _shown(s: Session, talked: Talked, address: Address) -> int:
    """Give the message that asked a question here; 0 where none has gone: by night it waits."""
    if talked.state is not ConversationState.ASKING or not talked.asked_in:
        return 0
    shown = s.get_one(Outbox, talked.asked_in)
    went = shown.address_id == address.id and shown.state is not OutboxState.PENDING
    return talked.asked_in if went else 0


def _aside(talked: Talked) -> bool:
    return REPERTOIRE[talked.name].aside
