"""The doors: what is not the provider's stays out, and 200 is said only of what is on disk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlmodel import Session, col, select

from bot.db import Database
from bot.post import inbox, webhooks
from bot.post.inbox import Full, Keeper
from bot.post.spool import Spool
from bot.post.webhooks import LIMIT, Webhooks
from bot.world import World
from channels.base import Call, Envelope, Forged
from models.inbox import Inbox, InboxState, Lane
from tests.bot import here
from tests.bot.scene import MARTA, NOW
from tests.channels.desk import ACCOUNT, telegram_call, twilio_call


def sid(number: int) -> str:
    return f"SM{number:032x}"


def message(number: int = 1, sender: str = f"whatsapp:{MARTA}", **more: str) -> Call:
    """A message as Twilio brings it."""
    form = {
        "MessageSid": sid(number),
        "AccountSid": ACCOUNT,
        "From": sender,
        "To": "whatsapp:+14155238886",
        "Body": "si la agaro 417",
        "NumMedia": "0",
        **more,
    }
    return twilio_call(form)


def news(number: int = 1, status: str = "delivered") -> Call:
    """News of a message as Twilio brings it."""
    form = {
        "MessageSid": sid(number),
        "AccountSid": ACCOUNT,
        "From": "whatsapp:+14155238886",
        "To": f"whatsapp:{MARTA}",
        "MessageStatus": status,
    }
    return twilio_call(form, query="m=7&a=1")


def update(number: int = 900, text: str = "ya llegué") -> Call:
    """A message as Telegram brings it."""
    person = {"id": 77, "is_bot": False, "first_name": "Ixchel"}
    chat = {"id": 77, "type": "private", "first_name": "Ixchel"}
    return telegram_call(
        {
            "update_id": number,
            "message": {
                "message_id": 5,
                "date": 1750000000,
                "chat": chat,
                "from": person,
                "text": text,
            },
        }
    )


@dataclass
class Door:
    """The doors on a real socket, and the record behind them."""

    db: Database
    world: World
    url: str
    client: httpx.AsyncClient

    async def calls(self, call: Call, **more: Any) -> httpx.Response:
        """Deliver a request as its provider would."""
        parts = urlsplit(call.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {**call.headers, **more.pop("headers", {})}
        return await self.client.post(path, headers=headers, content=call.body, **more)

    def kept(self) -> list[Inbox]:
        """What is in the record."""

        def act(s: Session) -> list[Inbox]:
            found = list(s.exec(select(Inbox).order_by(col(Inbox.id))))
            s.expunge_all()
            return found

        return self.db.read_now(act)

    async def says(self, raw: bytes, *, hang_up: bool = False) -> bytes:
        """Say bytes on a connection of one's own, and give what comes back."""
        parts = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(raw)
        await writer.drain()
        if hang_up:
            writer.close()
            await asyncio.sleep(0.1)
            return b""
        answer = await asyncio.wait_for(reader.read(2000), 5)
        writer.close()
        return answer


@pytest.fixture
async def door(sqlite_db: Database, tmp_path: Path) -> AsyncIterator[Door]:
    """Give the doors of a world."""
    async with open_doors(sqlite_db, tmp_path) as opened:
        yield opened


