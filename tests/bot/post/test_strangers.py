"""Somebody writes to us first, or tells a story instead of answering: a human reads it (E18)."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from bot.db import Database
from bot.office import casebook, organisation, people
from bot.office.duty import shifts
from models.appointment import Appointment
from models.case import Program
from models.document import DocumentRequest
from models.evidence import Evidence
from models.grant import Grant
from models.person import Lockout, Person, Role, Via
from models.recognition import Claim
from models.staff import Staff
from models.task import Task, TaskKind, TaskNote, TaskState
from models.whereabouts import Whereabouts
from tests.bot import here, scene
from tests.bot.post.counter import office_of, sms
from tests.bot.post.test_turns import Stage

NIGHT = datetime(2026, 11, 25, 3, 40, tzinfo=UTC)  # a Tuesday, 21:40 in Honduras
FATHER = "+50499990118"
STORY = "buenas me dijeron q aqui ayudan a los q les quitaron los niños alla en el norte"
TOMORROW = "Una persona le responde mañana a partir de las 8 de la mañana."
SAFE = "Somos la Red de Defensoras y es gratis. ¿Es seguro hablar por aquí?"
TELLING = ("niñ", "hij", "Guatemala", "Honduras", "HN-", "caso", "migra", "busca")


class Night(Stage):
    """An office with hours on call, and a father at his phone."""

    async def writes(self, text: str, sender: str = FATHER) -> list[str]:
        """Have him write."""
        before = len(scene.messages(self.db))
        self.office.clock.goes_on(seconds=1)
        await self.office.comes(sms(self._next(), text, sender))
        await self.office.works()
        return [row.text for row in scene.messages(self.db)[before:]]

    def tasks(self) -> dict[TaskKind, Task]:
        """What waits for a human, by its kind."""
        return {task.kind: task for task in scene.tasks(self.db) if task.state is TaskState.OPEN}


def opened(s: Session) -> None:
    """Say who we are, and who answers when."""
    ana = Staff(username="ana", name="Ana", password_hash="-", created_at=NIGHT)
    s.add(ana)
    s.flush()
    shifts.add(
        s,
        ana,
        weekdays=list(range(5)),
        begins=480,
        ends=1080,
        zone="America/Guatemala",
        now=NIGHT,
        actor="staff:1",
    )
    organisation.describe(
        s,
        name="la Red de Defensoras",
        phone="+502 2222 0000",
        website="",
        hours="",
        owner="Ana",
        review_by=NIGHT + timedelta(days=100),
        now=NIGHT,
        actor="staff:1",
    )


def searches(s: Session) -> None:
    """Look for somebody who has the father's number, as staff were told, on WhatsApp."""
    sought = people.enrol(
        s,
        scene.KEYS,
        name="Tomás Novela",
        role=Role.PARENT,
        via=Via.WHATSAPP,
        wire=FATHER,
        now=NIGHT,
        country="HN",
        language="spa",
        zone="America/Tegucigalpa",
        actor="staff:1",
    )
    casebook.open_case(
        s,
        reference="HN-0119",
        program=Program.FAMILY_SEPARATION,
        country="HN",
        summary="Buscar a un padre.",
        sought="Tomás Novela",
        guarded="",
        lawyer_id=None,
        parent_id=sought.id,
        now=NIGHT,
        actor="staff:1",
    )


@pytest.fixture
async def night(sqlite_db: Database, tmp_path: Path) -> AsyncIterator[Night]:
    office = office_of(sqlite_db, tmp_path)
    office.clock.time = NIGHT
    sqlite_db.write_now(opened)
    yield Night(office, scene.somebody(sqlite_db, via=Via.SMS))
    await here.closed(office.world)


async def test_who_writes_first_is_met_and_agrees_an_hour_at_which_somebody_can_call(
    night: Night,
) -> None:
    """E18: nothing is asked of why, and nobody hears that we were looking."""
    night.db.write_now(searches)
    (hello,) = await night.writes(STORY)
    assert hello == f"Buenas noches. {TOMORROW}\n{SAFE}"
    (call,) = await night.writes("1")
    assert call == "Gracias. Una persona le puede llamar. ¿A qué hora?"
    options = [label for _, label in json.loads(scene.messages(night.db)[-1].options)]
    assert options == ["mié 25 nov 8am", "mié 25 nov 5pm", "Otra hora"]
    (agreed,) = await night.writes("5")
    assert "miércoles 25 de noviembre, 5:00 de la tarde" in agreed
    said = " ".join(one.text for one in scene.messages(night.db))
    assert not [word for word in TELLING if word in said]

    waits = night.tasks()
    assert set(waits) == {TaskKind.INTAKE, TaskKind.LEAD}
    assert STORY in waits[TaskKind.INTAKE].detail
    assert waits[TaskKind.INTAKE].due_at == datetime(2026, 11, 25, 23, tzinfo=UTC)
    assert waits[TaskKind.LEAD].case_id == 1
    assert waits[TaskKind.LEAD].person_id == waits[TaskKind.INTAKE].person_id
    await night.writes("hola otra vez")
    assert set(night.tasks()) == {TaskKind.INTAKE, TaskKind.LEAD, TaskKind.UNPLACED}


