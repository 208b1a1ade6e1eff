"""Sending: each message goes once, in its turn, and what became of it is written down."""

import asyncio
import sqlite3
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from sqlmodel import Session, select

from bot.db import Database
from bot.office import dated, people
from bot.post import doubts, outbox, sender
from bot.post.doubts import reconcile
from bot.post.limits import Limits, Rate
from bot.post.limits import Sender as OwnLimit
from bot.post.outbox import LEASE
from bot.post.pacing import Lately, Pacer
from bot.post.remedies import BACKOFF
from models.inbox import Lane
from models.outbox import OutboxState, Weight
from models.person import Address, Person, Via
from models.task import TaskKind
from tests.bot import here, scene
from tests.bot.here import Clock
from tests.bot.post.office import Office, numbered, sid, sms, telegram
from tests.bot.scene import CHEPE, MARTA, NOW, message, put
from tests.channels.desk import TOKEN
from tests.channels.standins import (
    Handler,
    breaks_off,
    cuts,
    raw,
    refusal,
    says,
    serve,
    telegram_refusal,
)
from tests.channels.standins import (
    message as resource,
)

PATIENCE = 20

# --- sending --------------------------------------------------------------------------------------


async def test_a_message_goes_once_with_our_own_id_and_its_fate_is_written_down(
    office: Office,
) -> None:
    number = put(office.db, sms(office.db), "k", text="Recibí 2 fotos.")
    await office.sends()
    (asked,) = office.creations
    back = urlsplit(asked.form["StatusCallback"])
    assert parse_qs(back.query) == {"m": [str(number)], "a": ["1"]}
    assert asked.form["ValidityPeriod"] == "36000"
    row = message(office.db, number)
    assert (row.state, row.provider_id, row.sent_at) == (OutboxState.ACCEPTED, sid(1), NOW)
    assert row.written == asked.form["Body"] == "Recibi 2 fotos."
    await office.sends()
    assert len(office.creations) == 1


async def test_many_people_hear_each_their_own_in_order(office: Office) -> None:
    crowd = [sms(office.db, f"P{n}", f"+5025555{n:04}") for n in range(20)]
    for place in range(3):
        for person in crowd:
            put(office.db, person, f"{person}.{place}", text=f"{person}.{place}")
    await office.sends()
    assert sorted(office.words) == sorted(f"{p}.{n}" for p in crowd for n in range(3))
    for person in crowd:
        heard = [one for one in office.words if one.startswith(f"{person}.")]
        assert heard == [f"{person}.{place}" for place in range(3)]


async def test_no_transaction_is_open_while_the_provider_is_spoken_to(office: Office) -> None:
    async def writes_meanwhile(_request: web.Request) -> web.StreamResponse:
        await asyncio.wait_for(office.db.write(lambda s: s.add(Lane(id="meanwhile"))), 5)
        return web.json_response(resource())

    number = put(office.db, sms(office.db), "k")
    office.provider.will(writes_meanwhile)
    await office.sends()
    assert message(office.db, number).state is OutboxState.ACCEPTED
    assert await office.db.read(lambda s: s.exec(select(Lane.id)).all()) == ["meanwhile"]


async def test_two_processes_send_each_message_once(postgres_db: Database, tmp_path: Path) -> None:
    crowd = [sms(postgres_db, f"P{n}", f"+5025555{n:04}") for n in range(6)]
    for place in range(5):
        for person in crowd:
            put(postgres_db, person, f"{person}.{place}", text=f"{person}.{place}")
    async with serve(numbered()) as provider:
        worlds = [here.world(postgres_db, tmp_path, provider=provider.url) for _ in range(2)]
        offices = [Office(postgres_db, one, Clock(), provider, here.sender(one)) for one in worlds]
        for _ in range(60):
            await asyncio.gather(*(one.sends() for one in offices))
            if len(offices[0].creations) >= 30:
                break
        for one in worlds:
            await here.closed(one)
    words = offices[0].words
    assert sorted(words) == sorted({f"{p}.{n}" for p in crowd for n in range(5)})
    for person in crowd:
        heard = [one for one in words if one.startswith(f"{person}.")]
        assert heard == sorted(heard)


