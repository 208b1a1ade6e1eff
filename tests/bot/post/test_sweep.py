"""The sweep: what Twilio gave up delivering is kept like the rest, and nothing is looked past."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from bot.db import Database
from bot.post import sweep
from bot.post.sweep import FIRST, OVERLAP, Sweep
from channels.sms import Sms
from models.inbox import Watermark
from models.person import Person, Via
from tests.bot import here, scene
from tests.bot.post.counter import Office, office_of, sms
from tests.bot.scene import MARTA, NOW
from tests.channels.desk import line
from tests.channels.standins import Provider, says, serve


def listed(*texts: str) -> dict[str, object]:
    """A page of Twilio's list, newest first."""
    messages = [
        {
            "sid": f"SM{n:032x}",
            "direction": "inbound",
            "from": MARTA,
            "to": "+15005550006",
            "body": text,
            "num_media": "0",
        }
        for n, text in enumerate(texts, start=1)
    ]
    return {"page": 0, "next_page_uri": None, "messages": messages[::-1]}


@dataclass
class Place:
    """A world whose only channel is SMS, its Twilio, and a sweep that is due."""

    office: Office
    twilio: Provider
    sweep: Sweep

    def mark(self) -> datetime | None:
        """How far the list was looked through."""
        return self.office.db.read_now(lambda s: s.exec(select(Watermark.at)).first())

    def since(self) -> list[str]:
        """Since when Twilio was asked, each time."""
        return [one.query["DateSent>"][:19] for one in self.twilio.asked]


@pytest.fixture
async def place(db: Database, tmp_path: Path) -> AsyncIterator[Place]:
    """Give a sweep at the moment of a start."""
    async with serve(says(listed())) as twilio:
        office = office_of(db, tmp_path)
        office.world.channels = {"sms": Sms(line(api_url=twilio.url), "+15005550006")}
        yield Place(office, twilio, Sweep(office.world))
        await here.closed(office.world)


def told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


async def test_at_a_start_what_never_arrived_is_kept_and_takes_effect(place: Place) -> None:
    await place.office.comes(sms(1, "uno"))
    place.twilio.will(says(listed("uno", "dos", "tres")))
    await place.sweep.work()
    await place.office.works()
    assert place.office.heard() == ["uno", "dos", "tres"]


async def test_it_looks_from_where_it_had_come_to_with_an_hour_before_it(place: Place) -> None:
    await place.sweep.work()
    assert place.since() == [told(NOW - FIRST - OVERLAP)]
    assert place.mark() == NOW
    await place.sweep.work()  # it is not due
    assert len(place.since()) == 1
    later = place.office.clock.goes_on(minutes=5)
    await place.sweep.work()
    assert place.since()[1:] == [told(NOW - OVERLAP)]
    assert place.mark() == later


async def test_a_long_silence_of_ours_is_looked_through_whole(place: Place) -> None:
    await place.sweep.work()
    place.office.clock.goes_on(days=3)
    await Sweep(place.office.world).work()
    assert place.since()[1:] == [told(NOW - OVERLAP)]


async def test_what_could_not_be_asked_is_asked_again(place: Place) -> None:
    place.twilio.will(says({"message": "No."}, 503))
    await place.sweep.work()
    assert place.mark() is None
    place.office.clock.goes_on(minutes=5)
    await place.sweep.work()
    assert place.mark() == NOW + timedelta(minutes=5)


async def test_what_was_listed_and_not_kept_is_listed_again(
    sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watermark moves only after what was listed is committed."""
    monkeypatch.setattr(sweep, "AT_ONCE", 1)
    async with serve(says(listed("uno", "dos"))) as twilio:
        office = office_of(sqlite_db, tmp_path)
        office.world.channels = {"sms": Sms(line(api_url=twilio.url), "+15005550006")}
        place = Place(office, twilio, Sweep(office.world))

        def refuse(s: Session) -> None:
            s.connection().exec_driver_sql(
                "CREATE TRIGGER refuse BEFORE INSERT ON inbox WHEN NEW.event_id LIKE '%2' "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )

        def allow(s: Session) -> None:
            s.connection().exec_driver_sql("DROP TRIGGER refuse")

        await sqlite_db.write(refuse)
        with pytest.raises(sa.exc.IntegrityError):
            await place.sweep.work()
        assert place.mark() is None
        await sqlite_db.write(allow)
        office.clock.goes_on(minutes=5)
        await place.sweep.work()
        assert place.since()[0] != place.since()[1]
        assert [row.event_id[-1] for row in office.envelopes()] == ["1", "2"]
        assert place.mark() == office.clock.time
        await here.closed(office.world)


async def test_a_stop_that_is_swept_takes_effect_when_it_is_kept(place: Place) -> None:
    marta = scene.somebody(place.office.db, via=Via.SMS)
    place.twilio.will(says(listed("ALTO")))
    await place.sweep.work()
    assert place.office.db.read_now(lambda s: s.get_one(Person, marta).stopped_at) == NOW
    assert [row.hushed for row in place.office.envelopes()] == [True]


async def test_a_stop_that_is_swept_again_does_not_stop_who_came_back(place: Place) -> None:
    marta = scene.somebody(place.office.db, via=Via.SMS)
    await place.office.comes(sms(1, "ALTO"))
    await place.office.works()
    place.office.clock.goes_on(minutes=1)
    await place.office.comes(sms(2, "VOLVER"))
    await place.office.works()
    place.twilio.will(says(listed("ALTO", "VOLVER")))
    await place.sweep.work()
    await place.office.works()
    assert place.office.db.read_now(lambda s: s.get_one(Person, marta).stopped_at) is None
    assert len(place.office.envelopes()) == 2
