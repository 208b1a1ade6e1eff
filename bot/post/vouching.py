"""Staff know who holds an address: what waited for a proof goes on, as after any other."""

from datetime import datetime

from sqlmodel import Session

from bot.office import talks
from bot.office.reach import proof
from bot.post.acts import Acts
from bot.post.prover import asked
from bot.post.turns import Turns
from bot.world import World
from models.person import Address, Person
from models.proof import How


def vouch(
    s: Session, world: World, person: Person, address: Address, now: datetime, by: str
) -> None:
    """Keep that this very person was spoken with, and let take effect what waited for it."""
    proof.prove(s, person, address, How.STAFF, now, by)
    question = asked(s, person, address, "proving")
    if question is not None:
        talks.cancel(s, question, now)
    Turns(world, Acts(world)).admit(s, person, address, now)
