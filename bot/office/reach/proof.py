"""What shows that an address is somebody's: a number is where people are reached, not who they are.

Whoever works for the network hears of a case only where they have shown who they are. What staff
wrote down counts until somebody has answered as that person from another address. Silence and
trouble with deliveries take a proof away: the number may be another's by now.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, col, select

from bot.office import tasks
from bot.office.once import once
from bot.office.reach.addresses import in_order, usable
from bot.vault import trail
from bot.vault.keys import Keys
from models.person import Address, Doubt, Link, Person, Role, Trust
from models.proof import How, Pin, Proof
from models.task import TaskKind
from models.text import _

WHO = frozenset({Role.DEFENDER, Role.LAWYER, Role.STAFF})
"""Who hears of cases. Families never do by a machine, and strangers are told nothing."""

SHOWN = _("Whoever writes there has shown who they are.")
SILENCE = timedelta(days=30)
CODE_LIFE = timedelta(minutes=10)
CODE_DIGITS = 6
SHORTEST, LONGEST = 4, 8  # digits of a PIN
FREE_TRIES = 2  # before each further one has to wait
WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
TOO_MANY = 5  # tries that failed, after which staff look

# Checked inside a turn, so a fifth of what a console password costs: few digits are guarded by the
# seal on the hash and by the waits, not by the time a guess takes.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Verdict(Enum):
    """What became of a try."""

    RIGHT = "right"
    WRONG = "wrong"
    WAIT = "wait"  # it was not looked at: too many have failed


@dataclass(frozen=True)
class Place:
    """Where somebody is reached, and what is known of them there."""

    address: Address
    vouched: bool  # staff wrote it down, or an invite was used there
    proof: Proof | None


# Asked before every word of a case, so built once.
_PLACES = (
    select(Address, Link, Proof)
    .join(Link, col(Link.address_id) == col(Address.id))
    .outerjoin(
        Proof,
        sa.and_(
            col(Proof.address_id) == col(Address.id), col(Proof.person_id) == col(Link.person_id)
        ),
    )
    .where(col(Link.person_id) == sa.bindparam("person"), col(Link.trust) != Trust.DISPROVED)
)


def places(s: Session, person: Person) -> list[Place]:
    """Give everywhere somebody is reached."""
    found = s.exec(_PLACES, params={"person": person.id})
    return [Place(one, link.trust is Trust.ENROLLED, proof) for one, link, proof in found]


def proved(person: Person, found: Sequence[Place], address: Address, now: datetime) -> bool:
    """Tell whether words of a case may go to somebody at one of their addresses."""
    if person.role not in WHO:
        return True
    here = next((one for one in found if one.address.id == address.id), None)
    if here is None:
        return False
    if here.proof is not None and (here.proof.proved_at or here.proof.doubted_at):
        since, heard = here.proof.proved_at, here.address.last_heard_at
        return (
            since is not None
            and here.proof.doubted_at is None
            and (heard is None or now - max(since, heard) < SILENCE)
        )
    elsewhere = any(one.proof is not None and one.proof.proved_at for one in found)
    return here.vouched and not elsewhere and not is_silent(here.address, now)


def is_silent(address: Address, now: datetime) -> bool:
    """Tell whether nothing was heard from an address for long, of which something was once."""
    return address.last_heard_at is not None and now - address.last_heard_at >= SILENCE


def others(
    person: Person, found: Sequence[Place], address: Address, now: datetime
) -> list[Address]:
    """Give where else somebody has shown who they are, and may be written to, the best first."""
    return in_order(
        one.address
        for one in found
        if one.address.id != address.id
        and usable(one.address)
        and one.proof is not None
        and proved(person, found, one.address, now)
    )


def prove(s: Session, person: Person, address: Address, how: How, now: datetime, by: str) -> None:
    """Keep that somebody has shown who they are. It ends a doubt, and the task that asked.

    Where somebody said that it is not them, only a human ends it.
    """
    link = _link(s, person, address)
    if how is not How.STAFF and link is not None and link.doubt is Doubt.DENIED:
        return
    kept = _row(s, person, address, now)
    kept.how, kept.proved_at, kept.doubted_at = how, now, None
    kept.tries, kept.waits_until, kept.code_hash, kept.code_until = 0, None, "", None
    s.add(kept)
    if link is not None and link.trust is not Trust.DISPROVED:
        if link.doubted_at is not None:
            tasks.settle(s, cause_of_doubt(link), None, SHOWN.source, now, by)
        link.doubt, link.doubted_at, link.confirmed_at = Doubt.NONE, None, now
        s.add(link)
    s.flush()
    trail.note(
        s,
        actor=by,
        act="address.proved",
        object=f"person:{person.id}",
        detail=f"{address.via.value} {how.value}",
        now=now,
    )


def doubt(s: Session, person: Person, address: Address, now: datetime, by: str) -> None:
    """Take a proof away: from here on, words of a case wait for a new one."""
    kept = _row(s, person, address, now)
    if kept.doubted_at is not None:
        return
    kept.doubted_at = now
    s.add(kept)
    s.flush()
    trail.note(
        s,
        actor=by,
        act="address.doubted",
        object=f"person:{person.id}",
        detail=address.via.value,
        now=now,
    )


def cause_of_doubt(link: Link) -> str:
    """Name the doubt of a link, so that it has one task."""
    since = f"{link.doubted_at:%Y%m%d%H%M%S}" if link.doubted_at is not None else "never"
    return f"doubt:{link.id}:{since}"


def doubt_all(s: Session, address: Address, now: datetime) -> None:
    """Doubt an address for everybody it may be: something went wrong with it."""
    held = s.exec(
        select(Person)
        .join(Link, col(Link.person_id) == col(Person.id))
        .where(
            Link.address_id == address.id,
            col(Link.trust) != Trust.DISPROVED,
            col(Person.role).in_(WHO),
        )
    )
    for person in held.all():
        doubt(s, person, address, now, trail.BOT)


def attempt(
    s: Session, keys: Keys, person: Person, address: Address, secret: str, now: datetime
) -> Verdict:
    """Hold what somebody wrote against their PIN and against the code that was sent elsewhere."""
    kept = _row(s, person, address, now)
    link = _link(s, person, address)
    denied = link is not None and link.doubt is Doubt.DENIED
    if denied or (kept.waits_until is not None and now < kept.waits_until):
        return Verdict.WAIT
    fresh = kept.code_until is not None and now < kept.code_until
    if fresh and secrets.compare_digest(kept.code_hash, _code_hash(keys, kept, secret)):
        prove(s, person, address, How.CODE, now, trail.by_person(person.id))
        return Verdict.RIGHT
    if fits(s, person, secret):
        prove(s, person, address, How.PIN, now, trail.by_person(person.id))
        return Verdict.RIGHT
    kept.tries += 1
    if kept.tries > FREE_TRIES:
        kept.waits_until = now + WAITS[min(kept.tries - FREE_TRIES, len(WAITS)) - 1]
    s.add(kept)
    s.flush()
    if kept.tries == TOO_MANY:
        call_staff(s, person, address, "tries", "gave a wrong PIN or code five times", now)
    return Verdict.WRONG


def new_code(s: Session, keys: Keys, person: Person, address: Address, now: datetime) -> str:
    """Make a one-time code that proves this address. Nothing while one is under way already."""
    kept = _row(s, person, address, now)
    if kept.code_until is not None and now < kept.code_until:
        return ""
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    kept.code_hash, kept.code_until = _code_hash(keys, kept, code), now + CODE_LIFE
    s.add(kept)
    s.flush()
    return code


def has_pin(s: Session, person: Person) -> bool:
    """Tell whether somebody has chosen a PIN."""
    return _pin(s, person) is not None


def fits(s: Session, person: Person, digits: str) -> bool:
    """Tell whether these are somebody's PIN."""
    kept = _pin(s, person)
    try:
        return kept is not None and _HASHER.verify(kept.hash, digits)
    except (VerificationError, InvalidHashError):  # or it was destroyed with all that was theirs
        return False


