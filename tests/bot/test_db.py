"""Transactions: what is told to be kept is kept, what is told to be lost is lost."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, col, select

from bot.db import Database, Unavailable, _Job
from models.base import SealedText
from models.inbox import Lane
from models.person import Link


def add(name: str, **more: Any) -> Callable[[Session], str]:
    """An act that makes one row."""

    def act(s: Session) -> str:
        s.add(Lane(id=name, **more))
        s.flush()
        return name

    return act


def names(s: Session) -> list[str]:
    return list(s.exec(select(Lane.id).order_by(col(Lane.id))))


class Gate:
    """An act that holds the writer until it is told to go on."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, _s: Session) -> None:
        """Wait."""
        self.reached.set()
        assert self.opened.wait(10)


async def in_one_commit(db: Database, *acts: Callable[[Session], object]) -> list[object]:
    """Have acts wait behind a gate, so that the writer takes them all at once."""
    gate = Gate()
    first = asyncio.create_task(db.write(gate))
    await asyncio.to_thread(gate.reached.wait, 10)
    waiting = [asyncio.create_task(db.write(act)) for act in acts]
    await asyncio.sleep(0)
    gate.opened.set()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


def commits_of(path: Path) -> int:
    """Count the commits in a SQLite log: each ends with a frame that tells the file's size."""
    log = path.with_name(path.name + "-wal").read_bytes()
    page = int.from_bytes(log[8:12], "big")
    frames = range(32, len(log), 24 + page)
    return sum(int.from_bytes(log[at + 4 : at + 8], "big") > 0 for at in frames)


async def test_what_was_written_is_read_and_survives_a_restart(db: Database) -> None:
    assert await db.write(add("a")) == "a"
    assert await db.read(names) == ["a"]
    db.close()
    again = Database(db.url.render_as_string(hide_password=False))
    assert await again.read(names) == ["a"]
    again.close()


async def test_a_crowd_shares_one_commit(sqlite_db: Database) -> None:
    await sqlite_db.write(add("first"))
    path = Path(str(sqlite_db.url.database))
    before = commits_of(path)
    told = await in_one_commit(sqlite_db, *(add(f"{n:02}") for n in range(40)))
    assert told == [f"{n:02}" for n in range(40)]
    assert commits_of(path) == before + 1
    assert len(await sqlite_db.read(names)) == 41


async def test_an_envelope_is_kept_before_whatever_else_waits(sqlite_db: Database) -> None:
    order: list[str] = []

    def noting(name: str) -> Callable[[Session], None]:
        return lambda _s: order.append(name)

    gate = Gate()
    first = asyncio.create_task(sqlite_db.write(gate))
    await asyncio.to_thread(gate.reached.wait, 10)
    waiting = [
        asyncio.create_task(sqlite_db.write(noting("one"))),
        asyncio.create_task(sqlite_db.write(noting("two"))),
        asyncio.create_task(sqlite_db.write(noting("envelope"), hurried=True)),
    ]
    await asyncio.sleep(0)
    gate.opened.set()
    await asyncio.gather(first, *waiting)
    assert order == ["envelope", "one", "two"]


async def test_an_act_that_fails_loses_only_itself(db: Database) -> None:
    def half(s: Session) -> None:
        s.add(Lane(id="half"))
        s.flush()
        raise ValueError("enough")

    await db.write(add("z"))
    told = await in_one_commit(db, add("a"), half, add("b"), add("z"), add("c"))
    assert [told[0], told[2], told[4]] == ["a", "b", "c"]
    assert isinstance(told[1], ValueError)
    assert isinstance(told[3], IntegrityError)
    assert await db.read(names) == ["a", "b", "c", "z"]