async def test_replies_go_before_a_broadcast_which_still_gets_each_tenth_place(
    office: Office,
) -> None:
    crowd = [sms(office.db, f"P{n}", f"+5025555{n:04}") for n in range(60)]
    for person in crowd[:30]:
        put(office.db, person, f"b{person}", text="aviso", weight=Weight.BROADCAST)
    for person in crowd[30:]:
        put(office.db, person, f"r{person}", text="respuesta")
    await office.sends_all()
    first = office.words[:30]
    assert office.words.count("aviso") == office.words.count("respuesta") == 30
    assert 1 <= first.count("aviso") <= 4


# --- what is not sent -----------------------------------------------------------------------------


async def test_who_must_wait_for_the_limit_is_woken_for_when_it_is_over(office: Office) -> None:
    """Nobody else rings then: what is on the wire has landed before."""
    for n in range(12):
        put(office.db, sms(office.db, f"P{n}", f"+5025555{n:04}"), f"k{n}", weight=Weight.BROADCAST)
    began = time.monotonic()
    office.world.now = lambda: NOW + timedelta(seconds=time.monotonic() - began)
    limits = Limits({via: OwnLimit(Rate.of(20.0), 64) for via in office.world.channels})
    pacer = Pacer(limits, "", 1, office.world.now, recall=nothing)
    paced, ear = sender.Sender(office.world, pacer), office.world.bell.ear()
    async with asyncio.timeout(PATIENCE):
        while len(office.creations) < 12:
            if not await paced.work():
                await ear.rung.wait()
                ear.rung.clear()
    await paced.drain(PATIENCE)


async def nothing() -> Lately:
    return Lately()


async def test_what_the_guard_keeps_back_never_leaves_and_a_human_hears_of_it(
    office: Office,
) -> None:
    marta = sms(office.db)
    number = put(office.db, marta, "k")
    office.db.write_now(partial(_freeze, marta))
    await office.sends()
    assert office.creations == []
    row = message(office.db, number)
    assert row.state is OutboxState.REFUSED
    assert row.reason
    (task,) = scene.tasks(office.db)
    assert (task.kind, task.cause) == (TaskKind.NOT_SENT, f"kept:{number}")
    assert row.reason in task.detail


async def test_words_with_a_fact_past_its_date_never_leave_and_its_owner_is_named(
    office: Office,
) -> None:
    marta = sms(office.db)
    keep = partial(dated.keep, key="plazo", spanish="el 11", english="", owner="Ana")
    office.db.write_now(partial(keep, review_by=scene.later(days=1), now=NOW, actor="staff:1"))
    put(office.db, marta, "now", text="Es [[plazo]].")
    await office.sends()
    assert office.words == ["Es el 11."]
    office.clock.goes_on(days=2)
    number = put(office.db, marta, "late", text="Es [[plazo]].", now=office.clock.time)
    await office.sends()
    assert office.words == ["Es el 11."]
    assert message(office.db, number).state is OutboxState.REFUSED
    (task,) = scene.tasks(office.db)
    assert "Ask Ana" in task.detail


def _freeze(person_id: int, s: Session) -> None:
    s.get_one(Person, person_id).frozen_at = NOW


async def test_after_a_stop_only_its_confirmation_goes(office: Office) -> None:
    marta = sms(office.db)
    first = put(office.db, marta, "k1", text="uno")

    def stops(s: Session) -> None:
        person = s.get_one(Person, marta)
        address = scene.address_of(s, marta)
        people.stop(s, person, address, Via.SMS, "alto", None, NOW)

    office.db.write_now(stops)
    late = put(office.db, marta, "k2", text="tarde")
    put(office.db, marta, "k3", text="Listo.", weight=Weight.STOP)
    await office.sends()
    assert office.words == ["Listo."]
    assert message(office.db, first).state is OutboxState.CANCELLED
    assert message(office.db, late).state is OutboxState.REFUSED


async def test_a_message_that_waited_too_long_is_not_sent_and_a_human_hears_of_it(
    office: Office,
) -> None:
    number = put(office.db, sms(office.db), "k")
    office.clock.goes_on(hours=24)
    await office.sends()
    assert office.creations == []
    assert message(office.db, number).state is OutboxState.EXPIRED
    assert [task.cause for task in scene.tasks(office.db)] == [f"kept:{number}"]


async def test_the_provider_may_not_deliver_later_than_we_would(office: Office) -> None:
    put(office.db, sms(office.db), "k", expires_at=scene.later(minutes=5))
    office.clock.goes_on(minutes=2)
    await office.sends()
    assert office.creations[0].form["ValidityPeriod"] == "180"


