"""Nobody is woken: what nobody asked for waits for the morning where its reader lives."""

from datetime import datetime
from functools import partial

import pytest
from sqlmodel import Session

from bot.db import Database
from models.outbox import Held, OutboxState, Weight
from tests.bot import here, scene
from tests.bot.post.office import Office, sms
from tests.bot.scene import NOW, later, message, put

NIGHT = NOW.replace(day=3, hour=4, minute=0)  # ten in the evening in Guatemala
MORNING = NOW.replace(day=3, hour=14, minute=0)  # eight o'clock there
WEEK = later(days=7)


@pytest.fixture
def quiet(office: Office) -> Office:
    """Give an office that keeps the quiet hours."""
    settings = office.world.settings.model_copy(update={"quiet_hours": "21:00-08:00"})
    office.world.settings = settings
    office.sender = here.sender(office.world)
    return office


def wrote(db: Database, person_id: int, at: datetime) -> None:
    """Let somebody have written."""
    db.write_now(partial(_wrote, person_id, at))


def _wrote(person_id: int, at: datetime, s: Session) -> None:
    address = scene.address_of(s, person_id)
    address.last_heard_at = at
    s.add(address)


@pytest.mark.parametrize("weight", [Weight.URGENT, Weight.NOTICE, Weight.BROADCAST])
async def test_what_nobody_asked_for_waits_for_the_morning(quiet: Office, weight: Weight) -> None:
    """D7.12."""
    number = put(quiet.db, sms(quiet.db), "k", weight=weight, expires_at=WEEK)
    quiet.clock.time = NIGHT
    await quiet.sends()
    assert quiet.creations == []
    row = message(quiet.db, number)
    assert (row.state, row.held, row.next_at) == (OutboxState.PENDING, Held.HOURS, MORNING)
    quiet.clock.time = MORNING
    await quiet.sends()
    assert len(quiet.creations) == 1
    assert message(quiet.db, number).held is None


async def test_an_answer_comes_at_any_hour_but_only_at_once(quiet: Office) -> None:
    marta = sms(quiet.db)
    quiet.clock.time = NIGHT
    wrote(quiet.db, marta, NIGHT)
    put(quiet.db, marta, "k1", text="recibido", expires_at=WEEK)
    await quiet.sends()
    assert quiet.words == ["recibido"]
    quiet.clock.goes_on(minutes=16)
    put(quiet.db, marta, "k2", text="tarde", expires_at=WEEK)
    put(quiet.db, marta, "k3", text="Listo.", weight=Weight.STOP, expires_at=WEEK)
    await quiet.sends()
    assert quiet.words == ["recibido", "Listo."]


async def test_the_provider_may_not_deliver_at_night_what_it_took_by_day(quiet: Office) -> None:
    """D7.12: a queue at Twilio wakes nobody either."""
    put(quiet.db, sms(quiet.db), "k", weight=Weight.NOTICE, expires_at=WEEK)
    quiet.clock.time = NOW.replace(day=3, hour=2, minute=0)  # eight in the evening there
    await quiet.sends()
    assert quiet.creations[0].form["ValidityPeriod"] == str(59 * 60)  # a minute before nine


async def test_several_that_waited_go_in_their_order(quiet: Office) -> None:
    marta = sms(quiet.db)
    quiet.clock.time = NIGHT
    for n in range(3):
        put(quiet.db, marta, f"k{n}", text=str(n), weight=Weight.NOTICE, expires_at=WEEK)
    await quiet.sends()
    quiet.clock.time = MORNING
    await quiet.sends_all()
    assert quiet.words == ["0", "1", "2"]
