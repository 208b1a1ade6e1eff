"""A human has the talk: the bot is quiet, and goes on where it stood when it is handed back."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.console import talking
from bot.db import Database
from bot.post import handover
from bot.post.screen import Screen
from models.conversation import ConversationState
from models.outbox import Held, OutboxState, Weight
from models.person import Person, Role, Via
from models.staff import Staff
from models.task import TaskKind, TaskState
from tests.bot import here, scene
from tests.bot.post.counter import office_of
from tests.bot.post.office import opened
from tests.bot.post.office import sms as enrolled
from tests.bot.post.test_turns import Stage


class Talk(Stage):
    """One person on the stage, whose talk a human takes and hands back."""

    def ana(self) -> int:
        """Give a member of staff."""

        def act(s: Session) -> int:
            made = Staff(username="ana", name="Ana", password_hash="-", created_at=scene.NOW)
            s.add(made)
            s.flush()
            return made.id or 0

        return self.db.write_now(act)

    def taken(self, by: int) -> None:
        """A human takes the talk."""
        now = self.office.clock.time
        self.db.write_now(
            lambda s: handover.hold(s, s.get_one(Person, self.person), by, now, f"staff:{by}")
        )

    def handed_back(self) -> list[str]:
        """The human hands it back; give what is said."""
        before = len(scene.messages(self.db))
        now, screen = self.office.clock.goes_on(minutes=1), Screen(self.office.world)
        self.db.write_now(
            lambda s: handover.release(s, screen, s.get_one(Person, self.person), now, "staff:1")
        )
        return [row.text for row in scene.messages(self.db)[before:]]


@pytest.fixture
async def stage(sqlite_db: Database, tmp_path: Path) -> AsyncIterator[Talk]:
    """Give a Defender on SMS."""
    office = office_of(sqlite_db, tmp_path)
    yield Talk(office, scene.somebody(sqlite_db, via=Via.SMS))
    await here.closed(office.world)


async def test_what_comes_while_a_human_talks_is_theirs_to_answer_and_nothing_is_said(
    stage: Talk,
) -> None:
    ana = stage.ana()
    stage.begins("announce")
    await stage.time_passes()
    stage.taken(ana)
    for text in ("sí puedo", "2", "quiero hablar con alguien", "AV-0031", "número equivocado"):
        assert await stage.says(text) == []
    (task,) = scene.tasks(stage.db)
    assert (task.kind, task.owner_id, task.state) == (TaskKind.HELD, ana, TaskState.OPEN)
    assert "sí puedo" in task.detail
    assert "número equivocado" in task.detail

    def answers(s: Session) -> None:
        person = s.get_one(Person, stage.person)
        address = scene.address_of(s, stage.person)
        now = stage.office.clock.time
        talking.write(s, person, address, "Aquí estoy.", staff_id=ana, key="h1", now=now)

    stage.db.write_now(answers)
    assert [one.state for one in scene.tasks(stage.db)] == [TaskState.DONE]
    await stage.says("gracias")
    assert [one.state for one in scene.tasks(stage.db)] == [TaskState.DONE, TaskState.OPEN]


async def test_help_and_a_stop_are_answered_also_while_a_human_talks(stage: Talk) -> None:
    stage.taken(stage.ana())
    (helped,) = await stage.says("ayuda")
    assert "asistente" in helped
    (stopped,) = await stage.says("alto")
    assert stopped.startswith("Listo")


async def test_handed_back_it_asks_its_last_question_again_and_time_goes_on(stage: Talk) -> None:
    number = stage.begins("announce")
    await stage.time_passes()
    ana = stage.ana()
    stage.taken(ana)
    assert stage.handed_back() == []  # nobody has seen the question yet, and it comes now
    (asked,) = scene.messages(stage.db)
    scene.change(stage.db, asked.id or 0, lambda row: setattr(row, "state", OutboxState.SENT))
    stage.taken(ana)
    patience = stage.talk(number).patience_until
    assert patience is not None
    stage.office.clock.time = patience
    await stage.time_passes(minutes=1)
    assert stage.talk(number).state is ConversationState.ASKING
    (again,) = stage.handed_back()
    assert again.startswith("Seguimos donde quedamos: AV-0031.")
    assert (stage.talk(number).patience_until or patience) > stage.office.clock.time
    assert stage.handed_back() == []  # it is the bot's already


async def test_who_stopped_meanwhile_is_asked_nothing(stage: Talk) -> None:
    stage.begins("papers")
    await stage.time_passes()
    stage.taken(stage.ana())
    await stage.says("ya no me escriban")
    assert stage.handed_back() == []


async def test_what_waits_to_be_sent_waits_for_the_hand_back(
    sqlite_db: Database, tmp_path: Path
) -> None:
    """Whatever put it there: only a human's words, a stop's confirmation and an answer now go."""
    async with opened(sqlite_db, tmp_path) as office:
        marta = enrolled(sqlite_db)
        scene.put(sqlite_db, marta, "before", text="Antes")
        office.clock.goes_on(seconds=1)

        def hold(s: Session) -> None:
            handover.hold(s, s.get_one(Person, marta), None, office.clock.time, "token:1")

        sqlite_db.write_now(hold)
        now = office.clock.goes_on(seconds=1)
        put = partial(scene.put, sqlite_db, marta, now=now)
        put("notice", text="Aviso", weight=Weight.NOTICE)
        put("stop", text="Listo", weight=Weight.STOP)
        put("help", text="Somos", weight=Weight.REPLY)
        await office.sends()
        assert office.words == ["Listo", "Somos"]
        waits = [row for row in scene.messages(sqlite_db) if row.state is OutboxState.PENDING]
        assert [(row.key, row.held) for row in waits] == [
            ("before", Held.HUMAN),
            ("notice", Held.HUMAN),
        ]
        screen = Screen(office.world)
        sqlite_db.write_now(
            lambda s: handover.release(s, screen, s.get_one(Person, marta), now, "token:1")
        )
        await office.sends_all()
        assert office.words[2:] == ["Antes", "Aviso"]


def test_the_other_who_takes_it_over_has_it(stage: Talk) -> None:
    ana = stage.ana()
    stage.taken(ana)
    since = stage.db.read_now(lambda s: s.get_one(Person, stage.person).held_at)
    stage.office.clock.goes_on(minutes=5)
    stage.taken(ana + 1)
    person = stage.db.read_now(lambda s: s.get_one(Person, stage.person))
    assert (person.held_by, person.held_at, person.role) == (ana + 1, since, Role.DEFENDER)
