"""Photos: how fast they are looked at, and who waits meanwhile."""

import contextlib
import sqlite3
import time

import sqlalchemy as sa

from bot.bench import album, ours
from bot.bench.load import Talk
from bot.bench.results import Goal, Part, Side, ratios
from bot.bench.yard import Target, Yard

OURS, BARE, WHOLE = "Enlace, looking", "Pillow in a bare loop", "Enlace, from message to copy"
RATE = "photos/s"
QUIET, BUSY = "ms to acknowledge, p99, without", "ms to acknowledge, p99, while 20 wait"
MANY = 20
PACE = 25  # messages a second that come in meanwhile
PATIENCE = 120.0  # seconds for all of them to be stored and looked at
LOOK = 0.1


def measure(yard: Yard) -> Part:
    """Look at photos side by side with a bare loop; then send twenty to the whole bot."""
    part = Part("photos", "Photos taken in")
    path = yard.folder / "photo.jpg"
    album.draw(path, *((600, 800) if yard.much(0, 0, 1) else (4000, 3000)))
    size = path.stat().st_size / 1e6
    rounds, count = yard.rounds(5, 2), yard.much(20, 8, 3)
    rates: dict[str, list[float]] = {OURS: [], BARE: []}
    for turn in range(rounds):
        yard.say(f"  looking at photos, round {turn + 1} of {rounds} …")
        for name, who in ((OURS, "ours"), (BARE, "bare")):
            said = yard.run("bot.bench.album", who, str(path), str(count))
            rates[name].append(count / float(said))
    for name, rate in rates.items():
        part.add(name, RATE, rate)
    what = "photos hashed, decoded, judged and made small, against Pillow in a bare loop"
    part.goals.append(Goal(what, Side.AT_LEAST, 0.9, ratios(rates[OURS], rates[BARE])))
    part.notes.append(
        f"One photo of {size:.1f} MB, decoded reduced to 1600 pixels. Both use the product's own "
        "library, Pillow: OpenCV is not among our packages."
    )
    yard.tell("photo", path=str(path))
    _waiting(yard, part)
    return part


def _waiting(yard: Yard, part: Part) -> None:
    rounds, seconds = yard.rounds(5, 2), yard.much(6, 4, 1)
    many = yard.much(MANY, MANY, 3)
    url = yard.sqlite("photos")
    target = ours.whole(yard, url, name=WHOLE)
    target.settled()
    late: dict[str, list[float]] = {QUIET: [], BUSY: []}
    rates = []
    yard.talk("paced", _talk(yard, target, 1), seconds=1.0)
    _send(yard, part, target, 1)
    _looked(url, 1)
    for turn in range(rounds):
        yard.say(f"  photos that wait, round {turn + 1} of {rounds} …")
        told = yard.talk("paced", _talk(yard, target, seconds), seconds=float(seconds))
        late[QUIET].append(told["ack_p99"])
        began = time.perf_counter()
        _send(yard, part, target, many)
        told = yard.talk("paced", _talk(yard, target, seconds), seconds=float(seconds))
        late[BUSY].append(told["ack_p99"])
        done = _looked(url, 1 + (turn + 1) * many)
        rates.append(many / (time.perf_counter() - began))
        if done != 1 + (turn + 1) * many:
            part.notes.append(f"Of {1 + (turn + 1) * many} photos, {done} were looked at.")
    target.end()
    part.add(WHOLE, RATE, rates, f"while {PACE} others a second write; at least {seconds} s")
    for unit, values in late.items():
        part.add(WHOLE, unit, values)
    what = f"p99 of acknowledging while {many} photos wait"
    part.goals.append(Goal(what, Side.AT_MOST, 2.0, ratios(late[BUSY], late[QUIET])))


def _send(yard: Yard, part: Part, target: Target, many: int) -> None:
    told = yard.talk("acks", Talk("photo", target.port, many, many, yard.take(many)))
    if told["statuses"] != {"200": many}:
        part.notes.append(f"{target.name} answered {told['statuses']}.")


def _talk(yard: Yard, target: Target, seconds: int) -> Talk:
    count = PACE * seconds
    return Talk("twilio", target.port, count, count, yard.take(count), pace=PACE)


def _looked(url: str, wanted: int) -> int:
    """Wait until so many photos have a working copy; give how many have."""
    ends = time.monotonic() + PATIENCE
    found = 0
    with contextlib.closing(sqlite3.connect(sa.make_url(url).database or "")) as record:
        while time.monotonic() < ends:
            query = "SELECT count(*) FROM evidence WHERE preview_path != ''"
            found = int(record.execute(query).fetchone()[0])
            if found >= wanted:
                break
            time.sleep(LOOK)
    return found
