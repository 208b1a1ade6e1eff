"""Staff know whose an address is: a doubt ends, and what waited for a proof goes on."""

from datetime import datetime

from sqlmodel import Session

from bot.office import talks
from bot.office.reach import proof
from bot.office.who import doubts
from bot.post.acts import Acts
from bot.post.prover import asked
from bot.post.turns import Turns
from bot.vault import trail
from bot.world import World
from models.person import Address, Link, Person
from models.proof import How


def confirm(s: Session, world: World, link: Link, staff_id: int, now: datetime) -> None:
    """Keep that a human asked by a way that is sure, and that the address is this person's.

    It ends every doubt of it: whose the number is, and who writes there.
    """
    doubts.end(s, link, staff_id, now)
    person, address = s.get_one(Person, link.person_id), s.get_one(Address, link.address_id)
    if person.role in proof.WHO:
        _vouch(s, world, person, address, now, trail.by_staff(staff_id))


def _vouch(
    s: Session, world: World, person: Person, address: Address, now: datetime, by: str
) -> None:
    proof.prove(s, person, address, How.STAFF, now, by)
    question = asked(s, person, address, "proving")
    if question is not None:
        talks.cancel(s, question, now)
    Turns(world, Acts(world)).admit(s, person, address, now)
