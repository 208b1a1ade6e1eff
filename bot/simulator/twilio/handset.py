"""A phone on WhatsApp or SMS: what its person does reaches the product through Twilio."""

import re
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from bot.simulator.acts import Act, chosen, offering
from bot.simulator.house import House
from bot.simulator.line import Author, Channel, Line, Refused
from bot.simulator.record.book import Fate
from bot.simulator.record.faults import Provider
from bot.simulator.record.files import File, Upload, photographed
from bot.simulator.record.letters import whole
from bot.simulator.record.threads import Draft, Message
from bot.simulator.twilio.progress import Progress
from bot.simulator.twilio.webhooks import Incoming, media_id, message_webhook

_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_START = frozenset({"START", "YES", "UNSTOP"})
_HELP = frozenset({"HELP", "INFO"})
_STOPPED = (
    "You have successfully been unsubscribed. You will not receive any more messages from this"
    " number. Reply START to resubscribe."
)
_STARTED = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help."
    " Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
_HELPED = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
_LARGEST = 16 * 2**20


@dataclass(frozen=True)
class _Sent:
    """One message of the person before it goes to Twilio."""

    kind: str = "text"
    type: str = "text"
    text: str = ""
    files: list[File] = field(default_factory=list)
    place: dict[str, Any] | None = None
    extra: dict[str, str] = field(default_factory=dict)
    quoted: Message | None = None


