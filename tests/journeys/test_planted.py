"""A thousand words planted by the product's own doors are nowhere to be read on its disk."""

import asyncio
import random
import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis

from bot.simulator.remote import Phones
from tests.console.desk import picture
from tests.world import Staff, coordinator_token, town

CHANCE = random.Random(4)  # noqa: S311 - chance that can be repeated
LETTERS = "abcdefghijklmnopqrstuvwxyz"
RUNS = re.compile(rb"[a-z]{12,}|[0-9.]{8,}")
PIECE = "a piece of a photo"
PEOPLE, CASES, WRITERS, SAID, PHOTOS, PIECES = 360, 64, 6, 4, 6, 10


class Planted:
    """What was planted, each told by what it is."""

    def __init__(self) -> None:
        self.tokens: dict[bytes, str] = {}

    def word(self, what: str) -> str:
        """Make a word that stands nowhere else."""
        word = "".join(CHANCE.choice(LETTERS) for _ in range(12)).capitalize()
        self.tokens[word.encode()] = what
        return word

    def found(self, where: str, content: bytes) -> Iterator[str]:
        """Name what can be read in some bytes, also where its letters were made small."""
        runs = b" ".join(RUNS.findall(content.lower()))  # what is sealed has hardly any
        for token, what in self.tokens.items():
            if token in content if what == PIECE else token.lower() in runs:
                yield f"{what} {token!r} in {where}"


def in_redis(url: str) -> bytes:
    """Everything that Valkey holds."""
    with redis.Redis.from_url(url) as client:
        told: list[Any] = []
        for key in client.scan_iter():
            told += [key]
            match client.type(key):
                case b"string":
                    told.append(client.get(key))
                case b"hash":
                    told.append(client.hgetall(key))
                case b"zset":
                    told.append(client.zrange(key, 0, -1))
                case b"stream":
                    told.append(client.xrange(key))
                case b"set":
                    told.append(client.smembers(key))
                case _:
                    told.append(client.lrange(key, 0, -1))
        return repr(told).encode()


async def until(path: Path, query: str, count: int) -> None:
    """Wait until the record has so many."""
    ends = time.monotonic() + 60
    with sqlite3.connect(path) as record:
        while (there := record.execute(query).fetchone()[0]) < count:
            assert time.monotonic() < ends, f"{there} of {count}: {query}"
            await asyncio.sleep(0.2)


async def test_nothing_of_a_thousand_planted_words_can_be_read_on_disk(
    tmp_path: Path, tmp_path_factory, redis_url: str
) -> None:
    planted, place = Planted(), tmp_path / "product"
    place.mkdir()
    record = place / "enlace.db"
    numbers = [f"+5025{CHANCE.randrange(10**7):07d}" for _ in range(PEOPLE)]
    planted.tokens |= {number[1:].encode(): "a number" for number in numbers}
    table = tmp_path_factory.mktemp("staff") / "people.csv"
    lines = [f"{planted.word('a name')} Ficticia,defender,GT,es,{one}" for one in numbers]
    table.write_text("\n".join(["name,role,country,language,sms", *lines]))
    async with town(place, f"sqlite:///{record}", redis_url, spools=True) as there:
        token = coordinator_token(there)
        there.command("people", "import", str(table), "--yes", "--as", "ana")
        async with Staff(there.url, token) as staff, Phones(there.simulator) as phones:
            book: list[dict[str, Any]] = [
                {"name": f"P{n}", "phone": one, "channels": ["sms", "whatsapp"], "started": True}
                for n, one in enumerate(numbers[:WRITERS])
            ]
            await phones.book(book)
            for n in range(CASES):
                await staff.post(
                    "/cases",
                    program="family_sep",
                    country="GT",
                    reference=f"GT-{n + 100}",
                    **{name: planted.word("a case") for name in ("summary", "sought", "guarded")},
                )
            await say(planted, phones, numbers[:WRITERS])
            for n in range(WRITERS):
                await staff.post("/messages", person_id=n + 1, text=planted.word("our words"))
            await until(record, "SELECT count(*) FROM heard", WRITERS * (SAID + 1) + PHOTOS)
            await until(record, "SELECT count(*) FROM evidence WHERE preview_path <> ''", PHOTOS)
            spooled = await beside(planted, phones, numbers[0], record, place / "spool")
            assert spooled
            await until(record, "SELECT count(*) FROM heard", WRITERS * (SAID + 1) + PHOTOS + 1)
        held = in_redis(redis_url)
        # While it runs, so that the log of the database is there too.
        files = {
            str(path.relative_to(place)): path.read_bytes()
            for path in place.rglob("*")
            if path.is_file() and not str(path.relative_to(place)).startswith(("phones", "simul"))
        }
    files |= {"redis": held, "spool": spooled}
    assert len(planted.tokens) >= 1000
    assert {"enlace.db", "enlace.db-wal", "web.log"} <= set(files)
    assert sum(name.startswith("data/originals") for name in files) == PHOTOS
    # The sieve would find one.
    assert list(planted.found("a line", b"xx" + next(iter(planted.tokens)) + b"yy"))
    found = [one for name, content in files.items() for one in planted.found(name, content)]
    assert found == []


async def say(planted: Planted, phones: Phones, numbers: list[str]) -> None:
    """Have people write, share places and send photos."""
    for n, number in enumerate(numbers):
        phone = phones.whatsapp(number)
        for _ in range(SAID):
            await phone.says(f"Vive en {planted.word('a place said')}, creo")
        latitude = 14 + CHANCE.randrange(10**5) / 10**5
        planted.tokens[f"{latitude:.5f}".encode()] = "a pin"
        await phone.sends_pin(latitude, -91.5, label=planted.word("a pin's name"))
        photo = picture(n)
        for _ in range(PIECES):
            at = CHANCE.randrange(700, len(photo) - 24)
            planted.tokens[photo[at : at + 24]] = PIECE
        await phone.sends_photos(photo, caption=planted.word("a caption"))


async def beside(planted: Planted, phones: Phones, number: str, record: Path, spool: Path) -> bytes:
    """Have somebody write while the record takes nothing, and give what lies beside it then."""
    with sqlite3.connect(record, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        await phones.sms(number).says(planted.word("words beside"))
        ends = time.monotonic() + 20
        while not (lying := [*spool.glob("*.envelope")]):  # noqa: ASYNC240 - nothing waits for it
            assert time.monotonic() < ends
            await asyncio.sleep(0.1)
        content = b"".join(path.read_bytes() for path in lying)
        other.execute("ROLLBACK")
    return content