async def test_one_message_that_cannot_be_written_does_not_stop_the_others(office: Office) -> None:
    marta, chepe = sms(office.db), sms(office.db, "Chepe", CHEPE)
    poison = put(office.db, marta, "k1")
    scene.change(office.db, poison, lambda row: setattr(row, "options", "no JSON"))
    behind, other = (
        put(office.db, marta, "k2", text="dos"),
        put(office.db, chepe, "k3", text="tres"),
    )
    await office.sends()
    await office.sends()
    assert sorted(office.words) == ["dos", "tres"]
    assert message(office.db, poison).state is OutboxState.FAILED
    assert {message(office.db, n).state for n in (behind, other)} == {OutboxState.ACCEPTED}
    assert [task.cause for task in scene.tasks(office.db)] == [f"kept:{poison}"]


async def test_a_channel_that_is_off_keeps_its_messages(db: Database, tmp_path: Path) -> None:
    number = put(db, sms(db), "k")
    world = here.world(db, tmp_path)
    world.channels = {}
    away = here.sender(world)
    await here.until_idle(away.work, lambda: away.drain(1))
    row = message(db, number)
    assert (row.state, row.attempts) == (OutboxState.PENDING, 0)


def freeze(person: int, s: Session) -> None:
    s.get_one(Person, person).frozen_at = NOW


async def test_many_that_are_kept_back_do_not_keep_the_others_waiting(office: Office) -> None:
    for n in range(sender.AT_ONCE):
        person = sms(office.db, f"P{n}", f"+5025555{n:04}")
        put(office.db, person, f"k{n}")
        office.db.write_now(partial(freeze, person))
    put(office.db, sms(office.db, "Chepe", CHEPE), "last", text="libre")
    assert await office.sender.work() is True  # there may be more at once
    await office.sends()
    assert office.words == ["libre"]


# --- how a send can end ---------------------------------------------------------------------------


async def test_a_provider_that_is_away_is_tried_again_later_each_time(
    db: Database, tmp_path: Path
) -> None:
    number = put(db, sms(db), "k")
    clock = Clock()
    world = here.world(db, tmp_path, clock=clock)
    away = here.sender(world)
    for wait in BACKOFF[:3]:
        await here.until_idle(away.work, lambda: away.drain(10))
        row = message(db, number)
        assert row.state is OutboxState.PENDING
        assert row.next_at is not None
        assert (row.next_at - clock.time).total_seconds() == wait
        clock.goes_on(seconds=wait)
    assert [one.outcome for one in scene.tries(db, number)] == ["unreachable"] * 3
    await here.closed(world)


async def test_a_provider_that_is_too_busy_is_left_in_peace_by_everybody(office: Office) -> None:
    marta, chepe = sms(office.db), sms(office.db, "Chepe", CHEPE)
    first = put(office.db, marta, "k1")
    office.provider.will(says(refusal(20429), 429, {"Retry-After": "9"}))
    await office.sends()
    second = put(office.db, chepe, "k2")
    await office.sends()
    assert len(office.creations) == 1  # nobody asks it again before its time
    office.clock.goes_on(seconds=9)
    await office.sends()
    assert len(office.creations) == 3
    assert message(office.db, first).tries == 1
    assert message(office.db, second).state is OutboxState.ACCEPTED


async def test_wrong_credentials_pause_their_channel_and_call_a_human(office: Office) -> None:
    marta, ana = sms(office.db), telegram(office.db)
    held = put(office.db, marta, "k1")
    office.provider.will(says({**refusal(20003), "status": 401}, 401))
    await office.sends()
    put(office.db, marta, "k2")
    put(office.db, ana, "k3", text="por telegram")
    await office.sends()
    assert office.words[1:] == ["por telegram"]
    assert (message(office.db, held).state, message(office.db, held).tries) == (
        OutboxState.PENDING,
        0,
    )
    (task,) = scene.tasks(office.db)
    assert task.cause == f"channel:sms:{NOW:%Y-%m-%d}"
    assert TOKEN not in task.detail
    office.clock.goes_on(minutes=1)
    await office.sends()
    assert message(office.db, held).state is OutboxState.ACCEPTED


