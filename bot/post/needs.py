"""Needs: what the bot cannot place becomes one task, and its sender is told once when she hears.

What she writes while that task is open is added to it. When it is done, the next is a new one.
"""

from sqlmodel import Session

from bot.office import tasks
from bot.post.arrival import Arrival
from models.task import Task, TaskKind

LONG = 4000  # characters of what somebody wrote that a task shows; the rest is in the talk


def ask(
    s: Session,
    arrival: Arrival,
    subject: str,
    why: str,
    kind: TaskKind = TaskKind.UNPLACED,
    *,
    about: int | None = None,
    owner_id: int | None = None,
) -> tuple[Task, bool]:
    """Ask for a human about a message. True when nobody is asked for this already.

    `subject` names the need without a colon, `about` its object where that is not the sender.
    """
    person = arrival.person
    words = arrival.inbound.text
    before = f"{subject}:{about or person.id}:"
    known = tasks.waiting(s, person.id, before)
    if known is not None:
        known.detail = f"{known.detail}\n{words}"[:LONG]
        s.add(known)
        return known, False
    task = tasks.need(
        s,
        kind=kind,
        cause=f"{before}{arrival.heard.id}",
        now=arrival.now,
        person_id=person.id,
        case_id=arrival.heard.case_id,
        owner_id=owner_id,
        detail=f"{person.name or 'Somebody'} {why}: {words}",
    )
    return task, True
