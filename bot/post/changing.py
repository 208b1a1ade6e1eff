"""Changing numbers: what a message tells about an address before it is answered.

Two ids in one request are one sender's. All else is only noticed: a human decides who is who.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from bot.office import people, tasks
from bot.office.reach import addresses, proof
from bot.office.reach.addresses import Known
from bot.office.reach.numbers import kind
from bot.office.refusal import Refusal
from bot.office.who import doubts, holding, links, noticing, regrouping
from bot.post import needs
from bot.post.arrival import Arrival
from bot.post.routes import Adopt, Closed, Files, Open, Quiet, Repeat, Reply, Route, Which
from bot.post.screen import Screen
from bot.vault import trail
from bot.vault.keys import Keys
from channels.base import Inbound, Moved
from handlers import always
from models.conversation import Talked
from models.person import Address, Doubt, Kind, Link, Person, Trust, Via
from models.regrouping import RegroupingKind
from models.task import TaskKind


def sender(s: Session, keys: Keys, inbound: Inbound, at: datetime, now: datetime) -> Known:
    """Say who wrote, and whether that is in doubt by now. Call it before the message is kept.

    Where a number and an id came together, either finds whom the other is known to be.
    """
    via = Via(inbound.channel)
    if inbound.also:
        _meet_by_the_other(s, keys, via, inbound, now)
    found = people.recognise(s, keys, via, inbound.sender, inbound.profile_name, now)
    person, address, doubted_at = found
    if inbound.also:
        other = addresses.keep(s, keys, via, inbound.also, now)
        if _beside(s, person, address, other, now):
            doubted_at = now
    if doubted_at is None and noticing.heard(s, person, address, at, now):
        doubted_at = now
    return Known(person, address, doubted_at)


def put_aside(
    s: Session, screen: Screen, arrival: Arrival, route: Route, talks: Sequence[Talked]
) -> bool:
    """Leave what is about a case to a human, where it may be somebody else who writes.

    They hear once that a human will write. False where it is about no case, and where those who
    work for us are asked to show who they are.
    """
    if arrival.person.role in proof.WHO:
        return False
    cases = {one.id for one in talks if one.case_id is not None}
    match route:
        case Reply(thread) | Open(thread) | Repeat(thread) | Closed(thread) | Adopt(thread):
            about = thread in cases
        case Files(thread, among):
            about = thread in cases or not cases.isdisjoint(among)
        case Which(threads):
            about = not cases.isdisjoint(threads)
        case _:
            about = False
    if not about:
        return False
    person, address, now = arrival.person, arrival.address, arrival.now
    task, new = needs.ask(s, arrival, "doubted", Quiet("doubted").told)
    if new:
        when = tasks.promise(s, task, person, address, now)
        screen.tell(s, person, [always.a_person_will_write(when)], arrival.cause(), now)
    return True


def moved(s: Session, keys: Keys, event: Moved, now: datetime) -> None:
    """WhatsApp says that somebody has another number: doubt the old one, propose the new one."""
    found = people.find(s, keys, Via(event.channel), event.sender)
    if found is None:
        return
    person, address = found
    link = links.of(s, person.id or 0, address.id or 0)
    if link is not None:
        doubts.doubt(s, link, Doubt.MOVED, now)
    if not event.to:
        return
    new = addresses.keep(s, keys, Via(event.channel), event.to, now)
    if new.id == address.id:
        return
    _propose(
        s,
        RegroupingKind.CHANGE,
        person,
        None,
        address,
        new,
        "WhatsApp says that this person has another number now.",
        f"change:{person.id}:{address.id}:{new.id}",
        now,
    )


def _meet_by_the_other(s: Session, keys: Keys, via: Via, inbound: Inbound, now: datetime) -> None:
    """Link an address that is new to whoever is known by what came beside it."""
    if people.find(s, keys, via, inbound.sender) is not None:
        return
    known = addresses.known(s, keys, via, inbound.also)
    if known is None:
        return
    address = addresses.keep(s, keys, via, inbound.sender, now)
    _link(s, known.person, address, known.address, now)
    _pair(s, address, known.address)


def _beside(s: Session, person: Person, address: Address, other: Address, now: datetime) -> bool:
    """Keep that two addresses are one sender's. True where it puts in doubt who that is."""
    holders = addresses.holders(s, other)
    if person.id in {one.id for one in holders}:
        _pair(s, address, other)
        return False
    number = address if kind(address.via, address.wire) is Kind.PHONE else other
    another = other if number is address else address
    before = s.exec(
        select(Address.id).where(Address.beside == number.id, Address.id != another.id)
    ).first()
    _pair(s, address, other)
    if before is None:
        for one in holders:
            _one_sender(s, person, one, now)
        if not holders:
            _link(s, person, other, address, now)
        return False
    # WhatsApp knew this number under another id: it may be somebody else's by now.
    old = links.of(s, person.id or 0, number.id or 0)
    found = [
        one for one in (old, None if holders else _link(s, person, other, address, now)) if one
    ]
    for link in found:
        doubts.doubt(s, link, Doubt.NEW_ID, now)
    for holder in holders:
        why = "A number that was one person's comes with the WhatsApp id of another."
        cause = f"move:{person.id}:{holder.id}:{number.id}"
        _propose(s, RegroupingKind.MOVE, person, holder, number, None, why, cause, now)
    return True


def _one_sender(s: Session, person: Person, other: Person, now: datetime) -> None:
    """Two in the record write from one account: propose that they are one. A stop is both's."""
    holding.carry_stop(s, person, other, now)
    holding.carry_stop(s, other, person, now)
    goes, stays = sorted((person, other), key=lambda one: (one.role.value != "unknown", one.id))
    _propose(
        s,
        RegroupingKind.JOIN,
        goes,
        stays,
        None,
        None,
        "One WhatsApp account stands in the record as two people.",
        f"join:{goes.id}:{stays.id}",
        now,
    )


def _propose(
    s: Session,
    what: RegroupingKind,
    person: Person,
    other: Person | None,
    address: Address | None,
    new: Address | None,
    why: str,
    cause: str,
    now: datetime,
) -> None:
    try:
        regrouping.propose(
            s,
            kind=what,
            person=person,
            other=other,
            address=address,
            new_address=new,
            why=why,
            cause=cause,
            now=now,
            actor=trail.BOT,
        )
    except Refusal:
        # Two who cannot be joined, such as a Defender and a parent: a human looks all the same.
        tasks.need(
            s,
            kind=TaskKind.DOUBT,
            cause=cause,
            now=now,
            person_id=person.id,
            detail=f"{why} The other is person {other.id if other else 0}.",
        )


def _link(s: Session, person: Person, address: Address, like: Address, now: datetime) -> Link:
    """Link an address as far as the one beside it is known to be this person's."""
    known = links.of(s, person.id or 0, like.id or 0)
    trust = known.trust if known is not None else Trust.CLAIMED
    made = addresses.link(s, person, address, trust, now)
    if known is not None:
        made.shared, made.quiet, made.note = known.shared, known.quiet, known.note
        made.doubt, made.doubted_at = known.doubt, known.doubted_at
        s.add(made)
    whose = f"person:{person.id}"
    told = f"address {address.id} beside {like.id}"
    trail.note(s, actor=trail.BOT, act="address.beside", object=whose, detail=told, now=now)
    return made


def _pair(s: Session, one: Address, other: Address) -> None:
    """Keep which number an id came with."""
    hidden, number = one, other
    if kind(one.via, one.wire) is Kind.PHONE:
        hidden, number = other, one
    if hidden.beside != number.id:
        hidden.beside = number.id
        s.add(hidden)
