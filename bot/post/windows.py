"""WhatsApp's 24 hours: whether we may write freely, and what becomes of a message when we may not.

Whoever writes to us opens them. Shut, only words that WhatsApp approved may go: a message that has
such words of its own goes in them, and any other waits behind a nudge that says nothing but that
something waits, and how to have it.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import guard, organisation, talks
from bot.post import outbox, templates
from bot.post.phrases import BOOK, LANGUAGES, NUDGES, Phrase, fill, nudge_for
from bot.world import World
from channels.base import Template
from models.conversation import ConversationState, Talked
from models.outbox import Held, Outbox, OutboxState, Weight
from models.person import Address, Person, Via
from models.template import Approval, TemplateRow

OPEN = timedelta(hours=24) - timedelta(minutes=10)  # a message may be a while under way
AGAIN = timedelta(days=3)  # somebody who says nothing is not nudged again sooner
STANDS = timedelta(days=7)  # a question that names no end waits so long to be seen


@dataclass(frozen=True)
class Free:
    """It may go as it is."""


@dataclass(frozen=True)
class Filled:
    """It goes in approved words. `words` is how they read, `name` what a gate knows them by."""

    template: Template
    words: str
    name: str


@dataclass(frozen=True)
class Behind:
    """It waits until the person writes, or its words are approved.

    Whoever keeps it writes `held=Held.WINDOW` and gives it the time `until`: `opened` makes it due.
    The nudge is in the outbox. What waits so must not keep later messages of the person waiting.
    """

    until: datetime


@dataclass(frozen=True)
class Untranslated:
    """It cannot go, because its words are not there in the person's language."""

    why: str


Way = Free | Filled | Behind | Untranslated


def way(
    s: Session,
    world: World,  # noqa: ARG001 - the sender asks all its questions alike
    row: Outbox,
    person: Person,
    address: Address,
    now: datetime,
) -> Way:
    """Say how a message may go now. Puts the nudge in the outbox where one is due."""
    if address.via is not Via.WHATSAPP or shuts(address, now) is not None:
        return Free()
    if guard.verdict(s, row, person, address, row.text, now) is not None:
        return Free()  # to the guard, which keeps it back: nobody is told to wait for it
    phrase = BOOK.get(row.template)
    if phrase is None:
        return _behind(s, row, person, address, now)
    language = person.language
    if language not in LANGUAGES:
        return Untranslated(f"There are no words for «{phrase.key}» in the language {language}.")
    known = templates.kept(s, phrase, language)
    if known is not None and known.approval is Approval.APPROVED:
        filled = fill(phrase, known.content_sid, language, row)
        if filled is not None:
            return Filled(*filled, phrase.name(language))
    if phrase.key in NUDGES:
        return _not_yet(s, row, phrase, language, known)
    return _behind(s, row, person, address, now)


def shuts(address: Address, now: datetime) -> datetime | None:
    """Say when WhatsApp stops letting us write freely to an address. None: it does not let us."""
    heard = address.last_heard_at
    if address.via is not Via.WHATSAPP or heard is None or is_over(heard, address.shut_at, now):
        return None
    return heard + OPEN


def is_over(heard_at: datetime | None, shut_at: datetime | None, now: datetime) -> bool:
    """Tell whether WhatsApp's hours are over, by when somebody wrote or by its own word."""
    if heard_at is None or heard_at + OPEN <= now:
        return True
    return shut_at is not None and shut_at > heard_at


# Asked for every message that comes in by WhatsApp, so built once.
_WAITING = (
    select(Outbox)
    .where(
        col(Outbox.address_id) == sa.bindparam("address"),
        Outbox.state == OutboxState.PENDING,
        (col(Outbox.held) == Held.WINDOW) | col(Outbox.template).in_(NUDGES),
    )
    .order_by(col(Outbox.id))
    .with_for_update()
)


