"""The whole story, from offer to photo, over real sockets, on each channel and both databases."""

from pathlib import Path

import pytest

from bot.simulator.remote import Phones
from tests.journeys.cast import Cast
from tests.journeys.story import Story
from tests.world import Staff, coordinator_token, town


@pytest.mark.parametrize("hero", ["whatsapp", "sms", "telegram"])
async def test_a_case_travels_from_offer_to_photo(
    hero: str, tmp_path: Path, sqlite_url: str
) -> None:
    async with town(tmp_path, sqlite_url) as place:
        await _play(place, hero)


async def test_it_travels_as_well_on_postgres_with_a_worker_of_its_own(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    async with town(tmp_path, postgres_url, redis_url) as place:
        await _play(place, "telegram")


async def _play(place, hero: str) -> None:
    async with (
        Staff(place.url, coordinator_token(place)) as staff,
        Phones(place.simulator) as phones,
    ):
        story = Story(staff, await Cast.enter(staff, phones), hero)
        async for _name, act in story.acts():
            await act()
        unfinished = await staff.get("/tasks")
        assert not [one for one in unfinished["items"] if one["kind"] in ("broken", "not_sent")]
