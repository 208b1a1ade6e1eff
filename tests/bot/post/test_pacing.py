"""Nothing goes faster than the limits, whoever asks for how much. D7.13, D8.28."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.post import limits
from bot.post.limits import Limits, Rate, Sender
from bot.post.pacing import Demand, Lately, Pacer
from tests.bot.here import Clock
from tests.bot.post.flow import SMALL, Went, check, most, steps

SENDERS = [
    *({"sms": kind} for kind in limits.kinds("sms")),
    *({"whatsapp": kind} for kind in limits.kinds("whatsapp")),
    {"telegram": "bot"},
]


@dataclass
class Wall:
    """The machine's clock, which may be set back."""

    true: Clock
    shift: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        """Give the time as the machine tells it."""
        return self.true() + self.shift


def one(rate: float) -> Limits:
    return Limits({"sms": Sender(Rate.of(rate), 10)})


def fresh(table: Limits, clock: Callable[[], datetime], processes: int = 1) -> Pacer:
    """Give a pacer that knows that nothing was sent."""
    pacer = Pacer(table, "", processes, clock)
    pacer.restore([])
    return pacer


async def asked(pacer: Pacer, clock: Clock, *wanted: Demand) -> list[Went]:
    waits = await pacer.ask(wanted)
    return [(clock(), demand) for demand, wait in zip(wanted, waits, strict=True) if not wait]


async def drained(
    pacer: Pacer, clock: Clock, wanted: Sequence[Demand], seconds: float, late: float = 0.002
) -> list[Went]:
    """Ask for these again and again, as soon as it is worth it and a little later."""
    went: list[Went] = []
    until = clock() + timedelta(seconds=seconds)
    while clock() < until:
        waits = await pacer.ask(wanted)
        went += [(clock(), demand) for demand, wait in zip(wanted, waits, strict=True) if not wait]
        clock.goes_on(seconds=min((wait for wait in waits if wait), default=0) + late)
    return went


async def test_a_sender_gives_its_limit_in_a_second_and_not_one_more():
    clock = Clock()
    pacer = fresh(limits.load(), clock)
    everybody = [Demand("whatsapp", n) for n in range(100)]
    assert len(await asked(pacer, clock, *everybody)) == 64
    clock.goes_on(seconds=1)
    assert await asked(pacer, clock, Demand("whatsapp", 100)) == []
    clock.goes_on(microseconds=1)
    assert len(await asked(pacer, clock, Demand("whatsapp", 100))) == 1


@pytest.mark.parametrize("row", SENDERS, ids=lambda row: "-".join(*row.items()))
@pytest.mark.parametrize("bulk", [True, False], ids=["broadcast", "replies"])
async def test_endless_demand_is_sent_within_two_in_a_hundred_of_the_limit(
    row: dict[str, str], *, bulk: bool
) -> None:
    (via,) = row
    table = limits.load(sms=row.get("sms", "long_code"), whatsapp=row.get("whatsapp", "standard"))
    rate = table.senders[via].rate
    clock = Clock()
    went: list[datetime] = []
    pacer = fresh(table, clock)
    people = iter(range(10**9))
    begun = clock()
    while clock() - begun < timedelta(seconds=20 * rate.seconds):
        waits = await pacer.ask([Demand(via, next(people), bulk=bulk) for _ in range(16)])
        went += [clock() for wait in waits if not wait]
        clock.goes_on(seconds=max(waits) and min(wait for wait in waits if wait) + 0.002)
    assert 0.98 * 20 * rate.count <= len(went) <= 21 * rate.count
    assert most([(at, 1) for at in went], rate.seconds) <= rate.count


@settings(max_examples=60)
@given(steps)
async def test_no_demand_whatever_exceeds_a_limit(steps: list[tuple[int, list[Demand]]]) -> None:
    clock = Clock()
    pacer = fresh(SMALL, clock)
    went: list[Went] = []
    for pause, wanted in steps:
        clock.goes_on(microseconds=pause)
        went += await asked(pacer, clock, *wanted)
    check(SMALL, went)


