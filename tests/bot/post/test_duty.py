"""Who is told of a task that nobody has done, and «VOY 12», which takes it: numbers only."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.db import Database
from bot.office import staff as accounts
from bot.office import tasks
from bot.office.duty import hands, shifts
from bot.office.reach import freezing
from bot.post.duty import Escalation
from models.outbox import Outbox, Weight
from models.person import Person, Role, Via
from models.staff import Duty, Staff
from models.task import Task, TaskKind, Urgency
from tests.bot import here, scene
from tests.bot.post.counter import Office, office_of, sms

MORNING = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)  # a Tuesday, eight o'clock in Guatemala
NIGHT = MORNING - timedelta(hours=6)
WAITS = "Tarea {n} en espera. Responda VOY {n} para tomarla o abra la consola."


class Queue:
    """A task, and the phones of staff."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.db = office.db
        self.ladder = Escalation(office.world)
        self.number = 0
        self.phones: dict[str, int] = {}

    def serves(self, name: str, begins: int, ends: int, *, woken: bool = False) -> int:
        """Have somebody answer on weekdays at these hours, and give their account."""
        wire = f"+5025555{len(self.phones):04d}"
        person = scene.somebody(self.db, name, wire, Via.SMS, Role.STAFF)
        self.phones[name] = person

        def act(s: Session) -> int:
            who = s.get_one(Person, person)
            account = accounts.add_staff(
                s, name, name, "una frase bastante larga", Duty.COORDINATOR, MORNING
            )
            shifts.join(s, account, who, MORNING, "staff:1")
            if woken:
                freezing.call_on(s, who, 1, MORNING, on=True)
            shifts.add(
                s,
                account,
                weekdays=list(range(5)),
                begins=begins * 60,
                ends=ends * 60,
                zone="America/Guatemala",
                now=MORNING,
                actor="staff:1",
            )
            return account.id or 0

        return self.db.write_now(act)

    def needs(self, kind: TaskKind, at: datetime) -> int:
        """Have a task made."""
        self.office.clock.time = at
        return self.db.write_now(lambda s: tasks.need(s, kind=kind, cause=f"c{at}", now=at).id or 0)

    async def looks(self, at: datetime) -> list[tuple[str, Weight, str]]:
        """Let it be that time, and give who is told what."""
        before = len(scene.messages(self.db))
        self.office.clock.time = at
        await self.ladder.work()
        named = {number: name for name, number in self.phones.items()}
        return [
            (named[row.person_id], Weight(row.weight), row.text)
            for row in scene.messages(self.db)[before:]
        ]

    async def writes(self, name: str, text: str) -> list[str]:
        """Have somebody of staff write, and give what they are answered."""
        before = len(scene.messages(self.db))
        self.number += 1
        wire = f"+5025555{list(self.phones).index(name):04d}"
        await self.office.comes(sms(self.number, text, wire))
        await self.office.works()
        return [row.text for row in scene.messages(self.db)[before:]]

    def task(self, number: int) -> Task:
        """A task as it is now."""
        return next(one for one in scene.tasks(self.db) if one.id == number)


@pytest.fixture
async def queue(sqlite_db: Database, tmp_path: Path) -> AsyncIterator[Queue]:
    office = office_of(sqlite_db, tmp_path)
    yield Queue(office)
    await here.closed(office.world)


async def test_what_can_wait_tells_nobody_by_night_and_climbs_by_day(queue: Queue) -> None:
    queue.serves("ana", 8, 12)
    queue.serves("eva", 12, 17)
    number = queue.needs(TaskKind.PERSON_WANTED, NIGHT)
    for hours in range(6):
        assert await queue.looks(NIGHT + timedelta(hours=hours)) == []
    told = WAITS.format(n=number)
    half = timedelta(minutes=30)
    assert await queue.looks(MORNING + half) == [("ana", Weight.URGENT, told)]
    assert await queue.looks(MORNING + half + timedelta(seconds=5)) == []  # once
    assert queue.task(number).due_at == MORNING + 4 * half
    assert await queue.looks(MORNING + 3 * half) == []  # it has no owner to remind
    assert await queue.looks(MORNING + 4 * half) == [("ana", Weight.URGENT, told)]
    # Who comes next is told as well, without being woken.
    assert await queue.looks(MORNING + 6 * half) == [("eva", Weight.NOTICE, told)]
    assert await queue.looks(MORNING + timedelta(days=1)) == []


async def test_danger_climbs_at_any_hour_to_whoever_is_on_call(queue: Queue) -> None:
    queue.serves("ana", 8, 17)
    queue.serves("eva", 8, 17, woken=True)
    number = queue.needs(TaskKind.DANGER, NIGHT)
    told = ("eva", Weight.URGENT, WAITS.format(n=number))
    assert await queue.looks(NIGHT + timedelta(minutes=9)) == []
    assert await queue.looks(NIGHT + timedelta(minutes=10)) == [told]
    assert await queue.writes("eva", f"Voy {number}") == [
        f"La tarea {number} es suya ahora. Abra la consola."
    ]
    assert await queue.looks(NIGHT + timedelta(minutes=20)) == []  # somebody has it
    assert await queue.looks(NIGHT + timedelta(minutes=60)) == [told]  # and has not done it


