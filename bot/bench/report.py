"""The report: figures and goals as tables, on the screen and in a file."""

from collections.abc import Sequence
from pathlib import Path

from bot.bench import plot
from bot.bench.results import Part, number


def write(folder: Path, parts: Sequence[Part], machine: Sequence[str], took: float) -> Path:
    """Write `report.md` and a plot for each part into a folder; give the report's path."""
    lines = ["# What Enlace costs", "", *(f"- {line}" for line in machine)]
    lines += [f"- measured in {took:.0f} s; medians with least and most of the rounds", ""]
    lines += ["## Goals", "", *_goals(parts), ""]
    for part in parts:
        (folder / f"{part.name}.svg").write_text(plot.draw([part]), "utf-8")
        lines += [f"## {part.title}", "", f"![{part.title}]({part.name}.svg)", ""]
        lines += [*_figures(part), ""]
        lines += [*(f"- {note}" for note in part.notes), *([""] if part.notes else [])]
    path = folder / "report.md"
    path.write_text("\n".join(lines), "utf-8")
    return path


def summary(part: Part) -> str:
    """Tell one part on the screen."""
    rows = _table(part)
    wide = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [
        "    "
        + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, wide, strict=True)).rstrip()
        for row in rows
    ]
    lines += [f"    {_line(goal)}" for goal in _rows(part)]
    return "\n".join([f"{part.title}:", *lines, *(f"    ({note})" for note in part.notes)])


def _figures(part: Part) -> list[str]:
    head, *rows = (f"| {' | '.join(row)} |" for row in _table(part))
    return [head, "| --- " * len(_table(part)[0]) + "|", *rows]


def _table(part: Part) -> list[list[str]]:
    """Lay the figures of one thing beside each other, a column for each unit."""
    units = list(dict.fromkeys(one.unit for one in part.figures))
    rows: dict[str, dict[str, str]] = {}
    for one in part.figures:
        rows.setdefault(one.what, {})[one.unit] = one.told
    notes = {one.what: one.note for one in part.figures if one.note}
    return [
        ["", *units, ""],
        *(
            [what, *(cells.get(unit, "") for unit in units), notes.get(what, "")]
            for what, cells in rows.items()
        ),
    ]


def _goals(parts: Sequence[Part]) -> list[str]:
    rows = ["| part | goal | wanted | measured | |", "| --- | --- | --- | --- | --- |"]
    for part in parts:
        rows += [f"| {part.name} | {' | '.join(row)} |" for row in _rows(part)]
    return rows


def _rows(part: Part) -> list[tuple[str, str, str, str]]:
    return [
        (
            goal.what,
            f"{goal.side.value} {goal.wanted:g}",
            goal.why if goal.ratio is None else number(goal.ratio),
            goal.verdict,
        )
        for goal in part.goals
    ]


def _line(row: tuple[str, str, str, str]) -> str:
    what, wanted, ratio, verdict = row
    return f"[{verdict}] {what}: {ratio} (wanted {wanted})"
