"""Twice as much as it can do: what was acknowledged is answered once, the rest is not kept."""

import contextlib
import sqlite3
import threading
import time
from collections import Counter
from typing import Self

import sqlalchemy as sa

from bot.bench import ours
from bot.bench.load import Talk
from bot.bench.results import Goal, Part, Side
from bot.bench.yard import Target, Yard

WINDOW = 32
OURS = "Enlace, SQLite"
LOOK = 0.2  # seconds between looks at its memory
PATIENCE = 30.0  # seconds without an answer after which no more will come


def measure(yard: Yard) -> Part:
    """Find out how much it can do, then let twice as much come in, and count."""
    part = Part("overload", "Twice as much as it can do")
    count, seconds = yard.much(2000, 300, 40), yard.much(60, 10, 2)
    url = yard.sqlite("overload")
    target = ours.whole(yard, url, name=OURS, env={"TELEGRAM_BOT_TOKEN": ""})
    target.settled()
    yard.say("  finding out how much it can do …")
    yard.talk("talks", _talk(yard, target, count // 4))
    told = yard.talk("talks", _talk(yard, target, count))
    capacity = told["replied"] / told["seconds"]
    yard.tell("drained", count=10**9, patience=1.0)
    yard.tell("forget", delay=0.0)
    kept = _kept(url)
    pace = 2 * capacity
    yard.say(f"  {pace:,.0f} messages a second for {seconds} s …")
    with _Watch(target) as watch:
        talk = _talk(yard, target, int(pace * seconds) + 1, pace=pace)
        told = yard.talk("paced", talk, seconds=float(seconds))
        acked: Counter[str] = Counter(told["acked"])
        yard.say(f"  waiting for the answers to {acked.total():,} …")
        began = time.perf_counter()
        yard.tell("drained", count=acked.total(), patience=PATIENCE)
        behind = time.perf_counter() - began
        yard.tell("drained", count=10**9, patience=1.0)  # what comes twice comes late
    answered: Counter[str] = Counter(yard.tell("recipients")["recipients"])
    kept = _kept(url) - kept
    target.end()
    part.add(OURS, "answered/s, one at a time", [capacity])
    part.add(OURS, "came in/s", [sum(told["statuses"].values()) / told["seconds"]])
    part.add(OURS, "acknowledged", [float(acked.total())])
    part.add(OURS, "refused", [float(told["statuses"].get("503", 0))])
    part.add(OURS, "ms to acknowledge, p99", [told["ack_p99"]])
    part.add(OURS, "s until all were answered", [behind])
    part.add(OURS, "MB, before", [watch.held[0]])
    part.add(OURS, "MB, most", [max(watch.held)])
    judge(part, told["statuses"], acked, answered, kept)
    grown = max(watch.held) / watch.held[0]
    part.goals.append(Goal("memory, against before", Side.AT_MOST, 1.2, grown))
    return part


def judge(
    part: Part,
    statuses: dict[str, int],
    acked: Counter[str],
    answered: Counter[str],
    kept: int,
) -> None:
    """Hold what was answered and kept against what was acknowledged, person by person."""
    once = sum(min(acked[who], answered[who]) for who in acked)
    more = (answered - acked).total()
    other = sum(n for status, n in statuses.items() if status not in {"200", "503"})
    total = acked.total() or 1
    for what, side, wanted, ratio in (
        ("acknowledged messages that got their answer", Side.AT_LEAST, 1.0, once / total),
        ("answers beyond one each", Side.AT_MOST, 0.0, float(more)),
        ("kept in the record, against acknowledged", Side.AT_MOST, 1.0, kept / total),
        ("webhooks told anything but 200 or 503", Side.AT_MOST, 0.0, float(other)),
    ):
        part.goals.append(Goal(what, side, wanted, ratio))
    if not statuses.get("503"):
        part.notes.append(
            "Nothing was refused: it acknowledges more than twice what it can answer, and what "
            "waits is on disk."
        )


class _Watch:
    """Looks at the memory of a process until told to stop."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.held = [target.memory()]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stopped.wait(LOOK):
            with contextlib.suppress(OSError):
                self.held.append(self._target.memory())


def _talk(yard: Yard, target: Target, count: int, pace: float = 0.0) -> Talk:
    return Talk("twilio", target.port, count, WINDOW, yard.take(count), pace=pace)


def _kept(url: str) -> int:
    with contextlib.closing(sqlite3.connect(sa.make_url(url).database or "")) as record:
        return int(record.execute("SELECT count(*) FROM inbox").fetchone()[0])
