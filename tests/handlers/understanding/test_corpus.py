"""How many labelled replies are read as a careful coordinator would, and how wrong the rest are."""

from collections import Counter

import pytest

from handlers.understanding import Meaning, stops, stops_anybody, understand
from tests.handlers.understanding.replies import Labelled, labelled

FLOORS = {
    ("known", "ordinary"): 0.98,
    ("known", "tricky"): 0.93,
    ("unseen", "ordinary"): 0.97,
    ("unseen", "tricky"): 0.85,
}


@pytest.fixture(scope="module", params=["known", "unseen"])
def part(request) -> tuple[str, list[tuple[Labelled, Meaning]]]:
    rows = list(labelled(request.param))
    return request.param, [(row, understand(row.text, row.expect, row.language)) for row in rows]


def test_replies_are_read_as_a_careful_coordinator_would(part):
    name, read = part
    print(_table(name, read))  # noqa: T201 - the figures are the point
    for kind in ("ordinary", "tricky"):
        right = [got is row.meaning for row, got in read if row.kind == kind]
        assert sum(right) / len(right) >= FLOORS[name, kind]


def test_nothing_is_read_as_yes_that_is_not(part):
    _, read = part
    assert [row for row, got in read if got is Meaning.YES and row.meaning is not Meaning.YES] == []


def test_nothing_lifts_a_stop_that_does_not(part):
    _, read = part
    assert [
        row for row, got in read if (got is Meaning.START) is not (row.meaning is Meaning.START)
    ] == []


def test_a_stop_is_read_as_one_and_nothing_else_is(part):
    _, read = part
    wrong = [
        row.text
        for row, _ in read
        if stops(row.text, row.language) is not (row.meaning is Meaning.STOP)
    ]
    assert wrong == []


def test_the_parts_share_no_reply_and_hold_enough_of_each_kind():
    known, unseen = list(labelled("known")), list(labelled("unseen"))
    assert not {_key(row) for row in known} & {_key(row) for row in unseen}
    assert len(known) > 5000
    assert len(unseen) > 1400
    assert {row.meaning for row in unseen} == set(Meaning)


def _key(row: Labelled) -> tuple[str, str, str]:
    return row.expect.value, row.language, row.text.strip().casefold()


def _table(name: str, read: list[tuple[Labelled, Meaning]]) -> str:
    """What was meant, down, against what was read, across."""
    names = [meaning.value for meaning in Meaning]
    counts = Counter((row.meaning.value, got.value) for row, got in read)
    lines = [f"\n{name}: {len(read)} replies", " " * 13 + "".join(f"{one[:6]:>7}" for one in names)]
    lines += [
        f"{meant:13}" + "".join(f"{counts[meant, got] or '.':>7}" for got in names)
        for meant in names
    ]
    for kind in ("ordinary", "tricky"):
        right = [got is row.meaning for row, got in read if row.kind == kind]
        lines.append(f"{kind}: {sum(right)} of {len(right)} right, {sum(right) / len(right):.1%}")
    return "\n".join(lines)


def test_a_glance_overlooks_no_stop(part):
    for row, _ in part[1]:
        assert stops_anybody(row.text) == (stops(row.text, "es") or stops(row.text, "en"))
