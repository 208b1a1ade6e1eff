"""What a thing costs when the record is small, and when it holds a million messages."""

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import count
from statistics import median

from sqlmodel import Session

from bot.bench import crowd, letters, machine, ours, town
from bot.bench.load import Talk
from bot.bench.results import Goal, Part, Side, ratios
from bot.bench.yard import Target, Yard, free_port
from bot.console.records import cases, threads, timeline
from bot.db import Database
from bot.office import people, talks
from bot.post import inbox
from bot.settings import Settings
from bot.vault.keys import Keys
from bot.wiring import keys
from channels.base import Envelope, Kind
from models.case import Case
from models.person import Via

SIZES = {1_000: "1k", 10_000: "10k", 100_000: "100k", 1_000_000: "1M"}
BATCH = 32  # envelopes kept in one transaction, as when so many come at once
WINDOW = 32
SEED = 20261124
MICRO = 1e6
ACK, KEPT, TWICE = "webhook acknowledged", "envelope inserted", "second delivery told"
STATE, LIST, CASE, THREAD, TALKS = (
    "person and open talks found",
    "page of 50 cases",
    "page of a case",
    "thread of a person",
    "page of conversations",
)
SEARCH = "case found by its number"
GOALS = {ACK: 3, KEPT: 3, TWICE: 3, STATE: 3, LIST: 3, CASE: 3, THREAD: 3, TALKS: 3, SEARCH: 6}

Looks = dict[str, Callable[[Session], object]]


class Grown:
    """One record of one size, and what is asked of it."""

    def __init__(self, yard: Yard, size: int, serials: Iterator[int]) -> None:
        yard.say(f"  filling a record with {size:,} messages …")
        port = free_port()
        url = yard.sqlite(f"grown-{size}")
        self.settings: Settings = town.settle(yard.environment(port, {"DATABASE_URL": url}))
        self.numbers = crowd.messages(self.settings, size)
        self.target: Target = ours.door(yard, url, name=f"Enlace, {SIZES.get(size, size)}")
        self.target.settled()
        self.db = Database(self.settings.url)
        self.keys: Keys = keys(self.settings)
        self._last = crowd.FIRST + size // 2 - 1
        self._chance = random.Random(SEED)  # noqa: S311 - the same rows in each run
        self._serials = serials

    def keep(self, _turn: int) -> float:
        """Insert envelopes in one transaction; give the microseconds for each."""
        return self._insert([f"SM{next(self._serials):032x}" for _ in range(BATCH)])

    def keep_again(self, _turn: int) -> float:
        """Insert envelopes that are there already; give the microseconds for each."""
        first = crowd.FIRST
        return self._insert(
            [crowd.event(self._chance.randint(first, self._last)) for _ in range(BATCH)]
        )

    def look(self, ask: Callable[["Grown", Session, int], object], much: int) -> float:
        """Ask so many times of rows by chance, and give the median in microseconds."""
        return self.db.read_now(partial(self._asked, ask, much))

    def close(self) -> None:
        """Let go of it."""
        self.db.close()
        self.target.end()

    def _asked(
        self, ask: Callable[["Grown", Session, int], object], much: int, s: Session
    ) -> float:
        took = []
        for number in self._chance.choices(self.numbers, k=much):
            began = time.perf_counter()
            ask(self, s, number)
            took.append(time.perf_counter() - began)
            s.expunge_all()
        return median(took) * MICRO

    def _insert(self, events: list[str]) -> float:
        now = datetime.now(UTC)
        kept = [
            inbox.kept(
                Envelope(
                    channel="sms",
                    account=letters.ACCOUNT,
                    event_id=event,
                    kind=Kind.MESSAGE,
                    sender=letters.phone(number % len(self.numbers) + crowd.FIRST),
                    raw=b"x" * 700,
                    words="ayuda",
                ),
                self.keys,
                now,
            )
            for number, event in enumerate(events)
        ]
        began = time.perf_counter()
        self.db.write_now(lambda s: inbox.insert(s, kept, self.keys))
        return (time.perf_counter() - began) / len(events) * MICRO


def _state(grown: Grown, s: Session, number: int) -> object:
    found = people.find(s, grown.keys, Via.SMS, letters.phone(number))
    return talks.open_for(s, number) if found else None


def _list(_grown: Grown, s: Session, number: int) -> object:
    return cases.listing(s, cases.Filter(), below=number)


def _case(_grown: Grown, s: Session, number: int) -> object:
    case = s.get_one(Case, number)
    return cases.sheet(s, case), timeline.of_case(s, number)


def _thread(_grown: Grown, s: Session, number: int) -> object:
    return threads.of_person(s, number)


def _talks(_grown: Grown, s: Session, _number: int) -> object:
    return threads.listing(s)


def _search(_grown: Grown, s: Session, number: int) -> object:
    return cases.listing(s, cases.Filter(code=str(number)))


LOOKS: dict[str, Callable[[Grown, Session, int], object]] = {
    STATE: _state,
    LIST: _list,
    CASE: _case,
    THREAD: _thread,
    TALKS: _talks,
    SEARCH: _search,
}


def measure(yard: Yard) -> Part:
    """Fill a record of each size, and ask the same of all of them, round by round."""
    part = Part("growth", "What a growing record costs", drawn="us")
    rounds, asked, acks = yard.rounds(5, 2), yard.much(100, 30, 5), yard.much(2000, 500, 64)
    sizes = list(SIZES)[: yard.much(4, 3, 2)]
    serials = count(1 << 48)
    all_of = {size: Grown(yard, size, serials) for size in sizes}
    seen: dict[tuple[str, int], list[float]] = {}

    def note(what: str, size: int, turn: int, value: float) -> None:
        if turn >= 0:
            seen.setdefault((what, size), []).append(value)

    before = machine.pin_here(yard.cores[0])
    for turn in range(-1, rounds):  # the first warms up and does not count
        yard.say(f"  a growing record, round {turn + 1} of {rounds} …")
        for size, grown in all_of.items():
            talk = Talk("twilio", grown.target.port, acks, WINDOW, yard.take(acks))
            told = yard.talk("acks", talk)
            if told["statuses"] != {"200": acks}:
                part.notes.append(f"{grown.target.name} answered {told['statuses']}.")
            note(ACK, size, turn, told["seconds"] / acks * MICRO)
            note(KEPT, size, turn, median(grown.keep(turn) for _ in range(asked)))
            note(TWICE, size, turn, median(grown.keep_again(turn) for _ in range(asked)))
            for what, ask in LOOKS.items():
                note(what, size, turn, grown.look(ask, asked))
    machine.pin_here(before)
    for grown in all_of.values():
        grown.close()
    _tell(part, seen, sizes)
    return part


def _tell(part: Part, seen: dict[tuple[str, int], list[float]], sizes: list[int]) -> None:
    for what in GOALS:
        for size in sizes:
            part.add(f"Enlace, {what}, {SIZES[size]}", "us", seen[what, size])
    least, most = sizes[0], sizes[-1]
    for what, wanted in GOALS.items():
        ratio = ratios(seen[what, most], seen[what, least])
        there = f"{what}, {SIZES[most]} over {SIZES[least]} messages"
        part.goals.append(Goal(there, Side.AT_MOST, wanted, ratio))
    part.notes.append(
        "A record of n messages has n/2 in and n/2 out, n/10 people, each with a case, a talk and "
        f"ten messages. Inserts go {BATCH} in a transaction at synchronous=FULL, by the product's "
        "own act; looks are the console's own queries of rows by chance, in one transaction."
    )
    if most < max(SIZES):
        part.notes.append("A short run: the million is measured without --quick.")
