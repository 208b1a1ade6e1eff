"""A breaker opens when its provider is in trouble, and one message finds out when it is not."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.post.breakers import FAILURES, REST, WITHIN, Breaker, State

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def opened() -> Breaker:
    breaker = Breaker()
    for n in range(FAILURES):
        breaker.failed(after(n - FAILURES + 1))
    return breaker


def test_four_failures_let_everything_through():
    breaker = Breaker()
    for n in range(FAILURES - 1):
        breaker.failed(after(n))
    assert breaker.allows(after(5))
    assert breaker.state(after(5)) is State.CLOSED


def test_the_fifth_in_half_a_minute_stops_everything_for_half_a_minute():
    breaker = opened()
    assert not breaker.allows(after(0))
    assert not breaker.allows(after(29.9))
    assert breaker.state(after(29.9)) is State.OPEN


def test_five_failures_over_a_longer_time_stop_nothing():
    breaker = Breaker()
    for n in range(20):
        breaker.failed(after(n * 7.5))
        assert breaker.allows(after(n * 7.5))


def test_successes_in_between_do_not_hide_the_failures():
    breaker = Breaker()
    for n in range(FAILURES):
        breaker.failed(after(n))
        breaker.worked(after(n))
    assert not breaker.allows(after(5))


def test_after_half_a_minute_exactly_one_message_tries():
    breaker = opened()
    assert [breaker.allows(after(30)) for _ in range(3)] == [True, False, False]
    assert breaker.state(after(31)) is State.HALF_OPEN


def test_a_probe_that_works_lets_everything_through():
    breaker = opened()
    assert breaker.allows(after(30))
    breaker.worked(after(31))
    assert [breaker.allows(after(31)) for _ in range(3)] == [True, True, True]
    breaker.failed(after(32))  # and the count begins anew
    assert breaker.allows(after(32))


def test_a_probe_that_fails_stops_everything_for_half_a_minute_more():
    breaker = opened()
    assert breaker.allows(after(40))
    breaker.failed(after(41))
    assert not breaker.allows(after(70.9))
    assert breaker.allows(after(71))


def test_news_of_messages_that_left_before_it_opened_moves_nothing():
    breaker = opened()
    breaker.worked(after(3))
    breaker.failed(after(29))
    assert not breaker.allows(after(29.9))
    assert breaker.allows(after(30))


def test_a_probe_nothing_is_heard_of_is_forgotten():
    breaker = opened()
    assert breaker.allows(after(30))
    assert not breaker.allows(after(59))
    assert breaker.allows(after(60))


@given(
    st.lists(st.tuples(st.floats(0, 20), st.sampled_from(["failed", "worked", "ask"])), max_size=60)
)
def test_whatever_happens_it_is_never_open_for_longer_than_it_rests(
    steps: list[tuple[float, str]],
) -> None:
    breaker, now, let_through = Breaker(), NOW, True
    for pause, what in steps:
        now += timedelta(seconds=pause)
        if what == "ask":
            let_through = breaker.allows(now)
        else:
            getattr(breaker, what)(now)
    if not let_through:
        assert breaker.allows(now + REST + WITHIN)