@settings(max_examples=60)
@given(steps, st.lists(st.sampled_from(["", "", "restart", "forget", "rest", "back"]), min_size=30))
async def test_no_limit_is_exceeded_though_the_process_ends_now_and_then(
    steps: list[tuple[int, list[Demand]]], events: list[str]
) -> None:
    """D8.28: what is not known is held back; what the record knows is taken over."""
    clock = Clock()
    wall = Wall(clock)
    pacer = fresh(SMALL, wall)
    went: list[Went] = []

    async def recall() -> Lately:
        return Lately(
            [(o.via, o.address_id, at + wall.shift, o.cost) for at, o in went],
            [(o.via, o.address_id, at + wall.shift) for at, o in went if o.first],
        )

    for (pause, wanted), event in zip(steps, events, strict=False):
        clock.goes_on(microseconds=pause)
        plain = [Demand(o.via, o.address_id, o.cost, o.bulk, o.first) for o in wanted]
        if event == "restart":
            pacer = Pacer(SMALL, "", 1, wall, recall)
        elif event == "forget":
            pacer = Pacer(SMALL, "", 1, wall)
        elif event == "rest":
            pacer.rest("sms", 2)
        elif event == "back":
            wall.shift -= timedelta(hours=1)
        went += await asked(pacer, clock, *plain)
    check(SMALL, went)


@settings(max_examples=40)
@given(steps, st.lists(st.integers(0, 2), min_size=30, max_size=30))
async def test_processes_without_redis_keep_to_their_parts(
    steps: list[tuple[int, list[Demand]]], turns: list[int]
) -> None:
    table = Limits({"sms": Sender(Rate.of(9.0), 10), "whatsapp": Sender(Rate.of(8.0), 10, tier=9)})
    clock = Clock()
    pacers = [fresh(table, clock, processes=3) for _ in range(3)]
    went: list[Went] = []
    for (pause, wanted), turn in zip(steps, turns, strict=False):
        clock.goes_on(microseconds=pause)
        went += await asked(
            pacers[turn], clock, *(one for one in wanted if one.via in table.senders)
        )
    check(table, went)


async def test_a_process_that_knows_nothing_begins_with_nothing_to_give():
    clock = Clock()
    pacer = Pacer(SMALL, "", 1, clock)
    assert (await pacer.ask([Demand("sms", 1)]))[0] == 1.0
    clock.goes_on(seconds=1)
    assert await pacer.ask([Demand("sms", 1)]) == [0.0]
    assert (await pacer.ask([Demand("whatsapp", 1)]))[0] == pytest.approx(5)  # one in six seconds


async def test_one_that_looks_into_the_record_gives_the_rest_of_the_second():
    clock = Clock()

    async def recall() -> Lately:
        return Lately([("sms", 1, clock() - timedelta(seconds=0.5), 2)])

    pacer = Pacer(SMALL, "", 1, clock, recall)
    assert await pacer.ask([Demand("sms", 2), Demand("sms", 3)]) == [0.0, 0.500001]


async def test_all_buckets_of_a_message_are_taken_or_none():
    clock = Clock()
    pacer = fresh(SMALL, clock)
    same = Demand("telegram", 1)
    assert len(await asked(pacer, clock, *[same] * 9)) == 3
    for _ in range(50):  # refused for its chat, it takes nothing of the bot's
        clock.goes_on(milliseconds=10)
        await pacer.ask([same] * 9)
    clock.goes_on(seconds=0.7505)
    assert len(await asked(pacer, clock, *(Demand("telegram", n) for n in range(2, 9)))) == 3


async def test_an_sms_is_charged_its_segments_and_not_overtaken_by_shorter_ones():
    clock = Clock()
    pacer = fresh(one(3), clock)
    assert len(await asked(pacer, clock, Demand("sms", 1))) == 1
    long, short = Demand("sms", 2, cost=3), Demand("sms", 3)
    assert await asked(pacer, clock, long, short) == []
    clock.goes_on(seconds=1, microseconds=1)
    assert [demand for _, demand in await asked(pacer, clock, long, short)] == [long]


async def test_an_sms_longer_than_a_whole_second_goes_alone_and_is_paid_for():
    clock = Clock()
    pacer = fresh(one(3), clock)
    assert len(await asked(pacer, clock, Demand("sms", 1, cost=9))) == 1
    assert (await pacer.ask([Demand("sms", 2)]))[0] == pytest.approx(3, abs=1e-5)


async def test_while_replies_wait_broadcasts_take_a_fifth_and_never_less_than_a_tenth():
    clock = Clock()
    pacer = fresh(one(64), clock)
    people = range(1, 65)
    wanted = [*(Demand("sms", n) for n in people), *(Demand("sms", n, bulk=True) for n in people)]
    went = await drained(pacer, clock, wanted, seconds=60)
    bulk = sum(demand.bulk for _, demand in went)
    assert 0.1 <= bulk / len(went) <= 0.2
    assert len(went) >= 0.98 * 64 * 60


