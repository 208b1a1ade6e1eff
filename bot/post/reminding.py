"""Reminding: who has not answered a broadcast is asked once more, and only once."""

from datetime import datetime

from sqlmodel import Session, col, select

from bot.office import broadcasts, talks
from bot.office.duty import shifts
from bot.office.reach.addresses import addresses_of
from bot.office.reach.fitness import exclusion
from bot.post.screen import Cause, Screen
from bot.vault import trail
from handlers import always
from models.broadcast import Broadcast, BroadcastState, Exclusion, Recipient
from models.conversation import ConversationState, Talked
from models.outbox import Outbox, OutboxState, Weight
from models.person import Person

CAME = (OutboxState.ACCEPTED, OutboxState.SENT, OutboxState.DELIVERED, OutboxState.READ)


def remind(s: Session, screen: Screen, number: int, now: datetime, most: int) -> bool:
    """Ask the next silent ones again. True while more may be left; a restart goes on after them.

    Nobody is asked for what is covered, nor who cannot be written to now or has a human to talk to.
    """
    broadcast = s.exec(select(Broadcast).where(Broadcast.id == number).with_for_update()).one()
    due = broadcast.remind_at is not None and broadcast.remind_at <= now
    if broadcast.state is not BroadcastState.SENT or not due:
        return False
    rows = s.exec(
        select(Recipient, Person, Talked)
        .join(Person, col(Person.id) == col(Recipient.person_id))
        .join(Talked, col(Talked.id) == col(Recipient.conversation_id))
        .where(
            Recipient.broadcast_id == number,
            col(Recipient.id) > broadcast.reminded_to,
            col(Recipient.reply).is_(None),
            Recipient.exclusion == Exclusion.NONE,
        )
        .order_by(col(Recipient.id))
        .limit(most)
    ).all()
    enough = broadcasts.covered(s, broadcast)
    away = shifts.away(s, [person for _, person, _ in rows], now)
    for recipient, person, talked in rows:
        broadcast.reminded_to = recipient.id or 0
        if not enough and person.id not in away and _may(s, person, talked):
            _ask(s, screen, person, talked, f"remind{recipient.id}", now)
    if len(rows) < most or enough:
        broadcast.remind_at = None
        trail.note(
            s,
            actor=trail.BOT,
            act="broadcast.reminded",
            object=f"broadcast:{number}",
            detail=broadcast.code,
            now=now,
        )
    s.add(broadcast)
    return broadcast.remind_at is not None


def _may(s: Session, person: Person, talked: Talked) -> bool:
    if talked.state is not ConversationState.ASKING or person.held_at is not None:
        return False
    row = s.get(Outbox, talked.asked_in) if talked.asked_in is not None else None
    if row is None or row.state not in CAME:
        return False  # who has not had it is not reminded of it
    return exclusion(person, addresses_of(s, person)) is Exclusion.NONE


def _ask(
    s: Session, screen: Screen, person: Person, talked: Talked, key: str, now: datetime
) -> None:
    cause = Cause(key, None, Weight.BROADCAST)
    others = [
        one
        for one in talks.open_for(s, person.id or 0)
        if one.id != talked.id and one.state is ConversationState.ASKING
    ]
    if others:
        text = always.still_open(talked.code)
        screen.tell(s, person, [text], cause, now, talked=talked, repeatable=False)
    else:
        screen.show(s, talked, cause, now, before=[always.reminded()])
