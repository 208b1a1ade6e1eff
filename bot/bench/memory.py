"""What the bot holds in memory: idle, and while a broadcast to very many is handed over."""

import time

from bot.bench import crowd, ours
from bot.bench.desk import Desk
from bot.bench.results import Goal, Part, Side, ratios
from bot.bench.yard import Yard

BARE, QUIET, WORKING = "FastAPI, keeps nothing", "Enlace, no Telegram", "Enlace, broadcasting"
IDLE, HELD, ABOVE = "MB, idle", "MB, most", "MB above idle"
IDLE_WANTED, ABOVE_WANTED = 1.5, 2.0
WARM = 300  # recipients of the broadcast before: what one recipient needs, any number may use
LOOK = 0.1  # seconds between looks


def measure(yard: Yard) -> Part:
    """Look at both idle, then at ours while it works."""
    part = Part("memory", "Memory", drawn="MB, idle")
    _idle(yard, part)
    _broadcast(yard, part)
    return part


def _idle(yard: Yard, part: Part) -> None:
    rounds = yard.rounds(5, 2)
    held: dict[str, list[float]] = {QUIET: [], BARE: []}
    url = yard.sqlite("idle")
    for turn in range(rounds):
        yard.say(f"  idle memory, round {turn + 1} of {rounds} …")
        targets = [
            ours.whole(yard, url, name=QUIET, env={"TELEGRAM_BOT_TOKEN": ""}),
            yard.start(BARE, "bot.bench.peers", "lean", "PORT"),
        ]
        for target in targets:
            target.settled()
            held[target.name].append(target.memory())
            target.end()
    for name, megabytes in held.items():
        part.add(name, IDLE, megabytes)
    what = "idle memory without Telegram, against bare FastAPI"
    ratio = ratios(held[QUIET], held[BARE])
    part.goals.append(Goal(what, Side.AT_MOST, IDLE_WANTED, ratio))


def _broadcast(yard: Yard, part: Part) -> None:
    count, seconds = yard.much(100_000, 100_000, 2_000), yard.much(60, 15, 1)
    warm = min(WARM, yard.much(WARM, WARM, 30))
    yard.say(f"  a broadcast to {count:,} …")
    url = yard.sqlite("crowd")
    target = ours.whole(yard, url, name=WORKING, env={"TELEGRAM_BOT_TOKEN": ""})
    desk = Desk(yard, target, url)
    everybody = crowd.people(desk.settings, warm + count)
    target.settled()
    cold = target.memory()
    yard.tell("forget", delay=0.0)
    desk.broadcast(everybody[:warm])
    yard.tell("drained", count=warm, patience=10.0)
    target.settled()
    idle = target.memory()
    desk.broadcast(everybody[warm:])
    held = [idle]
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        time.sleep(LOOK)
        held.append(target.memory())
    sent = yard.tell("taken")["taken"] - warm
    handed = desk.handed_over()
    target.end()
    desk.close()
    part.add(WORKING, IDLE, [idle], f"{cold:.0f} MB before its first broadcast")
    part.add(WORKING, HELD, [max(held)])
    part.add(WORKING, ABOVE, [max(held) - idle])
    part.goals.append(
        Goal(
            f"MB above idle with {count:,} recipients in the record and a broadcast expanding",
            Side.AT_MOST,
            ABOVE_WANTED,
            max(held) - idle,
        )
    )
    part.notes.append(
        f"Idle, for the broadcast, is after one to {warm}. Then {count:,} wait for {seconds} s, in "
        f"which {handed - warm:,} were handed over and {sent:,} sent."
    )
