"""A deployment that is killed again and again, and the people who go on writing to it meanwhile."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.simulator.remote import Phone, Phones
from tests.crash.record import Record, Verdict, look
from tests.world import Staff, Town, coordinator_token

HANDLES = ("web", "worker")


@dataclass
class Doomed(Town):
    """A deployment whose processes die where they are told."""

    crash_at: str = ""
    kills: int = 0
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every process of the product."""
        return {**super().environment, "CRASH_AT": self.crash_at, **self.settings}

    def dead(self) -> list[str]:
        """Say which processes ended, and see that only a kill ended them."""
        ended = [
            name
            for name in HANDLES
            if name in self.processes and self.processes[name].poll() is not None
        ]
        for name in ended:
            code = self.processes[name].returncode
            assert code == -signal.SIGKILL, f"{name} ended with {code}:\n{self.log(name)[-3000:]}"
        return ended

    def again(self, crash_at: str = "") -> None:
        """Kill what lives, and start everything, to die at this place."""
        self.kills += sum(name in self.processes for name in HANDLES)
        self.kill()
        self.crash_at = crash_at
        self.start()

    async def ready(self, within: float = 60.0) -> bool:
        """Wait until it can keep messages. False when it died before."""
        ends = time.monotonic() + within
        async with httpx.AsyncClient() as client:
            while time.monotonic() < ends:
                if self.dead():
                    return False
                try:
                    if (await client.get(f"{self.url}/ready", timeout=2)).status_code == 200:
                        return True
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError(f"It does not start:\n{self.log('web')[-3000:]}")


@dataclass
class Trio:
    """Three Defenders, one on each channel, and one who moved from WhatsApp to SMS."""

    numbers: tuple[str, str, str]
    ids: list[int]
    whatsapp: Phone
    sms: Phone
    telegram: Phone
    mover: Phone

    async def write(self, chance: random.Random) -> None:
        """Have everybody write, and two of them send a paper."""
        await self.whatsapp.says("AYUDA")
        await self.sms.says("AYUDA")
        await self.telegram.says("AYUDA")
        for phone in (self.whatsapp, self.telegram):
            await phone.sends_document(b"%PDF-1.4 " + chance.randbytes(300))

    async def move(self) -> None:
        """Write from a WhatsApp where no answer arrives."""
        await self.mover.meets("failed", 63024)
        await self.mover.says("AYUDA")


@dataclass
class Village:
    """Everybody, their phones, and staff."""

    place: Doomed
    staff: Staff
    phones: Phones
    trios: list[Trio]
    record: Record
    chance: random.Random

    async def broadcast(self, trio: Trio) -> None:
        """Ask three people something at once."""
        made = await self.staff.post(
            "/broadcasts",
            title="Reunión",
            body_es="¿Puede venir el lunes?",
            body_en="Can you come on Monday?",
            person_ids=trio.ids[:3],
        )
        code = made["code"]
        await self.staff.post(f"/broadcasts/{code}/confirmation", number=3)

    async def dies(self, crash_at: str, trio: Trio, within: float = 30.0) -> None:
        """Start it to die at this place, and live on until it does."""
        place = self.place
        place.again(crash_at)
        ends = time.monotonic() + within
        if await place.ready():
            if crash_at.startswith("out.leg"):
                await trio.move()
            if crash_at.startswith("clock.expanded"):
                # It dies in the middle, and the staff's client asks again and again.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.broadcast(trio), 5)
            while not place.dead():
                assert time.monotonic() < ends, f"It never came by {crash_at}."
                await trio.write(self.chance)
                for _ in range(10):
                    if place.dead():
                        break
                    await asyncio.sleep(0.1)
        place.kills += 1

    async def rests(self, within: float) -> None:
        """Wait until nothing is under way any more."""
        ends, quiet = time.monotonic() + within, 0
        left: dict[str, int] = {}
        while quiet < 3:
            left = self.record.unrest()
            held = await self._undelivered()
            quiet = 0 if left or held else quiet + 1
            assert time.monotonic() < ends, f"It never comes to rest: {left}, {held} webhooks"
            assert not self.place.dead()
            await asyncio.sleep(0.5)

    async def _undelivered(self) -> int:
        """Count the webhooks of persons' acts that are not answered and not given up."""
        log = await self.log()
        open_ = {}
        for entry in log:
            if entry["kind"] == "webhook":
                open_[entry["detail"]["delivery"]] = entry["detail"].get("again_at") is not None
        return sum(open_.values())

    async def log(self) -> list[dict[str, Any]]:
        """Read the simulator's whole log."""
        entries: list[dict[str, Any]] = []
        while True:
            more = await self.phones.log(after=entries[-1]["id"] if entries else 0, limit=500)
            if not more:
                return entries
            entries += more

    async def verdict(self) -> Verdict:
        """Look at what is left."""
        return look(self.record, await self.log())


