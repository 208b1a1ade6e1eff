"""Twilio's message and media resources as JSON."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from bot.simulator.line import Author
from bot.simulator.record.files import File
from bot.simulator.record.threads import Message
from bot.simulator.twilio.codes import words
from bot.simulator.twilio.segments import segments


def message(account: str, one: Message) -> dict[str, Any]:
    """A message resource."""
    base = f"/2010-04-01/Accounts/{account}/Messages/{one.key}"
    service = one.detail.get("service")
    pending = service and one.status == "accepted"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": "" if one.redacted else one.text,
        "date_created": _rfc2822(one.made),
        "date_sent": _rfc2822(one.sent) if one.sent else None,
        "date_updated": _rfc2822(one.changed),
        "direction": "inbound" if one.author is Author.PERSON else "outbound-api",
        "error_code": one.error,
        "error_message": words(one.error),
        "from": None if pending else one.sender,
        "messaging_service_sid": service,
        "num_media": str(len(one.files)),
        "num_segments": "0" if pending else str(one.detail.get("segments", segments(one.text))),
        "price": None,
        "price_unit": "USD",
        "sid": one.key,
        "status": status(one),
        "subresource_uris": {"media": f"{base}/Media.json"},
        "to": one.recipient,
        "uri": f"{base}.json",
    }


def status(one: Message) -> str:
    """The status at Twilio, which for the person's own messages is always `received`."""
    return "received" if one.author is Author.PERSON else one.status


def media(account: str, parent: str, file: File) -> dict[str, Any]:
    """A media resource."""
    made = _rfc2822(file.made)
    return {
        "sid": file.id,
        "account_sid": account,
        "parent_sid": parent,
        "content_type": file.type,
        "date_created": made,
        "date_updated": made,
        "uri": f"/2010-04-01/Accounts/{account}/Messages/{parent}/Media/{file.id}.json",
    }


def _rfc2822(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(at, UTC))