async def test_the_owner_is_reminded_and_what_is_done_or_put_off_tells_nobody(
    queue: Queue,
) -> None:
    queue.serves("ana", 8, 17)
    number = queue.needs(TaskKind.PERSON_WANTED, MORNING)
    assert await queue.writes("ana", f"VOY #{number}") != []
    assert await queue.looks(MORNING + timedelta(minutes=30)) == []
    assert await queue.looks(MORNING + timedelta(minutes=90)) == [
        ("ana", Weight.URGENT, f"La tarea {number} es suya y vence pronto. Abra la consola.")
    ]

    def put_off(s: Session) -> None:
        until = MORNING + timedelta(hours=5)
        hands.snooze(s, s.get_one(Task, number), until, MORNING, "staff:1")

    queue.db.write_now(put_off)
    assert await queue.looks(MORNING + timedelta(hours=4)) == []
    assert len(await queue.looks(MORNING + timedelta(hours=5))) == 1
    queue.db.write_now(
        lambda s: tasks.finish(s, s.get_one(Task, number), 1, "listo", MORNING + timedelta(hours=5))
    )
    assert await queue.looks(MORNING + timedelta(hours=8)) == []


async def test_hours_that_changed_since_disturb_nobody(queue: Queue) -> None:
    ana = queue.serves("ana", 8, 17)
    number = queue.needs(TaskKind.PERSON_WANTED, MORNING)

    def away(s: Session) -> None:
        who = s.get_one(Person, queue.phones["ana"])
        shifts.go_away(s, who, date(2026, 11, 24), date(2026, 11, 24), MORNING, "staff:1")

    queue.db.write_now(away)
    assert await queue.looks(MORNING + timedelta(minutes=30)) == []
    assert queue.task(number).ring_at == MORNING + timedelta(days=1)
    queue.db.write_now(lambda s: setattr(s.get_one(Staff, ana), "disabled_at", MORNING))
    assert await queue.looks(MORNING + timedelta(days=1)) == []  # nobody is left at all
    assert await queue.looks(MORNING + timedelta(days=2)) == []


async def test_voy_takes_a_task_only_from_a_phone_of_staff_whose_account_may_act(
    queue: Queue,
) -> None:
    ana, eva = queue.serves("ana", 8, 17), queue.serves("eva", 8, 17)
    number = queue.needs(TaskKind.QUESTION, MORNING)
    assert await queue.writes("ana", "voy") == [
        "Escriba VOY y el número de la tarea. Por ejemplo: VOY 12"
    ]
    assert await queue.writes("ana", "VOY 999") == ["No hay tarea 999. Revise el número."]
    assert await queue.writes("ana", f"voy a la tarea {number}") != []  # words for a human
    assert queue.task(number).owner_id is None
    assert await queue.writes("ana", f"voy {number}") != []
    assert queue.task(number).owner_id == ana
    assert await queue.writes("eva", f"voy {number}") == [
        f"Otra persona ya tiene la tarea {number}."
    ]
    queue.office.clock.time = MORNING + timedelta(days=1)
    assert await queue.writes("eva", f"voy {number}") != []  # it is late: whoever comes has it
    assert queue.task(number).owner_id == eva
    queue.db.write_now(lambda s: tasks.finish(s, s.get_one(Task, number), eva, "", MORNING))
    assert await queue.writes("eva", f"voy {number}") == [f"La tarea {number} ya está hecha."]
    queue.db.write_now(lambda s: setattr(s.get_one(Staff, eva), "duty", Duty.READER))
    assert await queue.writes("eva", f"voy {number}") == [
        "Este teléfono no es de ninguna cuenta que pueda actuar. Abra la consola."
    ]


async def test_voy_from_anybody_else_is_a_message_like_any(queue: Queue) -> None:
    queue.serves("ana", 8, 17)
    number = queue.needs(TaskKind.QUESTION, MORNING)
    queue.phones["marta"] = scene.somebody(queue.db, "Marta", "+50255550001", Via.SMS)
    await queue.writes("marta", f"VOY {number}")
    assert queue.task(number).owner_id is None


async def test_what_is_told_holds_nothing_but_a_number(queue: Queue) -> None:
    queue.serves("ana", 8, 17)

    def need(s: Session) -> int:
        who = s.get_one(Person, queue.phones["ana"])
        made = tasks.need(
            s,
            kind=TaskKind.QUESTION,
            cause="x",
            now=MORNING,
            person_id=who.id,
            detail="Tomasa Novela wrote what fits no request: ¿y mi hijo?",
        )
        hands.press(s, made, Urgency.NOW, MORNING, "staff:1")
        return made.id or 0

    number = queue.db.write_now(need)
    ((_who, _weight, text),) = await queue.looks(MORNING + timedelta(minutes=10))
    assert text == WAITS.format(n=number)
    (row,) = scene.messages(queue.db)
    assert isinstance(row, Outbox)
    assert (row.case_id, row.conversation_id) == (None, None)