def opened(s: Session, address: Address, now: datetime) -> list[Outbox]:
    """Let go what waited for somebody to write from this address, and give what it was.

    It is what they ask for now, so it goes at once, also by night. What was overtaken meanwhile
    does not go any more. A question is as new as it is seen, and a nudge that has not gone yet is
    not needed any more.
    """
    if address.via is not Via.WHATSAPP:
        return []
    released = []
    for row in s.exec(_WAITING, params={"address": address.id}).all():
        if cancelled(s, row, now, opened=True):
            continue
        row.held = None
        row.next_at = now
        row.changed_at = now
        if row.weight < Weight.BROADCAST.value:  # those may be halted, also for who asks
            row.weight = min(row.weight, Weight.REPLY.value)
        s.add(row)
        released.append(row)
        seen_anew(s, row, now)
    return released


def cancelled(s: Session, row: Outbox, now: datetime, *, opened: bool = False) -> bool:
    """Cancel a message that waited and is not wanted any more. False where it still is."""
    why = "The person wrote first." if opened and row.template in NUDGES else outdated(s, row)
    if why is None:
        return False
    row.held = None
    row.state = OutboxState.CANCELLED
    row.reason = why
    row.changed_at = now
    s.add(row)
    return True


def outdated(s: Session, row: Outbox) -> str | None:
    """Say why a message that waited is not wanted any more, or nothing when it still is.

    A question whose conversation went on, ended or was cancelled meanwhile asks for nothing.
    """
    talked = s.get(Talked, row.conversation_id) if row.conversation_id is not None else None
    if talked is None or talked.person_id != row.person_id:
        return None
    newest = talked.asked_in == row.id
    if not newest and row.options == "[]":
        return None  # it asks nothing
    if talked.state is ConversationState.CANCELLED:
        return "Its request was withdrawn."
    if newest and talked.state in talks.OPEN:
        return None
    return "Its question was overtaken."


def _behind(s: Session, row: Outbox, person: Person, address: Address, now: datetime) -> Way:
    """Let a message wait, and tell the person that it does."""
    nudge, language = nudge_for(person), person.language
    if language not in LANGUAGES:
        return Untranslated(
            f"WhatsApp's 24 hours are over, and we have no words in the language {language} that "
            "may open them. Call, or ask somebody who speaks it."
        )
    way = _not_yet(s, row, nudge, language, templates.kept(s, nudge, language))
    if isinstance(way, Untranslated):
        return way
    values = {name: organisation.ours(s).name for name in nudge.samples}
    outbox.put(
        s,
        person_id=person.id or 0,
        address=address,
        text=nudge.words(language, values),
        key=_nudge_key(address, now),
        weight=Weight(row.weight),
        now=now,
        options=nudge.options(language),
        repeatable=True,
        template=nudge.key,
        variables=json.dumps(values),
    )
    return way


def _not_yet(
    s: Session, row: Outbox, phrase: Phrase, language: str, known: TemplateRow | None
) -> Behind | Untranslated:
    """Wait for WhatsApp's approval, where it may still come."""
    if known is not None and known.approval in (Approval.REJECTED, Approval.DISABLED):
        why = f"WhatsApp does not let «{phrase.key}» go in the language {language}"
        return Untranslated(f"{why}: {known.reason or known.approval.value}.")
    return Behind(stands_until(s, row))


def stands_until(s: Session, row: Outbox) -> datetime:
    """Say how long it is worth reading: to its own end, or as long as what it asks stands.

    Other words wait as long as a nudge may: an answer to it would find nothing left otherwise.
    """
    ordinary = row.created_at + outbox.LIFE
    if row.expires_at is not None and row.expires_at != ordinary:
        return row.expires_at
    talked = s.get(Talked, row.conversation_id) if row.conversation_id is not None else None
    if talked is not None and talked.asked_in == row.id:
        return talked.patience_until or row.created_at + STANDS
    return row.created_at + AGAIN


def _nudge_key(address: Address, now: datetime) -> str:
    """One nudge for each time the hours shut, and another only when it was long ignored."""
    since = address.last_heard_at or address.created_at
    return f"nudge:{address.id}:{since:%y%m%d%H%M%S}:{(now - since) // AGAIN}"


def seen_anew(s: Session, row: Outbox, now: datetime) -> None:
    """Let a question count as asked now, where a message that waited holds one."""
    talked = s.get(Talked, row.conversation_id) if row.conversation_id is not None else None
    if talked is not None and talked.asked_in == row.id:
        talked.asked_at = now
        s.add(talked)
