"""The webhooks of Twilio: which fields each has on which channel."""

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.simulator.line import Channel
from bot.simulator.record.book import Person
from bot.simulator.record.deliveries import Webhook
from bot.simulator.record.faults import Provider
from bot.simulator.record.files import File
from bot.simulator.record.letters import whole
from bot.simulator.record.threads import Message
from bot.simulator.settings import SimulatorSettings
from bot.simulator.twilio.codes import words
from bot.simulator.twilio.segments import segments

_COUNTRIES = {
    "+502": "GT", "+503": "SV", "+504": "HN", "+505": "NI", "+506": "CR", "+52": "MX", "+1": "US",
}  # fmt: skip


def media_id() -> str:
    """A new SID for a file."""
    return f"ME{secrets.token_hex(16)}"


@dataclass(frozen=True)
class Incoming:
    """What a person sent, before Twilio's field names."""

    message: Message
    person: Person
    kind: str = "text"
    """Twilio's MessageType on WhatsApp."""
    files: list[File] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)
    quoted: Message | None = None


def message_webhook(settings: SimulatorSettings, incoming: Incoming) -> Webhook:
    """The webhook of an incoming message."""
    message = incoming.message
    sid = message.key
    fields = {
        "SmsMessageSid": sid,
        "NumMedia": str(len(incoming.files)),
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": message.text,
        "To": message.recipient,
        "NumSegments": str(segments(message.text)),
        "MessageSid": sid,
        "AccountSid": settings.account_sid,
        "From": message.sender,
        "ApiVersion": "2010-04-01",
    }
    if message.line.channel is Channel.WHATSAPP:
        fields |= _whatsapp(incoming)
    else:
        fields |= _places("From", message.sender) | _places("To", message.recipient)
    for number, file in enumerate(incoming.files):
        fields[f"MediaContentType{number}"] = file.type
        fields[f"MediaUrl{number}"] = (
            f"{settings.rest_url}/2010-04-01/Accounts/{settings.account_sid}"
            f"/Messages/{sid}/Media/{file.id}"
        )
    return Webhook(
        provider=Provider.TWILIO,
        kind="message",
        fields=fields | incoming.extra,
        url=f"{settings.inbound_url}#{settings.twilio_overrides}",
        message=message.id,
    )


def status_webhook(settings: SimulatorSettings, message: Message) -> Webhook | None:
    """The webhook of a message's new status, if its sender wanted to be told."""
    url = message.detail.get("callback")
    if not url:
        return None
    fields = {
        "ApiVersion": "2010-04-01",
        "AccountSid": settings.account_sid,
        "From": message.sender,
        "MessageSid": message.key,
        "MessageStatus": message.status,
        "SmsSid": message.key,
        "SmsStatus": message.status,
        "To": message.recipient,
    }
    if message.detail.get("service"):
        fields["MessagingServiceSid"] = message.detail["service"]
    if message.error is not None:
        fields["ErrorCode"] = str(message.error)
        fields["ErrorMessage"] = words(message.error) or ""
    if message.line.channel is Channel.WHATSAPP:
        fields |= _channel_status(message)
    elif message.status in ("delivered", "undelivered"):
        fields["RawDlrDoneDate"] = datetime.fromtimestamp(time.time(), UTC).strftime("%y%m%d%H%M")
    return Webhook(
        provider=Provider.TWILIO, kind="status", fields=fields, url=url, message=message.id
    )


def _whatsapp(incoming: Incoming) -> dict[str, str]:
    name = whole(incoming.person.name)
    number = incoming.message.line.address
    fields = {
        "MessageType": incoming.kind,
        "ProfileName": name,
        "ReferralNumMedia": "0",
    }
    if number.startswith("+"):
        fields["WaId"] = number[1:]
    if incoming.quoted:
        fields["OriginalRepliedMessageSid"] = incoming.quoted.key
        fields["OriginalRepliedMessageSender"] = incoming.quoted.sender
    return fields


def _channel_status(message: Message) -> dict[str, str]:
    fields = {
        "ChannelInstallSid": f"XE{'0' * 32}",
        "ChannelPrefix": "whatsapp",
        "ChannelToAddress": message.line.address,
        "StructuredMessage": "false",
    }
    if message.status in ("delivered", "read"):
        fields["EventType"] = message.status.upper()
    if message.error is not None:
        fields["ChannelStatusMessage"] = words(message.error) or ""
    return fields


def _places(side: str, number: str) -> dict[str, str]:
    """What the number plan says of a number; it says nothing about where the person is."""
    country = next((code for prefix, code in _COUNTRIES.items() if number.startswith(prefix)), "")
    return {
        f"{side}Country": country,
        f"{side}State": "",
        f"{side}City": "",
        f"{side}Zip": "",
    }
