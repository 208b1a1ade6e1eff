"""Processes are killed, frozen and told to end at any moment under load; the people notice nothing.

D7.1, D7.2, D7.4, D8.7, D8.10, D8.13, D8.14 and D8.30, as real processes on both records.
"""

import asyncio
import signal
import time
from pathlib import Path

import pytest

from tests.crash.deployment import Count, Village, freeze, tell, thaw, village
from tests.crash.record import Record

LONG_SEEDS = range(10, 30)
KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.long)]


async def _lives_through_kills(here: Village, rounds: int) -> None:
    """Have everybody write all the time, and kill a process at random every second or two."""
    place, chance = here.place, here.chance
    for trio in here.trios[:rounds]:
        writing = asyncio.ensure_future(trio.write(chance))
        await asyncio.sleep(chance.uniform(0.05, 1.2))
        name = chance.choice([one for one in ("web", "worker") if one in place.processes])
        place.processes[name].send_signal(signal.SIGKILL)
        place.processes[name].wait()
        place.again()
        await writing
        assert await place.ready()


async def _random_kills(
    seed: int, root: Path, database_url: str, redis_url: str, rounds: int, count: Count
) -> None:
    async with village(root, database_url, redis_url, trios=rounds, seed=seed) as here:
        await _lives_through_kills(here, rounds)
        # What Twilio gave up while nobody answered is fetched at a start, or within five minutes.
        here.place.again()
        assert await here.place.ready()
        await here.rests(within=90 if here.place.embedded else 240)
        verdict = await here.verdict()
        tell(count, here.place, verdict)
        count("kill seeds", 1)
        verdict.must_be_clean()


@pytest.mark.parametrize("kind", KINDS)
async def test_kills_at_any_moment_lose_and_double_nothing(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, record_property: Count
):
    database_url = request.getfixturevalue(f"{kind}_url")
    redis_url = request.getfixturevalue("redis_url") if kind == "postgres" else ""
    await _random_kills(1, tmp_path, database_url, redis_url, 4, record_property)


@pytest.mark.long
@pytest.mark.parametrize("seed", LONG_SEEDS)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_many_kills_lose_and_double_nothing(
    kind: str, seed: int, tmp_path: Path, request: pytest.FixtureRequest, record_property: Count
):
    database_url = request.getfixturevalue(f"{kind}_url")
    redis_url = request.getfixturevalue("redis_url") if kind == "postgres" else ""
    await _random_kills(seed, tmp_path, database_url, redis_url, 15, record_property)


async def test_a_worker_that_stands_still_past_its_lease_does_nothing_after(
    tmp_path: Path, postgres_url: str, redis_url: str, record_property: Count
):
    """D7.4, D8.10: the other worker takes its lanes, and the fence refuses what it does later."""
    async with village(tmp_path, postgres_url, redis_url, trios=6) as here:
        place = here.place
        place._start("second", "bot", "worker")
        writing = asyncio.ensure_future(_all_write(here))
        await _until(here.record, "SELECT count(*) FROM lane WHERE lease_until IS NOT NULL")
        freeze(place, "worker")
        await writing
        await asyncio.sleep(20)  # longer than a lane's lease
        thaw(place, "worker")
        await here.rests(within=200)
        verdict = await here.verdict()
        tell(record_property, place, verdict)
        verdict.must_be_clean()


@pytest.mark.parametrize("kind", KINDS)
async def test_told_to_end_under_load_it_answers_what_it_took_and_loses_nothing(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, record_property: Count
):
    """D8.30: what is on the wire is waited for, what does not answer is left as unknown."""
    database_url = request.getfixturevalue(f"{kind}_url")
    redis_url = request.getfixturevalue("redis_url") if kind == "postgres" else ""
    async with village(tmp_path, database_url, redis_url, trios=6) as here:
        place = here.place
        await here.phones.faults("twilio", seed=1, delay=2.0)
        writing = asyncio.ensure_future(_all_write(here))
        await _until(here.record, "SELECT count(*) FROM outbox WHERE state = 'sending'")
        told = {
            name: place.processes.pop(name) for name in ("web", "worker") if name in place.processes
        }
        for process in told.values():
            process.send_signal(signal.SIGTERM)
        for name, process in told.items():
            code = await asyncio.to_thread(process.wait, 40)
            assert code in (0, -signal.SIGTERM), f"{name} ended with {code}:\n{place.log(name)}"
        assert here.record.number("SELECT count(*) FROM outbox WHERE state = 'sending'") == 0
        await writing
        place.start()
        assert await place.ready()
        await here.rests(within=200)
        verdict = await here.verdict()
        tell(record_property, place, verdict)
        verdict.must_be_clean()
        assert verdict.repeats == 0  # what was on the wire was heard of


async def _all_write(here: Village) -> None:
    for trio in here.trios:
        await trio.write(here.chance)


async def _until(record: Record, query: str, within: float = 20.0) -> None:
    ends = time.monotonic() + within
    while not record.number(query):
        assert time.monotonic() < ends, f"It never came to be so: {query}"
        await asyncio.sleep(0.02)
