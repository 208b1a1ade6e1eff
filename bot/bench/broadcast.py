"""Broadcasts: how fast one is handed over and sent, how true it keeps to a limit, who waits."""

import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from bot.bench import crowd, ours
from bot.bench.desk import Desk
from bot.bench.load import Talk
from bot.bench.results import Goal, Part, Side, ratios
from bot.bench.yard import LIMITS, Yard

WINDOW = 32  # requests on the wire at a time, for us and for whom we are measured against
DELAY = 0.08  # seconds that a provider takes
OURS, BARE, CLIENT = "Enlace, SQLite", "aiohttp, keeps nothing", "Twilio's client, one at a time"
LIMIT = 40  # a second: half of what WhatsApp allows a sender, so that it is the limit that counts
PACE = 20  # messages a second that come in meanwhile
PACED = "Enlace, at most 40/s"
HANDED, SLOW, FAST = "handed over/s", "sent/s, 80 ms each", "sent/s, at once"
QUIET, BUSY = "ms to acknowledge, p99, without", "ms to acknowledge, p99, during"
PATIENCE = 60.0  # seconds without a message after which a broadcast is stuck
LOOK = 0.02  # seconds between looks at the record


def measure(yard: Yard) -> Part:
    """Measure the rate as fast as it goes, then beside a limit."""
    part = Part("broadcast", "A broadcast to many")
    _drain(yard, part)
    _paced(yard, part)
    return part


def steady(times: Sequence[float], seconds: float = 1.0) -> tuple[float, int]:
    """Give the rate over all whole seconds, and the most in any one second."""
    whole = int((times[-1] - times[0]) / seconds)
    counted = sum(one < times[0] + whole * seconds for one in times)
    most, first = 0, 0
    for last, one in enumerate(times):
        while one - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return (counted / (whole * seconds) if whole else float(len(times))), most


# --- as fast as it goes ---------------------------------------------------------------------------


def _drain(yard: Yard, part: Part) -> None:
    rounds, count = yard.rounds(5, 2), yard.much(512, 128, 32)
    url = yard.sqlite("drain")
    target = ours.whole(yard, url, name=OURS, env=_limits(yard, "drain", at_once=WINDOW))
    desk = Desk(yard, target, url)
    crowds = _crowds(crowd.people(desk.settings, (rounds + 1) * 2 * count), count)
    target.settled()
    handed: list[float] = []
    rates: dict[tuple[str, str], list[float]] = {}
    for turn in range(-1, rounds):
        yard.say(f"  broadcasts, round {turn + 1} of {rounds} …")
        for unit, delay in ((SLOW, DELAY), (FAST, 0.0)):
            yard.tell("forget", delay=delay)
            expanded, sent = _one(yard, part, desk, next(crowds), delay)
            seen = {OURS: sent}
            if unit == FAST:
                for name, peer in ((BARE, "bare"), (CLIENT, "client")):
                    words = (peer, str(count), str(WINDOW))
                    seen[name] = count / float(yard.run("bot.bench.posters", *words))
            if turn >= 0:
                handed.append(expanded)
                for name, rate in seen.items():
                    rates.setdefault((name, unit), []).append(rate)
    target.end()
    desk.close()
    part.add(OURS, HANDED, handed)
    for (name, unit), seen_rates in rates.items():
        part.add(name, unit, seen_rates)
    bound = [WINDOW / DELAY] * rounds
    for what, wanted, unit, theirs in (
        (f"sent, provider at 80 ms, against {WINDOW} in flight / 80 ms", 0.95, SLOW, bound),
        ("sent, provider at once, against bare aiohttp", 0.6, FAST, rates[BARE, FAST]),
        ("… against Twilio's own client", 4.0, FAST, rates[CLIENT, FAST]),
    ):
        part.goals.append(Goal(what, Side.AT_LEAST, wanted, ratios(rates[OURS, unit], theirs)))
    part.notes.append(
        f"To {count} at a time by SMS. Handed over while a gate holds them back: from the word of "
        "the coordinator until each has a message in the outbox. Sent, once the gate is open: from "
        "the first to the last at the provider, each with its try and its outcome on disk."
    )


