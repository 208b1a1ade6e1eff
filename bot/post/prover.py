"""Asking somebody who they are, at one address, and what they answer.

No PIN goes further than this: what was written is held against the record, and only the verdict
becomes part of the conversation.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from bot.office import talks
from bot.office.reach import proof
from bot.office.reach.proof import Place
from bot.post.arrival import Arrival
from bot.post.memory import remember
from bot.post.screen import Cause, Screen
from bot.world import World
from handlers import pin
from handlers.proving import Verdict, code_words, forgot, wants_code
from models.conversation import ConversationState, Talked
from models.facts import PinGiven, ProvingGiven
from models.outbox import Weight
from models.person import Address, Person

VERDICTS = {
    proof.Verdict.RIGHT: Verdict.RIGHT,
    proof.Verdict.WRONG: Verdict.WRONG,
    proof.Verdict.WAIT: Verdict.WAIT,
}


def asked(s: Session, person: Person, address: Address, name: str) -> Talked | None:
    """Give what asks somebody for a PIN at one address, if anything does now."""
    for talked in talks.open_for(s, person.id or 0):
        if talked.name == name and talked.state is ConversationState.ASKING:
            given = remember(talked).given
            if isinstance(given, ProvingGiven | PinGiven) and given.address == address.id:
                return talked
    return None


def ask(
    s: Session,
    world: World,
    person: Person,
    address: Address,
    found: Sequence[Place],
    key: str,
    now: datetime,
) -> None:
    """Ask somebody to show who they are here. Asked already, they are not asked again.

    Who has neither PIN nor another proved channel is told that a human makes sure, and staff are.
    """
    if asked(s, person, address, "proving") is not None:
        return
    knows = proof.has_pin(s, person)
    elsewhere = proof.others(person, found, address, now)
    if not knows and not elsewhere:
        new = proof.call_staff(
            s, person, address, "who", "cannot show who they are at a new or quiet address", now
        )
        if not new:
            return  # told today
    elif not knows:
        _send_code(s, world, person, address, elsewhere, key, now)
    given = ProvingGiven(address.id or 0, pin=knows, code=bool(elsewhere))
    _begin(s, world, "proving", given, person, Cause(key, address, Weight.REPLY), now)


def ask_pin(s: Session, world: World, arrival: Arrival, person: Person) -> None:
    """Ask somebody to choose a PIN, where they write from now."""
    if asked(s, person, arrival.address, "pin") is None:
        given = PinGiven(arrival.address.id or 0)
        cause = Cause(f"{arrival.key}.pin", arrival.address)
        _begin(s, world, "pin", given, person, cause, arrival.now)


def choose(s: Session, world: World, arrival: Arrival, talked: Talked, digits: str) -> None:
    """Keep the PIN that somebody chose, or ask for a better one."""
    if len(digits) == proof.CODE_DIGITS:
        answer = pin.CODE  # it may be meant for another phone, and whoever sent it knows it
    else:
        kept = proof.keep_pin(s, arrival.person, digits, arrival.now)
        answer = pin.KEPT if kept else pin.EASY
    Screen(world).answer(s, talked, {"words": answer}, arrival.cause(), arrival.now)


def answer(s: Session, world: World, arrival: Arrival, talked: Talked, digits: str) -> bool:
    """Take what somebody wrote for their answer. True when they have shown who they are."""
    verdict = _verdict(s, world, arrival, digits)
    Screen(world).answer(s, talked, {"words": verdict.value}, arrival.cause(), arrival.now)
    return verdict is Verdict.RIGHT


def _verdict(s: Session, world: World, arrival: Arrival, digits: str) -> Verdict:
    person, address, now = arrival.person, arrival.address, arrival.now
    if digits:
        return VERDICTS[proof.attempt(s, world.keys, person, address, digits, now)]
    text = arrival.inbound.text
    elsewhere = proof.others(person, proof.places(s, person), address, now)
    if elsewhere and (wants_code(text) or forgot(text)):
        _send_code(s, world, person, address, elsewhere, arrival.key, now)
        return Verdict.CODE
    if wants_code(text) or forgot(text):
        proof.call_staff(s, person, address, "pin", "does not know their PIN any more", now)
        return Verdict.PERSON
    return Verdict.OTHER


def _send_code(
    s: Session,
    world: World,
    person: Person,
    address: Address,
    elsewhere: Sequence[Address],
    key: str,
    now: datetime,
) -> None:
    code = proof.new_code(s, world.keys, person, address, now)
    if code:
        cause = Cause(f"{key}.code", elsewhere[0], Weight.REPLY)
        Screen(world).tell(s, person, [code_words(code)], cause, now)


def _begin(
    s: Session,
    world: World,
    name: str,
    given: object,
    person: Person,
    cause: Cause,
    now: datetime,
) -> None:
    talked = talks.start(
        s, name=name, given=given, person_id=person.id or 0, case_id=None, code="", now=now
    )
    Screen(world).show(s, talked, cause, now)
