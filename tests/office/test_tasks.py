"""What waits for a human, each need once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from bot import migrate
from bot.db import Database
from bot.office import tasks
from bot.office.once import once
from models.task import Task, TaskKind, TaskState
from models.trail import Trail
from tests.office.scene import HOUR, NOON


def need(s: Session, cause: str = "unplaced:1", **more: Any) -> Task:
    return tasks.need(s, kind=TaskKind.UNPLACED, cause=cause, now=NOON, **more)


def test_the_same_cause_is_one_task_also_when_it_is_done(s, office):
    task = need(s, due_hours=4, detail="¿?")
    assert task.due_at == NOON + timedelta(hours=4)
    assert need(s) is task
    ana, eva = office.staff(), office.staff()
    tasks.finish(s, task, ana.id or 0, "called her", NOON + HOUR)
    tasks.finish(s, task, eva.id or 0, "me too", NOON + 2 * HOUR)
    assert (task.state, task.done_by, task.done_note) == (TaskState.DONE, ana.id, "called her")
    assert need(s) is task
    assert task.state is TaskState.DONE
    assert [row.act for row in office.all(Trail)] == ["task.needed", "task.done"]


def test_what_was_done_elsewhere_settles_its_task(s, office):
    task = need(s)
    tasks.settle(s, "unplaced:1", office.staff().id or 0, "", NOON)
    tasks.settle(s, "never-needed", office.staff().id or 0, "", NOON)
    assert task.state is TaskState.DONE


def test_two_processes_that_need_the_same_make_one_task(postgres_url):
    migrate.upgrade(postgres_url)
    database = Database(postgres_url)
    found: list[int | None] = []
    with database._writer.begin() as connection, Session(connection) as first:
        ours = need(first).id
        second = threading.Thread(
            target=lambda: found.append(database.write_now(lambda s: need(s).id))
        )
        second.start()
        while not database.read_now(_somebody_waits):
            assert second.is_alive()
        first.commit()
    second.join()
    assert found == [ours]
    assert database.read_now(lambda s: len(s.exec(select(Task)).all())) == 1
    database.close()


def _somebody_waits(s: Session) -> Any:
    return (
        s.connection().execute(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar()
    )


def test_a_row_that_breaks_another_rule_is_not_taken_for_a_known_one(s, office):
    task = need(s)
    twin = Task(
        kind=task.kind, cause=task.cause, detail="", due_at=task.due_at, created_at=task.created_at
    )
    with pytest.raises(IntegrityError):
        once(s, lambda: None, lambda: twin)
    assert len(office.all(Task)) == 1
