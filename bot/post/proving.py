"""The place in the turn where somebody shows who they are, before anything of a case is said."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session, col, select

from bot.office.reach import proof
from bot.post import holding, prover, telling
from bot.post.arrival import Arrival, Entry
from bot.post.files import announce
from bot.post.routes import (
    Danger,
    Quiet,
    Reply,
    Route,
    Start,
    Stop,
    Thread,
    Want,
    Wish,
    WrongPerson,
)
from bot.vault import trail
from bot.world import World
from channels.base import Inbound
from handlers.proving import hidden, secret, wants_pin
from handlers.repertoire import REPERTOIRE
from models.conversation import ConversationState, Talked
from models.inbox import Heard, Inbox
from models.person import Address, Person
from models.proof import How, Unproved

SAFE = (Stop, Start, Danger, Quiet, WrongPerson)  # routes that say nothing of a case
WISHES = frozenset({Wish.HELP, Wish.PERSON, Wish.WHO_ARE_YOU, Wish.LANGUAGE})

_DIGITS = re.compile(r"\d")
Again = Callable[[Session, Arrival], None]


def veiled(
    inbound: Inbound, address: Address, talks: Sequence[tuple[Talked, bool]]
) -> tuple[Inbound, str]:
    """Give a message as it may be kept and shown, and the PIN or code that was in it."""
    if not _DIGITS.search(inbound.text):
        return inbound, ""
    asked = any(
        one.state is ConversationState.ASKING
        and _aside(one.name)
        and not unseen
        and json.loads(one.given).get("address") == address.id
        for one, unseen in talks
    )
    digits = secret(inbound.text, asked=asked)
    return (
        (replace(inbound, text=hidden(inbound.text, digits)), digits) if digits else (inbound, "")
    )


def routed(threads: Sequence[Thread]) -> list[Thread]:
    """Give the conversations that a message may answer: not those that ask who writes."""
    return [one for one in threads if not _aside(one.name)]


def _aside(name: str) -> bool:
    entry = REPERTOIRE.get(name)
    return entry is not None and entry.aside


class Proving:
    """Stands before the acts of a turn. All inside the caller's transaction."""

    def __init__(self, world: World) -> None:
        self._world = world

    def lapse(self, s: Session, person: Person, address: Address, now: datetime) -> None:
        """Doubt an address from which nothing was heard for long, before what comes now counts."""
        if person.role in proof.WHO and proof.is_silent(address, now):
            proof.doubt(s, person, address, now, trail.BOT)

    def keeps(self, s: Session, arrival: Arrival, route: Route, digits: str, again: Again) -> bool:
        """Take a message that answers who writes, or that has to wait for it. False: it may act."""
        person, address, now = arrival.person, arrival.address, arrival.now
        if person.role not in proof.WHO or isinstance(route, Stop | Start | Danger | WrongPerson):
            return False
        if isinstance(route, Quiet) and route.why != "held":
            return False
        if self._answered(s, arrival, digits, again):
            return True
        if self._safe(s, arrival, route):
            return False
        found = proof.places(s, person)
        if proof.proved(person, found, address, now):
            here = next(one for one in found if one.address.id == address.id)
            if here.proof is None or here.proof.proved_at is None:
                proof.prove(s, person, address, How.STAFF, now, trail.BOT)
            if wants_pin(arrival.inbound.text):
                prover.ask_pin(s, self._world, arrival, person)
                return True
            return False
        self._wait(s, arrival)
        talked = prover.asked(s, person, address, "proving")
        if talked is None:
            prover.ask(s, self._world, person, address, found, arrival.key, now)
        elif arrival.inbound.text:
            prover.answer(s, self._world, arrival, talked, "")
        return True

    def entered(self, s: Session, arrival: Arrival, again: Again) -> None:
        """Let go what waited at an address, where an invite has just shown whose it is."""
        person = s.get_one(Person, arrival.heard.person_id)
        if person.role in proof.WHO:
            found = proof.places(s, person)
            if proof.proved(person, found, arrival.address, arrival.now):
                self.admit(s, person, arrival.address, arrival.now, again)

    def admit(
        self, s: Session, person: Person, address: Address, now: datetime, again: Again
    ) -> None:
        """Let go what waited for a proof, and let what was written meanwhile take its effect."""
        holding.release(s, person, address, now)
        waiting = s.exec(
            select(Unproved)
            .where(Unproved.person_id == person.id, Unproved.address_id == address.id)
            .order_by(col(Unproved.id))
        ).all()
        for one in waiting:
            s.delete(one)
        s.flush()
        for one in waiting:
            arrival = self._arrival(s, one, person, address, now)
            if arrival is not None:
                again(s, arrival)

    def _answered(self, s: Session, arrival: Arrival, digits: str, again: Again) -> bool:
        person, address = arrival.person, arrival.address
        if not digits:
            return telling.answered(s, self._world, arrival)
        talked = prover.asked(s, person, address, "proving")
        if talked is not None:
            if prover.answer(s, self._world, arrival, talked, digits):
                self.admit(s, person, address, arrival.now, again)
            return True
        choosing = prover.asked(s, person, address, "pin")
        if choosing is None:
            return False
        found = proof.places(s, person)
        if not proof.proved(person, found, address, arrival.now):
            return False
        prover.choose(s, self._world, arrival, choosing, digits)
        return True

    @staticmethod
    def _safe(s: Session, arrival: Arrival, route: Route) -> bool:
        match route:
            case Want(Wish.READ):
                return arrival.waited
            case Want(wish):
                return wish in WISHES
            case Reply(thread):
                entry = REPERTOIRE.get(s.get_one(Talked, thread).name)
                return entry is not None and entry.neutral
            case _:
                return isinstance(route, SAFE)

    @staticmethod
    def _wait(s: Session, arrival: Arrival) -> None:
        """Keep a message until its writer is known. Its files are fetched meanwhile."""
        if arrival.inbound.attachments:
            announce(s, arrival, None)
        s.add(
            Unproved(
                person_id=arrival.person.id or 0,
                address_id=arrival.address.id or 0,
                heard_id=arrival.heard.id,
                inbox_id=arrival.heard.inbox_id,
                number=int(arrival.key.rpartition(".")[2]),
                created_at=arrival.now,
            )
        )
        s.flush()

    def _arrival(
        self, s: Session, one: Unproved, person: Person, address: Address, now: datetime
    ) -> Arrival | None:
        """Read a message again that waited."""
        row, heard = s.get_one(Inbox, one.inbox_id), s.get_one(Heard, one.heard_id)
        channel = self._world.channels.get(row.channel)
        events = channel.read(row.raw) if channel is not None else []
        event = events[one.number] if one.number < len(events) else None
        if not isinstance(event, Inbound):
            return None
        entry = Entry(heard.id or 0, row.id or 0, row.received_at, person.id or 0)
        return Arrival(person, address, entry, event, f"in{row.id}.{one.number}.proved", now)
