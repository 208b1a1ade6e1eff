"""What people allowed and forbade, and what follows from it at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from bot.office import talks, tasks
from bot.office.reach import proof
from bot.office.reach.addresses import best_address, holders
from bot.office.unsent import cancel_messages
from bot.office.work.offers import held_cases, let_go
from bot.vault import trail
from models.consent import ConsentEvent, ConsentKind
from models.outbox import Outbox
from models.person import Address, Link, Person, Trust, Via
from models.task import TaskKind

RULE = "2026-11"  # the version of the words that mean stop and start
UNMISSED = {"offer", "ping"}  # conversations whose end needs nobody to go on


def hush(s: Session, person: Person, now: datetime) -> bool:
    """Write no more to somebody from this moment, on any channel. True when it is new."""
    if person.stopped_at is not None:
        return False
    person.stopped_at = now
    s.add(person)
    s.flush()
    cancel_messages(s, col(Outbox.person_id) == person.id, now)
    return True


def stop(
    s: Session,
    person: Person,
    address: Address,
    via: Via,
    words: str,
    inbox_id: int | None,
    now: datetime,
    *,
    since: datetime | None = None,
    hushed: bool = False,
) -> bool:
    """Write no more to somebody, on any channel. True when it is new: then it is confirmed once.

    Only a message of the weight `STOP` may still go out. `since` is when they said so. `hushed`:
    it took effect then; if they have come back in the meantime, it is only written down.
    """
    lifted = hushed and person.stopped_at is None
    new = not lifted and (hush(s, person, since or now) or hushed)
    event = _keep(s, person, address, ConsentKind.STOP, via.value, words, inbox_id, now)
    if lifted:
        return False
    cases = _fall_silent(s, person, now)
    _hand_over(s, person, cases, f"stopped-{event.id}", words, now)
    return new


def start_again(
    s: Session,
    person: Person,
    address: Address,
    via: Via,
    words: str,
    inbox_id: int | None,
    now: datetime,
) -> None:
    """Let somebody be written to again, at their own word. What was cancelled stays cancelled."""
    person.stopped_at = None
    s.add(person)
    _keep(s, person, address, ConsentKind.START, via.value, words, inbox_id, now)


def let_back(s: Session, person: Person, staff_id: int, words: str, now: datetime) -> None:
    """Let somebody be written to again who told a named human that they want it.

    The human has the consent on record. What was cancelled stays cancelled.
    """
    person.stopped_at = None
    s.add(person)
    event = ConsentEvent(
        person_id=person.id or 0,
        kind=ConsentKind.START,
        via="staff",
        words=words,
        staff_id=staff_id,
        rule=RULE,
        at=now,
    )
    s.add(event)
    s.flush()
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act="consent.start",
        object=f"person:{person.id}",
        now=now,
    )


def block(s: Session, address: Address, now: datetime) -> None:
    """Write no more to an address: its holder blocked us there, or the carrier did.

    Somebody who has another address goes on there.
    """
    if address.blocked_at is not None:
        return
    address.blocked_at = now
    s.add(address)
    proof.doubt_all(s, address, now)
    cancel_messages(s, col(Outbox.address_id) == address.id, now)
    for person in holders(s, address):
        event = _keep(s, person, address, ConsentKind.BLOCKED, address.via.value, "", None, now)
        if best_address(s, person) is None:
            cases = _fall_silent(s, person, now)
            _hand_over(s, person, cases, f"blocked-{event.id}", "", now)


def unblock(s: Session, address: Address, now: datetime) -> None:
    """Let an address be written to again, where its holder let us back in."""
    if address.blocked_at is None:
        return
    address.blocked_at = None
    s.add(address)
    for person in holders(s, address):
        _keep(s, person, address, ConsentKind.UNBLOCKED, address.via.value, "", None, now)


def never_here(s: Session, person: Person, address: Address, words: str, now: datetime) -> None:
    """Write no more to an address where somebody said that it is not safe. A human goes on."""
    address.unsafe_at = address.unsafe_at or now
    s.add(address)
    event = _keep(s, person, address, ConsentKind.NOT_HERE, address.via.value, words, None, now)
    cancel_messages(s, col(Outbox.address_id) == address.id, now)
    cases = _fall_silent(s, person, now)
    _hand_over(s, person, cases or [None], f"never-here-{event.id}", words, now)


def disprove(
    s: Session, person: Person, address: Address, inbox_id: int | None, now: datetime
) -> None:
    """Keep that an address is not this person's, and end all talk with them.

    What was said is a stranger's, and may name them: the log of this person tells where it stands,
    and does not repeat it. Whoever read the words asks for a human.
    """
    link = s.exec(
        select(Link).where(Link.person_id == person.id, Link.address_id == address.id)
    ).one()
    link.trust = Trust.DISPROVED
    link.confirmed_at = now
    s.add(link)
    _keep(s, person, address, ConsentKind.NOT_HERE, address.via.value, "", inbox_id, now)
    _fall_silent(s, person, now)


def _keep(
    s: Session,
    person: Person,
    address: Address,
    kind: ConsentKind,
    via: str,
    words: str,
    inbox_id: int | None,
    now: datetime,
) -> ConsentEvent:
    event = ConsentEvent(
        person_id=person.id or 0,
        address_id=address.id,
        kind=kind,
        via=via,
        words=words,
        inbox_id=inbox_id,
        rule=RULE,
        at=now,
    )
    s.add(event)
    s.flush()
    trail.note(
        s,
        actor=trail.by_person(person.id),
        act=f"consent.{kind.value}",
        object=f"address:{address.id}",
        now=now,
    )
    return event


def _fall_silent(s: Session, person: Person, now: datetime) -> list[int]:
    """Cancel what was going to be said to somebody. Gives the cases that now need a human."""
    cancel_messages(s, col(Outbox.person_id) == person.id, now)
    cases = set(held_cases(s, person))
    for talked in talks.open_for(s, person.id or 0):
        talks.cancel(s, talked, now)
        if talked.case_id is not None and talked.name not in UNMISSED:
            cases.add(talked.case_id)
    let_go(s, person, now)
    return sorted(cases)


def _hand_over(
    s: Session,
    person: Person,
    cases: Sequence[int | None],
    cause: str,
    words: str,
    now: datetime,
) -> None:
    for case_id in cases:
        tasks.need(
            s,
            kind=TaskKind.PERSON_WANTED,
            cause=f"{cause}-{case_id or 0}",
            now=now,
            person_id=person.id,
            case_id=case_id,
            detail=words,
        )
