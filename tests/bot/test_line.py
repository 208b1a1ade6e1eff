"""The order in which what waits for the one writer is done."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from bot.line import BATCH, MANNERS, Line


class Clock:
    """Time that goes on only when it is told to."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        """Tell it."""
        return self.at


def line(*others: str, hurried: tuple[str, ...] = (), clock: Clock | None = None) -> Line[str]:
    made: Line[str] = Line(clock or Clock())
    for one in others:
        made.join(one)
    for one in hurried:
        made.join(one, hurried=True)
    return made


def test_what_is_hurried_is_done_first_and_the_rest_in_its_order():
    assert list(line("a", "b", hurried=("x", "y")).commit()) == ["x", "y", "a", "b"]


def test_what_hurries_in_meanwhile_is_done_next():
    waiting = line("a", "b", "c")
    served = waiting.commit()
    assert next(served) == "a"
    waiting.join("x", hurried=True)
    assert list(served) == ["x", "b", "c"]


def test_a_commit_with_something_hurried_ends_soon():
    clock = Clock()
    waiting = line("a", "b", hurried=("x",), clock=clock)
    served = waiting.commit()
    assert list(islice(served, 2)) == ["x", "a"]
    clock.at += MANNERS
    assert list(served) == []
    assert list(waiting.commit()) == ["b"]


def test_a_flood_of_hurried_ones_starves_nobody():
    waiting = line("a", hurried=tuple(str(n) for n in range(2 * BATCH)))
    first = list(waiting.commit())
    assert (len(first), first[-1]) == (BATCH + 1, "a")


def test_one_alone_knows_it():
    assert line("a").alone
    assert not line("a", hurried=("x",)).alone


def test_whoever_is_in_line_when_it_closes_is_served():
    waiting = line("a")
    waiting.close()
    assert waiting.wait()
    assert list(waiting.commit()) == ["a"]
    assert not waiting.wait()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=60))
def test_everybody_is_served_once_and_those_alike_in_their_order(steps: list[tuple[bool, int]]):
    clock = Clock()
    waiting: Line[tuple[bool, int]] = Line(clock)
    served: list[tuple[bool, int]] = []
    for number, (hurried, pause) in enumerate(steps):
        waiting.join((hurried, number), hurried=hurried)
        if pause:
            for one in islice(waiting.commit(), pause):
                clock.at += MANNERS / 2
                served.append(one)
    waiting.close()
    while waiting.wait():
        served.extend(waiting.commit())
    assert len(served) == len(steps)
    for kind in (True, False):
        alike = [number for hurried, number in served if hurried is kind]
        assert alike == sorted(alike)