@pytest.mark.parametrize("problem", [StopIteration, asyncio.CancelledError, SystemExit])
async def test_whatever_an_act_raises_its_neighbours_are_told(
    sqlite_db: Database, problem: type[BaseException]
) -> None:
    def bad(_s: Session) -> None:
        raise problem

    gate = Gate()
    first = asyncio.create_task(sqlite_db.write(gate))
    await asyncio.to_thread(gate.reached.wait, 10)
    before = asyncio.create_task(sqlite_db.write(add("a")))
    await asyncio.sleep(0)
    sqlite_db._line.join(_unheard(bad))
    await asyncio.sleep(0)
    after = asyncio.create_task(sqlite_db.write(add("b")))
    await asyncio.sleep(0)
    gate.opened.set()
    await first
    assert list(await asyncio.wait_for(asyncio.gather(before, after), 5)) == ["a", "b"]
    assert await asyncio.wait_for(sqlite_db.write(add("c")), 5) == "c"


def _unheard(act: Callable[[Session], object]) -> _Job[Any]:
    """A job whose outcome nobody looks at: SystemExit in a task would end the test's own loop."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return _Job(act, loop, future)


async def test_an_act_that_runs_out_is_told_as_a_failure(db: Database) -> None:
    for ask in (db.write, db.read):
        with pytest.raises(RuntimeError, match="iterator"):
            await asyncio.wait_for(ask(lambda _s: next(iter(()))), 5)


async def test_when_the_commit_fails_nothing_is_kept_and_all_are_told(
    sqlite_db: Database,
) -> None:
    def orphan(s: Session) -> None:
        # References are looked at when the transaction ends: then it cannot.
        s.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        s.add(Link(person_id=77, address_id=77, created_at=datetime.now(UTC)))

    told = await in_one_commit(sqlite_db, add("a"), orphan, add("b"))
    assert [type(one) for one in told] == [Unavailable] * 3
    assert await sqlite_db.read(names) == []
    assert await sqlite_db.write(add("c")) == "c"


async def test_a_lost_connection_is_a_commit_that_failed(postgres_db: Database) -> None:
    def lost(s: Session) -> None:
        s.add(Lane(id="lost"))
        s.flush()
        own = s.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with postgres_db._writer.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({own}, 5000)")

    with pytest.raises(Unavailable):
        await postgres_db.write(lost)
    assert await postgres_db.write(add("a")) == "a"
    assert await postgres_db.read(names) == ["a"]


def fill(s: Session) -> None:
    """Write more than a full disk takes."""
    for number in range(400):
        s.connection().execute(
            sa.insert(Lane).values(id=f"fill{number:060}", pending=False, fence=0, owner="y" * 40)
        )


def room(pages: int) -> Callable[[Session], None]:
    """Leave so many pages of disk."""

    def act(s: Session) -> None:
        connection = s.connection()
        used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={used + pages}")

    return act


async def test_a_full_disk_is_told_to_everybody_whose_act_it_undid(sqlite_db: Database) -> None:
    # SQLite gives the whole transaction up then, savepoints and all, and the driver's commit
    # says nothing: an act that was already done would be told as kept.
    await sqlite_db.write(room(0))
    told = await in_one_commit(sqlite_db, add("a"), add("b"), fill, add("c"), add("d"))
    kept = await sqlite_db.read(names)
    for name, one in zip("ab_cd", told, strict=True):
        assert (name in kept) == (one == name), (kept, told)
    assert isinstance(told[2], Unavailable)
    await sqlite_db.write(room(10_000))
    assert await sqlite_db.write(add("after")) == "after"


async def test_a_full_disk_leaves_a_command_nothing_half_done(sqlite_db: Database) -> None:
    sqlite_db.write_now(room(0))

    def careless(s: Session) -> None:
        s.connection().execute(sa.insert(Lane).values(id="a", pending=False, fence=0, owner=""))
        try:
            fill(s)
        except DBAPIError:
            return

    with pytest.raises(Unavailable):
        sqlite_db.write_now(careless)
    assert await sqlite_db.read(names) == []


async def test_an_act_nobody_waits_for_any_more_is_done_and_disturbs_nobody(db: Database) -> None:
    gate = Gate()

    def slow(s: Session) -> None:
        gate(s)
        add("left")(s)

    left = asyncio.create_task(db.write(slow))
    await asyncio.to_thread(gate.reached.wait, 10)
    left.cancel()
    stays = asyncio.create_task(db.write(add("stays")))
    await asyncio.sleep(0)
    gate.opened.set()
    assert await stays == "stays"
    with pytest.raises(asyncio.CancelledError):
        await left
    db.close()  # finishes what is under way
    again = Database(db.url.render_as_string(hide_password=False))
    assert await again.read(names) == ["left", "stays"]
    again.close()


async def test_closing_finishes_what_waits_and_refuses_what_comes_later(db: Database) -> None:
    gate = Gate()
    first = asyncio.create_task(db.write(gate))
    await asyncio.to_thread(gate.reached.wait, 10)
    waiting = [asyncio.create_task(db.write(add(f"{n}"))) for n in range(3)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(asyncio.to_thread(db.close))
    await asyncio.sleep(0.05)
    for ask in (db.write, db.read):
        with pytest.raises(Unavailable):
            await asyncio.wait_for(ask(names), 5)
    gate.opened.set()
    await closing
    await first
    assert await asyncio.gather(*waiting) == ["0", "1", "2"]
    db.close()


async def test_closing_leaves_one_tidy_file(sqlite_db: Database) -> None:
    await sqlite_db.write(add("a"))
    await sqlite_db.read(names)
    sqlite_db.write_now(add("b"))
    sqlite_db.close()
    path = Path(str(sqlite_db.url.database))
    assert not list(path.parent.glob("enlace.db-*"))
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_reader_cannot_write(db: Database) -> None:
    with pytest.raises((DBAPIError, Unavailable)):
        await db.read(add("a"))
    assert await db.read(names) == []


async def test_reads_do_not_wait_for_a_write(db: Database) -> None:
    gate = Gate()
    writing = asyncio.create_task(db.write(gate))
    await asyncio.to_thread(gate.reached.wait, 10)
    assert await asyncio.wait_for(db.read(names), 5) == []
    gate.opened.set()
    await writing


async def test_only_the_owner_checkpoints(sqlite_db: Database) -> None:
    # Two connections that checkpoint at once can corrupt a file before SQLite 3.51.3.
    def many(s: Session) -> None:
        for number in range(2000):
            s.connection().exec_driver_sql(
                "INSERT INTO lane (id, pending, fence, owner) VALUES (?, 0, 0, ?)",
                (f"{number}", "z" * 3000),
            )

    sqlite_db.write_now(many)  # as a command does, beside a server
    sqlite_db.write_now(add("a"))
    await sqlite_db.read(names)
    size, log = _sizes(sqlite_db)
    assert log > 1500 * 4096 > size
    await sqlite_db.write(add("b"))
    assert _sizes(sqlite_db)[0] > 1500 * 4096


def _sizes(db: Database) -> tuple[int, int]:
    path = Path(str(db.url.database))
    return path.stat().st_size, path.with_name(path.name + "-wal").stat().st_size


async def test_everything_is_synced_to_disk(sqlite_db: Database) -> None:
    def settings(s: Session) -> list[object]:
        connection = s.connection()
        asked = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema")
        return [connection.exec_driver_sql(f"PRAGMA {one}").scalar_one() for one in asked]

    wanted = ["wal", 2, 1, 1, 0]
    assert await sqlite_db.write(settings) == wanted
    assert sqlite_db.write_now(settings) == wanted
    assert await sqlite_db.read(settings) == wanted


async def test_a_locked_file_is_unavailable_and_then_not(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.db.PATIENCE", 0.2)
    impatient = Database(sqlite_db.url.render_as_string())
    await impatient.write(add("0"))
    with sqlite3.connect(str(sqlite_db.url.database), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        told = await asyncio.gather(
            *(impatient.write(add(name)) for name in "abc"), return_exceptions=True
        )
        assert all(isinstance(one, Unavailable) for one in told)
        assert await impatient.read(names) == ["0"]
        other.execute("ROLLBACK")
    assert await impatient.write(add("a")) == "a"
    impatient.close()


async def test_a_file_that_cannot_be_opened_keeps_nobody_waiting(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "enlace.db"
    database = Database(f"sqlite:///{path}")
    with pytest.raises(Unavailable):
        await asyncio.wait_for(database.write(add("a")), 5)
    path.parent.mkdir()
    assert await database.write(lambda s: s.connection().exec_driver_sql("SELECT 1").scalar()) == 1
    database.close()


async def test_transactions_that_meet_are_tried_again(postgres_db: Database) -> None:
    for name in "ab":
        await postgres_db.write(add(name))
    meeting = threading.Barrier(2)
    tries: list[str] = []

    def both(first: str, second: str) -> Callable[[Session], None]:
        def act(s: Session) -> None:
            tries.append(first)
            _count(s, first)
            if len(tries) <= 2:
                meeting.wait(10)  # each now waits for what the other holds
            _count(s, second)

        return act

    await asyncio.gather(postgres_db.write(both("a", "b")), postgres_db.write(both("b", "a")))
    assert len(tries) == 3
    fences = await postgres_db.read(
        lambda s: list(s.exec(select(Lane.fence).order_by(col(Lane.id))))
    )
    assert fences == [2, 2]


def _count(s: Session, name: str) -> None:
    s.connection().execute(sa.update(Lane).where(col(Lane.id) == name).values(fence=Lane.fence + 1))


async def test_a_transaction_that_cannot_be_serialized_is_tried_again(
    postgres_db: Database,
) -> None:
    await postgres_db.write(add("a"))
    tries = 0

    def act(s: Session) -> None:
        nonlocal tries
        tries += 1
        s.connection().exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        s.connection().execute(select(Lane.fence)).all()
        if tries == 1:
            postgres_db.write_now(lambda other: _count(other, "a"))
        _count(s, "a")

    await postgres_db.write(act)
    assert tries == 2
    assert await postgres_db.read(lambda s: s.exec(select(Lane.fence)).one()) == 2


async def test_a_locked_row_is_read_as_it_is_now(db: Database) -> None:
    # Someone who knew a row before it got the lock must not go on with what it knew.
    await db.write(add("a", owner="old"))
    known = threading.Event()

    def changes(s: Session) -> None:
        s.get_one(Lane, "a", with_for_update=True).owner = "new"
        s.flush()
        known.wait(5)

    def waits(s: Session) -> tuple[str, str]:
        before = s.get_one(Lane, "a").owner
        known.set()
        locked = s.get_one(Lane, "a", with_for_update=True)
        locked.fence += 1
        chosen = s.exec(select(Lane).where(Lane.id == "a").with_for_update()).one()
        assert chosen.fence == 1  # what this session itself changed is not undone
        return before, locked.owner

    if db.embedded:
        known.set()  # one writes after the other
    first = asyncio.create_task(db.write(changes))
    await asyncio.sleep(0.05)
    before, after = await db.write(waits)
    await first
    assert after == "new"
    assert before == ("new" if db.embedded else "old")


async def test_words_that_are_no_unicode_are_kept(db: Database) -> None:
    strange = "roto \ud83d\udc00 \ud800 y \x00 y ñ"
    place = SealedText("case.sought")

    def both_ways(s: Session) -> str:
        connection = s.connection()
        sealed = place.process_bind_param(strange, connection.dialect)
        kind = sa.LargeBinary()
        back = connection.execute(sa.select(sa.literal(sealed, kind))).scalar_one()
        return place.process_result_value(bytes(back), connection.dialect) or ""

    assert await db.write(both_ways) == strange


async def test_an_error_does_not_repeat_what_somebody_wrote(db: Database) -> None:
    secret = "+50255551234"
    await db.write(add(secret))
    with pytest.raises(IntegrityError) as told:
        await db.write(add(secret, owner="Marta"))
    assert "Marta" not in str(told.value)
