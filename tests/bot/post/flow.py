"""What went when: the sums that no limit may be exceeded by, and makers of demands."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from hypothesis import strategies as st

from bot.post.limits import Limits, Rate, Sender
from bot.post.pacing import Demand

MICRO = timedelta(microseconds=1)

Went = tuple[datetime, Demand]

SMALL = Limits(
    {
        "sms": Sender(Rate.of(3.0), 10),
        "whatsapp": Sender(Rate.of(8.0), 10, each=Rate.of(1 / 6, 5), tier=5),
        "telegram": Sender(Rate.of(2.4), 10, each=Rate.of(1.0, 3), group=Rate.of(1 / 3, 5)),
    }
)
"""Limits small enough to be reached in a few steps."""

demands = st.builds(
    Demand,
    st.sampled_from(sorted(SMALL.senders)),
    st.integers(1, 8),
    cost=st.sampled_from([1, 1, 1, 2, 3]),
    bulk=st.booleans(),
    first=st.booleans(),
    group=st.booleans(),
)
steps = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 400_000), st.integers(0, 4_000_000)),  # microseconds before it
        st.lists(demands, min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=30,
)


def most(went: Iterable[tuple[datetime, int]], seconds: float) -> int:
    """Give the most that went in any such time, both its ends included."""
    found, total, first = 0, 0, 0
    rows = sorted(went, key=lambda row: row[0])
    for at, cost in rows:
        total += cost
        while at - rows[first][0] > timedelta(seconds=seconds):
            total -= rows[first][1]
            first += 1
        found = max(found, total)
    return found


def check(limits: Limits, went: list[Went]) -> None:
    """Hold what went to the limits: each sender, each recipient, and the new people of a day."""
    for via, sender in limits.senders.items():
        rows = [(at, one) for at, one in went if one.via == via]
        costs = [(at, one.cost) for at, one in rows]
        assert most(costs, sender.rate.seconds) <= sender.rate.count, via
        assert most(costs, 1) <= sender.rate.count, via
        assert most(costs, 60) <= 60 * sender.rate.per_second + 1e-6, via
        for rate, group in ((sender.each, False), (sender.group, True)):
            if rate is None:
                continue
            for who in {one.address_id for _, one in rows}:
                times = [(at, 1) for at, one in rows if (one.address_id, one.group) == (who, group)]
                for seconds in (1, 60):
                    assert most(times, seconds) <= rate.burst + seconds * rate.per_second, (
                        via,
                        who,
                    )
        if sender.tier is not None:
            for at, _ in rows:
                day = [one for then, one in rows if at - timedelta(days=1) < then <= at]
                assert len({one.address_id for one in day if one.first}) <= sender.tier
