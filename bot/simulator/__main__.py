"""Runs the simulator alone: `python -m bot.simulator --port 8100 --data DIR --product-url URL`."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route

from bot.simulator import Simulator, SimulatorSettings

_EXAMPLE = (
    "example: python -m bot.simulator --port 8100 --data /tmp/phones"
    " --product-url http://127.0.0.1:8000"
)


def main() -> None:
    """Serve until told to stop."""
    asked = _arguments().parse_args()
    settings = SimulatorSettings(
        data=asked.data,
        base_url=f"http://{asked.host}:{asked.port}/simulator",
        product_url=asked.product_url,
        account_sid=asked.account_sid,
        auth_token=asked.auth_token,
        sms_from=asked.sms_from,
        whatsapp_from=asked.whatsapp_from,
        telegram_bot_token=asked.telegram_bot_token,
        bot_username=asked.bot_username,
        organisation=asked.organisation,
        pace=asked.pace,
        telegram_retry=asked.telegram_retry,
        twilio_overrides=asked.twilio_overrides,
    )
    uvicorn.run(
        standing_alone(settings),
        host=asked.host,
        port=asked.port,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


def standing_alone(settings: SimulatorSettings) -> Starlette:
    """The simulator under /simulator in an app of its own, started and stopped with it."""
    simulator = Simulator(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await simulator.start()
        yield
        await simulator.stop()

    async def home(_request: object) -> RedirectResponse:
        return RedirectResponse("/simulator/")

    return Starlette(
        routes=[Route("/", home), Mount("/simulator", app=simulator.app)], lifespan=lifespan
    )


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot.simulator", description=__doc__, epilog=_EXAMPLE
    )
    add = parser.add_argument
    add("--port", type=int, required=True, help="port to serve on")
    add("--host", default="127.0.0.1", help="address to serve on")
    add("--data", type=Path, required=True, help="folder for the simulator's state")
    add("--product-url", required=True, help="PUBLIC_URL of the product")
    add("--account-sid", default=f"AC{'5' * 32}", help="Twilio account to stand in for")
    add("--auth-token", default="5" * 32, help="its auth token")
    add("--sms-from", default="+15005550006", help="the organisation's SMS number")
    add("--whatsapp-from", default="+14155238886", help="the organisation's WhatsApp number")
    add("--telegram-bot-token", default=f"5000000000:{'A' * 35}", help="the bot's token")
    add("--bot-username", default="enlace_bot", help="the bot's name in t.me links")
    add("--organisation", default="Red de Defensoras", help="the name that phones show")
    add("--pace", type=float, default=0.3, help="seconds between queued, sent and delivered")
    add("--telegram-retry", type=float, default=2.0, help="seconds of Telegram's second wait")
    add(
        "--twilio-overrides",
        default="ct=2000&rt=4000&rc=5&rp=all",
        help="connection overrides of the inbound webhook",
    )
    return parser


if __name__ == "__main__":
    main()
