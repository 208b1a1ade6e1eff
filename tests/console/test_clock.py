"""Whose clock the pages show: the reader's own, or the network's, always named, never nobody's."""

import re
from datetime import datetime, timedelta

import pytest

from tests.console.desk import Desk
from tests.console.story import Day

NAMED = {
    "": "America/Guatemala",
    "America/New_York": "America/New_York",
    "UTC": "America/Guatemala",
    "Etc/UTC": "America/Guatemala",
    "GMT": "America/Guatemala",
    "Etc/GMT+6": "America/Guatemala",
    "Mars/Olympus": "America/Guatemala",
    "../../etc/passwd": "America/Guatemala",
}


@pytest.mark.parametrize("told", NAMED)
async def test_the_zone_of_the_page_is_named_and_somebody_lives_there(desk: Desk, told: str):
    async with desk.browser("marisol") as browser:
        browser.client.cookies.set("zone", told)
        page = (await browser.get("/console/post")).text
    assert f"Las horas son de {NAMED[told]}." in page


async def test_the_network_may_be_at_home_elsewhere(desk: Desk):
    desk.world.settings.console_zone = "America/Tegucigalpa"
    async with desk.browser("marisol") as browser:
        for told in ("", "UTC", "Mars/Olympus"):
            browser.client.cookies.set("zone", told)
            page = (await browser.get("/console/post")).text
            assert "Las horas son de America/Tegucigalpa." in page


async def test_every_hour_of_the_post_is_on_that_clock_and_says_so(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        browser.client.cookies.set("zone", "UTC")
        page = (await browser.get("/console/post")).text
    times = re.findall(r'<time datetime="([^"]+)" title="([^"]+)">([^<]+)</time>', page)
    assert len(times) > 4
    for iso, title, shown in times:
        at = datetime.fromisoformat(iso)
        assert at.utcoffset() == timedelta(0)
        local = f"{(at.hour - 6) % 24:02d}:{at.minute:02d}"
        assert shown.endswith(local)
        assert title.endswith(f"{local} (America/Guatemala)")
    assert day.marta.id
