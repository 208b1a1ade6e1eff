"""A colleague who leaves: her account ends at once, and what she had waits for the others."""

from datetime import datetime

from sqlmodel import Session, col, select

from bot.office.duty import hands
from bot.office.refusal import Refusal
from bot.vault import trail
from models.person import Person
from models.staff import ApiToken, Duty, Staff, StaffSession
from models.task import Task, TaskState
from models.text import _


def end(s: Session, account: Staff, now: datetime, actor: str) -> None:
    """Let nobody sign in with an account any more; ended twice, it is ended once.

    Its browsers are signed out, and the tokens of programs that act for it are revoked. Its open
    tasks are nobody's again, and whoever is on call is told of them; talks it had taken over stay
    with a human. Refuses one's own account, and the last one that may act.
    """
    if account.disabled_at is not None:
        return
    if actor == trail.by_staff(account.id):
        raise Refusal(_("You cannot end your own account. Ask a colleague."))
    if account.duty is Duty.COORDINATOR and not _others(s, account):
        raise Refusal(_("Nobody else may act. Bring somebody in first."))
    account.disabled_at = now
    s.add(account)
    for session in s.exec(
        select(StaffSession).where(
            StaffSession.staff_id == account.id, col(StaffSession.ended_at).is_(None)
        )
    ):
        session.ended_at = now
        s.add(session)
    for token in s.exec(
        select(ApiToken).where(ApiToken.staff_id == account.id, col(ApiToken.revoked_at).is_(None))
    ):
        token.revoked_at = now
        s.add(token)
    for person in s.exec(select(Person).where(Person.held_by == account.id)):
        person.held_by = None
        s.add(person)
    owned = select(Task).where(Task.owner_id == account.id, Task.state == TaskState.OPEN)
    for task in s.exec(owned.order_by(col(Task.id))).all():
        hands.give(s, task, None, now, actor)
    hands.rehour(s, now)  # she answers at none of her hours any more
    trail.note(s, actor=actor, act="staff.ended", object=f"staff:{account.id}", now=now)


def reopen(s: Session, account: Staff, now: datetime, actor: str) -> None:
    """Let somebody sign in again with an account and its password; her tokens stay revoked."""
    if account.disabled_at is None:
        return
    account.disabled_at = None
    s.add(account)
    s.flush()
    hands.rehour(s, now)
    trail.note(s, actor=actor, act="staff.reopened", object=f"staff:{account.id}", now=now)


def _others(s: Session, account: Staff) -> bool:
    may_act = select(Staff.id).where(
        Staff.duty == Duty.COORDINATOR, col(Staff.disabled_at).is_(None), Staff.id != account.id
    )
    return s.exec(may_act.with_for_update()).first() is not None
