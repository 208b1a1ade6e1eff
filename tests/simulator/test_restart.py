import asyncio
import json
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from starlette.responses import Response

from bot.simulator.remote import Phones
from tests.simulator.conftest import (
    ACCOUNT,
    BOT_TOKEN,
    MARTA,
    MARTA_ID,
    SMS,
    TOKEN,
    Stand,
    bot_at,
    client_at,
    free,
    serving,
)
from tests.simulator.ears import Ears

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def running(data: Path, port: int, product: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the simulator in a process of its own, as the command does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.simulator",
        *("--port", str(port), "--data", str(data), "--product-url", product),
        *("--account-sid", ACCOUNT, "--auth-token", TOKEN, "--telegram-bot-token", BOT_TOKEN),
        *("--sms-from", SMS, "--pace", "0.05", "--telegram-retry", "0.05"),
        cwd=ROOT,
    )
    try:
        await answering(port)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise


async def answering(port: int) -> None:
    async with asyncio.timeout(20), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/simulator/api/setup") as answer:
                    assert answer.status == 200
                    return
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)


async def test_a_killed_simulator_loses_nothing(tmp_path: Path, ears: Ears):
    port, data = free(), tmp_path / "phones"
    url = f"http://127.0.0.1:{port}/simulator"
    # The product is down: everything that is accepted now still has to come after the restart.
    ears.answers = [Response("", 500) for _ in range(200)]
    async with (
        serving(ears.app(), ears.port),
        running(data, port, ears.url) as process,
        Phones(url) as phones,
    ):
        await phones.book([{"name": "Marta", "phone": MARTA, "telegram_id": MARTA_ID}])
        await phones.faults("telegram", retry_after=9)
        async with bot_at(url) as bot:
            await bot.set_webhook(f"{ears.url}/webhooks/telegram", secret_token="S")
        await phones.telegram(MARTA_ID).presses_start()
        whatsapp = phones.whatsapp(MARTA)
        sent = await whatsapp.sends_photos("birth-certificate")
        create = client_at(url).messages.create
        message = await asyncio.to_thread(
            create, to=MARTA, from_=SMS, body="Aceptado", status_callback=f"{ears.url}/status"
        )
        await ears.hears(2)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        log = await asyncio.to_thread(kept_log, data)
    assert [one["name"] for one in log if one["kind"] == "request"][-1] == "POST /Messages.json"
    ears.answers, before = [], len(ears.heard)
    async with (
        serving(ears.app(), ears.port),
        running(data, port, ears.url),
        Phones(url) as phones,
    ):
        await phones.sms(MARTA).hears("Aceptado")
        await phones.whatsapp(MARTA).sees_ticks("delivered")
        await phones.telegram(MARTA_ID).sees_ticks("delivered")
        thread = await phones.whatsapp(MARTA).thread()
        assert thread[0]["files"][0]["sha256"] == sent[0]["files"][0]["sha256"]
        assert (await phones.ask("GET", "/faults"))["telegram"]["retry_after"] == 9
        fetched = await asyncio.to_thread(client_at(url).messages(message.sid).fetch)
        assert (fetched.status, fetched.body) == ("delivered", "Aceptado")
        await ears.hears(before + 4)
        after = ears.heard[before:]
        assert sent[0]["key"] in [one.form.get("MessageSid") for one in after]
        assert any(one.json.get("message", {}).get("text") == "/start" for one in after)
        assert [one for one in after if one.form.get("MessageStatus") == "delivered"]
        entries = await phones.log()
        assert [one["id"] for one in entries][: len(log)] == [one["id"] for one in log]


def kept_log(data: Path) -> list[dict[str, Any]]:
    """Read the log as a crash checker does: from the file, with nobody running."""
    connection = sqlite3.connect(data / "simulator.sqlite")
    connection.row_factory = sqlite3.Row
    rows = connection.execute("SELECT * FROM log ORDER BY id").fetchall()
    connection.close()
    return [{**dict(row), "detail": json.loads(row["detail"])} for row in rows]


async def test_a_webhook_is_given_up_when_its_tries_are_over(stand: Stand, ears: Ears):
    ears.answers = [Response("", 500) for _ in range(6)]
    phone = stand.phones.sms(MARTA)
    await phone.says("nadie")
    await phone.sees_ticks("lost", within=15)
    attempts = [one["detail"]["attempt"] for one in await stand.phones.log(kind="webhook")]
    assert attempts == [1, 2, 3, 4, 5, 6]
    await phone.says("alguien")
    assert (await phone.sees_ticks("delivered"))["text"] == "alguien"


async def test_the_log_tells_what_was_asked_and_what_was_answered(stand: Stand, ears: Ears):
    await asyncio.to_thread(stand.twilio().messages.create, to=MARTA, from_=SMS, body="Hola")
    await stand.phones.sms(MARTA).says("buenas")
    await ears.hears(1)
    await stand.phones.sms(MARTA).sees_ticks("delivered")
    request, webhook = await stand.phones.log(provider="twilio")
    assert (request["kind"], request["name"], request["answer"]) == (
        "request",
        "POST /Messages.json",
        "201",
    )
    assert request["detail"]["sent"]["Body"] == "Hola"
    assert request["detail"]["answer"]["status"] == "queued"
    assert (webhook["kind"], webhook["name"], webhook["answer"]) == ("webhook", "message", "200")
    assert webhook["detail"]["fields"]["Body"] == "buenas"
    assert webhook["detail"]["body"] == "<Response/>"
    assert await stand.phones.log(after=webhook["id"]) == []
    assert [one["id"] for one in await stand.phones.log(limit=1)] == [request["id"]]


async def test_the_bots_token_is_never_in_the_log(stand: Stand):
    async with stand.bot() as bot:
        await bot.get_me()
    entries = await stand.phones.log()
    assert [one["name"] for one in entries] == ["getMe"]
    assert BOT_TOKEN not in json.dumps(entries)


@pytest.mark.parametrize(
    "entry",
    [
        {"phone": MARTA},
        {"name": "Sin nada"},
        {"name": "Sin más", "phone": "50255551234"},
        {"name": "Paloma", "phone": MARTA, "channels": ["pigeon"]},
    ],
)
async def test_a_phone_book_with_a_wrong_entry_is_refused_whole(
    stand: Stand, entry: dict[str, Any]
):
    from bot.simulator.remote import ClumsyError  # noqa: PLC0415 - only here

    with pytest.raises(ClumsyError):
        await stand.phones.book([{"name": "Ana", "phone": "+50211112222"}, entry])
    assert [one["name"] for one in await stand.phones.ask("GET", "/book")] == [
        "Marta López",
        "Chepe",
    ]


async def test_the_book_keeps_a_start_and_gives_everybody_a_telegram_id(stand: Stand):
    people = [
        {"name": "Marta López", "phone": MARTA, "telegram_id": MARTA_ID},
        {"name": "Rosa", "phone": "+50499990000", "channels": ["telegram"], "started": True},
    ]
    await stand.phones.telegram(MARTA_ID).presses_start()
    marta, rosa = await stand.phones.book(people)
    assert (marta["started"], marta["channels"]) == (True, ["whatsapp", "sms", "telegram"])
    assert (rosa["started"], rosa["channels"]) == (True, ["telegram"])
    again = await stand.phones.book(people)
    assert again[1]["telegram_id"] == rosa["telegram_id"] > 5_000_000_000
    async with stand.bot() as bot:
        await bot.send_message(rosa["telegram_id"], "Hola")
    assert await stand.phones.telegram(rosa["telegram_id"]).words() == ["Hola"]