@pytest.fixture
async def any_door(db: Database, tmp_path: Path) -> AsyncIterator[Door]:
    """Give the doors of a world on each kind of record."""
    async with open_doors(db, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def open_doors(db: Database, folder: Path) -> AsyncIterator[Door]:
    world = here.world(db, folder)
    async with (
        here.serving(Webhooks(world)) as url,
        httpx.AsyncClient(base_url=url, timeout=10, trust_env=False) as client,
    ):
        yield Door(db, world, url, client)


def counted(name: str, status: int) -> float:
    found = REGISTRY.get_sample_value(
        "enlace_webhooks_total", {"door": name, "status": str(status)}
    )
    return found or 0.0


# --- what is let in -------------------------------------------------------------------------------


async def test_a_message_is_on_disk_when_its_provider_is_thanked(any_door: Door) -> None:
    before = counted("twilio/messages", 200)
    answer = await any_door.calls(message())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/xml"
    assert answer.content == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
    (row,) = any_door.kept()
    assert (row.channel, row.account, row.event_id) == ("whatsapp", ACCOUNT, sid(1))
    assert (row.kind, row.state, row.received_at) == ("message", InboxState.NEW, NOW)
    assert b"si+la+agaro+417" in row.raw
    assert counted("twilio/messages", 200) == before + 1


async def test_news_and_updates_have_their_doors_too(door: Door) -> None:
    assert (await door.calls(news())).status_code == 200
    telegram = await door.calls(update())
    assert (telegram.status_code, telegram.content) == (200, b"")
    first, second = door.kept()
    assert (first.kind, first.lane) == ("receipt", "receipts:whatsapp")
    assert first.raw.startswith(b"m=7&a=1\n")
    assert (second.channel, second.event_id) == ("telegram", "900")


async def test_a_lane_does_not_tell_whose_it_is(door: Door) -> None:
    await door.calls(message())
    lanes = await door.db.read(lambda s: list(s.exec(select(Lane.id))))
    assert len(lanes) == 1
    assert MARTA.removeprefix("+") not in lanes[0]
    assert len(lanes[0]) == 64


async def test_where_a_request_says_it_came_to_does_not_matter(door: Door) -> None:
    # Signatures are over PUBLIC_URL: a proxy may call us whatever it likes.
    headers = {"host": "evil.example", "x-forwarded-proto": "http", "x-forwarded-host": "x"}
    assert (await door.calls(message(), headers=headers)).status_code == 200


async def test_a_second_delivery_is_thanked_for_and_changes_nothing(any_door: Door) -> None:
    call = message()
    answers = await asyncio.gather(*(any_door.calls(call) for _ in range(5)))
    assert {one.status_code for one in answers} == {200}
    assert (await any_door.calls(call)).status_code == 200
    assert len(any_door.kept()) == 1


async def test_a_crowd_is_let_in(any_door: Door) -> None:
    calls = [message(n, f"whatsapp:+5025555{n % 7:04}") for n in range(1, 61)]
    answers = await asyncio.gather(*(any_door.calls(call) for call in calls))
    assert {one.status_code for one in answers} == {200}
    assert sorted(row.event_id for row in any_door.kept()) == [sid(n) for n in range(1, 61)]


async def test_workers_are_woken(door: Door) -> None:
    ear = door.world.bell.ear()
    await door.calls(message())
    await asyncio.wait_for(ear.wait(5), 2)


# --- what stays out -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/webhooks/", "/webhooks/other", "/webhooks/twilio/messages/"])
async def test_there_is_no_other_door(door: Door, path: str) -> None:
    assert (await door.client.post(path)).status_code == 404


async def test_a_channel_that_is_off_has_no_door(door: Door, tmp_path: Path) -> None:
    world = here.world(door.db, tmp_path)
    world.doors = {}
    async with here.serving(Webhooks(world)) as url, httpx.AsyncClient(trust_env=False) as client:
        assert (await client.post(f"{url}/webhooks/telegram")).status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_nothing_but_post_is_taken(door: Door, method: str) -> None:
    answer = await door.client.request(method, "/webhooks/telegram")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-twilio-signature": ""},
        {"x-twilio-signature": "ñandú"},
        {"x-twilio-signature": "AAAA" * 7},
        {"x-telegram-bot-api-secret-token": "guess"},
        {"x-telegram-bot-api-secret-token": "ñ"},
    ],
)
async def test_a_request_that_is_forged_is_not_kept(door: Door, headers: dict[str, str]) -> None:
    call = message() if "x-twilio-signature" in headers else update()
    name = "twilio/messages" if "x-twilio-signature" in headers else "telegram"
    before = counted(name, 403)
    encoded = {key: value.encode("latin-1") for key, value in headers.items()}
    answer = await door.calls(call, headers=encoded)
    assert (answer.status_code, answer.content) == (403, b"Not signed as agreed.")
    assert door.kept() == []
    assert counted(name, 403) == before + 1


