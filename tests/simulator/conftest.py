"""The simulator on a real socket, and beside it a product that only listens."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from starlette.applications import Starlette
from starlette.routing import Mount
from twilio.http.async_http_client import (  # type: ignore[import-untyped]  # it has no types
    AsyncTwilioHttpClient,
)
from twilio.rest import Client  # type: ignore[import-untyped]  # it has no types

from bot.simulator import Simulator, SimulatorSettings
from bot.simulator.remote import Phones
from tests.simulator.ears import Ears

ACCOUNT = f"AC{'a' * 32}"
TOKEN = "b" * 32
BOT_TOKEN = f"7000000001:{'C' * 35}"
SMS = "+15005550006"
WHATSAPP = "whatsapp:+14155238886"
MARTA = "+50255551234"
MARTA_ID = 700100


@dataclass(frozen=True)
class Stand:
    """A running simulator, and what is needed to speak to it."""

    url: str
    settings: SimulatorSettings
    phones: Phones
    simulator: Simulator

    def twilio(self, **credentials: str) -> Any:
        """The official client, pointed here as the product points it."""
        return client_at(self.url, **credentials)

    @asynccontextmanager
    async def twilio_async(self) -> AsyncIterator[Any]:
        """Open the official asynchronous client."""
        async with AsyncTwilioHttpClient() as http:
            yield pointed(Client(ACCOUNT, TOKEN, http_client=http), self.url)

    @asynccontextmanager
    async def bot(self, token: str = BOT_TOKEN) -> AsyncIterator[Bot]:
        """Open aiogram's bot."""
        async with bot_at(self.url, token) as bot:
            yield bot


def client_at(url: str, token: str = TOKEN) -> Any:
    return pointed(Client(ACCOUNT, token), url)


def bot_at(url: str, token: str = BOT_TOKEN) -> Bot:
    server = TelegramAPIServer.from_base(f"{url}/telegram")
    return Bot(token, session=AiohttpSession(api=server))


def pointed(client: Any, url: str) -> Any:
    client.api.base_url = f"{url}/twilio"
    client.content.base_url = f"{url}/twilio"
    return client


@asynccontextmanager
async def serving(app: Any, port: int) -> AsyncIterator[None]:
    """Serve an app on a real socket of this event loop."""
    config = uvicorn.Config(
        app,
        port=port,
        log_config=None,
        log_level="critical",
        timeout_graceful_shutdown=1,
        ws="none",
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield
        server.should_exit = True
        await task


@pytest.fixture
def ears() -> Ears:
    """Give a product that hears webhooks, once somebody serves it."""
    return Ears(free())


@pytest.fixture
async def stand(tmp_path: Path, ears: Ears) -> AsyncIterator[Stand]:
    """Give a running simulator that calls `ears`, both on one port as in the demo."""
    url = f"{ears.url}/simulator"
    settings = settings_for(tmp_path / "simulator", url, ears.url)
    simulator = Simulator(settings)
    app = Starlette(routes=[Mount("/simulator", simulator.app), Mount("/", ears.app())])
    async with serving(app, ears.port), Phones(url) as phones:
        await simulator.start()
        simulator.write_book(
            [
                {"name": "Marta López", "phone": MARTA, "telegram_id": MARTA_ID},
                {"name": "Chepe", "phone": "+50370001111", "channels": ["sms"]},
            ]
        )
        yield Stand(url, settings, phones, simulator)
        await simulator.stop()


def settings_for(data: Path, url: str, product_url: str) -> SimulatorSettings:
    return SimulatorSettings(
        data=data,
        base_url=url,
        product_url=product_url,
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        sms_from=SMS,
        whatsapp_from=WHATSAPP,
        telegram_bot_token=BOT_TOKEN,
        bot_username="enlace_bot",
        organisation="Red de Defensoras",
        pace=0.03,
        telegram_retry=0.05,
    )


def free() -> int:
    """Find a port where nobody listens; a test here needs two of them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
