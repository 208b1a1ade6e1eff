"""People of a file joining the record: who is new, who is there already, and all or nobody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bot.office import people
from bot.office.reach.addresses import at
from bot.office.reach.roster import Entry, Place, said
from bot.office.reach.spellings import fold
from bot.office.refusal import Refusal
from bot.vault.keys import Keys
from models.person import Link, Lockout, Person, Role, Trust
from models.text import Text, _

ONE_AT_A_TIME = 0x706C6521  # any number of its own: PostgreSQL's advisory lock


@dataclass(frozen=True)
class Plan:
    """What an import would do. Who is known stays as they are, but for addresses that are new."""

    new: tuple[Entry, ...]
    known: int
    more: tuple[tuple[int, Place], ...]  # of people who are known: their row, and where else


def plan(s: Session, keys: Keys, entries: Iterable[Entry]) -> Plan:
    """Hold a file against the record. Raises `Refusal` with every line that cannot join."""
    new: list[Entry] = []
    more: list[tuple[int, Place]] = []
    faults: list[Text] = []
    known = 0
    unreached = _by_name(s, entries)
    for entry in entries:
        owners = [_owner(s, keys, entry, place) for place in entry.places]
        faults += [one for one in owners if isinstance(one, Text)]
        theirs = {one for one in owners if isinstance(one, int)}
        if not entry.places and (entry.role, entry.country, fold(entry.name)) in unreached:
            known += 1
        elif len(theirs) > 1:
            what = _("its addresses belong to two people of this name. Look at both first.")
            faults.append(said(entry.line, entry.column, what))
        elif theirs:
            known += 1
            places = zip(entry.places, owners, strict=True)
            more += [(next(iter(theirs)), place) for place, owner in places if owner is None]
        else:
            new.append(entry)
    if faults:
        raise Refusal(*faults)
    return Plan(tuple(new), known, tuple(more))


def join(s: Session, keys: Keys, entries: Iterable[Entry], now: datetime, actor: str) -> Plan:
    """Bring everybody of a file into the record who is not there, and tell what was done."""
    connection = s.connection()
    if connection.dialect.name == "postgresql":  # on SQLite one writes at a time anyway
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")
    made = plan(s, keys, entries)
    for entry in made.new:
        person = people.enrol(
            s,
            keys,
            name=entry.name,
            role=entry.role,
            now=now,
            country=entry.country,
            language=entry.language,
            zone=entry.zone,
            actor=actor,
        )
        for place in entry.places:
            people.add_address(s, keys, person, place.via, place.wire, now, actor)
    for number, place in made.more:
        person = s.get_one(Person, number)
        people.add_address(s, keys, person, place.via, place.wire, now, actor)
    return made


def _owner(s: Session, keys: Keys, entry: Entry, place: Place) -> int | Text | None:
    """Give whose an address is: this very person's, nobody's, or what stands against it."""
    address = at(s, keys, place.via, place.wire)
    if address is None:
        return None
    found = s.exec(
        select(Person, Link)
        .join(Link, col(Link.person_id) == col(Person.id))
        .where(Link.address_id == address.id)
        .order_by(col(Person.id))
    ).all()
    held = [person for person, link in found if link.trust is not Trust.DISPROVED]
    named = [person for person in held if person.role is not Role.UNKNOWN]
    for person in named:
        if fold(person.name) == fold(entry.name):
            return person.id
    if named:
        what = _(
            "this is {name}'s already. Correct it; or, if they share it, take it out here and "
            "add it on the page of the person.",
            name=named[0].name,
        )
        return said(entry.line, place.column, what)
    if any(fold(person.name) == fold(entry.name) for person, _link in found if person not in held):
        what = _("this was found not to be {name}'s. Ask for the new one.", name=entry.name)
        return said(entry.line, place.column, what)
    if any(_shy(person) for person in held):
        what = _(
            "somebody asked from here not to be written to. Take it out, and talk to the person."
        )
        return said(entry.line, place.column, what)
    return None


def _shy(person: Person) -> bool:
    return (
        person.stopped_at is not None
        or person.frozen_at is not None
        or person.lockout is not Lockout.NONE
    )


def _by_name(s: Session, entries: Iterable[Entry]) -> set[tuple[Role, str, str]]:
    """Give everybody in the record by name, where the file has people without an address."""
    if all(entry.places for entry in entries):
        return set()
    people_here = s.exec(select(Person).where(Person.role != Role.UNKNOWN))
    return {(one.role, one.country, fold(one.name)) for one in people_here}
