"""What the simulator must know: where it stands, where the product stands, and their secrets."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SimulatorSettings:
    """Where the simulator keeps its state, whom it stands in for, and whom it calls."""

    data: Path
    base_url: str
    """Where the simulator itself is reached, such as http://127.0.0.1:8000/simulator."""
    product_url: str
    """The product's PUBLIC_URL; inbound webhooks are posted to it and signed over it."""
    account_sid: str
    auth_token: str
    sms_from: str
    whatsapp_from: str
    telegram_bot_token: str
    bot_username: str
    organisation: str
    pace: float = 0.3
    """Seconds from queued to sent, and again from sent to delivered."""
    telegram_retry: float = 2.0
    """The second wait of Telegram's doubling retry, in seconds; the first retry is immediate."""
    twilio_overrides: str = "ct=2000&rt=4000&rc=5&rp=all"
    """Twilio's connection overrides on the inbound webhook, as in the `#…` of its address."""

    @property
    def inbound_url(self) -> str:
        """The address Twilio was told to post incoming messages to."""
        return f"{self.product_url.rstrip('/')}/webhooks/twilio/messages"

    @property
    def whatsapp_sender(self) -> str:
        """The organisation's WhatsApp address, always with its prefix."""
        return f"whatsapp:{self.whatsapp_from.removeprefix('whatsapp:')}"

    @property
    def bot_id(self) -> int:
        """The bot's own Telegram id, which its token begins with."""
        return int(self.telegram_bot_token.partition(":")[0])

    @property
    def rest_url(self) -> str:
        """What the product calls TWILIO_API_URL."""
        return f"{self.base_url.rstrip('/')}/twilio"