def keep_pin(s: Session, person: Person, digits: str, now: datetime) -> bool:
    """Keep the PIN somebody chose. False when it is too short, too long or soon guessed.

    None is as long as a code: a code that is typed on the wrong phone never becomes a PIN.
    """
    fits_none = len(digits) == CODE_DIGITS or not SHORTEST <= len(digits) <= LONGEST
    if fits_none or trivial(digits):
        return False
    kept = _pin(s, person) or Pin(person_id=person.id or 0, set_at=now)
    kept.hash, kept.set_at = _HASHER.hash(digits), now
    s.add(kept)
    s.flush()
    by = trail.by_person(person.id)
    trail.note(s, actor=by, act="pin.kept", object=f"person:{person.id}", now=now)
    return True


def forget_pin(s: Session, person: Person, now: datetime, by: str) -> None:
    """Drop somebody's PIN, so that they choose another one."""
    kept = _pin(s, person)
    if kept is None:
        return
    s.delete(kept)
    s.flush()
    trail.note(s, actor=by, act="pin.forgotten", object=f"person:{person.id}", now=now)


def trivial(digits: str) -> bool:
    """Tell whether a PIN is among the first that somebody would try."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    halves = digits[: len(digits) // 2] * 2 == digits
    year = len(digits) == SHORTEST and digits[:2] in {"19", "20"}
    return steps in ({0}, {1}, {9}) or halves or year


def call_staff(
    s: Session, person: Person, address: Address, what: str, why: str, now: datetime
) -> bool:
    """Ask staff to make sure who somebody is. True when nobody was asked for this today."""
    task = tasks.need(
        s,
        kind=TaskKind.PERSON_WANTED,
        cause=f"proof:{what}:{person.id}:{address.id}:{now:%Y-%m-%d}",
        now=now,
        due_hours=4,
        person_id=person.id,
        detail=f"{person.name or 'Somebody'} {why}. Call them on a number you know, then confirm "
        "the address on their page.",
    )
    return task.created_at == now


def _link(s: Session, person: Person, address: Address) -> Link | None:
    return s.exec(
        select(Link).where(Link.person_id == person.id, Link.address_id == address.id)
    ).first()


def _row(s: Session, person: Person, address: Address, now: datetime) -> Proof:
    found, _made = once(
        s,
        lambda: s.exec(
            select(Proof).where(Proof.person_id == person.id, Proof.address_id == address.id)
        ).first(),
        lambda: Proof(person_id=person.id or 0, address_id=address.id or 0, created_at=now),
    )
    return found


def _pin(s: Session, person: Person) -> Pin | None:
    return s.exec(select(Pin).where(Pin.person_id == person.id)).first()


def _code_hash(keys: Keys, kept: Proof, code: str) -> str:
    # Bound to its address: a code for one opens no other.
    return keys.token_hash(f"proof:{kept.person_id}:{kept.address_id}:{code}")
