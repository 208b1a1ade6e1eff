"""Whom the bot may write to of its own accord, and why not the others."""

from collections.abc import Callable, Collection, Sequence

from sqlmodel import Session, col, select

from bot.office.reach.addresses import addresses_of, usable
from bot.office.refusal import Refusal
from bot.office.who.noticing import all_doubted
from bot.tongues import TONGUES
from models.broadcast import Exclusion
from models.person import Address, Lockout, Person, Role
from models.text import Text, _

LANGUAGES = frozenset(code for code, tongue in TONGUES.items() if tongue.complete)
"""Those we have all our words in."""


def exclusion(person: Person, addresses: Sequence[Address]) -> Exclusion:
    """Say why somebody is not written to, or `NONE`."""
    if person.lockout is not Lockout.NONE:
        return Exclusion.LOCKED_OUT
    if person.frozen_at is not None:
        return Exclusion.FROZEN
    if person.stopped_at is not None:
        return Exclusion.STOPPED
    if not addresses:
        return Exclusion.NO_ADDRESS
    if not any(usable(one) for one in addresses):
        return Exclusion.BLOCKED
    return Exclusion.NONE if person.language in LANGUAGES else Exclusion.NO_TRANSLATION


def reason(person: Person, why: Exclusion) -> Text:
    """Say why somebody is not written to, to staff."""
    match why:
        case Exclusion.NONE:
            return _("{name} can be written to.", name=person.name)
        case Exclusion.LOCKED_OUT:
            return _("{name} may only be reached by a human, by other means.", name=person.name)
        case Exclusion.FROZEN:
            return _("Messages to {name} are frozen.", name=person.name)
        case Exclusion.STOPPED:
            return _("{name} has asked for no more messages.", name=person.name)
        case Exclusion.NO_ADDRESS:
            return _("{name} has no address to write to.", name=person.name)
        case Exclusion.BLOCKED:
            return _("{name} cannot be written to at any known address.", name=person.name)
        case Exclusion.NO_TRANSLATION:
            return _("There are no words yet in the language of {name}.", name=person.name)
        case Exclusion.ON_LEAVE:
            return _("{name} is away these days.", name=person.name)
        case Exclusion.COVERED:
            return _("{name} is not needed any more: enough had said yes.", name=person.name)


def choose_defenders(s: Session, person_ids: Collection[int]) -> list[Person]:
    """Load Defenders who can be written to; else a `Refusal` that says of each why not."""
    return _choose(
        s, person_ids, {Role.DEFENDER}, lambda name: _("{name} is not a Defender.", name=name)
    )


def choose_parent(s: Session, person_id: int) -> Person:
    """Load a possible parent who can be written to; else a `Refusal` that says why not."""
    return _choose(
        s,
        [person_id],
        {Role.PARENT, Role.UNKNOWN},
        lambda name: _("{name} is not a possible parent.", name=name),
    )[0]


def _choose(
    s: Session, person_ids: Collection[int], roles: Collection[Role], other: Callable[[str], Text]
) -> list[Person]:
    people = list(
        s.exec(select(Person).where(col(Person.id).in_(person_ids)).order_by(col(Person.id)))
    )
    reasons = [_("Somebody chosen is not in the record any more.")] * (
        len(set(person_ids)) > len(people)
    )
    for person in people:
        why = exclusion(person, addresses_of(s, person))
        if person.role not in roles:
            reasons.append(other(person.name))
        elif why is not Exclusion.NONE:
            reasons.append(reason(person, why))
        elif all_doubted(s, person):
            reasons.append(
                _(
                    "It is in doubt whether {name} is still reached at any known address. Ask "
                    "first, and say on the page of the person what you found.",
                    name=person.name,
                )
            )
    if reasons:
        raise Refusal(*reasons)
    return people
