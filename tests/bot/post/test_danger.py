"""The words of danger, from the phone to the freeze: a bland end, silence, and somebody woken."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.db import Database
from bot.office import guard, people
from bot.office.reach import freezing
from models.outbox import Outbox, OutboxState, Weight
from models.person import Address, Person, Role, Via
from models.task import TaskKind
from tests.bot import here, scene
from tests.bot.post.counter import office_of
from tests.bot.post.test_turns import Stage

BLAND = "Gracias, por ahora no. Buen día."
ANA = "+50255550909"


@pytest.fixture
async def stage(db: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    """Give a Defender on SMS."""
    office = office_of(db, tmp_path)
    yield Stage(office, scene.somebody(db, via=Via.SMS))
    await here.closed(office.world)


def agree(stage: Stage) -> int:
    """Put Ana on call, and agree with the person on the stage."""
    ana = scene.somebody(stage.db, "Ana", ANA, Via.SMS, Role.STAFF)

    def act(s: Session) -> None:
        now = stage.office.clock.time
        freezing.call_on(s, s.get_one(Person, ana), 1, now, on=True)
        marta = s.get_one(Person, stage.person)
        freezing.agree(s, marta, ["¿todavía venden tamales?"], 1, now)

    stage.db.write_now(act)
    return ana


def guarded(stage: Stage, row: Outbox) -> str | None:
    def act(s: Session) -> str | None:
        person = s.get_one(Person, row.person_id)
        address = s.get_one(Address, row.address_id)
        return guard.verdict(s, row, person, address, row.text, stage.office.clock.time)

    return stage.db.read_now(act)


async def test_the_agreed_words_end_the_talk_blandly_freeze_all_and_wake_who_is_on_call(
    stage: Stage,
) -> None:
    """E9: whatever else was under way, and nothing about anybody on a lock screen."""
    ana = agree(stage)
    asked = stage.begins("announce")
    await stage.time_passes()
    before = len(scene.messages(stage.db))
    await stage.says("buenas, todavia benden tamales")
    bland, alarm = scene.messages(stage.db)[before:]
    assert (bland.text, bland.person_id) == (BLAND, stage.person)
    assert guarded(stage, bland) is None
    assert alarm.person_id == ana
    assert alarm.weight == Weight.URGENT.value
    assert alarm.text == f"Alerta de seguridad P-{stage.person}: abra la consola ahora."
    assert [row.state for row in scene.messages(stage.db)[:before]] == [OutboxState.CANCELLED]
    assert [task.kind for task in scene.tasks(stage.db)] == [TaskKind.DANGER]

    # Nothing more is said, whatever she writes and however long it takes.
    for text in ("sí", "ayuda", "todavía venden tamales", "GT-0417"):
        assert await stage.says(text) == []
    patience = stage.talk(asked).patience_until
    assert patience is not None
    stage.office.clock.time = patience
    await stage.time_passes(minutes=1)
    assert len(scene.messages(stage.db)) == before + 2
    assert (stage.talk(asked).patience_until or patience) - patience >= timedelta(minutes=30)


async def test_who_asked_for_no_more_messages_is_not_answered_even_then(stage: Stage) -> None:
    ana = agree(stage)
    await stage.says("alto")
    before = len(scene.messages(stage.db))
    await stage.says("¿todavía venden tamales?")
    assert [row.person_id for row in scene.messages(stage.db)[before:]] == [ana]


async def test_words_agreed_on_with_somebody_else_mean_nothing(stage: Stage) -> None:
    agree(stage)
    other = scene.somebody(stage.db, "Rosa", "+50255550707", Via.SMS)
    assert not stage.db.read_now(
        lambda s: people.in_danger(s.get_one(Person, other), "todavía venden tamales")
    )


async def test_words_of_danger_count_beside_a_stop(stage: Stage) -> None:
    ana = agree(stage)
    before = len(scene.messages(stage.db))
    await stage.says("ya no me escriban. todavía venden tamales")
    alarm, confirmed = scene.messages(stage.db)[before:]
    assert alarm.person_id == ana
    assert confirmed.text.startswith("Listo: no le escribiremos más")
    assert guarded(stage, confirmed) is None  # whoever reads along sees what they expect
    assert TaskKind.DANGER in [task.kind for task in scene.tasks(stage.db)]
