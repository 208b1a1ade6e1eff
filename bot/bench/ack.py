"""How many webhooks a second are acknowledged, each only when it is kept on disk."""

from collections.abc import Sequence

from bot.bench import ours
from bot.bench.load import Talk
from bot.bench.results import Goal, Part, Side, ratios
from bot.bench.yard import Target, Yard

WINDOW = 32
DOOR, WHOLE, POSTGRES = "Enlace, SQLite", "Enlace, SQLite, worker beside it", "Enlace, PostgreSQL"
LEAN, USUAL = "FastAPI, keeps nothing", "FastAPI, keeps nothing, Twilio's validator"
WRITE, MODEL = "FastAPI, one SQLite commit a request", "FastAPI, SQLModel session, SQLite"
WRITE_PG, MODEL_PG = (
    "FastAPI, one PostgreSQL commit a request",
    "FastAPI, SQLModel session, PostgreSQL",
)
MODEL_SHARE = 8  # a session takes long: fewer messages measure it as well


def measure(yard: Yard) -> Part:
    """Measure all of them, round by round side by side."""
    part = Part("ack", "Webhook acknowledged, kept on disk")
    rounds, count = yard.rounds(5, 2), yard.much(6000, 500, 64)
    targets = _start(yard)
    rates: dict[str, list[float]] = {one.name: [] for one in targets}
    middle: dict[str, list[float]] = {one.name: [] for one in targets}
    late: dict[str, list[float]] = {one.name: [] for one in targets}
    cost: dict[str, list[float]] = {one.name: [] for one in targets}
    for turn in range(-1, rounds):  # the first warms up and does not count
        yard.say(f"  acknowledgements, round {turn + 1} of {rounds} …")
        for target in targets:
            share = count // MODEL_SHARE if target.name in {MODEL, MODEL_PG} else count
            asked = share if turn >= 0 else max(share // 10, WINDOW)
            before = target.cpu()
            seen = yard.talk("acks", Talk("twilio", target.port, asked, WINDOW, yard.take(asked)))
            if seen["statuses"] != {"200": asked}:
                part.notes.append(f"{target.name} answered {seen['statuses']}.")
            if target.name == WHOLE:
                yard.tell("drained", count=10**9, patience=1.0)
            if turn >= 0:
                rates[target.name].append(asked / seen["seconds"])
                middle[target.name].append(seen["ack_p50"])
                late[target.name].append(seen["ack_p99"])
                cost[target.name].append((target.cpu() - before) / asked * 1e6)
    for target in targets:
        name = target.name
        note = "includes working what was acknowledged" if name == WHOLE else ""
        part.add(name, "acknowledged/s", rates[name], note)
        part.add(name, "ms, median", middle[name])
        part.add(name, "ms, p99", late[name])
        part.add(name, "us of CPU each", cost[name], note)
        target.end()
    _judge(part, rates)
    return part


def _start(yard: Yard) -> list[Target]:
    targets = [
        ours.door(yard, yard.sqlite("door"), name=DOOR),
        ours.whole(yard, yard.sqlite("whole"), name=WHOLE),
    ]
    peers = [
        (LEAN, "lean", ""),
        (USUAL, "usual", ""),
        (WRITE, "write_sqlite", yard.sqlite("write")),
        (MODEL, "model", yard.sqlite("model")),
    ]
    if record := yard.postgres():
        targets.append(ours.whole(yard, record, name=POSTGRES))
        peers.append((WRITE_PG, "write_postgres", yard.postgres() or ""))
        peers.append((MODEL_PG, "model", yard.postgres() or ""))
    for name, peer, url in peers:
        targets.append(yard.start(name, "bot.bench.peers", peer, "PORT", env={"DATABASE_URL": url}))
    for target in targets:
        target.settled()
    return targets


def _judge(part: Part, rates: dict[str, list[float]]) -> None:
    def goal(what: str, wanted: float, ours_: str, theirs: str) -> None:
        there = ours_ in rates and theirs in rates
        ratio = ratios(rates[ours_], rates[theirs]) if there else None
        part.goals.append(
            Goal(what, Side.AT_LEAST, wanted, ratio, "" if there else "no PostgreSQL was found")
        )

    goal("acknowledged on SQLite against FastAPI that keeps nothing", 1.0, DOOR, LEAN)
    goal("… against the same with Twilio's own validator", 1.0, DOOR, USUAL)
    goal("… against a SQLModel session a request", 8.0, DOOR, MODEL)
    goal("… against one commit a request", 1.0, DOOR, WRITE)
    goal("… with the worker beside it, against one commit a request", 1.0, WHOLE, WRITE)
    goal("acknowledged on PostgreSQL against one commit a request", 2.5, POSTGRES, WRITE_PG)
    goal("… against a SQLModel session a request", 8.0, POSTGRES, MODEL_PG)


def names() -> Sequence[str]:
    """Give what stands in the plot: the rates."""
    return (DOOR, WHOLE, POSTGRES, LEAN, USUAL, WRITE, MODEL, WRITE_PG, MODEL_PG)
