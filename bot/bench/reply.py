"""How many people a second get their answer, from the webhook to the call of the provider."""

import sys
from pathlib import Path

from bot.bench import ours
from bot.bench.load import Talk
from bot.bench.results import Goal, Part, Side, ratios
from bot.bench.yard import Target, Yard

WINDOW = 32
SHM = Path("/dev/shm")  # noqa: S108 - memory that looks like a disk is just what is wanted
OURS, SCALED, RAM = "Enlace, SQLite", "Enlace, PostgreSQL, two processes", "Enlace, SQLite in RAM"
ECHO, CLIENT = "aiogram echo, in memory", "FastAPI and Twilio's client, in memory"


def measure(yard: Yard) -> Part:
    """Measure all of them on both shapes, round by round side by side."""
    part = Part("reply", "Inbound to reply")
    rounds, count = yard.rounds(5, 2), yard.much(1000, 150, 40)
    part.notes.append(
        f"{WINDOW} people write at a time, each again when answered; ours are known Defenders who "
        "write «ayuda». The provider answers at once. Peers keep nothing."
    )
    with_ram = sys.platform == "linux" and SHM.is_dir()
    memory = SHM / yard.folder.name if with_ram else None
    try:
        if memory is not None:
            memory.mkdir()
        targets = _start(yard, memory)
        seen = {(one.name, shape): _Seen() for one, shapes in targets for shape in shapes}
        for turn in range(-1, rounds):
            yard.say(f"  replies, round {turn + 1} of {rounds} …")
            for target, shapes in targets:
                for shape in shapes:
                    asked = count if turn >= 0 else count // 5
                    _round(
                        yard,
                        part,
                        target,
                        shape,
                        asked,
                        seen[target.name, shape] if turn >= 0 else None,
                    )
        for target, shapes in targets:
            memory_held = target.memory()
            for shape in shapes:
                seen[target.name, shape].tell(part, f"{target.name}, {shape}")
            part.add(target.name, "MB", [memory_held])
            target.end()
    finally:
        if memory is not None:
            for left in memory.glob("*"):
                left.unlink()
            memory.rmdir()
    _judge(part, seen)
    return part


class _Seen:
    """What was seen of one target on one shape, round by round."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.middle: list[float] = []
        self.late: list[float] = []
        self.cost: list[float] = []

    def tell(self, part: Part, name: str) -> None:
        part.add(name, "replies/s", self.rates)
        part.add(name, "us of CPU each", self.cost)
        part.add(name, "ms to the reply, median", self.middle)
        part.add(name, "ms to the reply, p99", self.late)


def _round(
    yard: Yard, part: Part, target: Target, shape: str, asked: int, seen: _Seen | None
) -> None:
    before = target.cpu()
    told = yard.talk("talks", Talk(shape, target.port, asked, WINDOW, yard.take(asked)))
    if told["replied"] != asked or told["extra"]:
        part.notes.append(
            f"{target.name}, {shape}: of {asked} messages {told['replied']} were answered, and "
            f"{told['extra']} further ones came; the webhooks said {told['statuses']}."
        )
    if seen is not None:
        seen.rates.append(told["replied"] / told["seconds"])
        seen.middle.append(told["reply_p50"])
        seen.late.append(told["reply_p99"])
        seen.cost.append((target.cpu() - before) / asked * 1e6)


def _start(yard: Yard, memory: Path | None) -> list[tuple[Target, tuple[str, ...]]]:
    both = ("telegram", "twilio")
    targets: list[tuple[Target, tuple[str, ...]]] = [
        (ours.whole(yard, yard.sqlite("reply"), name=OURS), both)
    ]
    if memory is not None:
        url = f"sqlite:///{memory / 'enlace.db'}"
        targets.append((ours.whole(yard, url, name=RAM), both))
    if record := yard.postgres():
        targets.append((ours.scaled(yard, record, name=SCALED), both))
    targets.append((yard.start(ECHO, "bot.bench.peers", "echo", "PORT"), ("telegram",)))
    targets.append((yard.start(CLIENT, "bot.bench.peers", "twilio_reply", "PORT"), ("twilio",)))
    for target, _ in targets:
        target.settled()
    return targets


def _judge(part: Part, seen: dict[tuple[str, str], _Seen]) -> None:
    def goal(what: str, wanted: float, ours_: tuple[str, str], theirs: tuple[str, str]) -> None:
        there = ours_ in seen and theirs in seen
        ratio = ratios(seen[ours_].rates, seen[theirs].rates) if there else None
        part.goals.append(Goal(what, Side.AT_LEAST, wanted, ratio, "" if there else "no such part"))

    goal(
        "reply on Telegram against an aiogram echo bot", 2.5, (OURS, "telegram"), (ECHO, "telegram")
    )
    goal(
        "reply on Twilio against FastAPI with Twilio's client (for Flask, which is not locked)",
        2.5,
        (OURS, "twilio"),
        (CLIENT, "twilio"),
    )
    goal(
        "durability tax: the record on disk against the record in RAM",
        0.65,
        (OURS, "telegram"),
        (RAM, "telegram"),
    )
    for peer, wanted in (("telegraf", 1.0), ("python-telegram-bot", 6.0), ("bottender", 1.8)):
        why = "it is not among our packages; measure it from outside"
        part.goals.append(Goal(f"reply against {peer}", Side.AT_LEAST, wanted, None, why))
    part.notes.append(
        "«Storage off» is no mode of this bot: its rows are what it works with. Measured instead "
        "is the same bot with its record in /dev/shm, where a sync does nothing, so that FULL "
        "costs what OFF would; all of it is still written, and sealed."
    )
