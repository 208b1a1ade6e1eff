"""Holding back: what speaks of a case waits until whoever would read it has shown who they are.

It is looked at when a message is about to go, so that no way of writing one goes past it. Somebody
who has shown it at another address is written to there.
"""

from datetime import datetime

from sqlmodel import Session, col, select

from bot.office.reach import proof
from bot.post import outbox, windows
from bot.post.prover import ask
from bot.world import World
from handlers.repertoire import REPERTOIRE
from models.conversation import Talked
from models.outbox import Held, Outbox, OutboxState
from models.person import Address, Person


def held(
    s: Session, world: World, row: Outbox, person: Person, address: Address, now: datetime
) -> bool:
    """Keep a claimed message back, or send it on to a proved address. False where it may go."""
    if person.role not in proof.WHO or not speaks_of_a_case(s, row):
        return False
    found = proof.places(s, person)
    if proof.proved(person, found, address, now):
        return False
    elsewhere = proof.others(person, found, address, now)
    if elsewhere and not row.attempts and _goes_anywhere(row):
        row.address_id, row.via = elsewhere[0].id or 0, elsewhere[0].via.value
        row.held = None
        outbox.put_off(row, now, now)
    else:
        until = windows.stands_until(s, row)
        row.held, row.expires_at = Held.PROOF, until
        outbox.put_off(row, until, now)
        ask(s, world, person, address, found, f"proof{row.id}.{row.fence}", now)
    s.add(row)
    return True


def _goes_anywhere(row: Outbox) -> bool:
    """Tell whether it may go to any phone: no answer to one, and no human's words for just one."""
    return row.written_by is None and not row.key.startswith(("in", "burst"))


def speaks_of_a_case(s: Session, row: Outbox) -> bool:
    """Tell whether a message may say more than that we are here: what is not known to, may."""
    if row.written_by is not None:
        return True
    if row.conversation_id is None:
        return row.case_id is not None
    entry = REPERTOIRE.get(s.get_one(Talked, row.conversation_id).name)
    return entry is None or not entry.neutral


def release(s: Session, person: Person, address: Address, now: datetime) -> None:
    """Let go what waited for this proof. What was overtaken meanwhile does not go any more."""
    waiting = s.exec(
        select(Outbox)
        .where(
            Outbox.person_id == person.id,
            Outbox.address_id == address.id,
            Outbox.state == OutboxState.PENDING,
            Outbox.held == Held.PROOF,
        )
        .order_by(col(Outbox.id))
        .with_for_update()
    ).all()
    for row in waiting:
        if windows.cancelled(s, row, now):
            continue
        row.held = None
        row.next_at = now
        row.changed_at = now
        s.add(row)
        windows.seen_anew(s, row, now)
