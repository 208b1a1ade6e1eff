"""Freezing somebody: nothing goes to them on any channel until two of staff say that it may."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from bot.office import tasks
from bot.office.reach.addresses import usable_by
from bot.office.refusal import Refusal
from bot.office.unsent import cancel_messages
from bot.vault import trail
from handlers.understanding import Meaning, says_phrase, understand
from models.outbox import Outbox
from models.person import Address, Person, Role, Via
from models.task import TaskKind
from models.text import _

FEWEST = 2  # words of an agreed phrase: one alone is said by accident


def agree(s: Session, person: Person, phrases: Sequence[str], staff_id: int, now: datetime) -> None:
    """Keep the words somebody says when they are in danger. None of them: they agreed on nothing.

    Refuses words that are said every day, and all of them while nobody is on call: a phrase that
    wakes nobody is a promise that is not kept.
    """
    kept = [phrase.strip() for phrase in phrases if phrase.strip()]
    if kept and not on_call(s):
        raise Refusal(_("Nobody is on call. Say first, on the page of somebody of staff, who is."))
    for phrase in kept:
        meanings = {understand(phrase, language=language) for language in ("es", "en")}
        everyday = meanings != {Meaning.UNCLEAR}
        if len(phrase.split()) < FEWEST or everyday:
            raise Refusal(
                _(
                    "«{phrase}» may be said by accident. Agree on a sentence that is harmless and "
                    "that this person would not write otherwise.",
                    phrase=phrase,
                )
            )
    person.duress = "\n".join(kept)
    s.add(person)
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act="person.duress_agreed" if kept else "person.duress_dropped",
        object=f"person:{person.id}",
        now=now,
    )


def in_danger(person: Person, text: str) -> bool:
    """Whether words hold a phrase that was agreed on with this person, slips and all."""
    return any(says_phrase(text, phrase) for phrase in (person.duress or "").split("\n") if phrase)


def freeze(s: Session, person: Person, now: datetime, actor: str) -> bool:
    """Let nothing go to somebody from this moment, on any channel. True when it is new."""
    if person.frozen_at is not None:
        return False
    person.frozen_at, person.thaw_by = now, None
    s.add(person)
    s.flush()
    cancel_messages(s, col(Outbox.person_id) == person.id, now)
    trail.note(s, actor=actor, act="person.frozen", object=f"person:{person.id}", now=now)
    tasks.need(
        s,
        kind=TaskKind.DANGER,
        cause=f"frozen:{person.id}:{now.isoformat()}",
        now=now,
        due_hours=1,
        person_id=person.id,
    )
    return True


def thaw(s: Session, person: Person, staff_id: int, now: datetime) -> bool:
    """Ask that messages may go again. The second of staff who asks lets them; true then."""
    if person.frozen_at is None:
        return False
    act = "person.thaw_asked"
    if person.thaw_by in (None, staff_id):
        person.thaw_by = staff_id
    else:
        person.frozen_at = person.thaw_by = None
        act = "person.thawed"
    s.add(person)
    trail.note(s, actor=trail.by_staff(staff_id), act=act, object=f"person:{person.id}", now=now)
    return person.frozen_at is None


def on_call(s: Session) -> list[Person]:
    """Who of staff is woken."""
    return list(s.exec(select(Person).where(Person.role == Role.STAFF, col(Person.on_call))))


def call_on(s: Session, person: Person, staff_id: int, now: datetime, *, on: bool) -> None:
    """Say that somebody of staff is woken when somebody is in danger, or is no more."""
    if on and person.role is not Role.STAFF:
        raise Refusal(_("{name} is not of staff.", name=person.name))
    if on and not usable_by(s, person):
        raise Refusal(_("{name} cannot be written to at any known address.", name=person.name))
    person.on_call = on
    s.add(person)
    act = "person.on_call" if on else "person.off_call"
    trail.note(s, actor=trail.by_staff(staff_id), act=act, object=f"person:{person.id}", now=now)


def alarm_address(s: Session, person: Person) -> Address | None:
    """Where somebody is woken: by SMS where that can be, which needs no open window and no data."""
    found = usable_by(s, person)
    return next((one for one in found if one.via is Via.SMS), found[0] if found else None)
