"""Parked envelopes tried once more at a human's word, lanes marked again, and clocks that jump."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from bot.db import Database, clock
from bot.post import inbox
from bot.post.acts import Acts
from bot.post.clockwork import Clockwork
from bot.post.inbox import BACKOFF, TRIES
from models.conversation import ConversationState, Talked
from models.inbox import InboxState, Lane
from models.task import TaskKind
from tests.bot import here, scene
from tests.bot.here import Clock
from tests.bot.post.counter import Office, office_of, poison, sms
from tests.bot.scene import NOW


@pytest.fixture
async def office(db: Database, tmp_path: Path) -> AsyncIterator[Office]:
    """Give lanes with nothing in them."""
    made = office_of(db, tmp_path)
    yield made
    await here.closed(made.world)


async def parked(office: Office) -> int:
    """Let an envelope be parked, with another behind it; give its number."""
    poison(office)
    await office.comes(sms(1, "veneno"), sms(2, "segundo"))
    for wait in (*BACKOFF, 6):
        await office.works()
        office.goes_on(seconds=wait)
    number = office.envelopes()[0].id or 0
    assert office.states() == [InboxState.DEAD, InboxState.NEW]
    return number


def mend(s: Session) -> None:
    s.exec(select(Talked)).one().state = ConversationState.CANCELLED


# --- tried once more (D7.16) ----------------------------------------------------------------------


async def test_a_parked_envelope_takes_effect_after_its_cause_is_mended(office: Office) -> None:
    number = await parked(office)
    office.db.write_now(mend)
    await office.works()
    assert office.heard() == ["segundo"]  # what came later is not held up any more
    assert await office.db.write(lambda s: inbox.replay(s, number, clock(s)))
    await office.works()
    assert office.heard() == ["segundo", "veneno"]
    assert set(office.states()) == {InboxState.DONE}
    assert not await office.db.write(lambda s: inbox.replay(s, number, clock(s)))
    await office.works()
    assert office.heard() == ["segundo", "veneno"]


async def test_it_goes_before_all_that_still_waits_in_its_lane(office: Office) -> None:
    number = await parked(office)
    office.db.write_now(mend)
    assert await office.db.write(lambda s: inbox.replay(s, number, clock(s)))
    await office.works()
    assert office.heard() == ["veneno", "segundo"]


async def test_many_hands_put_it_back_once(office: Office) -> None:
    number = await parked(office)
    office.db.write_now(mend)
    put = await asyncio.gather(
        *(office.db.write(lambda s: inbox.replay(s, number, clock(s))) for _ in range(6))
    )
    assert sorted(put) == [False] * 5 + [True]
    await office.works()
    assert office.heard() == ["veneno", "segundo"]


async def test_one_that_fails_again_is_parked_at_once_and_staff_hear_of_it_again(
    office: Office,
) -> None:
    number = await parked(office)
    assert await office.db.write(lambda s: inbox.replay(s, number, clock(s)))
    await office.works()
    row = office.envelopes()[0]
    assert (row.state, row.attempts) == (InboxState.DEAD, TRIES + 1)
    causes = [task.cause for task in scene.tasks(office.db) if task.kind is TaskKind.BROKEN]
    assert causes == [f"dead:{number}", f"dead:{number}:{TRIES + 1}"]


async def test_only_what_is_parked_can_be_put_back(office: Office) -> None:
    await office.comes(sms(1, "hola"))
    (row,) = office.envelopes()
    for state in (InboxState.NEW, InboxState.DONE):
        assert not await office.db.write(lambda s: inbox.replay(s, row.id or 0, clock(s)))
        if state is InboxState.NEW:
            await office.works()
    assert not await office.db.write(lambda s: inbox.replay(s, 999, clock(s)))
    assert office.heard() == ["hola"]


# --- lanes that were left unmarked (D8.11) --------------------------------------------------------


async def test_a_lane_left_unmarked_with_work_in_it_is_marked_again(office: Office) -> None:
    await office.comes(sms(1, "hola"), sms(2, "otra", "+50255550001"))
    await office.db.write(_forget)
    await office.works()
    assert office.heard() == []
    assert await office.db.write(inbox.remark) == 2
    await office.works()
    assert sorted(office.heard()) == ["hola", "otra"]
    assert await office.db.write(inbox.remark) == 0


async def test_the_clock_finds_such_a_lane_within_a_minute(office: Office) -> None:
    clockwork = Clockwork(office.world, Acts(office.world))
    await clockwork.work()
    await office.comes(sms(1, "hola"))
    await office.db.write(_forget)
    await clockwork.work()
    await office.works()
    assert office.heard() == []
    office.goes_on(minutes=1)
    await clockwork.work()
    await office.works()
    assert office.heard() == ["hola"]


def _forget(s: Session) -> None:
    s.connection().execute(sa.update(Lane).values(pending=False))


# --- clocks that jump (D7.18) ---------------------------------------------------------------------


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_worker_whose_clock_jumps_claims_no_lane_that_another_holds(
    office: Office, tmp_path: Path, jump: timedelta
) -> None:
    await office.comes(sms(1, "hola"))

    def claim(s: Session) -> int:
        return len(inbox.claim_lanes(s, now=clock(s), owner="one", most=8))

    assert await office.db.write(claim) == 1
    other = office_of(office.db, tmp_path / "other", Clock(NOW + jump))
    await other.lanes.work()
    await other.lanes.drain()
    assert office.heard() == []
    assert await office.db.write(claim) == 0
    await here.closed(other.world)


WORKER = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from bot.db import Database
from bot.office import staff
from models.base import use_sealer
from tests.bot.here import Clock
from tests.bot.post.counter import office_of
from tests.bot.scene import KEYS, NOW

async def main():
    use_sealer(KEYS)
    office = office_of(Database(sys.argv[1]), Path(sys.argv[2]), Clock(NOW + timedelta(hours=1)))
    await office.works()
    print(len(office.heard()))

asyncio.run(main())
"""


async def test_two_processes_whose_clocks_are_an_hour_apart_share_no_lane(
    postgres_db: Database, tmp_path: Path
) -> None:
    office = office_of(postgres_db, tmp_path)
    await office.comes(sms(1, "hola"), sms(2, "otra", "+50255550001"))

    def claim_one(s: Session) -> list[inbox.LaneClaim]:
        return inbox.claim_lanes(s, now=clock(s), owner="here", most=1)

    (mine,) = await postgres_db.write(claim_one)
    url = postgres_db.url.render_as_string(hide_password=False)
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", WORKER, url, str(tmp_path / "ahead")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "1", done.stderr
    assert await postgres_db.write(lambda s: inbox.holds(s, mine, clock(s)))
    await postgres_db.write(lambda s: inbox.release(s, mine))
    await office.works()
    assert sorted(office.heard()) == ["hola", "otra"]
    await here.closed(office.world)
