"""Time: whose turn it is comes on, whoever else must wait, and people share a commit."""

from pathlib import Path

import pytest
from sqlmodel import Session, select

from bot import metrics
from bot.db import Database
from bot.office import talks
from bot.post import clockwork
from bot.post.acts import Acts
from bot.post.clockwork import Clockwork
from models.conversation import ConversationState, Talked
from models.facts import AnnounceGiven
from models.person import Person
from tests.bot import here, scene

MANY = 3


def in_line(db: Database, person_id: int) -> int:
    """Put a request in somebody's line, and give its number."""
    given = AnnounceGiven(broadcast=1, code="AV-0001", body="¿Puede ir mañana?")
    return (
        db.write_now(
            lambda s: talks.start(
                s,
                name="announce",
                given=given,
                person_id=person_id,
                case_id=None,
                code="AV-0001",
                now=scene.NOW,
            )
        ).id
        or 0
    )


def people(db: Database, count: int) -> list[int]:
    """Enrol some people."""
    return [scene.somebody(db, wire=f"+502555500{number:02}") for number in range(count)]


def shown(db: Database) -> set[int]:
    """Give the people who have a question on their screen."""
    query = select(Talked.person_id).where(Talked.state == ConversationState.ASKING)
    return db.read_now(lambda s: set(s.exec(query)))


def hold(db: Database, held: list[int]) -> None:
    """Let a human take over the talks with these people."""

    def act(s: Session) -> None:
        for number in held:
            s.get_one(Person, number).held_at = scene.NOW

    db.write_now(act)


async def test_many_whom_a_human_has_taken_over_keep_nobody_else_in_line(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clockwork, "MANY", MANY)
    world = here.world(db, tmp_path)
    everybody = people(db, MANY + 1)
    for number in everybody:
        in_line(db, number)
    hold(db, everybody[:-1])
    await Clockwork(world, Acts(world)).work()
    assert shown(db) == {everybody[-1]}


async def test_many_who_look_at_a_question_keep_nobody_else_in_line(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    world = here.world(db, tmp_path)
    clock = Clockwork(world, Acts(world))
    everybody = people(db, MANY + 1)
    for number in everybody[:-1]:
        in_line(db, number)
    await clock.work()
    assert shown(db) == set(everybody[:-1])
    for number in everybody:
        in_line(db, number)
    monkeypatch.setattr(clockwork, "MANY", MANY)
    for _ in range(100):  # one look in four does not see her
        await clock.work()
        if everybody[-1] in shown(db):
            return
    raise AssertionError("Her turn never came.")


async def test_people_whose_turn_it_is_share_a_commit_and_one_that_fails_stops_no_other(
    sqlite_db: Database, tmp_path: Path
):
    """On PostgreSQL each is a transaction of its own."""
    db = sqlite_db
    world = here.world(db, tmp_path)
    everybody = people(db, clockwork.TOGETHER)
    numbers = [in_line(db, number) for number in everybody]

    def spoil(s: Session) -> None:
        s.get_one(Talked, numbers[0]).given = "no JSON"

    db.write_now(spoil)
    before = _commits()
    await Clockwork(world, Acts(world)).work()
    assert shown(db) == set(everybody[1:])
    assert _commits() - before <= clockwork.TOGETHER


def _commits() -> float:
    return next(
        sample.value
        for family in metrics.write_batch.collect()
        for sample in family.samples
        if sample.name.endswith("_count")
    )
