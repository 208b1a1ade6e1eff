"""The bench measures everything it names and writes all of it down. No test asserts a time."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bot.bench import plot, run
from bot.bench.results import Goal, Part, Side, ratios
from bot.bench.yard import Size


@pytest.mark.parametrize("name", list(run.PARTS))
def test_a_part_measures_all_its_figures_and_loses_no_message(name: str, tmp_path: Path):
    said: list[str] = []
    report = run.run([name], tmp_path, said.append, Size.TINY).read_text("utf-8")
    rows = [line for line in report.splitlines() if line.startswith(f"| {name} |")]
    assert rows
    for row in rows:
        assert row.rstrip("| ").rsplit("| ", 1)[1] in {"met", "missed", "not measured"}
    assert "were answered" not in report  # it would say so of messages that were not
    assert " answered {" not in report
    ET.fromstring((tmp_path / "plot.svg").read_text("utf-8"))  # noqa: S314 - we drew it ourselves
    assert [path.name for path in tmp_path.glob("work-*")] == []
    assert any("round 1 of 1" in line for line in said)


@pytest.mark.parametrize(
    ("side", "ratio", "verdict"),
    [
        (Side.AT_LEAST, 2.0, "met"),
        (Side.AT_LEAST, 1.0, "met"),
        (Side.AT_LEAST, 0.9, "missed"),
        (Side.AT_MOST, 0.9, "met"),
        (Side.AT_MOST, 1.0, "met"),
        (Side.AT_MOST, 2.0, "missed"),
        (Side.AT_LEAST, None, "not measured"),
    ],
)
def test_a_goal_is_met_on_its_side(side: Side, ratio: float | None, verdict: str):
    assert Goal("it", side, 1.0, ratio).verdict == verdict


def test_a_ratio_is_the_middle_of_rounds_that_stood_side_by_side():
    assert ratios([2.0, 30.0, 8.0], [1.0, 10.0, 2.0]) == 3.0
    assert ratios([], []) is None


def test_the_plot_shows_only_rates():
    part = Part("x", "A & B")
    part.add("Enlace", "replies/s", [3.0, 4.0, 5.0])
    part.add("Enlace", "MB", [70.0])
    drawn = plot.draw([part])
    assert drawn.count("<rect") == 2  # the paper and one bar
    assert "A &amp; B" in drawn
