"""The doorbell: a ring is heard at once, also by other processes; without it nobody is lost."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot import doorbell
from bot.doorbell import Doorbell, Ear

AT_ONCE = 3.0  # seconds: far below the poll that a test waits with
POLL = 30.0


async def hears(ear: Ear) -> None:
    await asyncio.wait_for(ear.wait(POLL), AT_ONCE)


async def silence(ear: Ear) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ear.wait(POLL), 0.3)


@asynccontextmanager
async def bells(*urls: str, works: bool = False) -> AsyncIterator[list[Doorbell]]:
    made = [Doorbell(url, works=works) for url in urls]
    for bell in made:
        await bell.start()
    yield made
    for bell in made:
        await bell.stop()


async def test_a_ring_wakes_everybody_in_the_process() -> None:
    async with bells("") as (bell,):
        ears = [bell.ear() for _ in range(3)]
        bell.ring()
        await asyncio.gather(*(hears(ear) for ear in ears))
        await silence(ears[0])  # heard once


async def test_a_ring_while_one_works_is_heard_afterwards() -> None:
    async with bells("") as (bell,):
        ear = bell.ear()
        for _ in range(5):
            bell.ring()
        await hears(ear)
        await silence(ear)


async def test_nobody_waits_for_ever() -> None:
    ear = Doorbell().ear()
    await asyncio.wait_for(ear.wait(0.05), AT_ONCE)


@pytest.mark.parametrize("steps", range(4))
async def test_whoever_is_told_to_end_while_it_rings_ends(steps: int) -> None:
    """Or a process under load would never stop."""
    ear = Ear()

    async def listens() -> None:
        while True:
            await ear.wait(POLL)

    task = asyncio.create_task(listens())
    await asyncio.sleep(0.01)
    ear.rung.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=AT_ONCE)
    assert task.cancelled()


async def test_a_ring_is_heard_in_other_processes(redis_url: str) -> None:
    async with bells(redis_url, redis_url) as (one, two):
        own, other = one.ear(), two.ear()
        await _until_listening(redis_url, 2)
        one.ring()
        await hears(other)
        await hears(own)
        await silence(own)  # its echo is not a second ring


async def _until_listening(url: str, many: int) -> None:
    channel = doorbell.CHANNEL
    async with Redis.from_url(url) as client, asyncio.timeout(5):
        listening = 0
        while listening < many:
            await asyncio.sleep(0.01)
            listening = dict(await client.pubsub_numsub(channel))[channel.encode()]


# --- workers share their rings --------------------------------------------------------------------


async def woken(*ears: Ear) -> int:
    """Count who hears a ring, once somebody has."""
    async with asyncio.timeout(AT_ONCE):
        while not any(ear.rung.is_set() for ear in ears):  # noqa: ASYNC110 - an ear has its own event
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    return sum(ear.rung.is_set() for ear in ears)


async def _until_shared(url: str, many: int) -> None:
    async with Redis.from_url(url) as client, asyncio.timeout(5):
        while True:
            with contextlib.suppress(ResponseError):
                groups = await client.xinfo_groups(doorbell.STREAM)
                if groups and groups[0]["consumers"] >= many:
                    return
            await asyncio.sleep(0.01)


async def test_one_ring_wakes_one_worker_and_leaves_nothing_behind(redis_url: str) -> None:
    async with bells(redis_url) as (web,), bells(redis_url, redis_url, works=True) as workers:
        ears = [one.ear() for one in workers]
        await _until_shared(redis_url, 2)
        web.ring()
        assert await woken(*ears) == 1
        async with Redis.from_url(redis_url) as client:
            assert await client.xlen(doorbell.STREAM) == 0
            assert (await client.xpending(doorbell.STREAM, doorbell.GROUP))["pending"] == 0


async def test_a_ring_that_came_while_no_worker_was_there_still_waits(redis_url: str) -> None:
    async with bells(redis_url) as (web,):
        web.ring()
        async with Redis.from_url(redis_url) as client, asyncio.timeout(5):
            while not await client.xlen(doorbell.STREAM):  # noqa: ASYNC110 - Redis has no event
                await asyncio.sleep(0.01)
        async with bells(redis_url, works=True) as (worker,):
            assert await woken(worker.ear()) == 1


@pytest.mark.parametrize("how", ["flushed", "group gone", "stream gone"])
async def test_workers_share_anew_what_redis_has_forgotten(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """D8.32."""
    monkeypatch.setattr(doorbell, "POLL", 0.05)
    async with bells(redis_url) as (web,), bells(redis_url, works=True) as (worker,):
        await _until_shared(redis_url, 1)
        async with Redis.from_url(redis_url) as client:
            match how:
                case "flushed":
                    await client.flushdb()
                case "group gone":
                    await client.xgroup_destroy(doorbell.STREAM, doorbell.GROUP)
                case _:
                    await client.delete(doorbell.STREAM)
        ear = worker.ear()
        async with asyncio.timeout(8):
            while not ear.rung.is_set():
                web.ring()
                await asyncio.sleep(0.05)


async def test_redis_that_forgets_everybody_is_listened_to_again(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "POLL", 0.05)
    async with bells(redis_url, redis_url) as (one, two):
        await _until_listening(redis_url, 2)
        async with Redis.from_url(redis_url) as client:
            assert await client.client_kill_filter(_type="pubsub") == 2
        ear = two.ear()
        async with asyncio.timeout(5):
            while not ear.rung.is_set():
                one.ring()
                await asyncio.sleep(0.05)


async def test_without_redis_rings_are_heard_at_home_and_nothing_piles_up(free_port: int) -> None:
    async with bells(f"redis://127.0.0.1:{free_port}/0") as (bell,):
        ear = bell.ear()
        before = len(asyncio.all_tasks())
        for _ in range(500):
            bell.ring()
        await hears(ear)
        assert len(asyncio.all_tasks()) <= before + 1


async def test_a_redis_that_does_not_answer_costs_one_connection() -> None:
    connections = 0

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with bells(f"redis://127.0.0.1:{port}/0") as (bell,):
        ear = bell.ear()
        for _ in range(50):
            bell.ring()
            await asyncio.sleep(0.005)
        await hears(ear)
        assert connections <= 2  # one listens, one rings
    await asyncio.sleep(0.05)
    server.close()
    await server.wait_closed()
