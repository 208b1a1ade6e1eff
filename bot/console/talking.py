"""A human in the talk: writing in one's own name."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import dated, guard, tasks
from bot.office.refusal import Refusal
from bot.post import outbox, windows
from bot.post.phrases import LANGUAGES
from bot.vault import trail
from models.outbox import Outbox, Weight
from models.person import Address, Person, Via
from models.task import Task, TaskKind, TaskState
from models.text import Text, _

_UNANSWERED = select(Task).where(
    col(Task.person_id) == sa.bindparam("person"),
    col(Task.kind) == TaskKind.HELD,
    col(Task.state) == TaskState.OPEN,
)


def write(
    s: Session,
    person: Person,
    address: Address | None,
    text: str,
    *,
    staff_id: int,
    key: str,
    now: datetime,
    case_id: int | None = None,
) -> Outbox | None:
    """Put a human's own words in the outbox, once for a key. Refuses what could not go anyway.

    Where WhatsApp's hours are over they wait behind a nudge, until the person answers it.
    """
    if address is None:
        raise Refusal(_("There is no address this person can be written to. Add one first."))
    if waits(address, now) and person.language not in LANGUAGES:
        raise Refusal(
            _(
                "WhatsApp's 24 hours are over, and we have no words in this person's language that "
                "may open them. Choose another channel, or call."
            )
        )
    made = outbox.put(
        s,
        person_id=person.id or 0,
        address=address,
        text=text,
        key=key,
        weight=Weight.REPLY,
        now=now,
        case_id=case_id,
        written_by=staff_id,
    )
    if made is None:
        return None
    row = s.get_one(Outbox, made)
    whole = dated.filled(s, text, person.language, now)
    why_not = guard.verdict(s, row, person, address, whole, now)
    if why_not is not None:
        raise Refusal(Text(why_not))
    for task in s.exec(_UNANSWERED, params={"person": person.id}):
        tasks.finish(s, task, staff_id, "", now)  # it asked for an answer, and this is one
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act="message.written",
        object=f"outbox:{row.id}",
        case_id=case_id,
        now=now,
    )
    return row


def waits(address: Address, now: datetime) -> bool:
    """Tell whether words to this address wait, because WhatsApp's hours are over there."""
    return address.via is Via.WHATSAPP and windows.shuts(address, now) is None
