"""Holding: a human has a talk, and the bot says nothing by itself until it is handed back."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import talks
from bot.post.memory import seen
from bot.post.screen import Cause, Screen
from bot.vault import trail
from handlers import always
from models.conversation import ConversationState, Talked
from models.outbox import Held, Outbox, OutboxState, Weight
from models.person import Person


def hold(s: Session, person: Person, staff_id: int | None, now: datetime, actor: str) -> None:
    """Take a talk over. Taken over again, it is the other's.

    The bot keeps what comes and says nothing, but after a stop, words of danger, and for help.
    """
    person = _locked(s, person)
    if person.held_at is not None and person.held_by == staff_id:
        return
    person.held_at = person.held_at or now
    person.held_by = staff_id
    s.add(person)
    trail.note(s, actor=actor, act="person.held", object=f"person:{person.id}", now=now)


def release(s: Session, screen: Screen, person: Person, now: datetime, actor: str) -> None:
    """Hand a talk back to the bot. It goes on where it stood.

    What waited goes, and the last question is asked again.
    """
    person = _locked(s, person)
    if person.held_at is None:
        return
    since = person.held_at
    person.held_at = person.held_by = None
    s.add(person)
    s.flush()
    trail.note(s, actor=actor, act="person.released", object=f"person:{person.id}", now=now)
    s.exec(
        sa.update(Outbox)
        .where(
            col(Outbox.person_id) == person.id,
            col(Outbox.state) == OutboxState.PENDING,
            col(Outbox.held) == Held.HUMAN,
        )
        .values(next_at=now)
    )
    asking = [
        one
        for one in talks.open_for(s, person.id or 0)
        if one.state is ConversationState.ASKING and one.asked_at is not None
    ]
    for talked in asking:
        _wait_on(s, talked, now)
    newest = max(asking, key=lambda one: one.asked_at or since, default=None)
    if newest is not None and person.stopped_at is None and person.frozen_at is None:
        _ask_again(s, screen, newest, since, now)
    screen.next(s, person.id or 0, now)


def _locked(s: Session, person: Person) -> Person:
    """Let a turn of theirs end first."""
    query = select(Person).where(Person.id == person.id).with_for_update()
    return s.exec(query.execution_options(populate_existing=True)).one()


def _wait_on(s: Session, talked: Talked, now: datetime) -> None:
    """Give a question whose patience ran out meanwhile as much of it as it had."""
    question = seen(talked)
    if talked.patience_until is None and question is not None and question.patience_hours:
        talked.patience_until = now + timedelta(hours=question.patience_hours)
        s.add(talked)


def _ask_again(s: Session, screen: Screen, talked: Talked, since: datetime, now: datetime) -> None:
    row = s.get(Outbox, talked.asked_in) if talked.asked_in is not None else None
    if row is not None and row.state in (OutboxState.PENDING, OutboxState.SENDING):
        return  # nobody has seen it yet, and it comes now
    before = [always.resumed(talked.code)] if talked.code else []
    key = f"back{talked.id}.{since:%y%m%d%H%M%S%f}"
    screen.show(s, talked, Cause(key, None, Weight.NOTICE), now, before=before)
