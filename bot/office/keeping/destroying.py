"""Destroying a case, a person or a week of raw envelopes: one of staff asks, another one does it.

Nobody can undo it.
"""

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from bot.office import wording
from bot.office.keeping import holds, rows, weeks
from bot.office.refusal import Refusal
from bot.office.unsent import cancel_messages
from bot.vault import trail
from bot.vault.owning import sealing_of
from models.assignment import Assignment, AssignmentState
from models.case import Case, CaseState
from models.conversation import ConversationState, Talked
from models.data_key import DataKey, Subject, Whose
from models.keeping import Destruction
from models.outbox import Outbox, OutboxState
from models.person import Address, Link, Lockout, Person
from models.task import Task, TaskState
from models.text import Text, _

AT_WORK = (AssignmentState.OFFERED, AssignmentState.ACCEPTED, AssignmentState.SUBMITTED)


def close(s: Session, case: Case, actor: str, now: datetime) -> None:
    """Close a case: nothing is asked for it any more. Refuses while somebody still works on it."""
    if case.state is CaseState.CLOSED:
        return
    work = col(Assignment.case_id) == case.id, col(Assignment.state).in_(AT_WORK)
    if s.exec(select(Assignment.id).where(*work)).first() is not None:
        raise Refusal(_("Somebody still works on it. Withdraw the work, or decide about it."))
    case.state, case.closed_at = CaseState.CLOSED, now
    s.add(case)
    _case_note(s, case, "case.closed", actor, now)


def reopen(s: Session, case: Case, actor: str, now: datetime) -> None:
    """Open a closed case again. Refuses one that was destroyed."""
    if case.state is CaseState.OPEN:
        return
    if destroyed(s, (Subject.CASE, case.id or 0)):
        raise Refusal(_("It was destroyed. Open another case."))
    case.state, case.closed_at = CaseState.OPEN, None
    s.add(case)
    _case_note(s, case, "case.reopened", actor, now)


def ask(s: Session, who: Whose, reason: str, staff_id: int, now: datetime) -> Destruction:
    """Ask that somebody is destroyed. Refuses what is held, still worked on, or has no reason."""
    if not reason.strip():
        raise Refusal(_("Say why it is to be destroyed."))
    _must_be_free(s, who, now)
    kind, subject = who
    made = asked(s, who)
    if made is None:
        made = Destruction(
            kind=kind, subject=subject, reason=reason, asked_by=staff_id, asked_at=now
        )
        s.add(made)
        s.flush()
        _note(s, made, "destruction.asked", staff_id, now, reason)
    return made


def withdraw(s: Session, made: Destruction, staff_id: int, now: datetime) -> None:
    """Take the request back, while nothing is destroyed yet."""
    if made.done_at is None and made.withdrawn_at is None:
        made.withdrawn_by, made.withdrawn_at = staff_id, now
        s.add(made)
        _note(s, made, "destruction.withdrawn", staff_id, now, "")


def carry_out(s: Session, made: Destruction, staff_id: int, now: datetime) -> tuple[str, ...]:
    """Destroy the keys and write over the rows. Gives the files, to be taken away once this is so.

    Refuses the one who asked: it takes two.
    """
    s.refresh(made, with_for_update=True)
    who = made.kind, made.subject
    if made.done_at is not None or made.withdrawn_at is not None:
        raise Refusal(_("This was done or withdrawn already."))
    if made.asked_by == staff_id:
        raise Refusal(_("It takes two: somebody else of staff must do what you asked for."))
    _must_be_free(s, who, now)
    reason = made.reason
    made.done_by, made.done_at = staff_id, now
    s.add(made)
    kept = rows.files(s, who)
    cancel_messages(s, rows.theirs(who, Outbox), now)
    _end_talks(s, who, now)
    s.flush()
    those = [who, *_joined(s, who), *_addresses(s, who, now)]
    sealing = sealing_of(s)
    for one in those:
        key = sealing.of(one)
        if key is not None:
            rows.rescue(s, one, key)
        rows.blot_out(s, one)
    if made.kind is Subject.CASE:
        wording.forget(s, made.subject)
    sealing.destroy(those)
    paths = rows.forget_files(s, kept)
    s.expire_all()
    _note(s, made, f"{made.kind.value}.destroyed", staff_id, now, reason)
    return paths


def asked(s: Session, who: Whose) -> Destruction | None:
    """Give what is asked for and not done yet."""
    query = select(Destruction).where(Destruction.kind == who[0], Destruction.subject == who[1])
    waits = col(Destruction.done_at).is_(None) & col(Destruction.withdrawn_at).is_(None)
    return s.exec(query.where(waits)).first()


def destroyed(s: Session, who: Whose) -> datetime | None:
    """Say when somebody was destroyed, if they were."""
    query = select(DataKey.destroyed_at).where(DataKey.kind == who[0], DataKey.subject == who[1])
    return s.exec(query).first()