async def test_whose_number_nobody_looks_for_is_met_in_the_same_words(night: Night) -> None:
    (hello,) = await night.writes(STORY)
    assert hello == f"Buenas noches. {TOMORROW}\n{SAFE}"
    assert set(night.tasks()) == {TaskKind.INTAKE}
    (when,) = await night.writes("2")
    assert when == "Está bien. ¿Cuándo le podemos escribir?"
    await night.writes("el domingo por la tarde")
    assert set(night.tasks()) == {TaskKind.INTAKE}


async def test_not_here_is_never_here(night: Night) -> None:
    await night.writes("hola")
    (never,) = await night.writes("3")
    assert never == "Entendido. No le volveremos a escribir aquí."
    before = len(scene.messages(night.db))
    await night.writes("hola de nuevo")
    assert scene.messages(night.db)[before:] == []


async def test_whom_we_took_for_somebody_else_is_left_in_peace_as_promised(night: Night) -> None:
    """E6: what she writes later is for a human; the bot greets nobody there."""
    sought = scene.somebody(night.db, "Tomás", FATHER, Via.SMS, Role.PARENT)

    def disproved(s: Session) -> None:
        address = scene.address_of(s, sought)
        people.disprove(s, s.get_one(Person, sought), address, None, NIGHT)

    night.db.write_now(disproved)
    assert await night.writes("de que se trata?") == []
    assert await night.writes("sigo esperando") == []
    (task,) = night.tasks().values()
    assert task.kind is TaskKind.UNPLACED
    assert task.person_id != sought
    assert "de que se trata?\nsigo esperando" in task.detail
    (menu,) = await night.writes("ayuda")  # who asks for it is told how to reach somebody
    assert "asistente" in menu


async def test_a_story_beside_a_question_reaches_a_human_once_and_the_question_stays(
    night: Night,
) -> None:
    await night.writes("hola")
    told = await night.writes("me quitaron a mi niño en la frontera y nadie me dice nada de el")
    assert told == [f"Recibimos su mensaje. {TOMORROW}\n{SAFE}"]
    assert await night.writes("yo solo quiero saber si esta bien mi muchacho") == []
    assert "si esta bien mi muchacho" in night.tasks()[TaskKind.UNPLACED].detail
    (call,) = await night.writes("si")
    assert call.startswith("Gracias. Una persona le puede llamar.")


async def test_who_does_not_know_what_to_do_is_not_given_a_menu(night: Night) -> None:
    words = "fijese que el licenciado no vino y no se que hacer"
    assert await night.says(words) == [
        "Ya avisé a nuestro equipo. Una persona le responde mañana a partir de las 8 de la mañana."
    ]
    assert words in night.tasks()[TaskKind.PERSON_WANTED].detail
    (menu,) = await night.says("ayuda")
    assert "asistente" in menu


async def test_a_minor_is_asked_nothing(night: Night) -> None:
    night.change(role=Role.PARENT, lockout=Lockout.MINOR)
    await night.says("hola soy la hija de doña Tomasa")
    assert set(night.tasks()) == {TaskKind.UNPLACED}
    rows = scene.messages(night.db)
    assert all(row.conversation_id is None for row in rows)


async def test_whose_talk_is_closed_needs_a_new_task_when_the_first_is_done(night: Night) -> None:
    """What comes after a task was done is not lost in it."""
    first = await night.says("asdf qwer zxcv")
    assert await night.says("asdf otra vez") == []

    def done(s: Session) -> None:
        for task in scene.tasks(night.db):
            s.get_one(Task, task.id).state = TaskState.DONE

    night.db.write_now(done)
    assert await night.says("y ahora zxcv") == first
    states = [task.state for task in scene.tasks(night.db)]
    assert states == [TaskState.DONE, TaskState.OPEN]


@pytest.mark.parametrize(
    "told",
    [
        "hoy le entregue la notificacion al señor y queda notificado de la demanda conste",
        "declaro bajo juramento que me quitaron a mi niño y firme un papel en ingles que no lei",
    ],
)
async def test_what_somebody_tells_is_no_testimony_and_serves_nothing(
    night: Night, told: str
) -> None:
    """I12: it is kept as it came, a human reads it, and the record makes nothing else of it."""
    night.db.write_now(searches)
    await night.writes("hola")
    answered = await night.writes(told)
    assert not [word for word in ("notific", "jura", "declar", "firm") if word in str(answered)]

    def made(s: Session) -> list[object]:
        kinds = (Appointment, Claim, DocumentRequest, Evidence, Grant, Whereabouts)
        return [row for kind in kinds for row in s.exec(select(kind))]

    assert night.db.read_now(made) == []
    assert [one for one in night.office.heard() if one == told] == [told]
    assert told in night.tasks()[TaskKind.UNPLACED].detail


async def test_a_story_that_is_read_as_an_answer_is_read_by_a_human_too(night: Night) -> None:
    """It holds a day, so it puts off; what it tells stands with the task at once."""
    await night.writes("hola")
    told = "declaro bajo juramento que me quitaron a mi niño el 4 de mayo y firme sin entender nada"
    assert await night.writes(told) == ["Está bien. ¿Cuándo le podemos escribir?"]
    notes = night.db.read_now(lambda s: [one.words for one in s.exec(select(TaskNote))])
    assert notes == [told]
