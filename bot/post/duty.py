"""Duty: who is told of a task that nobody has done, and the answer by which somebody takes it.

It is blind: a text holds the number of a task, and nothing of whom or what it is about.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session, col, select

from bot.log import log
from bot.office.duty import hands, shifts
from bot.office.duty.ladder import Rule, Tell, ladder, next_ring
from bot.office.reach import freezing
from bot.post.arrival import Arrival
from bot.post.screen import Cause, Screen
from bot.vault import trail
from bot.world import World
from handlers import duty as words
from models.outbox import Weight
from models.person import Person, Role
from models.staff import Duty, Staff
from models.task import Task, TaskState, Urgency
from models.text import Text

EVERY = timedelta(seconds=5)  # between two looks
MANY = 50
RESTS = timedelta(hours=1)  # before it is looked again whether anybody answers at all

_TAKES = re.compile(r"\W*(?:voy|going)\b\W*(?:tarea|task)?\W*(\d{1,9})?\W*", re.IGNORECASE)


class Escalation:
    """Looks which tasks have waited too long, and tells the next on their ladder."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._screen = Screen(world)
        self._looked: datetime | None = None

    async def work(self) -> bool:
        """Take the steps that are due. What was told in one transaction is not told again."""
        now = self._world.now()
        if self._looked is not None and now - self._looked < EVERY:
            return False
        self._looked = now
        for number in await self._world.db.read(partial(_ringing, now)):
            try:
                await self._world.db.write(partial(self._ring, number, now))
            except Exception as problem:  # noqa: BLE001 - one that fails must not stop the others
                log.error("duty.failed", error=type(problem).__name__, task=number)
            self._world.ring()
        return False

    def _ring(self, number: int, now: datetime, s: Session) -> None:
        task = s.get(Task, number, with_for_update=True)
        if task is None or task.state is not TaskState.OPEN:
            return
        if task.ring_at is None or task.ring_at > now:
            return
        rule, spans = ladder().rules[task.urgency], shifts.spans(s, now)
        here = shifts.on_duty(spans, now)
        if not rule.by_clock and not here:
            # The hours were changed since: nobody is disturbed outside of them.
            task.ring_at = spans[0].begins if spans else now + RESTS
            s.add(task)
            return
        step = rule.steps[task.rung]
        if not (step.free and task.owner_id is not None):
            whom = _whom(s, task, step.tell, rule, now)
            for person in whom:
                self._tell(s, task, step.tell, person, now, on_duty=here)
            trail.note(
                s,
                actor=trail.BOT,
                act="task.escalated",
                object=f"task:{task.id}",
                case_id=task.case_id,
                detail=f"{step.tell.value}: {len(whom)}",
                now=now,
            )
        task.rung += 1
        task.ring_at = next_ring(task, spans, now)
        s.add(task)

    def _tell(
        self,
        s: Session,
        task: Task,
        tell: Tell,
        person: Person,
        now: datetime,
        *,
        on_duty: list[int],
    ) -> None:
        account = shifts.account_of(s, person)
        answers = account is not None and account.id in on_duty
        # Whoever does not answer at these hours is told, and not woken.
        urgent = answers or task.urgency is Urgency.NOW
        key = f"duty{task.id}.{person.id}.{now:%y%m%d%H%M%S}"
        address = freezing.alarm_address(s, person)
        cause = Cause(key, address, Weight.URGENT if urgent else Weight.NOTICE)
        number = str(task.id)
        text = words.due(number) if tell is Tell.OWNER else words.waits(number)
        self._screen.tell(s, person, [text], cause, now)


def woken(s: Session, now: datetime) -> list[Person]:
    """Give whoever hears at once that somebody is in danger: who answers now, who is on call."""
    here = _phones(s, shifts.on_duty(shifts.spans(s, now), now))
    return [*here, *(one for one in freezing.on_call(s) if one not in here)]


def takes(s: Session, screen: Screen, arrival: Arrival) -> bool:
    """Let somebody of staff take a task by «VOY 12». False: the message is something else."""
    found = _TAKES.fullmatch(arrival.inbound.text.strip())
    if found is None or arrival.person.role is not Role.STAFF:
        return False
    text = _taken(s, arrival, found[1])
    screen.tell(s, arrival.person, [text], arrival.cause(), arrival.now)
    return True


def _taken(s: Session, arrival: Arrival, number: str | None) -> Text:
    account, now = shifts.account_of(s, arrival.person), arrival.now
    if account is None or account.duty is not Duty.COORDINATOR:
        return words.nobody()
    if number is None:
        return words.which()
    number = str(int(number))
    task = s.get(Task, int(number), with_for_update=True)
    if task is None:
        return words.none(number)
    if task.state is not TaskState.OPEN:
        return words.done(number)
    in_time = task.urgency is not Urgency.NOW and task.due_at > now
    if task.owner_id not in (None, account.id) and in_time:
        return words.others(number)
    hands.give(s, task, account, now, trail.by_staff(account.id))
    return words.yours(number)


def _ringing(now: datetime, s: Session) -> list[int]:
    found = s.exec(
        select(Task.id)
        .where(Task.state == TaskState.OPEN, col(Task.ring_at) <= now)
        .order_by(col(Task.ring_at))
        .limit(MANY)
    )
    return [number for number in found if number is not None]


def _whom(s: Session, task: Task, tell: Tell, rule: Rule, now: datetime) -> list[Person]:
    """Give who is told at a step, each once, as far as they can be reached."""
    spans = shifts.spans(s, now)
    here = _phones(s, shifts.on_duty(spans, now))
    coming = _phones(s, shifts.coming(spans, now))
    match tell:
        case Tell.OWNER:
            owner = _phones(s, [task.owner_id or 0])
            return [one for one in owner if rule.by_clock or one in here]
        case Tell.ON_CALL:
            return here or (freezing.on_call(s) if rule.by_clock else [])
        case Tell.NEXT if rule.by_clock:
            # To be on call is the consent to be woken; who has not given it is told by day.
            return [one for one in freezing.on_call(s) if one not in here] or coming
        case Tell.NEXT:
            return coming
        case Tell.ALL:
            return woken(s, now)


def _phones(s: Session, staff_ids: Iterable[int]) -> list[Person]:
    ids = list(staff_ids)
    return list(
        s.exec(
            select(Person)
            .join(Staff, col(Staff.person_id) == col(Person.id))
            .where(col(Staff.id).in_(ids), col(Staff.disabled_at).is_(None))
            .order_by(col(Person.id))
        )
    )
