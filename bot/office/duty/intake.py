"""Intake: somebody writes to us first. A human is asked for, and told whom it may be."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from bot.office import organisation, tasks
from bot.office.duty import answering
from bot.office.reach.numbers import canonical
from bot.vault.keys import Keys
from models.case import Case, CaseState
from models.conversation import Talked
from models.facts import IntakeAgreed, IntakeGiven
from models.person import Address, Link, Lockout, Person, Role, Trust, Via
from models.task import TaskKind, TaskNote

WRITES_FIRST = {Role.UNKNOWN, Role.PARENT}
BEGUN = ("intake", "outreach")  # whoever had one of these is no stranger to the bot
PHONES = (Via.WHATSAPP, Via.SMS)


def is_first(s: Session, person: Person) -> bool:
    """Tell whether somebody writes to us of their own accord, and for the first time."""
    if person.role not in WRITES_FIRST or person.lockout is not Lockout.NONE:
        return False
    begun = select(Talked.id).where(Talked.person_id == person.id, col(Talked.name).in_(BEGUN))
    return s.exec(begun.limit(1)).first() is None


def given(s: Session, person: Person, address: Address, now: datetime) -> IntakeGiven:
    """Say what the talk begins with: who we are, and two hours at which somebody can call."""
    zone = answering.clock_of(person, address)
    slots = answering.slots(s, now) if zone is not None else ()
    return IntakeGiven(
        organisation=organisation.ours(s).name,
        slots=tuple(slot.isoformat() for slot in slots),
        zone=zone.key if zone is not None else "",
    )


def leads(s: Session, keys: Keys, person: Person, address: Address, now: datetime) -> None:
    """Tell staff, and nobody else, where whoever writes may be somebody that a case looks for."""
    for case in s.exec(
        select(Case).where(
            Case.state == CaseState.OPEN, col(Case.parent_id).in_(_maybe(s, keys, person, address))
        )
    ):
        tasks.need(
            s,
            kind=TaskKind.LEAD,
            cause=f"lead:{person.id}:{case.id}",
            now=now,
            person_id=person.id,
            case_id=case.id,
            detail="Who wrote to us first may be somebody that this case looks for.",
        )


def agreed(s: Session, talked: Talked, fact: IntakeAgreed, now: datetime) -> None:
    """Keep the hour that was agreed for a call, or the words about it, with the task."""
    person_id = talked.person_id
    task = tasks.waiting(s, person_id, f"intake:{person_id}:") or tasks.need(
        s,
        kind=TaskKind.INTAKE,
        cause=f"intake:{person_id}:{talked.id}",
        now=now,
        person_id=person_id,
    )
    words = fact.words
    if fact.slot:
        at = datetime.fromisoformat(fact.slot)
        local = at.astimezone(ZoneInfo(fact.zone))
        words = f"A call was agreed for {local:%Y-%m-%d %H:%M} ({fact.zone})."
        task.due_at = task.told_by = at
        tasks.rings(s, task, now)
    number = task.id or 0
    s.add(TaskNote(task_id=number, person_id=person_id, words=words, created_at=now))


def _maybe(s: Session, keys: Keys, person: Person, address: Address) -> list[int]:
    """Give whoever has this very number, on any channel."""
    found = [person.id or 0]
    if address.via not in PHONES:
        return found
    number = canonical(address.via, address.wire)
    lookups = [keys.lookup(via.value, number) for via in PHONES]
    return found + list(
        s.exec(
            select(Link.person_id)
            .join(Address, col(Address.id) == col(Link.address_id))
            .where(col(Address.lookup).in_(lookups), col(Link.trust) != Trust.DISPROVED)
        )
    )