def _must_be_free(s: Session, who: Whose, now: datetime) -> None:
    wrong: list[Text] = []
    if destroyed(s, who):
        wrong.append(_("It was destroyed already."))
    if holds.on(s, [who, *_joined(s, who)]):
        wrong.append(_("It is held: somebody with a name and a reason says that it must be kept."))
    kind, number = who
    if kind is Subject.CASE:
        if s.get_one(Case, number, with_for_update=True).state is CaseState.OPEN:
            wrong.append(_("It is open. Close it first."))
    elif kind is Subject.INTAKE:
        wrong += _keeps_week(s, number, now)
    else:
        if s.get_one(Person, number, with_for_update=True).joined_into is not None:
            # What was theirs is another's now, and partly sealed with their key.
            wrong.append(_("This person was found to be another. Destroy that one, or undo it."))
        if _is_needed(s, number):
            wrong.append(_("This person belongs to an open case, or has work on one."))
    theirs = rows.theirs(who, Outbox)
    flying = select(Outbox.id).where(theirs, Outbox.state == OutboxState.SENDING)
    if s.exec(flying).first() is not None:
        wrong.append(_("A message is on its way just now. Try again in a minute."))
    if wrong:
        raise Refusal(*wrong)


def _keeps_week(s: Session, number: int, now: datetime) -> list[Text]:
    """Say what keeps a week of raw envelopes."""
    first = weeks.first_kept(now)
    if number >= first:
        days = str(weeks.KEPT.days)
        return [_("A week is kept until {days} days after its end. It is too early.", days=days)]
    wrong: list[Text] = []
    if number in weeks.waiting(s, first):
        wrong.append(_("Something that came in this week has still to be worked or looked at."))
    if number in weeks.held(s):
        wrong.append(_("Something that came in this week is of a case or a person that is held."))
    return wrong


def _joined(s: Session, who: Whose) -> Sequence[Whose]:
    """Give whoever was found to be this very person: they go together."""
    if who[0] is not Subject.PERSON:
        return ()
    found = s.exec(select(Person.id).where(Person.joined_into == who[1])).all()
    return [one for number in found for one in _with_joined(s, number or 0)]


def _with_joined(s: Session, number: int) -> Sequence[Whose]:
    return [(Subject.PERSON, number), *_joined(s, (Subject.PERSON, number))]


def _is_needed(s: Session, person_id: int) -> bool:
    theirs = or_(col(Case.lawyer_id) == person_id, col(Case.parent_id) == person_id)
    case = s.exec(select(Case.id).where(theirs, Case.state == CaseState.OPEN)).first()
    work = col(Assignment.defender_id) == person_id, col(Assignment.state).in_(AT_WORK)
    return case is not None or s.exec(select(Assignment.id).where(*work)).first() is not None


def _end_talks(s: Session, who: Whose, now: datetime) -> None:
    """Ask nothing more about it, and leave nothing for staff to do."""
    ended = {"state": ConversationState.CANCELLED, "ended_at": now, "patience_until": None}
    talks = sa.update(Talked).where(rows.theirs(who, Talked), col(Talked.ended_at).is_(None))
    tasks = sa.update(Task).where(rows.theirs(who, Task), col(Task.state) == TaskState.OPEN)
    s.connection().execute(talks.values(ended))
    s.connection().execute(tasks.values(state=TaskState.DONE, done_at=now))


def _addresses(s: Session, who: Whose, now: datetime) -> Sequence[Whose]:
    """Give the addresses that are only this person's, which nobody is reached at any more.

    The hash of an address stays where the person said stop or is locked out: who comes to have it
    again must not be written to.
    """
    kind, number = who
    if kind is not Subject.PERSON:
        return ()
    person = s.get_one(Person, number)
    barred = person.stopped_at is not None or person.lockout is not Lockout.NONE
    others = select(Link.address_id).where(Link.person_id != number)
    mine = select(Address).join(Link, col(Link.address_id) == col(Address.id))
    alone = mine.where(Link.person_id == number, col(Address.id).not_in(others))
    found = list(s.exec(alone))
    for address in found:
        address.bad_at = now
        if not barred:
            address.lookup = token_hex(32)
        s.add(address)
    s.flush()
    return [(Subject.ADDRESS, address.id or 0) for address in found]


def _case_note(s: Session, case: Case, act: str, actor: str, now: datetime) -> None:
    trail.note(s, actor=actor, act=act, object=f"case:{case.id}", case_id=case.id, now=now)


def _note(
    s: Session, made: Destruction, act: str, staff_id: int, now: datetime, detail: str
) -> None:
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act=act,
        object=f"{made.kind.value}:{made.subject}",
        case_id=made.subject if made.kind is Subject.CASE else None,
        detail=detail,
        now=now,
    )
