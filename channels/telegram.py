"""Telegram through aiogram: its types, its bot, its files and its exceptions.

aiogram takes seconds and some 120 MB to import, so it is imported with the first update that is
read or the first message that is sent; webhooks are let in without it. Of its text in errors
nothing is passed on but the provider's own description: the rest can hold the bot's token.
"""

import asyncio
import hmac
import re
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from channels import _telegram_event, _telegram_library, _telegram_update, plain
from channels._telegram_menu import EVERYWHERE, MENU
from channels._telegram_verdicts import file_verdict, verdict
from channels.base import (
    TELEGRAM,
    Abilities,
    Attachment,
    BadAddress,
    Call,
    Envelope,
    Event,
    Failure,
    Forged,
    Kind,
    Malformed,
    Outbound,
    Refused,
    Sent,
    Status,
    TooBig,
    Written,
)

if TYPE_CHECKING:
    from aiogram import Bot
    from aiogram.types import (
        BotCommand,
        InlineKeyboardMarkup,
    )

T = TypeVar("T")

API = "https://api.telegram.org"
ABILITIES = Abilities(
    buttons=10,
    list_rows=0,
    label_limit=60,
    text_limit=4096,
    media_in=True,
    quotes=True,
)
LONGEST_ID = 64  # bytes of a button's payload
ROW = 3  # short buttons beside each other
SHORT = 12
LARGEST_BODY = 1024 * 1024
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
FILE_SECONDS = 60

TOKEN = re.compile(r"([0-9]{1,20}):[A-Za-z0-9_-]+")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True)
class Waiting:
    """What Telegram holds back for us, where it brings it, and why it could not, and when.

    The last error stays told, by Telegram's clock, also when all has been well since.
    """

    updates: int
    url: str = ""
    last_error: str = ""
    error_at: datetime | None = None

    def __str__(self) -> str:
        """Say it for staff."""
        return f"{self.updates} ({self.last_error})" if self.last_error else str(self.updates)


