"""The demo: the product, the simulator and a fictional network, served on one port."""

import json
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import migrate
from bot.app import App, Beside
from bot.db import Database
from bot.demo import network
from bot.serve import listen
from bot.settings import Settings
from bot.simulator import Simulator, SimulatorSettings
from bot.wiring import Alone, keys, world

BOT = "enlace_demo_bot"
SMS_FROM = "+15005550006"
WHATSAPP_FROM = "+14155238886"
QUIET = 6.0  # seconds; a visitor waits less gladly for the thanks than a Defender


def run(port: int, data: Path, say: Callable[[str], None]) -> None:
    """Serve the demo until told to stop. Its data stays in `data`, and it goes on from there."""
    alone = Alone(data)
    try:
        app, password = build(port, data, say)
        say(welcome(port, password))
        listen(app, host="127.0.0.1", port=port)
    finally:
        alone.release()


def build(port: int, data: Path, say: Callable[[str], None]) -> tuple[App, str]:
    """Make everything, and give the coordinator's password."""
    kept = made_once(data)
    here = f"http://127.0.0.1:{port}"
    database_url = f"sqlite:///{data / 'enlace.db'}"
    settings = settled(environment(kept, data, here, f"{here}/simulator", database_url))
    say("Preparing the record …")
    fill(settings, kept["password"])
    simulator = Simulator(
        SimulatorSettings(
            data=data,
            base_url=f"{here}/simulator",
            product_url=here,
            account_sid=kept["account"],
            auth_token=kept["auth_token"],
            sms_from=SMS_FROM,
            whatsapp_from=WHATSAPP_FROM,
            telegram_bot_token=kept["telegram_token"],
            bot_username=BOT,
            organisation="Red de Defensoras",
        )
    )
    simulator.write_book(network.book())
    simulator.switch("twilio", whatsapp_window=True)  # as strict as WhatsApp is
    beside = Beside(
        "/simulator", simulator.app, simulator.start, simulator.stop, simulator.end_streams
    )
    return App(world(settings), works=True, beside=beside), kept["password"]


def environment(
    kept: dict[str, str], data: Path, here: str, simulator: str, database_url: str
) -> dict[str, str]:
    """Give the settings of the demo, by name, with the simulator in the providers' place."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": "",
        "PUBLIC_URL": here,
        "DATA_DIR": str(data),
        "MASTER_KEY": kept["master_key"],
        "TWILIO_ACCOUNT_SID": kept["account"],
        "TWILIO_AUTH_TOKEN": kept["auth_token"],
        "TWILIO_API_URL": f"{simulator}/twilio",
        "TWILIO_SMS_FROM": SMS_FROM,
        "TWILIO_WHATSAPP_FROM": WHATSAPP_FROM,
        "TELEGRAM_BOT_TOKEN": kept["telegram_token"],
        "TELEGRAM_API_URL": f"{simulator}/telegram",
        "TELEGRAM_WEBHOOK_SECRET": kept["telegram_secret"],
        "BURST_SECONDS": str(QUIET),
        "QUIET_HOURS": "none",  # a visitor may come at night
    }


def settled(named: dict[str, str]) -> Settings:
    """Read settings by their names, and nothing of the visitor's own."""
    lowered: dict[str, Any] = {name.lower(): value for name, value in named.items()}
    return Settings(_env_file=None, **lowered)


def fill(settings: Settings, password: str) -> None:
    """Bring the record to this version, with the network in it; what is there already stays."""
    drawn = keys(settings)
    migrate.upgrade(settings.url, drawn)
    db = Database(settings.url)
    try:
        db.write_now(lambda s: network.seed(s, drawn, datetime.now(UTC), password))
    finally:
        db.close()


def welcome(port: int, password: str) -> str:
    """Tell a visitor where to look and how to sign in."""
    return f"""
Enlace runs at http://127.0.0.1:{port} (Ctrl-C stops it; start it again and it goes on).

  Three phones     http://127.0.0.1:{port}/simulator/
  Staff console    http://127.0.0.1:{port}/console/
                   sign in as {network.COORDINATOR} with the password {password}
  API              http://127.0.0.1:{port}/api/v1/openapi.json

Everybody in it is fictional. Nothing leaves this machine.
"""


def made_once(data: Path) -> dict[str, str]:
    """Make the demo's secrets, or read those of its first start."""
    path = data / "demo-secrets.json"
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text("utf-8"))
        return kept
    made = {
        "master_key": secrets.token_hex(32),
        "account": "AC" + secrets.token_hex(16),
        "auth_token": secrets.token_hex(16),
        "telegram_token": f"{secrets.randbelow(10**9) + 10**9}:{secrets.token_urlsafe(26)}",
        "telegram_secret": secrets.token_urlsafe(32),
        "password": "-".join(secrets.choice(WORDS) for _ in range(4)),
    }
    draft = path.with_suffix(".part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(made, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return made


WORDS = (
    *("volcan", "maiz", "rio", "cafe", "puente", "ceiba", "quetzal", "lago", "monte", "jade"),
    *("nube", "sendero", "luna", "barro", "tejido", "faro", "colina", "semilla", "brisa", "roble"),
    *(
        "candil",
        "vereda",
        "cacao",
        "trigo",
        "jilguero",
        "piedra",
        "campana",
        "madera",
        "sol",
        "mar",
    ),
)
