"""Behind Twilio's fallback address: what comes is verified and kept, whatever the database does."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr
from sqlmodel import col, select
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no types

from bot.db import Database
from bot.fallback import Fallback
from bot.post import drain, webhooks
from bot.post.drain import Drain
from bot.post.spool import Spool
from bot.post.webhooks import TWIML, Webhooks
from bot.settings import Settings, WrongSetting
from bot.wiring import Alone, keeping
from models.inbox import Inbox
from models.person import Person, Via
from tests.bot import here, scene
from tests.bot.gate import gate
from tests.bot.scene import KEYS, MARTA
from tests.channels.desk import ACCOUNT, BOT_TOKEN, PUBLIC, SECRET, TOKEN
from tests.world import free_port

OTHER = "https://fallback.example"
PATH = "/webhooks/twilio/messages"
PATIENCE = 40.0


def message(number: int, base: str, **more: str) -> dict[str, Any]:
    """A message as Twilio brings it to one of our addresses: what httpx posts."""
    form = {
        "MessageSid": f"SM{number:032x}",
        "SmsStatus": "received",
        "AccountSid": ACCOUNT,
        "From": MARTA,
        "To": "+15005550006",
        "Body": "ya llegué",
        "NumMedia": "0",
        **more,
    }
    signature = RequestValidator(TOKEN).compute_signature(base + PATH, form)
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    return {
        "url": PATH,
        "headers": {"x-twilio-signature": signature, "content-type": kind},
        "content": urlencode(form).encode(),
    }


def failed(number: int, **more: str) -> dict[str, Any]:
    """A message that the first address did not take, as Twilio brings it to the other."""
    return message(number, OTHER, ErrorCode="11200", ErrorUrl=PUBLIC + PATH, **more)


def kept(db: Database) -> list[str]:
    return db.read_now(lambda s: list(s.exec(select(Inbox.event_id).order_by(col(Inbox.id)))))


def sid(*numbers: int) -> list[str]:
    return [f"SM{number:032x}" for number in numbers]


def deployment(url: str, folder: Path, **more: Any) -> Settings:
    return Settings(
        _env_file=None,
        **{
            "database_url": url,
            "public_url": OTHER,
            "data_dir": folder / "data",
            "spool_dir": folder / "spool",
            "master_key": SecretStr("31" * 32),
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": SecretStr(TOKEN),
            "twilio_sms_from": "+15005550006",
            **more,
        },
    )


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody wait long for a record that is away."""
    monkeypatch.setattr(webhooks, "QUICK", 0.3)
    monkeypatch.setattr(webhooks, "PATIENCE", 0.3)
    monkeypatch.setattr("bot.fallback.PATIENCE", 0.3)


async def test_one_message_through_both_addresses_is_one_row(db: Database, tmp_path: Path):
    """D7.2: also when the first address kept it, and only its answer was lost."""
    url = db.url.render_as_string(hide_password=False)
    first = here.world(db, tmp_path)
    other = keeping(deployment(url, tmp_path))
    first.spool = Spool(tmp_path / "spool", KEYS)
    async with (
        here.serving(Webhooks(first)) as one,
        here.serving(Fallback(other)) as two,
        httpx.AsyncClient(base_url=one, trust_env=False) as here_,
        httpx.AsyncClient(base_url=two, trust_env=False) as there,
    ):
        assert (await here_.post(**message(1, PUBLIC))).status_code == 200
        for call in (failed(1), failed(2)):
            answer = await there.post(**call)
            assert (answer.status_code, answer.content) == (200, TWIML)
        assert (await here_.post(**message(2, PUBLIC))).status_code == 200
        await Drain(first).work()
    assert kept(db) == sid(1, 2)
    await here.closed(first)
    other.db.close()


async def test_on_sqlite_it_keeps_beside_a_record_that_it_never_opens(
    sqlite_db: Database, tmp_path: Path
):
    other = keeping(deployment(f"sqlite:///{tmp_path / 'nowhere' / 'enlace.db'}", tmp_path))
    async with (
        here.serving(Fallback(other)) as two,
        httpx.AsyncClient(base_url=two, trust_env=False) as there,
    ):
        assert (await there.get("/ready")).json() == {"ready": True}
        assert (await there.post(**failed(1))).status_code == 200
        forged = failed(2)
        forged["headers"]["x-twilio-signature"] = "x"
        assert (await there.post(**forged)).status_code == 403
        (tmp_path / "spool").rename(tmp_path / "gone")
        assert (await there.post(**failed(3))).status_code == 503
        assert (await there.get("/ready")).status_code == 503
        (tmp_path / "gone").rename(tmp_path / "spool")
    assert not (tmp_path / "nowhere").exists()
    other.db.close()
    world = here.world(sqlite_db, tmp_path)
    world.spool = Spool(tmp_path / "spool", KEYS)
    await Drain(world).work()
    assert kept(sqlite_db) == sid(1)
    await here.closed(world)