@pytest.mark.parametrize("rate", [0.8, 2.4, 3.0, 8.0, 25.0])
async def test_a_slow_sender_shares_too(rate: float):
    clock = Clock()
    pacer = fresh(one(rate), clock)
    wanted = [*[Demand("sms", 1)] * 30, *[Demand("sms", 2, bulk=True)] * 30]
    went = await drained(pacer, clock, wanted, seconds=600)
    assert 0.09 <= sum(demand.bulk for _, demand in went) / len(went) <= 0.21
    assert len(went) >= 0.97 * rate * 600


async def test_a_reply_waits_no_longer_than_for_one_broadcast_message():
    clock = Clock()
    pacer = fresh(one(20), clock)
    bulk = [Demand("sms", n, bulk=True) for n in range(50)]
    await drained(pacer, clock, bulk, seconds=5)
    waited = 0.0
    while (wait := (await pacer.ask([Demand("sms", 99), *bulk]))[0]) > 0:
        waited += wait
        clock.goes_on(seconds=wait)
    assert waited <= 2 / 20


async def test_a_few_replies_do_not_slow_a_broadcast_down():
    clock = Clock()
    pacer = fresh(one(20), clock)
    bulk = [Demand("sms", n, bulk=True) for n in range(50)]
    went: list[Went] = []
    begun = clock()
    for second in range(1, 61):
        went += await asked(pacer, clock, Demand("sms", 99), *bulk)
        left = begun + timedelta(seconds=second) - clock()
        went += await drained(pacer, clock, bulk, left.total_seconds())
    assert len(went) >= 0.97 * 20 * 60


async def test_a_wait_asked_for_stops_the_whole_sender_and_nobody_else():
    clock = Clock()
    pacer = fresh(SMALL, clock)
    pacer.rest("telegram", 7)
    assert await pacer.ask([Demand("telegram", 1), Demand("sms", 1)]) == [7.0, 0.0]
    clock.goes_on(seconds=7)
    assert await pacer.ask([Demand("telegram", 1)]) == [0.0]


async def test_a_429_halves_the_rate_which_is_whole_again_after_a_minute():
    clock = Clock()
    pacer = fresh(one(64), clock)
    many = [Demand("sms", 1)] * 100
    for _ in range(5):  # of one burst, all of them are refused: that is one refusal
        pacer.rest("sms", 1)
    assert pacer.at_once("sms") == 5
    clock.goes_on(seconds=1.1)
    slow = len(await drained(pacer, clock, many, seconds=10))
    assert 10 * 64 * 0.45 <= slow <= 10 * 64 * 0.65
    clock.goes_on(seconds=60)
    assert pacer.at_once("sms") == 10
    assert len(await drained(pacer, clock, many, seconds=10)) >= 10 * 64 * 0.98


async def test_however_often_it_is_refused_an_eighth_of_the_rate_is_left():
    clock = Clock()
    pacer = fresh(one(64), clock)
    for _ in range(10):
        pacer.rest("sms", 1)
        clock.goes_on(seconds=1.001)
    assert len(await drained(pacer, clock, [Demand("sms", 1)] * 100, seconds=10)) >= 64


async def test_new_people_are_counted_once_each_in_any_24_hours():
    clock = Clock()
    pacer = fresh(SMALL, clock)

    async def first(who: int) -> float:
        clock.goes_on(minutes=1)
        return (await pacer.ask([Demand("whatsapp", who, first=True)]))[0]

    assert [await first(who) for who in (1, 2, 3, 4, 5, 1, 2)] == [0.0] * 7
    assert await first(6) == pytest.approx(24 * 3600 - 60 * 5)  # when the third is a day ago
    assert await pacer.ask([Demand("whatsapp", 6)]) == [0.0]  # within the window: not counted
    clock.goes_on(hours=24)
    assert await first(6) == 0.0


async def test_nobody_new_is_written_to_until_it_is_known_who_was():
    clock = Clock()
    pacer = Pacer(SMALL, "", 1, clock)
    clock.goes_on(hours=1)
    assert (await pacer.ask([Demand("whatsapp", 1, first=True)]))[0] > 0
    pacer.restore([], [("whatsapp", who, clock()) for who in range(10, 15)])
    assert (await pacer.ask([Demand("whatsapp", 1, first=True)]))[0] > 3600
    assert (await pacer.ask([Demand("whatsapp", 10, first=True)])) == [0.0]