async def test_without_any_signature_nothing_is_kept(door: Door) -> None:
    for call in (message(), update()):
        bare = Call(call.url, {"content-type": call.headers["content-type"]}, call.body)
        assert (await door.calls(bare)).status_code == 403
    assert door.kept() == []


async def test_a_signature_is_for_its_own_door_and_words(door: Door) -> None:
    call = message()
    elsewhere = Call(call.url.replace("messages", "status"), call.headers, call.body)
    changed = Call(call.url, call.headers, call.body.replace(b"417", b"418"))
    asked = Call(f"{call.url}?m=1", call.headers, call.body)
    for one in (elsewhere, changed, asked):
        assert (await door.calls(one)).status_code == 403
    assert door.kept() == []


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", ""])
async def test_what_is_no_form_is_malformed(door: Door, kind: str) -> None:
    before = counted("twilio/messages", 400)
    answer = await door.calls(message(), headers={"content-type": kind})
    assert answer.status_code == 400
    assert counted("twilio/messages", 400) == before + 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"update_id": "x"}', b"\xff\xfe"])
async def test_an_update_that_is_none_is_malformed(door: Door, body: bytes) -> None:
    call = update()
    answer = await door.calls(Call(call.url, call.headers, body))
    assert answer.status_code == 400
    assert door.kept() == []


async def test_a_verifier_that_breaks_lets_nothing_in(door: Door, tmp_path: Path) -> None:
    class Broken:
        """A door with a bug in it."""

        def admit(self, call: Call) -> Envelope:
            """Break."""
            if not call.body:
                raise Forged("empty")
            raise KeyError(call.headers["x-none"])

    world = here.world(door.db, tmp_path)
    world.doors = {"telegram": Broken()}
    async with here.serving(Webhooks(world)) as url, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{url}/webhooks/telegram", content=b"x")
    assert (answer.status_code, answer.content) == (403, b"Not signed as agreed.")
    assert door.kept() == []


# --- too large, cut off ---------------------------------------------------------------------------


async def test_a_body_that_says_it_is_too_large_is_not_read(door: Door) -> None:
    head = f"POST /webhooks/telegram HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT + 1}\r\n\r\n"
    assert b" 413 " in (await door.says(head.encode()))[:20]
    assert counted("telegram", 413) >= 1


