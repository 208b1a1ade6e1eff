"""Taking everything back at somebody's own word: use ends now, and staff have a deadline."""

from datetime import datetime, timedelta

from sqlmodel import Session, col

from bot.office import talks, tasks
from bot.office.consents import log
from bot.office.unsent import cancel_messages
from bot.vault import trail
from models.grant import Giver, GrantAct, Medium, Purpose
from models.outbox import Outbox
from models.person import Person, Role
from models.task import TaskKind

WITHIN = timedelta(days=10)  # staff have what was asked for done in this
STRANGERS = {Role.PARENT, Role.UNKNOWN}  # to whom we write for our own sake


def take(s: Session, person: Person, words: str, inbox_id: int | None, now: datetime) -> None:
    """Keep that somebody took back all they allowed, and ask a human to delete.

    To a possible parent nothing that waits goes any more; a Defender keeps her work, and staff ask.
    """
    number = person.id or 0
    if person.role in STRANGERS:
        cancel_messages(s, col(Outbox.person_id) == number, now)
    for talked in talks.open_for(s, number):
        if person.role in STRANGERS or talked.name == "consent":
            talks.cancel(s, talked, now)
    said = log.Said(words=words, medium=Medium.CHAT, giver=Giver.INDIVIDUAL, inbox_id=inbox_id)
    actor = trail.by_person(number)
    for purpose in Purpose:
        log.write(s, number, purpose, GrantAct.REVOKED, now, actor=actor, said=said)
    tasks.need(
        s,
        kind=TaskKind.FORGET,
        cause=f"forget:{number}:{inbox_id}",
        now=now,
        due_hours=int(WITHIN / timedelta(hours=1)),
        person_id=number,
        detail=words,
    )
