"""One person's phone on one channel."""

from dataclasses import dataclass
from enum import Enum


class Channel(Enum):
    """The three ways a phone can be reached."""

    WHATSAPP = "whatsapp"
    SMS = "sms"
    TELEGRAM = "telegram"


class Author(Enum):
    """Who wrote a message; a carrier answers STOP by itself."""

    PERSON = "person"
    ORGANISATION = "organisation"
    CARRIER = "carrier"


@dataclass(frozen=True)
class Line:
    """A phone: a channel, and the number or Telegram id that the person has there."""

    channel: Channel
    address: str

    @property
    def wire(self) -> str:
        """The address as Twilio writes it."""
        return f"whatsapp:{self.address}" if self.channel is Channel.WHATSAPP else self.address

    @classmethod
    def of_wire(cls, address: str) -> "Line":
        """Read an address as Twilio writes it."""
        if address.startswith("whatsapp:"):
            return cls(Channel.WHATSAPP, address.removeprefix("whatsapp:"))
        return cls(Channel.SMS, address)

    @classmethod
    def of_telegram(cls, telegram_id: int) -> "Line":
        """The phone of a Telegram user."""
        return cls(Channel.TELEGRAM, str(telegram_id))


class Refused(Exception):  # noqa: N818 - it says what happened to the act, not to the program
    """An act that a real phone could not do, with the sentence that says why."""
