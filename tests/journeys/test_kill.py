"""The whole process is killed in each of the ten acts of the story, and the story goes on.

Each run kills it elsewhere, in tests/crash; these are for the long run.
"""

import asyncio
import random
from pathlib import Path

import pytest

from bot.simulator.remote import Phones
from tests.journeys.cast import Cast
from tests.journeys.story import CASE, Story
from tests.world import Staff, Town, coordinator_token, count, town

SAID_ONCE = ("queda a su cargo", "3 fotos para", "¿La dejamos fuera", "derechos humanos")
"""What a Defender or a parent hears at one moment of the story only."""


@pytest.mark.long
@pytest.mark.parametrize("seed", [1])
async def test_no_reply_is_lost_and_none_comes_twice(
    seed: int, tmp_path: Path, sqlite_url: str
) -> None:
    async with town(tmp_path, sqlite_url) as place:
        await _live_through_kills(place, random.Random(seed))  # noqa: S311 - chance, not secrecy


@pytest.mark.long
async def test_nor_on_postgres_with_web_and_worker_killed(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    async with town(tmp_path, postgres_url, redis_url) as place:
        await _live_through_kills(place, random.Random(3))  # noqa: S311 - chance, not secrecy


async def _live_through_kills(place: Town, chance: random.Random) -> None:
    kills = 0
    token = coordinator_token(place)
    async with Staff(place.url, token) as staff, Phones(place.simulator) as phones:
        cast = await Cast.enter(staff, phones)
        story = Story(staff, cast, "whatsapp", patience=20.0 if place.embedded else 150.0)
        async for _name, act in story.acts():
            living: asyncio.Future[None] = asyncio.ensure_future(act())
            await asyncio.sleep(chance.uniform(0.02, 0.9))
            place.kill()
            kills += 1
            place.start()
            await place.up()
            await living
        assert kills == 10
        await _nothing_doubled(cast)
        await _nothing_lost(staff, cast)


async def _nothing_doubled(cast: Cast) -> None:
    for via, phone in cast.phone.items():
        thread = await phone.thread()
        for words in SAID_ONCE:
            # Telegram cannot be asked what it sent, so there a harmless message whose sending was
            # cut off may come once more. Twilio can be asked.
            assert count(thread, words) <= (2 if via == "telegram" else 1), (via, words, thread)


async def _nothing_lost(staff: Staff, cast: Cast) -> None:
    evidence = (await staff.get(f"/cases/{CASE}/evidence"))["items"]
    assert len(evidence) == 3
    assert len({one["id"] for one in evidence}) == 3
    reports = (await staff.get(f"/cases/{CASE}/whereabouts"))["items"]
    assert len(reports) == 1
    # Twilio may have given a webhook up while the product was away; the sweep fetches it then.
    for via, phone in cast.phone.items():
        page = await staff.get("/messages", person_id=cast.ids[via], limit=200)
        heard = [one["what"] for one in page["items"]]
        for one in await phone.thread():
            if one["author"] == "person" and one["text"]:
                assert one["text"] in heard