def _one(
    yard: Yard, part: Part, desk: Desk, people: Sequence[int], delay: float
) -> tuple[float, float]:
    """Send one broadcast; give how many a second were handed over, and sent."""
    desk.shut()
    began = time.perf_counter()
    desk.broadcast(people)
    while desk.waiting() < len(people) and time.perf_counter() - began < PATIENCE * 2:
        time.sleep(LOOK)
    expanded = desk.waiting() / (time.perf_counter() - began)
    desk.open()
    told = yard.tell("drained", count=len(people), patience=PATIENCE)
    if told["taken"] != len(people):
        part.notes.append(f"Of a broadcast to {len(people)}, {told['taken']} were answered for.")
    return expanded, told["taken"] / (told["seconds"] + delay)


# --- beside a limit -------------------------------------------------------------------------------


def _paced(yard: Yard, part: Part) -> None:
    rounds, seconds = yard.rounds(5, 2), yard.much(10, 5, 2)
    count = LIMIT * (seconds + 1)
    url = yard.sqlite("paced")
    target = ours.whole(yard, url, name=PACED, env=_limits(yard, "paced", per_second=LIMIT))
    desk = Desk(yard, target, url)
    crowds = _crowds(crowd.people(desk.settings, rounds * count), count)
    target.settled()
    yard.talk("paced", _talk(yard, target.port, 1), seconds=1.0)
    rate: list[float] = []
    most: list[float] = []
    late: dict[str, list[float]] = {QUIET: [], BUSY: []}
    for turn in range(rounds):
        yard.say(f"  broadcasts beside a limit, round {turn + 1} of {rounds} …")
        yard.tell("drained", count=10**9, patience=1.0)
        told = yard.talk("paced", _talk(yard, target.port, seconds), seconds=float(seconds))
        late[QUIET].append(told["ack_p99"])
        yard.tell("drained", count=10**9, patience=1.0)
        yard.tell("forget", delay=0.0)
        desk.broadcast(next(crowds))
        yard.tell("drained", count=1, patience=PATIENCE)
        told = yard.talk("paced", _talk(yard, target.port, seconds), seconds=float(seconds))
        late[BUSY].append(told["ack_p99"])
        yard.tell("drained", count=count + PACE * seconds, patience=PATIENCE / 10)
        steadily, densest = steady(yard.tell("times")["times"])
        rate.append(steadily)
        most.append(float(densest))
    target.end()
    desk.close()
    part.add(PACED, "segments/s, steadily", rate)
    part.add(PACED, "most segments in any second", most)
    for unit, values in late.items():
        part.add(PACED, unit, values)
    limit = [float(LIMIT)] * rounds
    for what, side, wanted, ours_, theirs in (
        ("segments a second, against the limit", Side.AT_LEAST, 0.98, rate, limit),
        ("the densest second of all, against the limit", Side.AT_MOST, 1.0, [max(most)], limit[:1]),
        ("p99 of acknowledging during a broadcast", Side.AT_MOST, 2.0, late[BUSY], late[QUIET]),
    ):
        part.goals.append(Goal(what, side, wanted, ratios(ours_, theirs)))
    part.notes.append(
        f"To {count} at {LIMIT} segments/s, while {PACE} others a second write «ayuda» and are "
        "answered within the same limit, before the broadcast. Told from the provider's own times."
    )


def _talk(yard: Yard, port: int, seconds: int) -> Talk:
    count = PACE * seconds
    return Talk("twilio", port, count, WINDOW, yard.take(count), pace=PACE)


def _crowds(people: Sequence[int], count: int) -> Iterator[Sequence[int]]:
    edges = range(0, len(people) + 1, count)
    return iter([people[first:last] for first, last in pairwise(edges)])


def _limits(
    yard: Yard, name: str, *, at_once: int = 400, per_second: float = 1e6
) -> dict[str, str]:
    """Write limits of its own for one bot."""
    path = Path(yard.folder) / f"{name}.toml"
    own = f"[sms.long_code]\nshare = 1.0\nper_second = {float(per_second)}"
    text = LIMITS.replace("[sms.long_code]\nper_second = 1000000.0", own)
    path.write_text(
        text.replace("[account.twilio]\nat_once = 400", f"[account.twilio]\nat_once = {at_once}")
    )
    return {"LIMITS_FILE": str(path), "TELEGRAM_BOT_TOKEN": ""}
