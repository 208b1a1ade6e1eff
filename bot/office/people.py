"""People: finding who wrote, writing down who they are, and sparing them."""

from datetime import datetime

from sqlmodel import Session

from bot.office.reach.addresses import Known, best_address, disproved, keep, known, link, wrote
from bot.office.reach.consent import (
    block,
    disprove,
    hush,
    never_here,
    start_again,
    stop,
    unblock,
)
from bot.office.reach.freezing import freeze, in_danger
from bot.office.reach.invites import give_up_unknown, invite, redeem
from bot.office.reach.numbers import canonical, reachable, sendable
from bot.office.refusal import Refusal
from bot.vault import trail
from bot.vault.keys import Keys
from models.person import Address, Person, Role, Trust, Via
from models.text import _

__all__ = [
    "add_address",
    "best_address",
    "block",
    "canonical",
    "disprove",
    "enrol",
    "find",
    "freeze",
    "hush",
    "in_danger",
    "invite",
    "meet",
    "never_here",
    "recognise",
    "redeem",
    "start_again",
    "stop",
    "unblock",
    "wrote",
]


def find(s: Session, keys: Keys, via: Via, wire: str) -> tuple[Person, Address] | None:
    """Give the person an address most likely is, in whatever form it is written."""
    found = known(s, keys, via, wire)
    return None if found is None else found[:2]


def meet(
    s: Session, keys: Keys, via: Via, wire: str, name_hint: str, now: datetime
) -> tuple[Person, Address]:
    """Give whoever wrote from an address: somebody we know, or a new unknown person."""
    return recognise(s, keys, via, wire, name_hint, now)[:2]


def recognise(s: Session, keys: Keys, via: Via, wire: str, name_hint: str, now: datetime) -> Known:
    """Give whoever wrote, as `meet` does, and since when it is in doubt that it is still they.

    The address is kept as the provider writes it today, because answers must go to just that. What
    they call themselves there is no record of ours where we had taken them for somebody else.
    """
    found = known(s, keys, via, wire)
    person, address, doubted_at = found or (None, keep(s, keys, via, wire, now), None)
    if address.wire != sendable(wire):
        address.wire = sendable(wire)
        s.add(address)
    if person is None:
        hint = "" if disproved(s, address) else name_hint
        person = Person(name=hint, created_at=now)
        s.add(person)
        s.flush()
        link(s, person, address, Trust.CLAIMED, now)
        trail.note(s, actor=trail.BOT, act="person.met", object=f"person:{person.id}", now=now)
    return Known(person, address, doubted_at)


def enrol(
    s: Session,
    keys: Keys,
    *,
    name: str,
    role: Role,
    via: Via | None = None,
    wire: str = "",
    now: datetime,
    country: str,
    language: str,
    zone: str,
    actor: str,
) -> Person:
    """Write somebody down, with an address or to be invited later."""
    person = Person(
        name=name, role=role, country=country, language=language, zone=zone, created_at=now
    )
    s.add(person)
    s.flush()
    trail.note(s, actor=actor, act="person.added", object=f"person:{person.id}", now=now)
    if via is not None:
        add_address(s, keys, person, via, wire, now, actor)
    return person


def add_address(
    s: Session, keys: Keys, person: Person, via: Via, wire: str, now: datetime, actor: str
) -> Address:
    """Write down where somebody is reached, as staff know it. Refuses what is no address."""
    if not reachable(via, wire):
        raise Refusal(
            _("A phone number begins with + and its country; a Telegram user is a number.")
        )
    address = keep(s, keys, via, wire, now)
    give_up_unknown(s, address, person, now)
    link(s, person, address, Trust.ENROLLED, now)
    trail.note(
        s,
        actor=actor,
        act="address.added",
        object=f"person:{person.id}",
        detail=via.value,
        now=now,
    )
    return address
