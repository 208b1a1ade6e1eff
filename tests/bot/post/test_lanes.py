"""Lanes: each envelope takes effect once, in its order, and a bad one holds up nobody for ever."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from sqlmodel import Session, select

from bot.db import Database, clock
from bot.post import inbox, lanes
from bot.post.acts import Acts
from bot.post.inbox import BACKOFF, LEASE, TRIES, LaneClaim
from bot.post.lanes import Lanes
from bot.post.turns import Turns
from channels.base import Call, Event
from channels.sms import Sms
from channels.telegram import Telegram
from models.conversation import ConversationState, Talked
from models.inbox import Heard, InboxState, Lane
from models.outbox import Outbox, OutboxState, ReceiptRow
from models.person import Via
from models.task import Task, TaskKind
from tests.bot import here, scene
from tests.bot.post.counter import Office, office_of, poison, press, settled, sms
from tests.bot.scene import CHEPE, MARTA, NOW
from tests.channels.desk import ACCOUNT, line, telegram_call, twilio_call
from tests.channels.standins import says, serve


@pytest.fixture
async def office(db: Database, tmp_path: Path) -> AsyncIterator[Office]:
    """Give lanes with nothing in them."""
    made = office_of(db, tmp_path)
    yield made
    await here.closed(made.world)


# --- once, in order -------------------------------------------------------------------------------


async def test_messages_of_somebody_take_effect_once_in_their_order(office: Office) -> None:
    await office.comes(*(sms(n, f"mensaje {n}") for n in range(1, 6)))
    await office.works()
    await office.works()
    assert office.heard() == [f"mensaje {n}" for n in range(1, 6)]
    assert set(office.states()) == {InboxState.DONE}
    assert {row.done_at for row in office.envelopes()} == {NOW}


async def test_several_workers_let_each_message_take_effect_once_in_order(
    db: Database, tmp_path: Path
) -> None:
    offices = [office_of(db, tmp_path / f"{n}") for n in range(3)]
    senders = [f"+5025555{n:04}" for n in range(5)]
    calls = [
        sms(100 * place + n, f"{n}.{place}", sender)
        for place in range(5)
        for n, sender in enumerate(senders)
    ]
    await offices[0].comes(*calls[:10])
    working = [asyncio.create_task(one.works()) for one in offices]
    await offices[0].comes(*calls[10:])
    await asyncio.gather(*working)
    await asyncio.gather(*(one.works() for one in offices))
    heard = offices[0].heard()
    assert sorted(heard) == sorted(f"{n}.{place}" for place in range(5) for n in range(5))
    for n in range(5):
        mine = [text for text in heard if text.startswith(f"{n}.")]
        assert mine == [f"{n}.{place}" for place in range(5)]
    for one in offices:
        await here.closed(one.world)


async def test_a_lane_that_was_claimed_by_a_dead_process_is_worked_when_its_lease_is_over(
    office: Office,
) -> None:
    await office.comes(sms(1, "hola"))
    claims = await office.db.write(
        lambda s: inbox.claim_lanes(s, now=clock(s), owner="dead", most=8)
    )
    assert len(claims) == 1
    await office.works()
    assert office.heard() == []
    office.goes_on(seconds=LEASE.total_seconds() + 1)
    await office.works()
    assert office.heard() == ["hola"]


def _claims(owner: str, s: Session) -> list[LaneClaim]:
    return inbox.claim_lanes(s, now=clock(s), owner=owner, most=8)


async def test_a_worker_that_slept_past_its_lease_changes_nothing(office: Office) -> None:
    await office.comes(sms(1, "hola"))
    (stale,) = await office.db.write(
        lambda s: inbox.claim_lanes(s, now=clock(s), owner="slow", most=8)
    )
    office.goes_on(seconds=LEASE.total_seconds() + 1)
    await office.works()
    (row,) = office.envelopes()
    events = [(row, office.world.channels["sms"].read(row.raw))]
    took = await office.db.write(partial(office.lanes._take, stale, events, office.clock.time))
    assert took is False
    assert office.heard() == ["hola"]


async def test_an_envelope_that_is_done_is_not_done_again(office: Office) -> None:
    await office.comes(sms(1, "hola"))
    await office.works()
    (row,) = office.envelopes()

    def again(s: Session) -> LaneClaim:
        lane = s.exec(select(Lane)).one()
        lane.pending = True
        lane.fence += 1
        return LaneClaim(lane.id, lane.fence)

    claim = await office.db.write(again)
    events = [(row, office.world.channels["sms"].read(row.raw))]
    await office.db.write(partial(office.lanes._take, claim, events, NOW))
    assert office.heard() == ["hola"]


async def test_an_envelope_of_a_channel_that_is_off_waits_for_staff(office: Office) -> None:
    await office.comes(sms(1, "hola"))
    office.world.channels = {}
    await office.works()
    assert office.states() == [InboxState.ODD]
    (task,) = scene.tasks(office.db)
    assert (task.kind, "sms" in task.detail) == (TaskKind.ODD, True)


async def test_what_nobody_can_act_on_is_kept_for_staff(office: Office) -> None:
    await office.comes(
        telegram_call({"update_id": 5, "poll": {"id": "1", "question": "x", "options": []}})
    )
    await office.works()
    assert office.states() == [InboxState.ODD]
    assert [task.kind for task in scene.tasks(office.db)] == [TaskKind.ODD]


# --- news of sent messages ------------------------------------------------------------------------


async def test_news_is_applied_many_at_a_time(office: Office) -> None:
    crowd = [scene.somebody(office.db, f"P{n}", f"+5025555000{n}", Via.SMS) for n in range(3)]
    numbers = [scene.put(office.db, person, f"k{person}") for person in crowd]
    office.db.write_now(lambda s: bool(scene.take(s)))
    calls = [
        twilio_call(
            {
                "MessageSid": f"SM{number:032x}",
                "AccountSid": ACCOUNT,
                "From": "+15005550006",
                "To": MARTA,
                "MessageStatus": status,
                "ErrorCode": f"{n}",
            },
            query=f"m={number}&a=1",
        )
        for n in range(20)
        for number in numbers
        for status in ("sent", "delivered")
    ]
    await office.comes(*calls)
    await office.works()
    assert {one.state for one in scene.messages(office.db)} == {OutboxState.DELIVERED}
    assert office.db.read_now(lambda s: len(s.exec(select(ReceiptRow)).all())) == 120


# --- poison ---------------------------------------------------------------------------------------


class Picky(Sms):
    """A channel with a bug: there is something it cannot read."""

    def read(self, raw: bytes) -> tuple[Event, ...]:
        """Break over one word."""
        if b"veneno" in raw:
            raise RecursionError(raw.decode())
        return super().read(raw)


async def test_a_poison_envelope_is_parked_after_five_tries_and_the_lane_goes_on(
    office: Office,
) -> None:
    poison(office)
    await office.comes(sms(1, "me dicen Chepe"), sms(2, "segundo"), sms(3, "otro", CHEPE))
    for wait in (*BACKOFF, 0):
        await office.works()
        assert office.heard() == ["otro"]  # nobody else waits, and nobody overtakes
        office.goes_on(seconds=wait)
    dead, behind, _other = office.envelopes()
    assert (dead.state, dead.attempts) == (InboxState.DEAD, TRIES)
    assert "ValueError in bot/post/router.py:" in dead.error
    assert "Chepe" not in dead.error
    assert behind.state is InboxState.NEW
    (task,) = [one for one in scene.tasks(office.db) if one.kind is TaskKind.BROKEN]
    assert task.cause == f"dead:{dead.id}"

    def mend(s: Session) -> None:
        s.exec(
            select(Talked).where(Talked.name == "welcome")
        ).one().state = ConversationState.CANCELLED

    office.db.write_now(mend)
    office.goes_on(hours=1)
    await office.works()
    assert office.heard() == ["otro", "segundo"]


async def test_nothing_of_a_turn_that_fails_is_kept(office: Office) -> None:
    poison(office)
    before = _counts(office.db)
    await office.comes(sms(1, "hola"))
    await office.works()
    assert _counts(office.db) == before
    (row,) = office.envelopes()
    assert (row.state, row.attempts) == (InboxState.NEW, 1)


def _counts(db: Database) -> list[int]:
    kinds = (Heard, Outbox, Task)
    return db.read_now(lambda s: [len(s.exec(select(kind)).all()) for kind in kinds])


async def test_an_envelope_that_cannot_even_be_read_is_parked_too(office: Office) -> None:
    office.world.channels = {"sms": Picky(line(), "+15005550006")}
    await office.comes(sms(1, "veneno"), sms(2, "segundo"))
    for wait in (*BACKOFF, 0):
        await office.works()
        office.goes_on(seconds=wait)
    await office.works()
    assert office.states() == [InboxState.DEAD, InboxState.DONE]
    assert "RecursionError" in office.envelopes()[0].error
    assert "veneno" not in office.envelopes()[0].error
    assert office.heard() == ["segundo"]


async def test_one_bad_piece_of_news_steps_aside_for_the_others(office: Office) -> None:
    """D7.16: news needs no order, so what comes behind it does not wait for its next try."""
    office.world.channels = {"sms": Picky(line(), "+15005550006")}
    number = scene.put(office.db, scene.somebody(office.db, via=Via.SMS), "k")
    office.db.write_now(lambda s: bool(scene.take(s)))

    def told(status: str, **more: str) -> Call:
        form = {
            "MessageSid": f"SM{1:032x}",
            "AccountSid": ACCOUNT,
            "From": "+15005550006",
            "To": MARTA,
            "MessageStatus": status,
            **more,
        }
        return twilio_call(form, query=f"m={number}&a=1")

    await office.comes(
        told("sent"),
        told("sending", Body="veneno"),
        told("queued", Body="veneno"),
        told("delivered"),
    )
    await office.works()
    assert scene.message(office.db, number).state is OutboxState.DELIVERED
    assert office.states() == [InboxState.DONE, InboxState.NEW, InboxState.NEW, InboxState.DONE]
    assert [row.attempts for row in office.envelopes()] == [0, 1, 1, 0]
    for wait in BACKOFF:
        office.goes_on(seconds=wait - 1)
        before = [row.attempts for row in office.envelopes()]
        await office.works()
        assert [row.attempts for row in office.envelopes()] == before  # each waits its time
        await office.comes(told("read", ErrorCode=str(wait)))
        await office.works()
        assert office.states()[-1] is InboxState.DONE
        office.goes_on(seconds=1)
        await office.works()
    assert scene.message(office.db, number).state is OutboxState.READ
    dead = [row for row in office.envelopes() if row.state is InboxState.DEAD]
    assert [row.attempts for row in dead] == [TRIES, TRIES]
    assert {task.cause for task in scene.tasks(office.db)} == {f"dead:{row.id}" for row in dead}
    office.world.channels = {"sms": Sms(line(), "+15005550006")}
    for row in dead:
        office.db.write_now(partial(_again, row.id or 0, office.clock.time))
    await office.works()
    assert set(office.states()) == {InboxState.DONE}


def _again(number: int, now: datetime, s: Session) -> bool:
    return inbox.replay(s, number, now)


async def test_a_record_that_is_away_costs_an_envelope_no_try(
    sqlite_record: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.db.PATIENCE", 0.1)
    db = Database(sqlite_record)
    office = office_of(db, tmp_path)
    await office.comes(sms(1, "hola"))
    rows = office.envelopes()
    (claim,) = await db.write(partial(_claims, "x"))
    with here.locked(db):
        await office.lanes._lane(claim, rows)
    (row,) = office.envelopes()
    assert (row.state, row.attempts, row.error) == (InboxState.NEW, 0, "")
    assert rows[0].id == row.id
    office.goes_on(seconds=LEASE.total_seconds() + 1)
    await office.works()
    assert office.heard() == ["hola"]
    await here.closed(office.world)
    db.close()


# --- nobody holds up the others -------------------------------------------------------------------


async def test_a_flood_from_one_does_not_keep_the_others_waiting(
    sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "WHILE", 0.02)
    office = office_of(sqlite_db, tmp_path)
    await office.comes(*(sms(n, f"inundación {n}") for n in range(1, 61)))
    await office.lanes.work()
    await office.comes(sms(100, "hola", CHEPE))
    for _ in range(100):
        await office.lanes.work()
        if "hola" in office.heard():
            break
        await asyncio.sleep(0.01)
    assert InboxState.NEW in office.states()  # the flood is not over, and she was heard
    await office.works()
    assert set(office.states()) == {InboxState.DONE}
    flood = [text for text in office.heard() if text != "hola"]
    assert flood == [f"inundación {n}" for n in range(1, 61)]
    await here.closed(office.world)


async def test_a_pressed_button_is_released_and_a_slow_provider_holds_up_nobody(
    sqlite_db: Database, tmp_path: Path
) -> None:
    released = asyncio.Event()

    async def slow(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.5)
        released.set()
        return web.json_response({"ok": True, "result": True})

    async with serve(says({"ok": True, "result": True})) as provider:
        office = office_of(sqlite_db, tmp_path, provider=provider.url)
        telegram = office.world.channels["telegram"]
        assert isinstance(telegram, Telegram)
        await telegram.prepare()
        provider.will(slow)
        await office.comes(press(1), press(2))
        await office.works()
        assert set(office.states()) == {InboxState.DONE}
        assert not released.is_set()
        await asyncio.wait(office.lanes._presses)
        assert released.is_set()
        assert [one.path.rpartition("/")[2] for one in provider.asked] == [
            "answerCallbackQuery"
        ] * 2
        await here.closed(office.world)


async def test_the_end_lets_what_is_under_way_take_effect_and_begins_nothing(
    office: Office,
) -> None:
    await office.comes(*(sms(n, f"{n}") for n in range(1, 30)))
    await office.lanes.work()
    await office.lanes.drain()
    done = office.heard()
    assert done == [f"{n}" for n in range(1, len(done) + 1)]
    assert len(done) < 29
    fresh = Lanes(office.world, Turns(office.world, Acts(office.world)))
    for _ in range(100):  # its lanes were let go
        await fresh.work()
        await settled(fresh)
        if len(office.heard()) == 29:
            break
    assert office.heard() == [f"{n}" for n in range(1, 30)]
