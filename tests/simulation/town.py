"""One simulation: a seed gives the people, the weather and every accident; the product is real."""

import asyncio
import hashlib
import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, NoReturn

import sqlalchemy as sa
import structlog

import bot
from bot import crash
from bot.db import Database, Unavailable
from bot.doorbell import POLL, Doorbell, Ear
from bot.post import limits
from bot.post.webhooks import PREFIX, Webhooks
from bot.settings import Settings
from bot.vault.evidence import Files
from bot.vault.keys import Keys
from bot.worker import Worker
from bot.world import World
from channels._twilio import Line
from channels.base import Channel
from channels.sms import Sms
from channels.telegram import Telegram as TelegramChannel
from channels.whatsapp import WhatsApp
from models.base import use_sealer
from tests.simulation.loop import LIFE, Killed, Life, Loop
from tests.simulation.people import Desk, Soul
from tests.simulation.providers import PATIENCE, Answered, Asked, Provider, Telegram, Twilio, Wire
from tests.simulation.record import Record, Witness, folder
from tests.simulation.weather import Weather

BEGAN = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
KEYS = Keys(b"1" * 32)
ACCOUNT = "AC" + "1" * 32
TOKEN = "123456:" + "a" * 35
LONGEST = 7200.0  # seconds that an idle loop sleeps, so that quiet days cost little
SETTLING = 1.3  # days of good weather at the end, in which everything must come right
GRACE = 25.0  # seconds that a process is given to end


@cache
def points() -> tuple[str, ...]:
    """Find the crash points that the product has."""
    house = Path(bot.__file__).parent
    found = {
        name
        for path in sorted(house.rglob("*.py"))
        for name in re.findall(r"point\(\"([a-z_.]+)\"\)", path.read_text())
    }
    return tuple(sorted(found - {"name"}))


class _PatientEar(Ear):
    """Sleeps until something is due: a lazy worker, and a fast simulation."""

    def __init__(self, town: "Town", delay: float) -> None:
        super().__init__()
        self._town = town
        self._delay = delay
        self._called = False
        self._idle = 0

    async def wait(self, seconds: float = POLL) -> None:
        """Return at the next ring, or when something is due; what is overdue, less and less."""
        until = self._town.witness.due()
        now = self._town.now()
        if until is None or until > now:
            wait = LONGEST if until is None else (until - now).total_seconds() + seconds
        else:
            wait = seconds * 10**self._idle
            self._idle = min(self._idle + 1, 4)
        await super().wait(min(wait, LONGEST))

    def wakes(self) -> None:
        """Hear a ring, after a moment in which further ones are the same."""
        if not self._called:
            self._called = True
            self._town.loop.call_later(self._delay, self._woken)

    def _woken(self) -> None:
        self._called = False
        self._idle = 0
        self.rung.set()


class _Bell(Doorbell):
    """A bell that not everybody hears."""

    def __init__(self, town: "Town") -> None:
        super().__init__()
        self._town = town
        self._mine: list[_PatientEar] = []

    def ear(self) -> Ear:
        """Make a new way of hearing."""
        task = asyncio.current_task()
        slow = task is not None and task.get_name() in ("clock", "sweep")
        ear = _PatientEar(self._town, 30.0 if slow else self._town.chance.choice((0.0, 0.3, 3.0)))
        self._mine.append(ear)
        return ear

    def ring(self) -> None:
        """Wake whoever waits, here and in the other processes, unless the ring gets lost."""
        for process in self._town.processes:
            if self._town.chance.random() >= self._town.weather.deaf:
                process.bell.wakes()

    def wakes(self) -> None:
        """Wake whoever waits here."""
        for ear in self._mine:
            ear.wakes()


