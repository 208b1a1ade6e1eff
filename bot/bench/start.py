"""How long from nothing until a webhook is acknowledged, in whole processes."""

import http.client
import time

from bot.bench import letters, ours
from bot.bench.results import Goal, Part, Side, ratios
from bot.bench.yard import START, Target, Yard, free_port

OURS, LEAN = "Enlace, SQLite, Telegram on", "FastAPI, keeps nothing"
WANTED = 1.6
OK = 200
SOON = 0.005  # seconds between tries


def measure(yard: Yard) -> Part:
    """Start each of them again and again, side by side, and let each take one webhook."""
    part = Part("start", "From nothing to an acknowledged webhook", drawn="s")
    rounds, first = yard.rounds(9, 3), -yard.much(1, 1, 0)
    url = yard.sqlite("start")
    settings = {"DATABASE_URL": url, "REDIS_URL": ""}
    ours.prepare(yard, url)
    took: dict[str, list[float]] = {OURS: [], LEAN: []}
    spent: dict[str, list[float]] = {OURS: [], LEAN: []}
    for turn in range(first, rounds):  # the first writes what Python keeps of its modules
        yard.say(f"  cold starts, round {turn + 1} of {rounds} …")
        for name in (OURS, LEAN):
            port = free_port()
            words = ("serve", "--port", "PORT") if name == OURS else (LEAN_APP, "PORT")
            module = "bot" if name == OURS else "bot.bench.peers"
            target = yard.start(name, module, *words, env=settings, port=port)
            seconds = accepted(target, yard.take(1))
            if turn >= 0:
                took[name].append(seconds)
                spent[name].append(target.cpu())
            target.end()
    for name, whole in took.items():
        part.add(name, "s", whole)
        part.add(name, "CPU until then, ms", [1000 * one for one in spent[name]])
    what = "a Twilio webhook acknowledged after a cold start, against bare FastAPI"
    part.goals.append(Goal(what, Side.AT_MOST, WANTED, ratios(took[OURS], took[LEAN])))
    part.notes.append(
        "From the start of the process to the 200. Files are in the disk's cache, the record is of "
        "this version, and ours has kept the message by then."
    )
    return part


LEAN_APP = "lean"


def accepted(target: Target, serial: int) -> float:
    """Post one webhook until it is acknowledged; give the seconds since the process was started."""
    request = letters.letter("twilio", target.port, serial, 0, "ayuda")
    head, _, body = request.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    ends = time.perf_counter() + START
    while time.perf_counter() < ends:
        connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=START)
        try:
            connection.request("POST", letters.MESSAGES, body, fields)
            status = connection.getresponse().status
        except OSError:
            time.sleep(SOON)
            continue
        finally:
            connection.close()
        if status == OK:
            return time.perf_counter() - target.began
        raise RuntimeError(f"{target.name} answered its first webhook with {status}.")
    raise RuntimeError(f"{target.name} took no webhook in {START:.0f} s.")