async def test_a_body_that_grows_too_large_is_not_kept(door: Door) -> None:
    async def flood() -> AsyncIterator[bytes]:
        for _ in range(LIMIT // 65536 + 1):
            yield b"x" * 65536

    answer = await door.client.post("/webhooks/telegram", content=flood())
    assert answer.status_code == 413


async def test_the_largest_body_is_taken(door: Door) -> None:
    call = update(text="x" * 200_000)
    assert len(call.body) < LIMIT
    assert (await door.calls(call)).status_code == 200


@pytest.mark.parametrize("size", ["-1", "ten", "1e3", "9" * 5000])
async def test_a_size_that_is_none_harms_nothing(door: Door, size: str) -> None:
    head = f"POST /webhooks/telegram HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
    answer = await door.says(head.encode())
    assert answer.split(b" ")[1] in (b"400", b"413")
    assert (await door.calls(update())).status_code == 200


async def test_a_request_cut_off_is_not_kept(door: Door) -> None:
    call = update()
    head = [
        "POST /webhooks/telegram HTTP/1.1",
        "Host: x",
        *(f"{name}: {value}" for name, value in call.headers.items()),
        f"Content-Length: {len(call.body) + 1}",
    ]
    raw = "\r\n".join(head).encode() + b"\r\n\r\n" + call.body
    before = counted("telegram", 400)
    await door.says(raw, hang_up=True)
    assert door.kept() == []
    assert counted("telegram", 400) == before + 1


# --- a record that is away ------------------------------------------------------------------------


async def test_nothing_is_thanked_for_before_it_is_committed(any_door: Door) -> None:
    with here.locked(any_door.db):
        waiting = asyncio.create_task(any_door.calls(message()))
        await asyncio.sleep(0.4)
        assert not waiting.done()
    assert (await waiting).status_code == 200
    assert len(any_door.kept()) == 1


async def test_while_the_record_is_away_the_provider_is_told_to_come_again(
    any_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "PATIENCE", 0.3)
    before = counted("telegram", 503)
    with here.locked(any_door.db):
        answer = await any_door.calls(update())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert counted("telegram", 503) == before + 1
    assert (await any_door.calls(update())).status_code == 200
    assert len(any_door.kept()) == 1


async def test_after_the_record_is_closed_nothing_is_thanked_for(any_door: Door) -> None:
    any_door.db.close()
    for call in (message(), news(), update()):
        assert (await any_door.calls(call)).status_code == 503


async def test_more_than_the_record_can_take_soon_is_refused_before_any_commit(
    any_door: Door,
) -> None:
    """D7.1: the memory of a process is bound, and what was thanked for is there, no more."""
    line = any_door.world.doors["twilio/messages"]
    keeper = Keeper(any_door.db, any_door.world.keys, any_door.world.now)
    with here.locked(any_door.db):
        first = asyncio.create_task(keeper.keep(line.admit(message(0)), within=60))
        await asyncio.sleep(0)  # it is on its way into the record
        await asyncio.sleep(0)
        envelopes = [
            replace(first_of, event_id=f"E{n}")
            for first_of in (line.admit(message(1)),)
            for n in range(inbox.MOST + 50)
        ]
        tasks = [asyncio.create_task(keeper.keep(one, within=60)) for one in envelopes]
        _, waiting = await asyncio.wait(tasks, timeout=0.5)
        assert len(waiting) == inbox.MOST == 2000
        refused = [one for one in tasks if one.done()]
        assert {type(one.exception()) for one in refused} == {Full}
    await asyncio.gather(first, *waiting)
    kept = {row.event_id for row in any_door.kept()}
    thanked = {one.event_id for one, task in zip(envelopes, tasks, strict=True) if task in waiting}
    assert kept == thanked | {sid(0)}
    assert {one.event_id for one in envelopes} - thanked == {f"E{n}" for n in range(2000, 2050)}


async def test_whom_the_record_has_no_room_for_is_told_to_come_again(
    any_door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where there is a folder beside it: a crowd is no outage."""
    any_door.world.spool = Spool(tmp_path / "spool", any_door.world.keys)
    any_door.world.spool.prepare()
    monkeypatch.setattr(inbox, "MOST", 3)
    monkeypatch.setattr(webhooks, "QUICK", 60)
    with here.locked(any_door.db):
        calls = [asyncio.create_task(any_door.calls(message(n))) for n in range(1, 11)]
        async with asyncio.timeout(8):
            while sum(one.done() for one in calls) < 4:  # noqa: ASYNC110 - at most 3 + 3 wait
                await asyncio.sleep(0.01)
        assert {one.result().status_code for one in calls if one.done()} == {503}
    answers = [one.status_code for one in await asyncio.gather(*calls)]
    assert set(answers) == {200, 503}
    assert len(any_door.kept()) == answers.count(200)
    assert not any_door.world.spool.waits()


async def test_on_a_full_disk_nothing_is_thanked_for_and_later_it_is(
    sqlite_db: Database, tmp_path: Path
) -> None:
    async with open_doors(sqlite_db, tmp_path) as door:
        await sqlite_db.write(partial(_leave_room, 2))
        thanked = []
        for n in range(1, 40):
            answer = await door.calls(message(n, Body="x" * 3000))
            thanked += [sid(n)] * (answer.status_code == 200)
            assert answer.status_code in (200, 503)
        assert len(thanked) < 39
        assert [row.event_id for row in door.kept()] == thanked
        await sqlite_db.write(partial(_leave_room, 1000))
        assert (await door.calls(message(99))).status_code == 200


def _leave_room(pages: int, s: Session) -> None:
    connection = s.connection()
    used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count={used + pages}")