@pytest.mark.parametrize(
    ("answer", "column"),
    [
        (says(refusal(21610), 400), "blocked_at"),
        (says(refusal(21211), 400), "bad_at"),
    ],
)
async def test_an_address_that_is_closed_is_not_written_to_again(
    office: Office, answer: Handler, column: str
) -> None:
    marta = sms(office.db)
    number = put(office.db, marta, "k1")
    office.provider.will(answer)
    await office.sends()
    put(office.db, marta, "k2")
    await office.sends()
    assert len(office.creations) == 1
    assert message(office.db, number).state is OutboxState.FAILED
    assert office.db.read_now(lambda s: getattr(s.exec(select(Address)).one(), column)) == NOW
    assert f"failed:{number}" in {task.cause for task in scene.tasks(office.db)}


async def test_somebody_who_blocked_the_bot_is_left_alone(office: Office) -> None:
    number = put(office.db, telegram(office.db), "k")
    office.provider.will(says(telegram_refusal(403, "Forbidden: bot was blocked by the user"), 403))
    await office.sends()
    assert message(office.db, number).state is OutboxState.FAILED
    assert office.db.read_now(lambda s: s.exec(select(Address.blocked_at)).one()) == NOW


async def test_refused_words_are_never_repeated(office: Office) -> None:
    number = put(office.db, sms(office.db), "k", repeatable=True)
    office.provider.will(says(refusal(30007), 400))
    await office.sends()
    office.clock.goes_on(hours=2)
    await office.sends()
    assert len(office.creations) == 1
    assert message(office.db, number).state is OutboxState.FAILED


async def test_an_error_of_our_own_while_sending_is_a_doubt_not_a_second_message(
    office: Office,
) -> None:
    number = put(office.db, sms(office.db), "k")
    office.provider.will(raw(b"<html>", 200))
    await office.sends()
    row = message(office.db, number)
    assert row.state is OutboxState.UNKNOWN
    await office.sends()
    assert len(office.creations) == 1


# --- what nobody knows ----------------------------------------------------------------------------


def listed(*bodies: str) -> Handler:
    """Answer what Twilio says it has sent to somebody."""
    return says(
        {
            "messages": [
                {
                    **resource("sent"),
                    "sid": sid(900 + n),
                    "body": body,
                    "to": MARTA,
                    "from": "+15005550006",
                    "direction": "outbound-api",
                    "date_created": "Mon, 02 Nov 2026 15:00:01 +0000",
                }
                for n, body in enumerate(bodies)
            ],
            "page": 0,
            "page_size": 50,
            "next_page_uri": None,
            "uri": "/2010-04-01/Accounts/x/Messages.json",
        }
    )


DOUBT = 121  # seconds


async def not_found(office: Office) -> None:
    """Let Twilio be asked as often as it takes, and have nothing."""
    for _ in range(doubts.LOOKS):
        office.clock.goes_on(seconds=DOUBT)
        office.provider.answers[:] = [listed()]
        await reconcile(office.world)


@pytest.mark.parametrize("answer", [cuts, breaks_off, says({}, 500), says({}, 503)])
async def test_a_doubt_is_asked_about_and_what_the_provider_has_is_adopted(
    office: Office, answer: Handler
) -> None:
    number = put(office.db, sms(office.db), "k", text="Hola", repeatable=True)
    office.provider.will(answer)
    await office.sends()
    assert message(office.db, number).state is OutboxState.UNKNOWN
    await reconcile(office.world)  # too early: news of it may still come
    assert message(office.db, number).state is OutboxState.UNKNOWN
    office.clock.goes_on(seconds=DOUBT)
    office.provider.will(listed("Otra cosa", "Hola"))
    await reconcile(office.world)
    row = message(office.db, number)
    assert (row.state, row.provider_id) == (OutboxState.SENT, sid(901))  # as Twilio tells it
    await office.sends()
    assert len(office.creations) == 1
    assert scene.tasks(office.db) == []


@pytest.mark.parametrize(("repeatable", "times"), [(True, 2), (False, 1)])
async def test_what_the_provider_does_not_have_goes_once_more_only_if_that_harms_nobody(
    office: Office, times: int, *, repeatable: bool
) -> None:
    number = put(office.db, sms(office.db), "k", repeatable=repeatable)
    for _ in range(3):
        office.provider.answers[:] = [cuts]
        await office.sends()
        await not_found(office)
    assert len(office.creations) == times
    assert message(office.db, number).state is OutboxState.UNKNOWN
    (task,) = scene.tasks(office.db)
    assert (task.kind, task.cause) == (TaskKind.NOT_SENT, f"kept:{number}")


