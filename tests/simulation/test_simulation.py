"""Days of traffic in seconds: one seed gives every accident, and the invariants hold after it.

D7.1 to D7.12, D7.14, D7.16, D7.18 and D7.19 are functions of tests/simulation/invariants.py.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.post.attempts import Outcome
from bot.post.remedies import Remedies
from channels.base import Uncertain
from models.outbox import OutboxState
from tests.simulation.__main__ import DAYS
from tests.simulation.invariants import breaches
from tests.simulation.town import Town, played

SHORT = 3  # seeds of every run
LONG = 1000  # seeds of a long run, after those
CHUNK = 20
TELLING = 60  # lines of the story that a failure shows


def _must_hold(seed: int, count: Callable[[str, object], None]) -> None:
    with played(seed, DAYS) as town:
        found = breaches(town)
        for name, number in _numbers(town).items():
            count(name, number)
        if found:
            story = "\n".join(town.trace[-TELLING:])
            pytest.fail(
                f"Seed {seed} broke {len(found)}:\n" + "\n".join(found[:20]) + f"\n{story}\n"
                f"Play it again with: python -m tests.simulation {seed} {DAYS}"
            )


def _numbers(town: Town) -> dict[str, int]:
    return {"simulated seeds": 1, "simulated deaths": town.deaths, "marked repeats": town.repeats}


@pytest.mark.parametrize("seed", range(SHORT))
def test_the_invariants_hold_whatever_happens(
    seed: int, record_property: Callable[[str, object], None]
):
    _must_hold(seed, record_property)


@pytest.mark.long
@pytest.mark.parametrize("first", range(SHORT, SHORT + LONG, CHUNK))
def test_the_invariants_hold_over_many_seeds(
    first: int, record_property: Callable[[str, object], None]
):
    for seed in range(first, first + CHUNK):
        _must_hold(seed, record_property)


def test_a_seed_is_the_same_story_in_every_process():
    stories = set()
    for hashes in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "4", "0.05"],
            env={**os.environ, "PYTHONHASHSEED": hashes},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        stories.add(done.stdout)
    assert len(stories) == 1


def test_a_sender_that_sends_what_is_unknown_again_is_found_out(monkeypatch: pytest.MonkeyPatch):
    judge = Remedies.judge

    def hasty(self: Remedies, s: Any, tried: Any, result: Any, *, before: int) -> Outcome:
        outcome = judge(self, s, tried, result, before=before)
        if isinstance(result, Uncertain):
            return replace(outcome, state=OutboxState.PENDING, wait=1.0)
        return outcome

    monkeypatch.setattr(Remedies, "judge", hasty)
    for seed in (10, 9, 5, 8, 11, 2, 3, 7):
        with played(seed, 0.2, silent=0.5, broken=0.5) as town:
            if any("was not given up" in one for one in breaches(town)):
                return
    pytest.fail("No seed found that the sender sends twice what may have gone out.")