class Process:
    """One process of the product: its own world, webhooks and worker, on the common record."""

    def __init__(self, town: "Town", name: str, *, web: bool, works: bool) -> None:
        self.town = town
        self.name = name
        self.web = web
        self.works = works
        self.life = Life(name)
        self.passes = 0
        self.fatal = 0  # the pass at which it dies; 0: none
        self.skew = 0.0
        self.bell = _Bell(town)
        self.db = Record(
            town.path,
            steady=town.now,
            shared=town.weather.shared,
            before=self._before,
            after=self._after,
            committed=lambda: town.saw(name),
        )
        self.world = World(
            settings=town.settings,
            db=self.db,
            keys=KEYS,
            bell=self.bell,
            channels=self._channels(),
            doors={},
            files=town.files,
            limits=town.limits,
            now=self._wall,
        )
        line = Wire(town.drawn["sms"], town.twilio, name)
        telegram = Wire(town.drawn["telegram"], town.telegram, name)
        self.world.doors = {"twilio/messages": line, "twilio/status": line, "telegram": telegram}
        self.webhooks = Webhooks(self.world)
        self.worker = Worker(self.world) if works else None

    def _wall(self) -> datetime:
        return self.town.now() + timedelta(seconds=self.skew)

    def _channels(self) -> dict[str, Channel]:
        town = self.town
        return {
            "whatsapp": Wire(town.drawn["whatsapp"], town.twilio, self.name),
            "sms": Wire(town.drawn["sms"], town.twilio, self.name),
            "telegram": Wire(town.drawn["telegram"], town.telegram, self.name),
        }

    async def _before(self, _kind: str) -> None:
        town = self.town
        await asyncio.sleep(town.chance.expovariate(1 / town.weather.latency))
        await self._passes()
        if town.now() < town.outage_until:
            raise Unavailable("The record is away.")

    async def _after(self, _kind: str) -> None:
        await self._passes()
        await asyncio.sleep(self.town.chance.expovariate(1 / self.town.weather.latency))

    async def _passes(self) -> None:
        """Come by a place where the process may die."""
        self.passes += 1
        if self.passes == self.fatal:
            self.town.dies(self, "between two steps")
            await asyncio.sleep(0)

    async def begins(self) -> None:
        """Start, as `serve` and `worker` do."""
        await self.bell.start()
        if self.worker is not None:
            await self.worker.start()

    async def ends(self) -> None:
        """End as SIGTERM asks it to."""
        if self.worker is not None:
            await self.worker.stop()