async def test_where_asking_fails_nothing_is_sent_again_and_it_is_asked_later(
    office: Office,
) -> None:
    people_ = [sms(office.db), sms(office.db, "Chepe", CHEPE)]
    for n, person in enumerate(people_):
        put(office.db, person, f"k{n}", repeatable=True)
    office.provider.will(cuts, cuts)
    await office.sends()
    office.clock.goes_on(seconds=DOUBT)
    office.provider.usual = says({}, 500)
    asked = len(office.provider.asked)
    await reconcile(office.world)
    await reconcile(office.world)  # the next look of the clock, a second later
    assert len(office.provider.asked) == asked + 1  # one failure is enough for all of a channel
    assert {row.state for row in scene.messages(office.db)} == {OutboxState.UNKNOWN}
    office.provider.usual = listed("Hola")
    office.clock.goes_on(seconds=DOUBT)
    await reconcile(office.world)
    states = {row.state for row in scene.messages(office.db)}
    assert OutboxState.SENT in states


async def test_telegram_cannot_be_asked_so_only_harmless_words_are_repeated(
    office: Office,
) -> None:
    ana = telegram(office.db)
    menu = put(office.db, ana, "k1", text="menu", repeatable=True)
    office.provider.will(cuts)
    await office.sends()
    await reconcile(office.world)
    await office.sends()
    # The second says that it may be one.
    assert office.words == ["menu", "menu\n(Se lo enviamos otra vez por si no le llegó.)"]
    assert message(office.db, menu).state is OutboxState.SENT
    case = put(office.db, ana, "k2", text="caso")
    office.provider.will(cuts)
    await office.sends()
    await reconcile(office.world)
    await office.sends()
    assert office.words.count("caso") == 1
    assert message(office.db, case).state is OutboxState.UNKNOWN
    assert [task.cause for task in scene.tasks(office.db)] == [f"kept:{case}"]


async def test_of_what_was_being_sent_at_a_crash_somebody_is_told_unless_it_is_found(
    office: Office,
) -> None:
    number = put(office.db, sms(office.db), "k")
    office.db.write_now(lambda s: bool(scene.take(s, most=1)))  # and then the process died
    now = office.clock.goes_on(seconds=LEASE.total_seconds() + 1)
    office.db.write_now(lambda s: bool(outbox.orphans(s, now, clock=now)))
    await not_found(office)
    assert office.creations == []
    assert message(office.db, number).state is OutboxState.UNKNOWN
    assert [task.cause for task in scene.tasks(office.db)] == [f"kept:{number}"]


# --- the end, and a record that is away -----------------------------------------------------------


async def test_told_to_end_while_taking_messages_what_was_taken_still_goes(office: Office) -> None:
    numbers = [
        put(office.db, sms(office.db, f"P{n}", f"+5025555{n:04}"), f"k{n}") for n in range(5)
    ]
    working = asyncio.create_task(office.sender.work())
    await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await office.sender.drain(10)
    states = {message(office.db, number).state for number in numbers}
    assert states <= {OutboxState.ACCEPTED, OutboxState.PENDING}  # but not one half sent


async def test_the_end_waits_for_what_is_on_the_wire(office: Office) -> None:
    async def slow(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.3)
        return web.json_response(resource())

    number = put(office.db, sms(office.db), "k")
    office.provider.will(slow)
    await office.sender.work()
    await office.sender.drain(10)
    assert message(office.db, number).state is OutboxState.ACCEPTED


async def test_a_record_that_is_away_for_a_moment_still_learns_what_was_sent(
    sqlite_record: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.db.PATIENCE", 0.1)
    db = Database(sqlite_record)
    other = sqlite3.connect(tmp_path / "enlace.db", isolation_level=None)
    opened: list[asyncio.TimerHandle] = []

    async def locks(_request: web.Request) -> web.StreamResponse:
        other.execute("BEGIN IMMEDIATE")
        loop = asyncio.get_running_loop()
        opened.append(loop.call_later(0.5, other.execute, "ROLLBACK"))
        return web.json_response(resource())

    async with serve(numbered()) as provider:
        world = here.world(db, tmp_path, provider=provider.url)
        number = put(db, sms(db), "k")
        provider.will(locks)
        own = here.sender(world)
        await own.work()
        await own.drain(10)
        assert opened
        assert message(db, number).state is OutboxState.ACCEPTED
        await here.closed(world)
    other.close()
    db.close()