class Telegram:
    """One bot, spoken to over the address in `api_url`.

    `secret` is what Telegram shows with each webhook. A message's id is `chat:message`, because
    Telegram counts messages anew in each chat.
    """

    name = TELEGRAM
    abilities = ABILITIES

    def __init__(self, token: str, *, secret: str, api_url: str = "") -> None:
        form = TOKEN.fullmatch(token)
        if form is None:
            raise ValueError(
                "TELEGRAM_BOT_TOKEN must look like 123456:ABC. Copy it from @BotFather."
            )
        if not SECRET.fullmatch(secret):
            raise ValueError("TELEGRAM_WEBHOOK_SECRET must be 1 to 256 of A-Z a-z 0-9 _ and -.")
        self.account = form[1]
        self._token = token
        self._secret = secret.encode()
        self._api_url = (api_url or API).rstrip("/")
        self._bot: Bot | None = None

    # --- in ---------------------------------------------------------------------------------------

    def admit(self, call: Call) -> Envelope:
        """Let in what shows our secret. `raw` is the body as it came."""
        shown = call.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(shown.encode("utf-8", "replace"), self._secret):
            raise Forged("The secret is not the one that Telegram was given.")
        if len(call.body) > LARGEST_BODY:
            raise Malformed(f"The update is larger than {LARGEST_BODY} bytes.")
        try:
            update = _telegram_update.load(call.body)
        except ValueError as error:
            raise Malformed(f"The update cannot be read: {error}.") from None
        sender = update.sender
        kind = Kind.MESSAGE if sender else Kind.ODD
        return Envelope(
            TELEGRAM,
            self.account,
            str(update.number),
            kind,
            sender,
            call.body,
            update.words if sender else "",
        )

    def read(self, raw: bytes) -> tuple[Event, ...]:
        """Say what a kept update holds. Never raises: what it cannot read is `Odd`."""
        return (_telegram_event.read(raw, self.account),)

    # --- out --------------------------------------------------------------------------------------

    def write(self, outbound: Outbound) -> Written:
        """Draw a message with buttons, or with numbers where they do not hold the choices."""
        text = plain.clean(outbound.text)
        labels = tuple(plain.clean(option.label) for option in outbound.options)
        if len(labels) > ABILITIES.buttons or any(
            not 0 < len(label.strip()) <= len(label) <= ABILITIES.label_limit for label in labels
        ):
            return Written(plain.numbered(text, outbound.options))
        return Written(text, labels)

    def pieces(self, outbound: Outbound) -> tuple[Outbound, ...]:
        """Split what is too long for one message; the choices go with the last part."""
        whole = replace(outbound, text=plain.clean(outbound.text))
        drawn = self.write(whole).labels
        tail = 0 if drawn else len(plain.numbered("", outbound.options))
        return plain.parts(whole, ABILITIES.text_limit, tail)

    def rewritten(self, to: str) -> str:  # noqa: ARG002 - the contract asks it
        """Give nothing: where a chat has moved, Telegram says so itself."""
        return ""

    async def send(self, outbound: Outbound) -> Sent:
        """Hand a message to Telegram, once. It cannot be taken back by time: send it in time."""
        written = self.write(outbound)
        if outbound.expires_in is not None and outbound.expires_in < 1:
            raise Refused("The message's time was over before it was sent.")
        if not 0 < len(written.text.strip()) <= len(written.text) <= ABILITIES.text_limit:
            raise Refused(f"The text is empty or longer than {ABILITIES.text_limit} characters.")
        if any(not 0 < len(option.id.encode()) <= LONGEST_ID for option in outbound.options):
            raise Refused(f"A button's payload must have 1 to {LONGEST_ID} bytes.")
        if not outbound.to.removeprefix("-").isdecimal():
            raise BadAddress("A Telegram address is a number.")
        bot = await self._open()
        from aiogram.types import LinkPreviewOptions  # noqa: PLC0415 - see the top

        keyboard = _keyboard(written.labels, [option.id for option in outbound.options])
        message = await _call(
            bot.send_message(
                int(outbound.to),
                written.text,
                reply_markup=keyboard,
                protect_content=outbound.private,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )
        return Sent(f"{message.chat.id}:{message.message_id}", Status.SENT)

    async def find(self, to: str, written: str, since: datetime) -> None:
        """Say nothing: Telegram cannot be asked what it sent."""

    async def missed(self, since: datetime) -> tuple[()]:  # noqa: ARG002 - the contract asks it
        """Give nothing: Telegram delivers again by itself, for a day."""
        return ()

    async def release(self, press: str) -> None:
        """Let a pressed button stop spinning. Too late or refused does not matter."""
        with suppress(Failure):
            await _call((await self._open()).answer_callback_query(press))

    async def fetch(self, attachment: Attachment, limit: int) -> AsyncIterator[bytes]:
        """Stream a file's bytes. Telegram itself gives bots no more than 20 MB."""
        if (attachment.size or 0) > limit:
            raise TooBig(f"The file is larger than {limit} bytes.")
        bot = await self._open()
        failure: Failure
        try:
            path = (await _call(bot.get_file(attachment.locator))).file_path or ""
            url = bot.session.api.file_url(self._token, path)
            count = 0
            async with aclosing(bot.session.stream_content(url, timeout=FILE_SECONDS)) as stream:
                async for chunk in stream:
                    count += len(chunk)
                    if count > limit:
                        break
                    yield chunk
                else:
                    return
            failure = TooBig(f"The file is larger than {limit} bytes.")
        except Exception as error:  # noqa: BLE001 - a read may always be tried again
            failure = file_verdict(error)
        raise failure  # outside of the handler: the library's error holds the token

    async def erase(self, attachment: Attachment) -> None:
        """Do nothing: Telegram keeps its files in the chat, which is the person's own."""

    async def blank(self, message_id: str) -> None:
        """Do nothing: what was written stays in the chat, which is the person's own."""

    async def register(self, url: str, secret: str) -> None:
        """Tell Telegram where to bring updates, and what the menu of commands holds."""
        bot = await self._open()
        await _call(
            bot.set_webhook(
                url,
                secret_token=secret,
                allowed_updates=list(_telegram_update.EVENTS),
                max_connections=10,
                drop_pending_updates=False,
            )
        )
        for language, commands in MENU.items():
            await _call(bot.set_my_commands(_menu(commands), language_code=language))
        await _call(bot.set_my_commands(_menu(EVERYWHERE)))

    async def pending(self) -> Waiting:
        """Ask what Telegram holds back for us."""
        info = await _call((await self._open()).get_webhook_info())
        return Waiting(
            info.pending_update_count,
            info.url,
            info.last_error_message or "",
            info.last_error_date,
        )

    async def username(self) -> str:
        """Ask for the bot's name, as it stands in links to it."""
        return (await _call((await self._open()).get_me())).username or ""

    async def prepare(self) -> None:
        """Load the library ahead of need, off the event loop: the first to need it would wait."""
        await self._open()

    async def close(self) -> None:
        """Let go of connections."""
        if self._bot is not None:
            await self._bot.session.close()

    async def _open(self) -> "Bot":
        if self._bot is None:
            bot = await asyncio.to_thread(self._connect)
            # Whoever came first made it meanwhile: one bot, one set of connections.
            self._bot = self._bot or bot
        return self._bot

    def _connect(self) -> "Bot":
        _telegram_library.load()
        from aiogram import Bot  # noqa: PLC0415 - see the top
        from aiogram.client.session.aiohttp import AiohttpSession  # noqa: PLC0415
        from aiogram.client.telegram import TelegramAPIServer  # noqa: PLC0415
        from aiohttp import ClientTimeout  # noqa: PLC0415

        session = AiohttpSession(
            api=TelegramAPIServer.from_base(self._api_url),
            timeout=ClientTimeout(total=ANSWER_SECONDS, connect=CONNECT_SECONDS),
        )
        return Bot(self._token, session=session)


def _keyboard(labels: Sequence[str], ids: Sequence[str]) -> "InlineKeyboardMarkup | None":
    from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup  # noqa: PLC0415

    if not labels:
        return None
    buttons = [
        InlineKeyboardButton(text=label, callback_data=payload)
        for label, payload in zip(labels, ids, strict=True)
    ]
    beside = len(buttons) <= ROW and all(len(label) <= SHORT for label in labels)
    rows = [buttons] if beside else [[button] for button in buttons]
    return InlineKeyboardMarkup(inline_keyboard=rows)


def _menu(commands: Mapping[str, str]) -> "list[BotCommand]":
    from aiogram.types import BotCommand  # noqa: PLC0415 - see the top

    return [BotCommand(command=word, description=what) for word, what in commands.items()]


async def _call(request: Awaitable[T]) -> T:
    try:
        return await request
    except Exception as error:  # noqa: BLE001 - after a request, anything odd is no answer
        failure = verdict(error)
    raise failure  # outside of the handler: the library's error holds words and the token