@dataclass(eq=False)
class Town:
    """Everything of one seed."""

    seed: int
    place: Path
    loop: Loop
    days: float
    worse: dict[str, float] = field(default_factory=dict)  # weather that is not drawn
    weather: Weather = field(init=False)
    processes: list[Process] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    deaths: int = 0
    repeats: int = 0  # messages that went out once more, marked
    waited_inside: list[str] = field(default_factory=list)
    sent_files: dict[str, bytes] = field(default_factory=dict)
    quiet: bool = False
    outage_until: datetime = BEGAN

    def __post_init__(self) -> None:
        """Draw the weather and the people."""
        self.chance = random.Random(self.seed)  # noqa: S311 - chance that can be repeated is the point
        self.weather = replace(Weather.draw(self.chance), **self.worse)  # type: ignore[arg-type]
        self.path = self.place / "enlace.db"
        self.record = Database(f"sqlite:///{self.path}", steady=self.now)
        self.witness = Witness(self.path, self.now)
        self.settings = Settings(
            _env_file=None, public_url="https://bot.example.org", data_dir=self.place / "files"
        )
        self.limits = limits.of(self.settings)
        self.files = Files(self.place / "files", KEYS)
        self.files.prepare()
        line = Line(
            ACCOUNT, ("t",), public_url="https://bot.example.org", api_url="http://127.0.0.1:9"
        )
        self.drawn: dict[str, Channel] = {
            "whatsapp": WhatsApp(line, "+14155238886"),
            "sms": Sms(line, "+15005550006"),
            "telegram": TelegramChannel(TOKEN, secret="s", api_url="http://127.0.0.1:9"),
        }
        self.twilio = Twilio(self, ACCOUNT)
        self.telegram = Telegram(self, "123456")
        self.souls = self._souls()
        self.desk = Desk(self, KEYS)

    def _souls(self) -> list[Soul]:
        def soul(via: str, number: int) -> Soul:
            provider: Provider = self.telegram if via == "telegram" else self.twilio
            wire = str(700_100 + number) if via == "telegram" else f"+5025555{number:04d}"
            return Soul(self, provider, via, wire, self.chance.choice((8e3, 3e4, 9e4)))

        vias = ["whatsapp", "sms", "telegram", "whatsapp", "telegram"]
        return [soul(via, number) for number, via in enumerate([*vias, self.chance.choice(vias)])]

    def now(self) -> datetime:
        """Tell the true time."""
        return BEGAN + timedelta(seconds=self.loop.time())

    def tell(self, what: str) -> None:
        """Write a line of the story."""
        self.trace.append(f"{self.loop.time():12.3f} {what}")

    def saw(self, by: str) -> None:
        """Write down what a transaction changed."""
        for one in self.witness.look(by):
            self.tell(f"{by}: {one.what} {one.id} {one.old}→{one.new} {one.more[:12]}")

    def digest(self) -> str:
        """Give the whole story in one number: the same seed has the same."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()[:16]

    def no_transaction(self, when: str) -> None:
        """D7.7: take note when something waits for the network with a transaction open."""
        if any(process.db.within for process in self.processes):
            self.waited_inside.append(f"{when} in a transaction")

    # --- the wire ---------------------------------------------------------------------------------

    async def calls(self, path: str, account: str, document: dict[str, Any]) -> int:
        """Deliver one webhook, and give the status that the provider saw; 0: no answer."""
        doors = [one for one in self.processes if one.web and one.life.alive]
        if not doors:
            return 0
        process = self.chance.choice(doors)
        answer: asyncio.Future[int] = self.loop.create_future()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": json.dumps(document).encode()}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                self.answered.append(Answered(self.now(), account, document["event"], status))
                self.tell(f"{process.name}: webhook {document['event']} {status}")
                if not answer.done():
                    answer.set_result(status)

        def cut() -> None:
            if not answer.done():
                answer.set_result(0)

        scope = {
            "type": "http",
            "method": "POST",
            "path": f"{PREFIX}{path}",
            "query_string": b"",
            "headers": [],
        }
        process.life.mourners.append(cut)
        self.loop.spawn(process.webhooks(scope, receive, send), "webhook", process.life)
        try:
            async with asyncio.timeout(PATIENCE):
                return await answer
        except TimeoutError:
            return 0

    def arrives(self, asked: Asked) -> None:
        """Show a message on a phone."""
        for soul in self.souls:
            if (soul.via, soul.wire) == (asked.via, asked.to):
                soul.hears(asked)

    # --- accidents --------------------------------------------------------------------------------

    def dies(self, process: Process, where: str) -> None:
        """Kill a process."""
        if process.life.alive:
            self.deaths += 1
            self.tell(f"{process.name} dies {where}")
            process.life.end()

    def killed(self, _pid: int, _signal: int) -> NoReturn:
        """Die at a crash point: whoever passes it."""
        life = LIFE.get()
        for process in self.processes:
            if process.life is life:
                self.dies(process, f"at {crash._NAME}")
        raise Killed

    def begins(self, name: str, *, web: bool, works: bool) -> Process:
        """Start a process, with its death already written."""
        process = Process(self, name, web=web, works=works)
        self.processes.append(process)
        chance, mean = self.chance, self.weather.crash_every
        if mean and chance.random() < 0.5:
            process.fatal = int(chance.expovariate(1 / 300)) + 1
        if mean and points() and chance.random() < 0.5:
            crash._NAME, crash._left = chance.choice(points()), chance.choice((1, 1, 2, 7))
        self.tell(f"{name} begins")
        self.loop.spawn(process.begins(), f"{name} begins", process.life)
        return process

    async def keeps(self, name: str, *, web: bool, works: bool) -> None:
        """Keep one process running: whenever it is dead, a new one begins after a while."""
        chance = self.chance
        while True:
            process = self.begins(name, web=web, works=works)
            died = self.loop.create_future()
            process.life.mourners.append(partial(_set, died))
            mean = self.weather.crash_every
            span = chance.expovariate(1 / mean) if mean else 1e9
            try:
                async with asyncio.timeout(span):
                    await died
            except TimeoutError:
                await self._ends(process)
            self._forgets(process)
            if not self.quiet:
                await asyncio.sleep(chance.choice((0.5, 5.0, 120.0, 900.0)))

    async def _ends(self, process: Process) -> None:
        """End a process that lives: with a word, or without."""
        if self.chance.random() < 0.3:
            self.tell(f"{process.name} is told to end")
            task = self.loop.spawn(process.ends(), "end", process.life)
            await asyncio.wait([task], timeout=GRACE)
        self.dies(process, "at its time")

    def _forgets(self, process: Process) -> None:
        self.processes.remove(process)
        process.db.close()

    async def freezes(self) -> None:
        """Let a process stand still, longer than any lease."""
        chance = self.chance
        while self.weather.freeze_every:
            await asyncio.sleep(chance.expovariate(1 / self.weather.freeze_every))
            living = [one for one in self.processes if one.life.alive]
            if living and not self.quiet:
                process = chance.choice(living)
                process.life.frozen = True
                self.tell(f"{process.name} stands still")
                await asyncio.sleep(chance.choice((5.0, 100.0, 400.0)))
                self.tell(f"{process.name} goes on")
                self.loop.thaw(process.life)

    async def outages(self) -> None:
        """Let the record be away for a while."""
        chance = self.chance
        while self.weather.outage_every:
            await asyncio.sleep(chance.expovariate(1 / self.weather.outage_every))
            self.outage_until = self.now() + timedelta(seconds=chance.choice((1.0, 20.0, 200.0)))
            self.tell(f"the record is away until {self.outage_until:%H:%M:%S}")

    # --- the whole --------------------------------------------------------------------------------

    async def lives(self) -> None:
        """Live through the days, then through good weather."""
        self.desk.opens(self.souls)
        self.saw("desk")
        if self.weather.shared:
            kinds = [("web", True, False), ("worker1", False, True), ("worker2", False, True)]
        else:
            kinds = [("serve", True, True)]
        for name, web, works in kinds:
            self.loop.spawn(self.keeps(name, web=web, works=works), f"keep {name}")
        self.loop.spawn(self.telegram.courier(), "courier")
        living = [
            self.loop.spawn(one, "life")
            for one in (*(soul.lives() for soul in self.souls), self.desk.works())
        ]
        self.loop.spawn(self.freezes(), "freezes")
        self.loop.spawn(self.outages(), "outages")
        await asyncio.sleep(self.days * 86400)
        self.tell("the weather clears")
        self.quiet = True
        self.weather.clears()
        crash._NAME = ""
        for task in living:
            task.cancel()
        for process in self.processes:
            process.fatal = 0
            if process.life.frozen:
                self.loop.thaw(process.life)
        await asyncio.sleep(SETTLING * 86400)

    def closes(self) -> None:
        """Let go of everything."""
        for process in self.processes:
            process.life.end()
            process.db.close()
        self.record.close()
        self.witness.close()


def _set(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


@contextmanager
def played(seed: int, days: float, **worse: float) -> Iterator[Town]:
    """Play one seed to its end, and lend what it left behind."""
    use_sealer(KEYS)
    loop = Loop()
    loop.set_exception_handler(lambda _loop, _context: None)
    asyncio.set_event_loop(loop)
    with folder() as place, _dice(seed):
        town = Town(seed, place, loop, days, worse)
        with _reaper(town), _ear(town):
            try:
                loop.run_until_complete(loop.spawn(town.lives(), "town"))
                yield town
            finally:
                town.closes()
                loop.bury()
                asyncio.set_event_loop(None)


@contextmanager
def _dice(seed: int) -> Iterator[None]:
    """Have SQLite's own chance, and Python's, come from the seed."""
    chance = random.Random(f"{seed}/sqlite")  # noqa: S311 - the same
    random.seed(seed)

    def connected(connection: Any, _record: object) -> None:
        connection.create_function("random", 0, lambda: chance.getrandbits(62))

    sa.event.listen(sa.engine.Engine, "connect", connected)
    yield
    sa.event.remove(sa.engine.Engine, "connect", connected)


@contextmanager
def _reaper(town: Town) -> Iterator[None]:
    """Have the product's crash points kill simulated processes instead of this one."""

    class Reaper:
        getpid = staticmethod(lambda: 0)
        kill = staticmethod(town.killed)

    before = vars(crash)["os"]
    vars(crash)["os"] = Reaper
    yield
    vars(crash)["os"], crash._NAME = before, ""


@contextmanager
def _ear(town: Town) -> Iterator[None]:
    """Hear the product's log as a part of the story."""

    def heard(_logger: Any, level: str, event: Any) -> Any:
        rest = " ".join(f"{name}={value}" for name, value in event.items() if name != "event")
        town.tell(f"log {level}: {event['event']} {rest}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[heard], cache_logger_on_first_use=False)
    yield
    structlog.configure(**before)
