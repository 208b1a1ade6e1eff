"""What the tests of channels share: our accounts, genuine requests, and events as plain data."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels._twilio import MESSAGES_PATH, STATUS_PATH, Line
from channels.base import Call, Event, Failure
from channels.telegram import Telegram

ACCOUNT = "AC00112233445566778899aabbccddeeff"
TOKEN = "t" * 32
PUBLIC = "https://enlace.example"
BOT_TOKEN = "123456:AAabcdefghijklmnopqrstuvwxyz0123456"
SECRET = "s3cret_-" * 4

PAYLOADS = Path(__file__).parent / "payloads"


def payloads(name: str) -> Any:
    """Read one table of payloads."""
    return json.loads((PAYLOADS / name).read_text())


def form_of(table: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, str]:
    """Give a row's whole form: the table's base with the row's own fields over it."""
    merged = {**table["base"], **row["form"]}
    return {name: value for name, value in merged.items() if value is not None}


def line(**settings: Any) -> Line:
    """Open our Twilio account."""
    return Line(ACCOUNT, (TOKEN,), **{"public_url": PUBLIC, **settings})


def telegram(**settings: Any) -> Telegram:
    """Open our bot."""
    return Telegram(BOT_TOKEN, **{"secret": SECRET, **settings})


def twilio_call(form: Mapping[str, Any], query: str = "", token: str = TOKEN) -> Call:
    """Make a request as Twilio makes it, signed with Twilio's own library."""
    url = PUBLIC + (STATUS_PATH if "MessageStatus" in form else MESSAGES_PATH)
    url += f"?{query}" if query else ""
    return Call(
        url,
        {
            "content-type": "application/x-www-form-urlencoded; charset=utf-8",
            "x-twilio-signature": RequestValidator(token).compute_signature(url, form),
        },
        urlencode(form).encode(),
    )


def telegram_call(update: object, secret: str = SECRET) -> Call:
    """Make a request as Telegram makes it."""
    return Call(
        f"{PUBLIC}/webhooks/telegram",
        {"content-type": "application/json", "x-telegram-bot-api-secret-token": secret},
        json.dumps(update).encode(),
    )


def told(event: Event) -> dict[str, Any]:
    """Say what an event holds beyond the ordinary."""
    found: dict[str, Any] = {"is": type(event).__name__}
    for one in fields(event):
        value = getattr(event, one.name)
        if one.name in {"channel", "account"} or (
            one.default is not MISSING and value == one.default
        ):
            continue
        found[one.name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Failure):
        return type(value).__name__  # its remedy has a table of its own
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return value


async def gathered(chunks: AsyncIterator[bytes]) -> bytes:
    """Read a stream to its end."""
    return b"".join([chunk async for chunk in chunks])
