"""Accepting a message that the product wants sent, as Twilio's Messages resource does."""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bot.simulator.house import House
from bot.simulator.line import Author, Channel, Line
from bot.simulator.record.faults import Provider
from bot.simulator.record.letters import whole
from bot.simulator.record.threads import Draft, Message
from bot.simulator.twilio import resources
from bot.simulator.twilio.content import Contents, too_many_buttons
from bot.simulator.twilio.errors import Rejected
from bot.simulator.twilio.progress import Progress
from bot.simulator.twilio.segments import segments
from bot.simulator.wires.call import Answer, Call

_LONGEST = 1600
_DAY = 24 * 3600
_LONGEST_WAIT = 36000
"""Seconds that Twilio lets a message wait."""
_NOT_NOW = {"paused": 63041, "disabled": 63040}
"""Why a template does not go that went once."""
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_SCOPED_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,128}")
_SERVICE = re.compile(r"MG[0-9a-f]{32}")


@dataclass(frozen=True)
class _Words:
    """What the phone will show."""

    text: str
    choices: dict[str, Any] | None = None
    approval: str = ""  # of the template it is
    media: list[str] = field(default_factory=list)


class Sending:
    """Takes messages in and puts them on their way to the phone."""

    def __init__(self, house: House, contents: Contents, progress: Progress) -> None:
        self._house = house
        self._contents = contents
        self._progress = progress

    def create(self, call: Call) -> Answer:
        """Accept a message and queue it; refuses what Twilio refuses."""
        line = self._line(call)
        service = self._service(call)
        sender = self._sender(call, line)
        callback = _callback(call)
        _validity(call)
        words = self._words(call)
        self._may_go(line, sender)
        with self._house.store.transaction():
            message = self._house.threads.add(
                Draft(
                    line=line,
                    author=Author.ORGANISATION,
                    key=f"{'MM' if words.media else 'SM'}{secrets.token_hex(16)}",
                    text=words.text,
                    status="accepted" if service else "queued",
                    shown=False,
                    sender=sender,
                    recipient=line.wire,
                    choices=words.choices,
                    detail={
                        "callback": callback,
                        "service": service,
                        "segments": segments(words.text),
                        "media": words.media,
                    },
                )
            )
            self._progress.plan(message, self._end(message, words))
        account = self._house.settings.account_sid
        return Answer(201, resources.message(account, message), accepted=True)

    def _line(self, call: Call) -> Line:
        to = call.get("To")
        if not to:
            raise Rejected(21604)
        line = Line.of_wire(to)
        scoped = line.channel is Channel.WHATSAPP and _SCOPED_ID.fullmatch(line.address)
        if not scoped and not _NUMBER.fullmatch(line.address):
            raise Rejected(21211, to)
        return line

    def _service(self, call: Call) -> str | None:
        service = call.get("MessagingServiceSid") or None
        if service and not _SERVICE.fullmatch(service):
            raise Rejected(20404, f"/Services/{service}")
        return service

    def _sender(self, call: Call, line: Line) -> str:
        settings = self._house.settings
        sender = call.get("From")
        if not sender:
            if not call.get("MessagingServiceSid"):
                raise Rejected(21603)
            whatsapp = line.channel is Channel.WHATSAPP
            return settings.whatsapp_sender if whatsapp else settings.sms_from
        if sender.startswith("whatsapp:") != (line.channel is Channel.WHATSAPP):
            raise Rejected(21910, f"{sender} to {line.wire}")
        if line.channel is Channel.WHATSAPP and sender != settings.whatsapp_sender:
            raise Rejected(63007)
        if line.channel is Channel.SMS and sender != settings.sms_from:
            raise Rejected(21606, sender)
        return sender

    def _words(self, call: Call) -> _Words:
        sid = call.get("ContentSid")
        variables = call.get("ContentVariables")
        if sid:
            text, choices = self._contents.render(sid, variables)
            return _Words(text, choices, approval=self._contents.state(sid))
        if variables:
            raise Rejected(21654)
        text = whole(call.get("Body") or "")
        media = call.fields.get("MediaUrl", [])
        if not text and not media:
            raise Rejected(21619)
        if len(text) > _LONGEST:
            raise Rejected(21617)
        return _Words(text, media=media)

    def _may_go(self, line: Line, sender: str) -> None:
        """Refuse what the account, the carrier or the switches do not let through."""
        faults = self._house.switches[Provider.TWILIO]
        if line.address.startswith(faults.regions_off) and faults.regions_off:
            raise Rejected(21408, line.address)
        if self._house.book.opted_out(sender, line.wire):
            raise Rejected(21610)
        fate = self._house.book.fate(line)
        if fate and fate.status == "refused" and fate.code:
            raise Rejected(fate.code, line.address)
        if faults.refuse:
            raise Rejected(faults.refuse, line.address)

    def _end(self, message: Message, words: _Words) -> tuple[str, int | None]:
        """The status this message will end in, and the error code beside it."""
        fate = self._house.book.fate(message.line)
        if fate:
            return fate.status, fate.code
        if message.line.channel is not Channel.WHATSAPP:
            return "delivered", None
        windowed = self._house.switches[Provider.TWILIO].whatsapp_window
        last = self._house.threads.last_said(message.line)
        approved = words.approval == "approved"
        if windowed and not approved and message.made - last > _DAY:
            return "undelivered", _NOT_NOW.get(words.approval, 63016)
        if too_many_buttons(words.choices) and not approved:
            return "failed", 63021
        return "delivered", None


def _callback(call: Call) -> str | None:
    url = call.get("StatusCallback")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "_" in parts.netloc or not parts.netloc:
        raise Rejected(21609, url)
    return url


def _validity(call: Call) -> None:
    seconds = call.get("ValidityPeriod")
    if seconds is not None and not (seconds.isdigit() and 1 <= int(seconds) <= _LONGEST_WAIT):
        raise Rejected(20001, "ValidityPeriod")
