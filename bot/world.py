"""The world a process works in: its record, keys, channels, clock, bell and words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.db import Database
from bot.doorbell import Doorbell
from bot.post.limits import Limits
from bot.post.spool import Spool
from bot.settings import Settings
from bot.vault.evidence import Files
from bot.vault.keys import Keys
from bot.vault.readers import Readers
from channels.base import Channel, Door
from models.person import Via
from models.text import Text


@dataclass(frozen=True)
class Rhythm:
    """How long the bot waits for people before it goes on."""

    burst_quiet: timedelta = timedelta(seconds=30)  # after the last photo, the burst is over
    burst_most: timedelta = timedelta(minutes=10)
    floor: timedelta = timedelta(minutes=10)  # how long a question keeps others from the screen
    fresh: timedelta = timedelta(hours=24)  # a bare «sí» answers nothing older
    doubt: timedelta = timedelta(seconds=120)  # how long news of an unknown send is awaited


@dataclass(frozen=True)
class Received:
    """What became of an upload. `refused` says why nothing was taken at all.

    `failed` has a file's name as its sender calls it, and why it was not kept.
    """

    stored: int = 0
    failed: tuple[tuple[str, Text], ...] = ()
    refused: Text | None = None


@dataclass
class World:
    """Everything that the rooms of the bot share. Made once, by the composition root."""

    settings: Settings
    db: Database
    keys: Keys
    bell: Doorbell
    channels: Mapping[str, Channel]
    doors: Mapping[str, Door]
    files: Files
    rhythm: Rhythm = field(default_factory=Rhythm)
    limits: Limits = field(default_factory=Limits)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    uploads: Any = None  # set by the web application, which has what it needs to store files
    spool: Spool | None = None  # where one is configured
    bot_name: str = ""  # our name on Telegram, once it has told us
    readers: Readers = field(default_factory=Readers)
    ending: bool = False

    def ring(self) -> None:
        """Wake the workers: something was written that they should look at."""
        self.bell.ring()

    def leaving(self) -> bool:
        """Whether the process is about to end, so that live streams let go."""
        return self.ending

    def invite_link(self, via: Via, token: str) -> str:
        """The address that opens an app with an invite ready to send; "" where a channel is off."""
        match via:
            case Via.TELEGRAM if self.bot_name:
                return f"https://t.me/{self.bot_name}?start={token}"
            case Via.WHATSAPP if self.settings.whatsapp_from:
                number = self.settings.whatsapp_from.removeprefix("whatsapp:+")
                return f"https://wa.me/{number}?text=ALTA%20{token}"
            case Via.SMS if self.settings.twilio_sms_from:
                return f"sms:{self.settings.twilio_sms_from}?body=ALTA%20{token}"
            case _:
                return ""

    def join_link(self, token: str) -> str:
        """The address at which a new colleague opens her account."""
        return f"{self.settings.public_url.rstrip('/')}/console/join/{token}"

    def sender(self, via: Via) -> str:
        """What people write to on a channel: our number, or our name there."""
        match via:
            case Via.TELEGRAM:
                return f"@{self.bot_name}"
            case Via.WHATSAPP:
                return self.settings.whatsapp_from.removeprefix("whatsapp:")
            case Via.SMS:
                return self.settings.twilio_sms_from

    def render(self, text: Text, language: str) -> str:
        """Put words into a person's language."""
        from bot.tongues import render  # noqa: PLC0415 - what only serves webhooks has no words

        return render(text, language)