async def test_on_postgresql_without_a_folder_it_is_honest(postgres_db: Database, tmp_path: Path):
    url = postgres_db.url.render_as_string(hide_password=False)
    async with gate(url) as before:
        other = keeping(deployment(before.url, tmp_path, spool_dir=None))
        async with (
            here.serving(Fallback(other)) as two,
            httpx.AsyncClient(base_url=two, trust_env=False, timeout=20) as there,
        ):
            assert (await there.get("/ready")).json() == {"ready": True}
            assert (await there.post(**failed(1))).status_code == 200
            await before.shut()
            assert (await there.get("/ready")).status_code == 503
            assert (await there.post(**failed(2))).status_code == 503
            assert (await there.get("/health")).json() == {"alive": True}
        other.db.close()
    assert kept(postgres_db) == sid(1)


def test_what_could_keep_nothing_does_not_start(tmp_path: Path):
    record = f"sqlite:///{tmp_path / 'enlace.db'}"
    with pytest.raises(WrongSetting, match="needs SPOOL_DIR"):
        keeping(deployment(record, tmp_path, spool_dir=None))
    only = {
        "telegram_bot_token": SecretStr(BOT_TOKEN),
        "telegram_webhook_secret": SecretStr(SECRET),
    }
    with pytest.raises(WrongSetting, match="Only Twilio calls a fallback address"):
        keeping(deployment(record, tmp_path, twilio_sms_from="", **only))


@contextmanager
def processes(*deployments: Settings) -> Iterator[list[str]]:
    """Start `serve --keep-only` of each, at once; each must end well when it is told to."""
    running, urls = [], []
    for one in deployments:
        port = free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": one.database_url,
            "PUBLIC_URL": one.public_url,
            "DATA_DIR": str(one.data_dir),
            "SPOOL_DIR": str(one.spool_dir),
            "MASTER_KEY": "31" * 32,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_SMS_FROM": "+15005550006",
        }
        words = [sys.executable, "-m", "bot", "serve", "--keep-only", "--port", str(port)]
        running.append(subprocess.Popen(words, env=environment))
        urls.append(f"http://127.0.0.1:{port}")
    try:
        yield urls
        for process in running:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(20) for process in running] == [-signal.SIGTERM] * len(running)
    finally:
        for process in running:
            process.kill()
            process.wait()


async def up(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if (await client.get("/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)


async def test_it_starts_while_the_database_is_away_and_brings_in_what_it_kept(
    postgres_db: Database, tmp_path: Path
):
    """D8.21: a stop is among it; and on SQLite it starts beside the process that has the record."""
    marta = scene.somebody(postgres_db, via=Via.SMS)
    async with gate(postgres_db.url.render_as_string(hide_password=False)) as before:
        await before.shut()
        embedded = deployment(f"sqlite:///{tmp_path / 'data' / 'enlace.db'}", tmp_path / "one")
        alone = Alone(embedded.data_dir)
        shared = deployment(before.url, tmp_path / "two")
        with processes(embedded, shared) as (one, two):
            async with (
                httpx.AsyncClient(base_url=one, trust_env=False) as lonely,
                httpx.AsyncClient(base_url=two, trust_env=False, timeout=20) as there,
            ):
                for client in (lonely, there):
                    await up(client)
                    assert (await client.post(**failed(1, Body="ALTO"))).status_code == 200
                    assert (await client.get("/console/")).status_code == 404
                    assert (await client.post("/webhooks/telegram")).status_code == 404
                assert kept(postgres_db) == []
                await before.open()
                async with asyncio.timeout(PATIENCE):
                    while not kept(postgres_db):  # noqa: ASYNC110 - another process makes it so
                        await asyncio.sleep(drain.REST / 10)
        alone.release()
    assert kept(postgres_db) == sid(1)
    stopped = postgres_db.read_now(lambda s: s.get_one(Person, marta).stopped_at)
    assert stopped is not None
    assert Spool(tmp_path / "one" / "spool", KEYS).look().waiting == 1
    assert not (tmp_path / "data").exists()