@asynccontextmanager
async def village(
    root: Path,
    database_url: str,
    redis_url: str,
    *,
    trios: int,
    seed: int = 1,
    settings: dict[str, str] | None = None,
) -> AsyncIterator[Village]:
    """A deployment that is up, with so many trios."""
    place = Doomed(root, database_url, redis_url, settings=settings or {})
    try:
        place.start_simulator()
        place.command("migrate")
        place.start()
        await place.simulator_up()
        await place.up()
        token = coordinator_token(place)
        async with Staff(place.url, token) as staff, Phones(place.simulator) as phones:
            made = [_trio(phones, number) for number in range(trios)]
            await phones.book([entry for _trio, entries in made for entry in entries])
            for trio, _entries in made:
                await _enrol(staff, trio)
            yield Village(
                place,
                staff,
                phones,
                [trio for trio, _entries in made],
                Record(database_url),
                random.Random(seed),  # noqa: S311 - chance that can be repeated
            )
    finally:
        place.stop()


def _trio(phones: Phones, number: int) -> tuple[Trio, list[dict[str, Any]]]:
    whatsapp, sms, mover = (f"+5025555{kind}{number:03d}" for kind in (1, 2, 3))
    telegram = 700_200_000 + number
    entries: list[dict[str, Any]] = [
        {"name": f"W{number}", "phone": whatsapp, "channels": ["whatsapp"], "started": True},
        {"name": f"S{number}", "phone": sms, "channels": ["sms"], "started": True},
        {
            "name": f"T{number}",
            "telegram_id": telegram,
            "channels": ["telegram"],
            "started": True,
        },
        {"name": f"M{number}", "phone": mover, "channels": ["whatsapp", "sms"], "started": True},
    ]
    trio = Trio(
        (whatsapp, sms, str(telegram)),
        [],
        phones.whatsapp(whatsapp),
        phones.sms(sms),
        phones.telegram(telegram),
        phones.whatsapp(mover),
    )
    return trio, entries


async def _enrol(staff: Staff, trio: Trio) -> None:
    vias = ("whatsapp", "sms", "telegram")
    for via, wire in (*zip(vias, trio.numbers, strict=True), ("whatsapp", trio.mover.address)):
        made = await staff.post(
            "/people",
            name=f"Persona {wire[-4:]}",
            role="defender",
            country="GT",
            language="spa",
            address={"via": via, "wire": wire},
        )
        trio.ids.append(made["id"])
    await staff.post(f"/people/{trio.ids[3]}/addresses", via="sms", wire=trio.mover.address)


def freeze(place: Town, name: str) -> None:
    """Let a process stand still."""
    os.kill(place.processes[name].pid, signal.SIGSTOP)


def thaw(place: Town, name: str) -> None:
    """Let it go on."""
    os.kill(place.processes[name].pid, signal.SIGCONT)


Count = Callable[[str, object], None]


def tell(count: Count, place: Doomed, verdict: Verdict) -> None:
    """Give the numbers to the summary of the run."""
    count("kills", place.kills)
    count("lost", len(verdict.lost))
    count("doubled", len(verdict.doubled))
    count("marked repeats", verdict.repeats)
    count("left to humans", verdict.handed)
