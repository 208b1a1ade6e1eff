"""Runs the bench: each part in a yard of its own, its figures told as they come, a report."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.bench import (
    ack,
    broadcast,
    growth,
    machine,
    memory,
    overload,
    photos,
    reply,
    report,
    start,
)
from bot.bench.results import Part
from bot.bench.yard import Size, Yard, yard

PARTS: dict[str, Callable[[Yard], Part]] = {
    "ack": ack.measure,
    "reply": reply.measure,
    "broadcast": broadcast.measure,
    "growth": growth.measure,
    "memory": memory.measure,
    "start": start.measure,
    "photos": photos.measure,
    "overload": overload.measure,
}


def run(
    names: Sequence[str],
    to: Path,
    say: Callable[[str], None],
    size: Size,
    rounds: int | None = None,
) -> Path:
    """Measure the parts that are named, or all, and give the path of the report."""
    chosen = names or list(PARTS)
    to.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    told = machine.told()
    for line in told:
        say(line)
    parts = []
    for name in chosen:
        say(f"Measuring {name} …")
        with yard(to, say, size, rounds) as made:
            parts.append(PARTS[name](made))
        say(report.summary(parts[-1]))
    path = report.write(to, parts, told, time.monotonic() - began)
    say(f"The report is in {path}.")
    return path
