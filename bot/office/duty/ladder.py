"""The ladder: how pressing a kind of task is, by when it is done, and who is told when it is not.

The ladder is data, in `ladder.toml`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from bot.office.duty import shifts
from bot.office.duty.shifts import Span
from models.task import Task, TaskKind, Urgency

TABLE = Path(__file__).with_name("ladder.toml")


class Tell(Enum):
    """Who is told at a step."""

    OWNER = "owner"
    ON_CALL = "on_call"
    NEXT = "next"
    ALL = "all"


@dataclass(frozen=True)
class Step:
    """When somebody is told, and who. `free`: only while the task has no owner."""

    since_due: bool
    after: timedelta
    tell: Tell
    free: bool


@dataclass(frozen=True)
class Rule:
    """What an urgency means. `by_clock`: its minutes pass at any hour, and anybody is woken."""

    by_clock: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Ladder:
    """The whole table."""

    rules: Mapping[Urgency, Rule]
    urgency: Mapping[TaskKind, Urgency]
    answer: Mapping[TaskKind, timedelta]


@cache
def ladder() -> Ladder:
    """Read the table. It has a line for each urgency and each kind, or the bot does not start."""
    table: dict[str, Any] = tomllib.loads(TABLE.read_text("utf-8"))
    kinds = {kind: table["kinds"][kind.value] for kind in TaskKind}
    return Ladder(
        rules={one: _rule(table["urgency"][one.value]) for one in Urgency},
        urgency={kind: Urgency(row["urgency"]) for kind, row in kinds.items()},
        answer={kind: timedelta(minutes=row["answer"]) for kind, row in kinds.items()},
    )


def next_ring(task: Task, spans: Sequence[Span], now: datetime) -> datetime | None:
    """Say when the next step of a task's ladder is to be looked at. None: there is none.

    Where nobody answers at these hours, what is not urgent now waits until somebody does.
    """
    rule = ladder().rules[task.urgency]
    if task.rung >= len(rule.steps):
        return None
    step = rule.steps[task.rung]
    base = task.due_at if step.since_due else task.created_at
    if rule.by_clock:
        at = base + step.after
    else:
        counted = max(step.after, timedelta())
        begun = base + min(step.after, timedelta())
        at = shifts.after(spans, max(begun, now - counted), counted) or now + shifts.AHEAD
    return max(at, task.snoozed_until or at)


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(
        by_clock=row["counts"] == "clock",
        steps=tuple(
            Step(
                since_due=one["since"] == "due",
                after=timedelta(minutes=one["minutes"]),
                tell=Tell(one["tell"]),
                free=one.get("free", False),
            )
            for one in row["steps"]
        ),
    )
