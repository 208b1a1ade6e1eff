"""Addresses, and whose they are."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office.once import once
from bot.office.reach.numbers import canonical, sendable
from bot.vault.keys import Keys
from models.inbox import Heard
from models.person import Address, Link, Person, Trust, Via

PREFERRED = (Via.WHATSAPP, Via.TELEGRAM, Via.SMS)  # where nobody has written to us yet
NEVER = datetime.min.replace(tzinfo=UTC)


# What every message asks is written once: building a query costs as much as running it.
_HERE = (col(Address.via) == sa.bindparam("via"), col(Address.lookup) == sa.bindparam("lookup"))
_AT = select(Address).where(*_HERE)
_LIKELIEST = (
    sa.func.coalesce(Link.confirmed_at, Link.created_at).desc(),
    col(Link.id).desc(),
)
_HOLDER = (
    select(Person)
    .join(Link, col(Link.person_id) == col(Person.id))
    .where(Link.address_id == sa.bindparam("address"), col(Link.trust) != Trust.DISPROVED)
    .order_by(*_LIKELIEST)
)
_KNOWN = (
    select(Person, Address, Link.doubted_at)
    .join(Link, col(Link.person_id) == col(Person.id))
    .join(Address, col(Address.id) == col(Link.address_id))
    .where(*_HERE, col(Link.trust) != Trust.DISPROVED)
    .order_by(*_LIKELIEST)
    .limit(1)
)
_THEIRS = (
    select(Address, Link.doubted_at)
    .join(Link, col(Link.address_id) == col(Address.id))
    .where(Link.person_id == sa.bindparam("person"), col(Link.trust) != Trust.DISPROVED)
)
_WROTE = (
    sa.update(Address)
    .where(col(Address.id) == sa.bindparam("address"))
    .values(last_heard_at=sa.bindparam("at"))
)


class Known(NamedTuple):
    """Whom an address most likely is, and since when that is in doubt."""

    person: Person
    address: Address
    doubted_at: datetime | None = None


def at(s: Session, keys: Keys, via: Via, wire: str) -> Address | None:
    """Find an address, in whatever form it is written."""
    return s.exec(_AT, params=_here(keys, via, wire)).first()


def known(s: Session, keys: Keys, via: Via, wire: str) -> Known | None:
    """Find the person an address most likely is, and the address, however it is written."""
    found = s.exec(_KNOWN, params=_here(keys, via, wire)).first()
    return None if found is None else Known(*found)


def wrote(s: Session, address: Address, at: datetime) -> None:
    """Note that somebody wrote from an address. What came earlier changes nothing."""
    newest = max(at, address.last_heard_at or at)
    s.connection().execute(_WROTE, {"address": address.id, "at": newest})
    sa.orm.attributes.set_committed_value(address, "last_heard_at", newest)


def keep(s: Session, keys: Keys, via: Via, wire: str, now: datetime) -> Address:
    """Find an address, or write it down as it is to be sent to."""
    address, _made = once(
        s,
        lambda: at(s, keys, via, wire),
        lambda: Address(
            via=via,
            wire=sendable(wire),
            lookup=_here(keys, via, wire)["lookup"],
            created_at=now,
        ),
    )
    return address


def link(s: Session, person: Person, address: Address, trust: Trust, now: datetime) -> Link:
    """Say whose an address is. A link that is there is confirmed anew, unless only claimed."""
    person_id, address_id = person.id or 0, address.id or 0
    known, _made = once(
        s,
        lambda: s.exec(
            select(Link).where(Link.person_id == person_id, Link.address_id == address_id)
        ).first(),
        lambda: Link(person_id=person_id, address_id=address_id, trust=trust, created_at=now),
    )
    if trust is Trust.ENROLLED:
        known.trust = trust
        known.confirmed_at = now
        s.add(known)
    return known


def holder(s: Session, address: Address) -> Person | None:
    """Give the person an address most likely is: the one confirmed or linked last."""
    return s.exec(_HOLDER, params={"address": address.id}).first()


def holders(s: Session, address: Address) -> list[Person]:
    """Give everybody an address may be."""
    return list(
        s.exec(
            select(Person)
            .join(Link, col(Link.person_id) == col(Person.id))
            .where(Link.address_id == address.id, col(Link.trust) != Trust.DISPROVED)
            .order_by(col(Person.id))
        )
    )


def disproved(s: Session, address: Address) -> bool:
    """Tell whether an address was found not to be somebody's."""
    here = Link.address_id == address.id, Link.trust == Trust.DISPROVED
    return s.exec(select(Link.id).where(*here).limit(1)).first() is not None


def addresses_of(s: Session, person: Person) -> list[Address]:
    """Give a person's addresses, the one to write to first. Also those that cannot be used now.

    Those come last of which it is in doubt whether they are still this person's.
    """
    found = s.exec(_THEIRS, params={"person": person.id}).all()
    sure = in_order(address for address, doubted_at in found if doubted_at is None)
    return sure + in_order(address for address, doubted_at in found if doubted_at is not None)


def in_order(addresses: Iterable[Address]) -> list[Address]:
    """Sort addresses, the one to write to first: where they wrote last, then as we prefer."""
    return sorted(
        addresses,
        key=lambda one: (
            NEVER - (one.last_heard_at or NEVER),
            PREFERRED.index(one.via),
            one.id or 0,
        ),
    )


def usable(address: Address) -> bool:
    """Tell whether an address may be written to."""
    return address.blocked_at is None and address.unsafe_at is None and address.bad_at is None


def usable_by(s: Session, person: Person) -> list[Address]:
    """Give the addresses somebody may be written to at, the first to write to first."""
    return [one for one in addresses_of(s, person) if usable(one)]


def best_address(s: Session, person: Person) -> Address | None:
    """Choose where to write to somebody: where they last wrote to us, among what may be used."""
    return best_of(addresses_of(s, person))


def best_of(addresses: Iterable[Address]) -> Address | None:
    """Choose the first address that may be used."""
    return next((one for one in addresses if usable(one)), None)


def last_heard(s: Session, person_id: int) -> Heard | None:
    """Give the newest message of somebody."""
    return s.exec(
        select(Heard).where(Heard.person_id == person_id).order_by(col(Heard.id).desc())
    ).first()


def _here(keys: Keys, via: Via, wire: str) -> dict[str, Any]:
    return {"via": via, "lookup": keys.lookup(via.value, canonical(via, wire))}
