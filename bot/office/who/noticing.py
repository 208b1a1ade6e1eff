"""What the post notices about an address: it doubts, asks a human once, and decides nothing."""

from datetime import datetime

from sqlmodel import Session, col, select

from bot.office.reach.proof import WHO
from bot.office.who import doubts, links
from models.person import Address, Doubt, Link, Person, Trust


def heard(s: Session, person: Person, address: Address, at: datetime, now: datetime) -> bool:
    """Somebody wrote. True where that puts it in doubt who it is; call it before it is kept.

    Who was confirmed meanwhile by a human is not asked again. Who can show it by a PIN or a code is
    asked for that, and no human has to ask.
    """
    if person.role in WHO or not doubts.silent(address, at):
        return False
    link = links.of(s, person.id or 0, address.id or 0)
    if link is None or (link.confirmed_at is not None and at - link.confirmed_at < doubts.SILENCE):
        return False
    return doubts.doubt(s, link, Doubt.SILENCE, now)


def undelivered(s: Session, address: Address, code: str, now: datetime) -> None:
    """A message could not be brought there, for good."""
    if not doubts.signs(code, address, now):
        return
    for link in doubts.of_address(s, address):
        if s.get_one(Person, link.person_id).role in WHO:
            continue  # they are asked to show it
        doubts.doubt(s, link, Doubt.UNDELIVERED, now)


def all_doubted(s: Session, person: Person) -> bool:
    """Whether somebody has addresses, and each of them is in doubt."""
    found = s.exec(
        select(Link.doubted_at).where(
            Link.person_id == person.id, col(Link.trust) != Trust.DISPROVED
        )
    ).all()
    return bool(found) and None not in found
