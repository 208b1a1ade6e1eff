"""Turns: a message, what it brings about, and what it must not, all in one transaction."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from bot.db import Database
from bot.office import people, talks
from bot.post.acts import Acts
from bot.post.clockwork import Clockwork
from bot.post.router import payload
from channels.base import Call
from channels.telegram import Telegram
from handlers.repertoire import SAMPLES
from models.conversation import ConversationState, Talked
from models.evidence import Evidence
from models.inbox import InboxState
from models.outbox import OutboxState
from models.person import Address, Person, Role, Via
from models.task import TaskKind
from tests.bot import here, scene
from tests.bot.post.counter import Office, office_of, sms
from tests.bot.scene import MARTA, NOW
from tests.channels.desk import telegram_call


@dataclass
class Stage:
    """One person on the stage, and all that hears her."""

    office: Office
    person: int
    number: int = 0

    @property
    def db(self) -> Database:
        """The record."""
        return self.office.db

    def begins(self, name: str, *, code: str = "", ready: bool = False) -> int:
        """Put a conversation in line."""
        given = SAMPLES[name]

        def act(s: Session) -> int:
            talked = talks.start(
                s,
                name=name,
                given=given,
                person_id=self.person,
                case_id=None,
                code=code or getattr(given, "code", ""),
                now=self.office.clock.time,
                ready=ready,
            )
            return talked.id or 0

        return self.db.write_now(act)

    async def time_passes(self, **more: float) -> None:
        """Let the clock bring about what is due."""
        self.office.clock.goes_on(**more)
        clock = Clockwork(self.office.world, Acts(self.office.world))
        await clock.work()

    async def says(self, text: str, **more: str) -> list[str]:
        """Have her write, and give what she is answered."""
        return await self.does(sms(self._next(), text, **more))

    async def does(self, *calls: Call) -> list[str]:
        """Have her do something, and give what she is answered."""
        before = len(scene.messages(self.db))
        self.office.clock.goes_on(seconds=1)
        await self.office.comes(*calls)
        await self.office.works()
        return [row.text for row in scene.messages(self.db)[before:]]

    def _next(self) -> int:
        self.number += 1
        return self.number

    def talk(self, number: int) -> Talked:
        """A conversation as it is now."""

        def act(s: Session) -> Talked:
            found = s.get_one(Talked, number)
            s.expunge(found)
            return found

        return self.db.read_now(act)

    def causes(self) -> list[str]:
        """Why a human is needed."""
        return [task.cause.partition(":")[0] for task in scene.tasks(self.db)]

    def change(self, **columns: object) -> None:
        """Change the person."""

        def act(s: Session) -> None:
            found = s.get_one(Person, self.person)
            for name, value in columns.items():
                setattr(found, name, value)

        self.db.write_now(act)


@pytest.fixture
async def stage(db: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    """Give a Defender on SMS."""
    office = office_of(db, tmp_path)
    yield Stage(office, scene.somebody(db, via=Via.SMS))
    await here.closed(office.world)


@pytest.fixture
async def sqlite_stage(sqlite_db: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    """Give a Defender on SMS, where the kind of record does not matter."""
    office = office_of(sqlite_db, tmp_path)
    yield Stage(office, scene.somebody(sqlite_db, via=Via.SMS))
    await here.closed(office.world)


# --- stop -----------------------------------------------------------------------------------------


async def test_stop_is_confirmed_once_on_whatever_channel_and_is_not_lifted_by_a_word(
    stage: Stage,
) -> None:
    stage.begins("welcome")
    await stage.time_passes()
    assert len(await stage.says("ya no me escriban por favor")) == 1
    assert await stage.says("alto") == []
    assert await stage.says("quien era?") == []
    person = stage.db.read_now(lambda s: s.get_one(Person, stage.person).stopped_at)
    assert person == scene.later(seconds=1)
    assert "stopped" in stage.causes()
    assert len(await stage.says("volver")) == 1
    assert stage.db.read_now(lambda s: s.get_one(Person, stage.person).stopped_at) is None


async def test_after_a_stop_nothing_that_waited_is_asked(stage: Stage) -> None:
    first, second = stage.begins("welcome"), stage.begins("language")
    await stage.time_passes()
    await stage.says("no me escriban")
    await stage.time_passes(hours=2)
    states = {stage.talk(first).state, stage.talk(second).state}
    assert ConversationState.ASKING not in states
    assert ConversationState.WAITING not in states
    waiting = [row for row in scene.messages(stage.db) if row.state is OutboxState.PENDING]
    assert [row.weight for row in waiting] == [0]  # the confirmation


async def test_a_stop_on_one_channel_is_seen_by_a_message_on_another_at_the_same_time(
    postgres_db: Database, tmp_path: Path
) -> None:
    office = office_of(postgres_db, tmp_path)
    person = scene.somebody(postgres_db, via=Via.SMS)

    def also(s: Session) -> None:
        people.add_address(
            s, scene.KEYS, s.get_one(Person, person), Via.TELEGRAM, "77", NOW, "staff:1"
        )

    postgres_db.write_now(also)
    stage = Stage(office, person)
    stage.begins("welcome")
    await stage.time_passes()
    chat = {"id": 77, "type": "private", "first_name": "M"}
    sender = {"id": 77, "is_bot": False, "first_name": "M"}
    for turn in range(6):
        stage.change(stopped_at=None)
        update = {
            "update_id": 900 + turn,
            "message": {
                "message_id": turn + 1,
                "date": 1750000000,
                "chat": chat,
                "from": sender,
                "text": "ayuda",
            },
        }
        await office.comes(sms(100 + turn, "alto"), telegram_call(update))
        await office.works()
    assert set(office.states()) == {InboxState.DONE}
    await here.closed(office.world)


async def test_who_edits_a_message_into_a_stop_has_stopped(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    person = scene.somebody(stage.db, "Ixchel", "77", Via.TELEGRAM)
    chat = {"id": 77, "type": "private", "first_name": "Ixchel"}
    message = {
        "message_id": 5,
        "date": 1750000000,
        "edit_date": 1750000100,
        "chat": chat,
        "from": {"id": 77, "is_bot": False, "first_name": "Ixchel"},
        "text": "alto",
    }
    await stage.does(telegram_call({"update_id": 901, "edited_message": message}))
    assert stage.db.read_now(lambda s: s.get_one(Person, person).stopped_at) is not None


# --- one answer -----------------------------------------------------------------------------------


async def test_a_button_tapped_twice_is_one_answer_and_no_second_word(sqlite_stage: Stage) -> None:
    person = scene.somebody(sqlite_stage.db, "Ixchel", "77", Via.TELEGRAM)
    own = Stage(sqlite_stage.office, person)
    telegram = own.office.world.channels["telegram"]
    assert isinstance(telegram, Telegram)
    await telegram.prepare()
    talk = own.begins("which")
    await own.time_passes()
    assert own.talk(talk).state is ConversationState.ASKING
    first = await own.does(_press(1, payload(talk, "which", 0)))
    assert own.talk(talk).state is ConversationState.ENDED
    before = own.causes()
    again = await own.does(_press(2, payload(talk, "which", 0)))
    assert len(first) <= 1
    assert (again, own.causes()) == ([], before)


def _press(number: int, data: str) -> Call:
    person = {"id": 77, "is_bot": False, "first_name": "Ixchel"}
    chat = {"id": 77, "type": "private", "first_name": "Ixchel"}
    message = {"message_id": 5, "date": 1750000000, "chat": chat, "text": "¿?"}
    query = {
        "id": str(number),
        "from": person,
        "chat_instance": "1",
        "data": data,
        "message": message,
    }
    return telegram_call({"update_id": number, "callback_query": query})


async def test_who_writes_the_code_we_asked_for_is_not_told_that_we_do_not_understand(
    sqlite_stage: Stage,
) -> None:
    stage = sqlite_stage
    number = stage.begins("papers")
    await stage.time_passes()
    (answer,) = await stage.says("HN-0233")
    assert "No entend" not in answer
    assert "HN-0233" in answer
    assert stage.talk(number).confused == 0


# --- a human talks --------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["held_at", "frozen_at"])
async def test_while_a_human_talks_or_all_is_frozen_time_asks_nothing(
    sqlite_stage: Stage, how: str
) -> None:
    stage = sqlite_stage
    waiting = stage.begins("papers")
    stage.change(**{how: NOW})
    await stage.time_passes()
    assert scene.messages(stage.db) == []
    assert stage.talk(waiting).state is ConversationState.WAITING
    stage.change(**{how: None})
    await stage.time_passes(minutes=1)
    assert stage.talk(waiting).state is ConversationState.ASKING


async def test_silence_says_nothing_while_a_human_talks(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    number = stage.begins("announce")
    await stage.time_passes()
    patience = stage.talk(number).patience_until
    assert patience is not None
    stage.change(held_at=NOW)
    before = len(scene.messages(stage.db))
    stage.office.clock.time = patience
    await stage.time_passes(minutes=1)
    assert len(scene.messages(stage.db)) == before


# --- whatever providers bring ---------------------------------------------------------------------


async def test_whatever_a_file_calls_itself_it_is_announced(
    postgres_db: Database, tmp_path: Path
) -> None:
    office = office_of(postgres_db, tmp_path)
    stage = Stage(office, 0)
    person = scene.somebody(stage.db, "Ixchel", "77", Via.TELEGRAM)
    document = {
        "file_id": "F1",
        "file_unique_id": "U1",
        "file_name": "x\u0000\ud800" + "y" * 300,
        "mime_type": "application/" + "x" * 300 + "\u0000",
    }
    message = {
        "message_id": 6,
        "date": 1750000000,
        "chat": {"id": 77, "type": "private", "first_name": "Ixchel"},
        "from": {"id": 77, "is_bot": False, "first_name": "Ixchel \u0000 \ud800"},
        "document": document,
        "caption": "acta \ud800 \u0000",
    }
    await stage.does(telegram_call({"update_id": 902, "message": message}))
    assert stage.office.states() == [InboxState.DONE]
    found = stage.db.read_now(
        lambda s: list(s.exec(select(Evidence.person_id).order_by(col(Evidence.id))))
    )
    await here.closed(office.world)
    assert found == [person]


async def test_whatever_somebody_writes_is_kept_as_it_came(stage: Stage) -> None:
    strange = "hola ñandú 👍🏽 \u200d \u202e roto"
    await stage.says(strange)
    assert stage.office.states() == [InboxState.DONE]
    assert stage.office.heard() == [strange]


async def test_somebody_new_is_met_once_even_in_two_processes(db: Database, tmp_path: Path) -> None:
    offices = [office_of(db, tmp_path / f"{n}") for n in range(2)]
    await offices[0].comes(*(sms(n, f"hola {n}", "+50277770000") for n in range(1, 4)))
    await asyncio.gather(*(one.works() for one in offices))
    assert db.read_now(lambda s: len(s.exec(select(Address)).all())) == 1
    assert db.read_now(lambda s: [one.role for one in s.exec(select(Person))]) == [Role.UNKNOWN]
    for one in offices:
        await here.closed(one.world)


async def test_what_fits_nothing_goes_to_a_human_and_its_sender_hears_so_once(
    stage: Stage,
) -> None:
    assert len(await stage.says("asdf qwer zxcv")) == 1
    assert await stage.says("asdf qwer zxcv") == []
    (task,) = scene.tasks(stage.db)
    assert (task.kind, task.person_id) == (TaskKind.UNPLACED, stage.person)
    assert task.due_at > NOW
    assert MARTA not in task.detail


@pytest.mark.parametrize("role", [Role.LAWYER, Role.PARENT, Role.UNKNOWN])
async def test_whose_news_is_a_human_s_to_give_is_never_told_that_nothing_waits(
    sqlite_stage: Stage, role: Role
) -> None:
    sqlite_stage.change(role=role)
    (answer,) = await sqlite_stage.says("¿hay noticias?")
    assert "Recibimos su mensaje." in answer
    (task,) = scene.tasks(sqlite_stage.db)
    assert task.kind is TaskKind.QUESTION
    assert "asks for news: ¿hay noticias?" in task.detail


async def test_a_defender_without_work_hears_that_nothing_waits(sqlite_stage: Stage) -> None:
    assert await sqlite_stage.says("estado") == ["Por ahora no tiene nada pendiente."]
    assert scene.tasks(sqlite_stage.db) == []
