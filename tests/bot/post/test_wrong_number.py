"""A wrong number: asked pardon, left in peace, named nowhere, and a conflict is for staff (E6)."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel, select

from bot.db import Database
from bot.office import casebook, people
from bot.office.who import doubts, links
from models.base import know_all
from models.case import Case
from models.person import Address, Doubt, Link, Person, Role, Trust, Via
from models.staff import Staff
from models.task import TaskKind
from tests.bot import here, scene
from tests.bot.post.counter import office_of
from tests.bot.post.test_strangers import NIGHT, Night, opened, searches

CARMEN = "+50377770601"
SAID = "Numero ekivocado yo soy doña Carmen no conosco a nadie"
SORRY = "Disculpe la molestia. No le volveremos a escribir."
LATER = "de que se trata?"


@pytest.fixture
async def night(sqlite_db: Database, tmp_path: Path) -> AsyncIterator[Night]:
    """An office that looks for somebody."""
    office = office_of(sqlite_db, tmp_path)
    office.clock.time = NIGHT
    sqlite_db.write_now(opened)
    sqlite_db.write_now(searches)
    yield Night(office, 1)
    await here.closed(office.world)


async def reached_out(night: Night, *before: Role) -> tuple[int, ...]:
    """Write to somebody at an address that others of the record have too."""
    others = [scene.somebody(night.db, f"Otra {one.value}", CARMEN, Via.SMS, one) for one in before]
    sought = scene.somebody(night.db, "Tomás Novela", CARMEN, Via.SMS, Role.PARENT)
    slots = [NIGHT.replace(day=26, hour=hour) for hour in (15, 23)]

    def begins(s: Session) -> None:
        case = s.exec(select(Case)).one()
        case.parent_id = sought
        casebook.outreach(s, case=case, person_id=sought, slots=slots, now=NIGHT, actor="staff:1")

    night.db.write_now(begins)
    await night.time_passes(seconds=1)
    return sought, *others


def holding(s: Session, word: str) -> Iterator[str]:
    """Open every column of the record, and name those that hold a word."""
    know_all()
    for mapper in SQLModel._sa_registry.mappers:
        for row in s.exec(select(mapper.class_)):
            for column in mapper.column_attrs:
                value = getattr(row, column.key)
                text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                if word.casefold() in text.casefold():
                    yield f"{mapper.class_.__tablename__}.{column.key}"


async def test_her_name_stands_in_what_came_and_in_the_task_that_quotes_it_and_nowhere_else(
    night: Night,
) -> None:
    (sought,) = await reached_out(night)
    assert await night.writes(SAID, CARMEN) == [SORRY]
    assert await night.writes(LATER, CARMEN) == []
    found = night.db.read_now(lambda s: set(holding(s, "Carmen")))
    assert found == {"inbox.raw", "heard.text", "task.detail"}
    tasks = night.tasks()
    assert set(tasks) == {TaskKind.WRONG_PERSON, TaskKind.UNPLACED}
    assert SAID in tasks[TaskKind.WRONG_PERSON].detail
    assert "Carmen" not in tasks[TaskKind.UNPLACED].detail
    assert tasks[TaskKind.UNPLACED].person_id != sought


def test_what_a_stranger_calls_herself_is_not_kept_where_we_had_the_wrong_person(
    sqlite_db: Database,
) -> None:
    sought = scene.somebody(sqlite_db, "Tomás Novela", CARMEN, Via.WHATSAPP, Role.PARENT)

    def act(s: Session) -> list[str]:
        address = scene.address_of(s, sought)
        people.disprove(s, s.get_one(Person, sought), address, None, NIGHT)
        wires = (CARMEN, "+50499990777")
        met = [people.meet(s, scene.KEYS, Via.WHATSAPP, wire, "Carmen", NIGHT) for wire in wires]
        return [person.name for person, _address in met]

    assert sqlite_db.write_now(act) == ["", "Carmen"]


@pytest.mark.parametrize("role", [Role.DEFENDER, Role.PARENT])
async def test_where_another_has_that_address_staff_are_asked_and_nobody_is_told(
    night: Night, role: Role
) -> None:
    sought, other = await reached_out(night, role)
    assert await night.writes(SAID, CARMEN) == [SORRY]
    task = night.tasks()[TaskKind.CONFLICT]
    assert (task.person_id, task.case_id) == (other, None)
    assert "Carmen" not in task.detail
    assert night.db.read_now(lambda s: _link(s, other)) == (Trust.ENROLLED, Doubt.CONTRADICTED)
    assert night.db.read_now(lambda s: _link(s, sought)) == (Trust.DISPROVED, Doubt.NONE)
    before = len(scene.messages(night.db))
    assert await night.writes(LATER, CARMEN) == []
    assert LATER in night.tasks()[TaskKind.UNPLACED].detail
    assert len(scene.messages(night.db)) == before
    (menu,) = await night.writes("ayuda", CARMEN)  # what anybody is answered
    assert "asistente" in menu


async def test_the_conflict_is_over_when_a_human_has_asked(night: Night) -> None:
    _sought, other = await reached_out(night, Role.DEFENDER)
    await night.writes(SAID, CARMEN)

    def ends(s: Session) -> None:
        ana = s.exec(select(Staff)).one()
        address = scene.address_of(s, other)
        link = links.of(s, other, address.id or 0)
        assert link is not None
        doubts.end(s, link, ana.id or 0, NIGHT)

    night.db.write_now(ends)
    assert TaskKind.CONFLICT not in night.tasks()
    assert len(await night.writes(LATER, CARMEN)) == 1  # she is answered as before


async def test_a_stranger_at_that_address_is_no_conflict(night: Night) -> None:
    await reached_out(night, Role.UNKNOWN)
    assert await night.writes(SAID, CARMEN) == [SORRY]
    assert set(night.tasks()) == {TaskKind.WRONG_PERSON}


def _link(s: Session, person: int) -> tuple[Trust, Doubt]:
    address = s.exec(select(Address).join(Link).where(Link.person_id == person)).one()
    link = links.of(s, person, address.id or 0)
    assert link is not None
    return link.trust, link.doubt