class TwilioHandset:
    """Does a person's acts on WhatsApp and SMS."""

    def __init__(self, house: House, progress: Progress) -> None:
        self._house = house
        self._progress = progress

    def say(self, line: Line, act: Act) -> list[Message]:
        """Send words; the carrier of an SMS answers STOP, START and HELP by itself."""
        quoted = self._quoted(line, act)
        sent = self._send(line, [_Sent(text=whole(act.text), quoted=quoted)])
        if line.channel is Channel.SMS:
            self._carrier(line, act.text)
        return sent

    def tap(self, line: Line, act: Act) -> list[Message]:
        """Press a reply button or choose a row; refused on SMS, which has neither."""
        _only_whatsapp(line, "buttons")
        shown = self._house.threads.of(line)
        offered = self._one(line, act.message) if act.message else offering(shown, act.choice)
        choice = chosen(offered, act.choice)
        if offered.choices and offered.choices["kind"] == "list":
            sent = _Sent(
                type="interactive",
                text=choice["label"],
                extra={"ListId": choice["id"], "ListTitle": choice["label"]},
                quoted=offered,
            )
        else:
            sent = _Sent(
                type="button",
                text=choice["label"],
                extra={"ButtonText": choice["label"], "ButtonPayload": choice["id"]},
                quoted=offered,
            )
        return self._send(line, [sent])

    def photos(self, line: Line, act: Act) -> list[Message]:
        """Send pictures; each is a message and a webhook of its own, whatever the burst."""
        _only_whatsapp(line, "pictures")
        quoted = self._quoted(line, act)
        sent = [
            _Sent(
                kind="photo",
                type="image",
                text=whole(act.text) if number == 0 else "",
                files=[self._keep(photographed(upload))],
                quoted=quoted if number == 0 else None,
            )
            for number, upload in enumerate(act.files)
        ]
        return self._send(line, sent)

    def document(self, line: Line, act: Act) -> list[Message]:
        """Send files as they are; Twilio passes no file name on."""
        return self._attach(line, act, "document", "document")

    def voice(self, line: Line, act: Act) -> list[Message]:
        """Send a voice note."""
        return self._attach(line, act, "voice", "audio")

    def _attach(self, line: Line, act: Act, kind: str, twilio_type: str) -> list[Message]:
        _only_whatsapp(line, "files")
        quoted = self._quoted(line, act)
        return self._send(
            line,
            [
                _Sent(kind=kind, type=twilio_type, files=[self._keep(upload)], quoted=quoted)
                for upload in act.files
            ],
        )

    def pin(self, line: Line, act: Act) -> list[Message]:
        """Send a place."""
        _only_whatsapp(line, "places")
        extra = {
            "Latitude": str(act.place["latitude"]),
            "Longitude": str(act.place["longitude"]),
        }
        if act.place["label"]:
            extra["Label"] = act.place["label"]
        if act.place["address"]:
            extra["Address"] = act.place["address"]
        quoted = self._quoted(line, act)
        sent = _Sent(kind="place", type="location", place=act.place, extra=extra, quoted=quoted)
        return self._send(line, [sent])

    def start(self, line: Line, act: Act) -> list[Message]:
        """Open the chat from a wa.me or sms link, with its words already typed."""
        return self.say(line, act) if act.text else []

    def edit(self, line: Line, act: Act) -> list[Message]:
        """Refused: Twilio passes no edits on."""
        del line, act
        raise Refused("Edits on WhatsApp and SMS do not reach the organisation.")

    def block(self, line: Line, act: Act) -> list[Message]:
        """Block the organisation; messages then end undelivered."""
        del act
        code = 63024 if line.channel is Channel.WHATSAPP else 30004
        self._house.book.arrange(line, Fate("undelivered", code))
        self._house.live.touch(line)
        return []

    def unblock(self, line: Line, act: Act) -> list[Message]:
        """Let messages arrive again."""
        del act
        self._house.book.arrange(line, None)
        self._house.live.touch(line)
        return []

    def read(self, line: Line, act: Act) -> list[Message]:
        """Look at the phone."""
        del act
        self._progress.read(line)
        return []

    def _keep(self, upload: Upload) -> File:
        if len(upload.content) > _LARGEST:
            raise Refused("WhatsApp sends no file above 16 MB.")
        return self._house.files.keep(upload, media_id())

    def _one(self, line: Line, number: int) -> Message:
        message = self._house.threads.get(number)
        if message.line != line:
            raise Refused("That message is on another phone.")
        return message

    def _quoted(self, line: Line, act: Act) -> Message | None:
        if act.message is None:
            return None
        _only_whatsapp(line, "quotes")
        return self._one(line, act.message)

    def _send(self, line: Line, burst: list[_Sent]) -> list[Message]:
        """Hand a burst to Twilio, one webhook a message."""
        person = self._house.book.holder(line)
        messages, webhooks = [], []
        for sent in burst:
            message = self._house.threads.add(self._draft(line, sent))
            for file in sent.files:
                self._house.files.belong(file.id, message.id)
            messages.append(message)
            incoming = Incoming(
                message=message,
                person=person,
                kind=sent.type,
                files=sent.files,
                extra=sent.extra,
                quoted=sent.quoted,
            )
            webhooks.append(message_webhook(self._house.settings, incoming))
        self._house.deliveries.put(Provider.TWILIO, webhooks)
        return messages

    def _draft(self, line: Line, sent: _Sent) -> Draft:
        settings = self._house.settings
        whatsapp = line.channel is Channel.WHATSAPP
        return Draft(
            line=line,
            author=Author.PERSON,
            key=f"{'MM' if sent.files else 'SM'}{secrets.token_hex(16)}",
            kind=sent.kind,
            text=sent.text,
            sender=line.wire,
            recipient=settings.whatsapp_sender if whatsapp else settings.sms_from,
            place=sent.place,
            files=tuple(file.id for file in sent.files),
            quoted=sent.quoted.id if sent.quoted else None,
        )

    def _carrier(self, line: Line, text: str) -> None:
        """What the network does by itself with STOP, START and HELP, in English only."""
        word = re.sub(r"\s+", " ", text).strip().upper()
        sender = self._house.settings.sms_from
        out = self._house.book.opted_out(sender, line.wire)
        if word in _STOP and not out:
            self._house.book.opt_out(sender, line.wire, out=True)
            self._answer(line, _STOPPED)
        elif word in _START and out:
            self._house.book.opt_out(sender, line.wire, out=False)
            self._answer(line, _STARTED)
        elif word in _HELP and not out:
            self._answer(line, _HELPED)

    def _answer(self, line: Line, text: str) -> None:
        draft = Draft(line, Author.CARRIER, f"SM{secrets.token_hex(16)}", text=text)
        sender = self._house.settings.sms_from
        self._house.threads.add(replace(draft, sender=sender, recipient=line.wire))


def _only_whatsapp(line: Line, what: str) -> None:
    if line.channel is Channel.SMS:
        raise Refused(f"An SMS phone sends no {what}.")
