"""People as staff find them: by name, by the digits of a number, by what they are to us."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from bot.console.records.slices import Slice, cut, readable
from bot.office.people import best_address
from models.person import Address, Link, Person, Role, Trust, Via

PAGE = 50
DIGITS = 4  # fewer than these match too many numbers to be of use
SCAN = 1000  # rows opened at a time while searching sealed names


@dataclass(frozen=True)
class Reach:
    """One address of a person."""

    address: Address
    link: Link


@dataclass(frozen=True)
class Line:
    """A person in a list, and the channel we would write on."""

    person: Person
    via: Via | None


@dataclass(frozen=True)
class Filter:
    """Which people. Empty values do not narrow."""

    text: str = ""
    role: Role | None = None
    country: str = ""
    language: str = ""


def fold(text: str) -> str:
    """Make text comparable: no accents, no capitals."""
    spread = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in spread if not unicodedata.combining(letter)).casefold()


def names(s: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Give people's names by number."""
    wanted = {number for number in ids if number is not None}
    rows = s.exec(select(Person.id, Person.name).where(col(Person.id).in_(wanted)))
    return {number: readable(name) for number, name in rows if number is not None}


def reaches(s: Session, person_id: int) -> list[Reach]:
    """Give a person's addresses, disproved ones too, oldest first."""
    rows = s.exec(
        select(Address, Link)
        .join(Link, col(Link.address_id) == Address.id)
        .where(Link.person_id == person_id)
        .order_by(col(Link.id))
    )
    return [Reach(address, link) for address, link in rows]


def listing(
    s: Session, wanted: Filter, *, below: int | None = None, most: int = PAGE
) -> Slice[Line]:
    """List people, the newest first."""
    people = _matching(s, wanted, below, most + 1)
    cut_off = cut(people, [person.id or 0 for person in people], most)
    lines = tuple(Line(person, via_of(s, person)) for person in cut_off.items)
    return Slice(lines, cut_off.next)


def of_role(
    s: Session, roles: Sequence[Role], *, wanted: Filter | None = None, most: int = 300
) -> list[Person]:
    """Give the people of some roles, by name, to choose from."""
    query = _narrowed(wanted or Filter()).where(col(Person.role).in_(roles))
    return sorted(s.exec(query.limit(most)), key=lambda person: fold(person.name))


def via_of(s: Session, person: Person) -> Via | None:
    """The channel we would write on, if there is one."""
    address = best_address(s, person)
    return address.via if address is not None else None


def _matching(s: Session, wanted: Filter, below: int | None, most: int) -> list[Person]:
    query = _narrowed(wanted)
    if below is not None:
        query = query.where(col(Person.id) < below)
    text = wanted.text.strip()
    if not text:
        return list(s.exec(query.limit(most)))
    digits = re.sub(r"\D", "", text)
    if digits and len(digits) >= DIGITS and not re.search(r"[^\W\d]", text):
        return list(s.exec(query.where(col(Person.id).in_(_holders(s, digits))).limit(most)))
    # Names are sealed: they are opened a thousand at a time and compared here.
    found: list[Person] = []
    needles = fold(text).split()
    last: int | None = None
    while len(found) < most:
        part = query if last is None else query.where(col(Person.id) < last)
        rows = list(s.exec(part.limit(SCAN)))
        found += [
            person for person in rows if all(needle in fold(person.name) for needle in needles)
        ]
        if len(rows) < SCAN:
            break
        last = rows[-1].id
        s.expunge_all()
    return found[:most]


def _narrowed(wanted: Filter) -> SelectOfScalar[Person]:
    # Who was found to be another is that other now.
    query = select(Person).where(col(Person.joined_into).is_(None)).order_by(col(Person.id).desc())
    if wanted.role is not None:
        query = query.where(Person.role == wanted.role)
    if wanted.country:
        query = query.where(Person.country == wanted.country)
    if wanted.language:
        query = query.where(Person.language == wanted.language)
    return query


def _holders(s: Session, digits: str) -> list[int]:
    matching = [
        number
        for number, wire in s.exec(select(Address.id, Address.wire))
        if digits in re.sub(r"\D", "", wire)
    ]
    return list(
        s.exec(
            select(Link.person_id).where(
                col(Link.address_id).in_(matching), Link.trust != Trust.DISPROVED
            )
        )
    )
