"""A human in the talk: taking it over, handing it back, and writing in one's own name."""

from datetime import datetime, timedelta

from sqlmodel import Session

from bot.office import guard
from bot.office.refusal import Refusal
from bot.post import outbox
from bot.vault import trail
from models.outbox import Outbox, Weight
from models.person import Address, Person, Via
from models.text import Text, _

WINDOW = timedelta(hours=24)  # WhatsApp lets us write freely this long after they wrote


def hold(s: Session, person: Person, now: datetime, actor: str) -> None:
    """Take a talk over. The bot keeps what comes, and says nothing."""
    if person.held_at is not None:
        return
    person.held_at = now
    s.add(person)
    trail.note(s, actor=actor, act="person.held", object=f"person:{person.id}", now=now)


def release(s: Session, person: Person, now: datetime, actor: str) -> None:
    """Hand a talk back to the bot."""
    if person.held_at is None:
        return
    person.held_at = None
    s.add(person)
    trail.note(s, actor=actor, act="person.released", object=f"person:{person.id}", now=now)


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
    """Put a human's own words in the outbox, once for a key. Refuses what could not go anyway."""
    if address is None:
        raise Refusal(_("There is no address this person can be written to. Add one first."))
    if address.via is Via.WHATSAPP and window(address, now) is None:
        raise Refusal(
            _(
                "WhatsApp lets us write freely only within 24 hours after this person wrote. "
                "Choose another channel, or call."
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
    why_not = guard.verdict(s, row, person, address, text, now)
    if why_not is not None:
        raise Refusal(Text(why_not))
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act="message.written",
        object=f"outbox:{row.id}",
        case_id=case_id,
        now=now,
    )
    return row


def window(address: Address, now: datetime) -> datetime | None:
    """When WhatsApp stops letting us write freely; nothing where it is shut, or there is none."""
    if address.via is not Via.WHATSAPP or address.last_heard_at is None:
        return None
    ends = address.last_heard_at + WINDOW
    return ends if ends > now else None
