"""Who says that it is they is asked once; right or wrong, they read and cost the same (E5)."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from bot.db import Database
from bot.office import casebook
from bot.office.work import recognition
from models.appointment import Appointment, Established
from models.case import Case
from models.person import Role, Via
from models.recognition import Claim, Likeness
from models.task import TaskKind
from tests.bot import here, scene
from tests.bot.post.counter import office_of
from tests.bot.post.test_cost import counted
from tests.bot.post.test_strangers import NIGHT, Night, opened, searches

FIRST, CHEPE, JUAN = "+50499990600", "+50499990601", "+50499990602"
SAID = ("ya llame. si soy yo. q paso", "{answer}", "2")
MUST_NOT = ("hij", "niñ", "deport", "Novela", "Kevin", "HN-", "Tomás", "Nubes")


def asks(s: Session) -> None:
    """Have a search with a question, and two who may be the one it looks for."""
    searches(s)
    case = s.exec(select(Case)).one()
    case.guarded = "Kevin Novela"
    recognition.write(s, case, "¿Cómo le dicen en su comunidad?", "Chepe", "staff:1", NIGHT)


@pytest.fixture
async def night(sqlite_db: Database, tmp_path: Path) -> AsyncIterator[Night]:
    """An office that looks for somebody."""
    office = office_of(sqlite_db, tmp_path)
    office.clock.time = NIGHT
    sqlite_db.write_now(opened)
    sqlite_db.write_now(asks)
    yield Night(office, 1)
    await here.closed(office.world)


async def answers(night: Night, wire: str, answer: str) -> tuple[list[str], list[str], int]:
    """Let somebody be written to, and answer: what they read, the statements, who they are."""
    person = scene.somebody(night.db, "Tomás Novela", wire, Via.SMS, Role.PARENT)
    before = len(scene.messages(night.db))
    slots = [NIGHT.replace(day=26, hour=hour) for hour in (15, 23)]

    def begins(s: Session) -> None:
        case = s.exec(select(Case)).one()
        casebook.outreach(s, case=case, person_id=person, slots=slots, now=NIGHT, actor="staff:1")

    night.db.write_now(begins)
    await night.time_passes(seconds=1)
    with counted(night.db) as statements:
        for words in SAID:
            await night.writes(words.format(answer=answer), wire)
    read = [
        "\n".join([row.text, *(label for _payload, label in json.loads(row.options))])
        for row in scene.messages(night.db)[before:]
    ]
    turns = [one for one in statements if "lane" not in one]  # these are looked at until all rests
    return read, turns, person


async def test_right_or_wrong_he_reads_the_same_and_only_staff_see_which(night: Night) -> None:
    await answers(night, FIRST, "no le digo")  # keys of the week and the case are made and known
    right, costs, chepe = await answers(night, CHEPE, "me dicen Chepe")
    wrong, cost, juan = await answers(night, JUAN, "me dicen Juan")
    assert right == wrong
    assert costs == cost
    assert [one for one in costs if one.startswith("INSERT INTO claim")]
    assert right[1] == "Gracias. Para cuidarle, una pregunta: ¿Cómo le dicen en su comunidad?"
    assert "¿Cuándo le podemos llamar?" in right[2]
    assert "Una persona le llamará" in right[3]
    assert not [word for word in MUST_NOT for text in right if word.casefold() in text.casefold()]

    def seen(s: Session) -> None:
        claims = s.exec(select(Claim).order_by(col(Claim.id))).all()[1:]
        assert [(one.person_id, one.answer, one.likeness) for one in claims] == [
            (chepe, "me dicen Chepe", Likeness.LIKELY),
            (juan, "me dicen Juan", Likeness.POSSIBLE),
        ]
        calls = s.exec(select(Appointment)).all()
        assert [one.person_id for one in calls[1:]] == [chepe, juan]
        assert {one.established for one in calls} == {Established.NOTHING}

    night.db.read_now(seen)
    assert set(night.tasks()) == {TaskKind.CALL}
