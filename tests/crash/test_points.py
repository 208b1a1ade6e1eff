"""The product dies at each named place and starts again; nothing is lost, nothing comes twice.

D8.1 to D8.9, D8.12 to D8.15, D8.17 to D8.19, D8.22 and D8.23, on both records, as real processes.
"""

from pathlib import Path

import pytest

from tests.crash.deployment import Count, tell, village

POINTS = {
    "in.verified": "D8.1: verified, not inserted",
    "in.inserted": "D8.2: inserted, not committed",
    "in.committed": "D8.3: committed, not answered",
    "in.answered": "D8.4: answered, nobody was woken",
    "sweep.listed": "D8.6: listed, not inserted",
    "sweep.kept": "D8.6: inserted, the watermark not moved",
    "lane.claimed": "D8.7: a lane is claimed, its first envelope not begun",
    "turn.mid": "D8.8: in the middle of a turn",
    "turn.committed": "D8.9: a turn is committed, its lane not released",
    "clock.expanded": "D8.12: a broadcast is handed over half",
    "out.claimed": "D8.13: claimed, the attempt not committed",
    "out.attempt": "D8.13: the attempt is committed, the socket not written",
    "out.called": "D8.15, D8.18: answered, the outcome not written; callbacks come meanwhile",
    "out.ended": "D8.17: the outcome is written, the next message not begun",
    "out.leg": "D8.19: failed for good, the other way not committed",
    "media.stored": "D8.22: a file is stored, its row is not",
    "media.committed": "D8.23: its row is committed, its copy at the provider still there",
}
AT_START = ("sweep.listed", "sweep.kept")  # passed once a start
ONCE = ("clock.expanded", "out.leg", *AT_START)
PASSES = (2, 7)


async def _dies_everywhere(
    root: Path, database_url: str, redis_url: str, places: list[str], count: Count
) -> None:
    async with village(root, database_url, redis_url, trios=len(places)) as here:
        for place, trio in zip(places, here.trios, strict=True):
            await here.dies(place, trio)
        here.place.again()
        assert await here.place.ready()
        await here.rests(within=90 if here.place.embedded else 240)
        verdict = await here.verdict()
        tell(count, here.place, verdict)
        verdict.must_be_clean()


async def test_it_may_die_anywhere(tmp_path: Path, sqlite_url: str, record_property: Count):
    places = [f"{name}:1" for name in POINTS]
    await _dies_everywhere(tmp_path, sqlite_url, "", places, record_property)


@pytest.mark.long
async def test_they_may_die_anywhere(
    tmp_path: Path, postgres_url: str, redis_url: str, record_property: Count
):
    places = [f"{name}:1" for name in POINTS]
    await _dies_everywhere(tmp_path, postgres_url, redis_url, places, record_property)


@pytest.mark.long
@pytest.mark.parametrize("passes", PASSES)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_it_may_die_anywhere_later_too(
    kind: str, passes: int, tmp_path: Path, request: pytest.FixtureRequest, record_property: Count
):
    database_url = request.getfixturevalue(f"{kind}_url")
    redis_url = request.getfixturevalue("redis_url") if kind == "postgres" else ""
    places = [f"{name}:{passes}" for name in POINTS if name not in ONCE]
    await _dies_everywhere(tmp_path, database_url, redis_url, places, record_property)
