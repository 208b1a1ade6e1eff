"""A stop takes effect when it is kept (D3.6, D7.11): nothing in its lane can delay it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from bot.db import Database, clock
from bot.office import people
from bot.post import inbox, outbox
from channels.base import Call, Envelope, Kind
from models.consent import ConsentEvent, ConsentKind
from models.inbox import InboxState
from models.outbox import OutboxState, Weight
from models.person import Person, Via
from tests.bot import here, scene
from tests.bot.post.counter import Office, office_of, poison, sms
from tests.bot.scene import CHEPE, KEYS, MARTA, NOW
from tests.channels.desk import ACCOUNT, twilio_call


@pytest.fixture
async def office(db: Database, tmp_path: Path) -> AsyncIterator[Office]:
    """Give lanes with nothing in them."""
    made = office_of(db, tmp_path)
    yield made
    await here.closed(made.world)


def stopped(office: Office, person: int) -> datetime | None:
    return office.db.read_now(lambda s: s.get_one(Person, person).stopped_at)


def said(office: Office) -> list[str]:
    """What waits to be sent, or was."""
    rows = scene.messages(office.db)
    return [row.text for row in rows if row.state is not OutboxState.CANCELLED]


def consents(db: Database) -> list[tuple[ConsentKind, str]]:
    query = select(ConsentEvent).order_by(col(ConsentEvent.id))
    return db.read_now(lambda s: [(one.kind, one.words) for one in s.exec(query)])


async def test_a_stop_takes_effect_before_anybody_works_its_lane(office: Office) -> None:
    marta = scene.somebody(office.db, via=Via.SMS)
    chepe = scene.somebody(office.db, "Chepe", CHEPE, Via.SMS)
    hers, his = scene.put(office.db, marta, "a"), scene.put(office.db, chepe, "b")
    farewell = scene.put(office.db, marta, "c", weight=Weight.STOP)
    await office.comes(sms(1, "Ya no me escriban, por favor."))
    assert stopped(office, marta) == NOW
    assert stopped(office, chepe) is None
    assert scene.message(office.db, hers).state is OutboxState.CANCELLED
    assert scene.message(office.db, his).state is OutboxState.PENDING
    assert scene.message(office.db, farewell).state is OutboxState.PENDING
    (row,) = office.envelopes()
    assert (row.hushed, row.state) == (True, InboxState.NEW)


async def test_its_turn_does_the_rest_and_confirms_it_once(office: Office) -> None:
    marta = scene.somebody(office.db, via=Via.SMS)
    scene.put(office.db, marta, "a")
    for _ in range(3):
        await office.comes(sms(1, "ALTO, gracias"))
    await office.works()
    assert consents(office.db) == [(ConsentKind.STOP, "ALTO, gracias")]
    (confirmed,) = said(office)
    assert "VOLVER" in confirmed
    await office.comes(sms(2, "alto"))
    await office.works()
    assert said(office) == [confirmed]
    assert [row.hushed for row in office.envelopes()] == [True, False]


async def test_a_lane_that_is_stuck_cannot_delay_it(office: Office) -> None:
    """D7.16 and D7.11: whatever is poison before it."""
    poison(office)
    await office.comes(sms(1, "hola"))
    await office.works()
    assert office.states() == [InboxState.NEW]  # it failed, and holds up its lane
    office.goes_on(seconds=1)
    await office.comes(sms(2, "stop"))
    (person,) = office.db.read_now(lambda s: [one.id or 0 for one in s.exec(select(Person))])
    assert stopped(office, person) == office.clock.time
    assert [row.hushed for row in office.envelopes()] == [False, True]


@pytest.mark.parametrize(
    "text", ["no paren la búsqueda", "es alto y moreno", "don't stop the search", "sí", "", "417"]
)
async def test_what_only_looks_like_a_stop_stops_nothing(office: Office, text: str) -> None:
    marta = scene.somebody(office.db, via=Via.SMS)
    number = scene.put(office.db, marta, "a")
    await office.comes(sms(1, text))
    assert stopped(office, marta) is None
    assert scene.message(office.db, number).state is OutboxState.PENDING
    assert not office.envelopes()[0].hushed


async def test_news_of_a_message_never_stops_anybody(office: Office) -> None:
    marta = scene.somebody(office.db, via=Via.SMS)
    news = Envelope("sms", "AC1", "SM1.sent", Kind.RECEIPT, MARTA, b"", "STOP")
    one = inbox.kept(news, KEYS, NOW)
    await office.db.write(lambda s: inbox.insert(s, [one], KEYS))
    assert stopped(office, marta) is None


async def test_an_old_stop_that_comes_again_does_not_stop_who_came_back(office: Office) -> None:
    """D7.2: by webhook, by the sweep or from the spool, it is the same event."""
    marta = scene.somebody(office.db, via=Via.SMS)
    await office.comes(sms(1, "STOP"))
    await office.works()
    office.goes_on(minutes=1)
    await office.comes(sms(2, "VOLVER"))
    await office.works()
    assert stopped(office, marta) is None
    office.goes_on(minutes=1)
    await office.comes(sms(1, "STOP"))
    await office.works()
    assert stopped(office, marta) is None
    assert [kind for kind, _ in consents(office.db)] == [ConsentKind.STOP, ConsentKind.START]


async def test_a_start_from_before_the_stop_does_not_lift_it(office: Office) -> None:
    marta = scene.somebody(office.db, via=Via.SMS)
    await office.comes(sms(1, "VOLVER"))
    office.goes_on(seconds=1)
    await office.comes(sms(2, "ALTO"))
    await office.works()
    assert stopped(office, marta) == office.clock.time
    assert len(said(office)) == 1  # the stop is confirmed, and nothing else is said
    assert [kind for kind, _ in consents(office.db)] == [ConsentKind.STOP]


async def test_who_came_back_by_another_way_is_not_stopped_by_the_turn_of_an_older_stop(
    office: Office,
) -> None:
    marta = scene.somebody(office.db, via=Via.SMS)
    office.db.write_now(lambda s: _has_whatsapp(s, marta))
    await office.comes(sms(1, "ALTO"))
    (claim,) = await office.db.write(
        lambda s: inbox.claim_lanes(s, now=clock(s), owner="slow", most=1)
    )
    office.clock.goes_on(minutes=1)
    await office.comes(_whatsapp(2, "VOLVER"))
    await office.works()
    assert stopped(office, marta) is None
    welcomed = said(office)
    await office.db.write(lambda s: inbox.release(s, claim))
    await office.works()
    assert set(office.states()) == {InboxState.DONE}
    assert stopped(office, marta) is None
    assert said(office) == welcomed  # it would not be true that she is written to no more
    assert [kind for kind, _ in consents(office.db)] == [ConsentKind.START, ConsentKind.STOP]


def _claims(s: Session) -> list[inbox.LaneClaim]:
    return inbox.claim_lanes(s, now=clock(s), owner="slow", most=1)


def _has_whatsapp(s: Session, person: int) -> None:
    people.add_address(s, KEYS, s.get_one(Person, person), Via.WHATSAPP, MARTA, NOW, "staff:1")


def _whatsapp(number: int, text: str) -> Call:
    form = {
        "MessageSid": f"SM{number:032x}",
        "AccountSid": ACCOUNT,
        "From": f"whatsapp:{MARTA}",
        "To": "whatsapp:+14155238886",
        "Body": text,
        "NumMedia": "0",
    }
    return twilio_call(form)


async def test_somebody_we_do_not_know_is_answered_nothing_but_the_confirmation(
    office: Office,
) -> None:
    await office.comes(sms(1, "hola"))
    await office.comes(sms(2, "please stop texting me"))
    await office.works()
    (person,) = office.db.read_now(lambda s: [one.id or 0 for one in s.exec(select(Person))])
    assert stopped(office, person) == NOW
    assert len(said(office)) == 1
    assert consents(office.db) == [(ConsentKind.STOP, "please stop texting me")]


async def test_a_stop_keeps_its_place_among_what_came_with_it(office: Office) -> None:
    texts = ["uno", "dos", "ALTO", "tres", "alto", "cuatro"]
    calls = [sms(n, text) for n, text in enumerate(texts)]
    envelopes = [office.world.doors["twilio/messages"].admit(call) for call in calls]
    some = [
        inbox.kept(replace(one, words=text), KEYS, NOW)
        for one, text in zip(envelopes, texts, strict=True)
    ]
    await office.db.write(lambda s: inbox.insert(s, some, KEYS))
    rows = office.envelopes()
    assert [row.event_id for row in rows] == [one.event_id for one in envelopes]
    assert [row.hushed for row in rows] == [False, False, True, False, False, False]


async def test_what_a_turn_says_while_the_stop_comes_in_is_cancelled_too(
    postgres_db: Database,
) -> None:
    """D7.11: the turn has the person locked; the stop waits for it, and then takes all of it."""
    marta = scene.somebody(postgres_db, via=Via.SMS)
    under_way, goes_on = threading.Event(), threading.Event()

    def turn(s: Session) -> int:
        s.get(Person, marta, with_for_update=True)
        row = outbox.put(
            s,
            person_id=marta,
            address=scene.address_of(s, marta),
            text="¿Puede?",
            key="late",
            weight=Weight.REPLY,
            now=NOW,
        )
        s.flush()
        under_way.set()
        goes_on.wait(10)
        return row or 0

    turning = asyncio.create_task(postgres_db.write(turn))
    await asyncio.to_thread(under_way.wait, 10)
    words = Envelope("sms", "AC1", "SM1", Kind.MESSAGE, MARTA, b"raw", "ALTO")
    one = inbox.kept(words, KEYS, NOW)
    stopping = asyncio.create_task(postgres_db.write(lambda s: inbox.insert(s, [one], KEYS)))
    await asyncio.sleep(0.3)
    assert not stopping.done()
    goes_on.set()
    number = await turning
    await stopping
    assert scene.message(postgres_db, number).state is OutboxState.CANCELLED


async def test_what_is_kept_without_its_stop_being_seen_is_stopped_by_its_turn(
    office: Office,
) -> None:
    marta = scene.somebody(office.db, via=Via.SMS)
    envelope = office.world.doors["twilio/messages"].admit(sms(1, "ALTO"))
    one = inbox.kept(replace(envelope, words=""), KEYS, NOW)
    await office.db.write(lambda s: inbox.insert(s, [one], KEYS))
    assert stopped(office, marta) is None
    office.goes_on(seconds=9)
    await office.works()
    assert stopped(office, marta) == NOW  # since it was said
    assert len(said(office)) == 1
