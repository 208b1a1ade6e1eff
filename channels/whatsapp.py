"""WhatsApp through Twilio: buttons for up to three choices, a list for up to ten, else numbers."""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from channels import _twilio_event, plain
from channels._place import place
from channels._twilio import LONGEST_TEXT, Line
from channels._twilio_contents import Content
from channels._twilio_event import Form
from channels.base import (
    WHATSAPP,
    Abilities,
    Attachment,
    Busy,
    Envelope,
    Event,
    Failure,
    Inbound,
    Moved,
    Odd,
    Option,
    Outbound,
    Pin,
    Refused,
    Sent,
    Written,
)
from channels.numbers import PREFIX, other_forms

ABILITIES = Abilities(
    buttons=3,
    list_rows=10,
    label_limit=20,
    text_limit=LONGEST_TEXT,
    media_in=True,
    quotes=True,
)
LONGEST_TITLE = 20  # of a button
LONGEST_ROW = 24  # of a list
LONGEST_QUESTION = 1024  # a text above buttons or a list
LIST_BUTTON = "☰"  # opens the list; a sign, because a content serves every language
NOTHING = "–"  # stands in a template where there is nothing to say
NUMBER = re.compile(r"^[0-9]{1,2} ")
SYSTEM = "system"  # what WhatsApp itself says in a talk: that its holder has another number now
USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
DIGITS = re.compile(r"[0-9]{7,15}")


class WhatsApp:
    """The WhatsApp sender of one Twilio account, whose templates are at its `line`."""

    name = WHATSAPP
    abilities = ABILITIES

    def __init__(self, line: Line, sender: str) -> None:
        self.account = line.account
        self.line = line
        self._sender = _prefixed(sender)

    def read(self, raw: bytes) -> tuple[Event, ...]:
        """Say what a kept request holds. Never raises: what it cannot read is `Odd`."""
        return _twilio_event.read(raw, WHATSAPP, self.account, self._message)

    def write(self, outbound: Outbound) -> Written:
        """Draw a message with buttons, with a list, or with numbers where neither holds it."""
        text = plain.clean(outbound.text)
        if not outbound.options or outbound.template:
            return Written(text)
        if _content(text, outbound.options) is None:
            return Written(plain.numbered(text, outbound.options))
        return Written(text, tuple(option.label for option in outbound.options))

    def pieces(self, outbound: Outbound) -> tuple[Outbound, ...]:
        """Split what is too long for one message; the choices go with the last part."""
        if outbound.template:
            return (outbound,)
        whole = replace(outbound, text=plain.clean(outbound.text))
        tail = len(plain.numbered("", outbound.options))
        if _content("?", outbound.options) is not None:
            tail = max(tail, LONGEST_TEXT - LONGEST_QUESTION)
        return plain.parts(whole, LONGEST_TEXT, tail)

    def rewritten(self, to: str) -> str:
        """Give another way to write a number, where its country has two."""
        return next(iter(other_forms(to)), "")

    async def send(self, outbound: Outbound) -> Sent:
        """Hand a message to Twilio, once.

        Where Twilio does not make or does not know the buttons, nothing was sent: the same choices
        then go as numbers. A template goes as it was approved, or not at all.
        """
        text, to = plain.clean(outbound.text), _prefixed(outbound.to)
        if outbound.template:
            approved = (outbound.template.sid, _filled(outbound.template.variables))
            return await self.line.send(outbound, sender=self._sender, to=to, content=approved)
        content = _content(text, outbound.options)
        if content is not None:
            sid = await self._content_sid(content)
            if sid:
                ids = [option.id for option in outbound.options]
                filled = {str(n): value for n, value in enumerate([text, *ids], 1)}
                try:
                    return await self.line.send(
                        outbound, sender=self._sender, to=to, content=(sid, filled)
                    )
                except Refused:
                    self.line.contents.forget(content)
        if outbound.options:
            text = plain.numbered(text, outbound.options)
        return await self.line.send(outbound, sender=self._sender, to=to, text=text)

    async def find(self, to: str, written: str, since: datetime) -> Sent | None:
        """Ask Twilio for a message that may have been sent.

        Of buttons and lists Twilio's copy says nothing; a copy with every line comes first.
        """
        recent = await self.line.recent(sender=self._sender, to=_prefixed(to), since=since)
        ours = _lines(written)
        for may_lack in (0, ABILITIES.list_rows):
            for body, sent in recent:
                theirs = _lines(body)
                lacks = len(ours) - len(theirs)
                if theirs and theirs == ours[: len(theirs)] and lacks <= may_lack:
                    return sent
        return None

    async def missed(self, since: datetime) -> tuple[Envelope, ...]:
        """List what was written to us since then, in case a webhook never arrived."""
        return await self.line.missed(self._sender, since)

    async def release(self, press: str) -> None:
        """Do nothing: WhatsApp's buttons do not spin."""

    def fetch(self, attachment: Attachment, limit: int) -> AsyncIterator[bytes]:
        """Stream a file's bytes. A file may lag behind its message by seconds: `Missing`."""
        return self.line.fetch(attachment, limit)

    async def erase(self, attachment: Attachment) -> None:
        """Delete a file at Twilio, which keeps it until it is told."""
        await self.line.erase(attachment)

    async def blank(self, message_id: str) -> None:
        """Take a message's words away at Twilio, which keeps them until it is told."""
        await self.line.blank(message_id)

    async def close(self) -> None:
        """Let go of the line's connections."""
        await self.line.close()

    async def _content_sid(self, content: Content) -> str:
        try:
            return await self.line.contents.sid(content)
        except Busy:
            raise  # nothing may be sent now, in any form
        except Failure:
            return ""

    def _message(self, form: Form) -> Event:
        text, attachments, pin = form["Body"], form.attachments(), _pin(form)
        button = form["ButtonPayload"] or form["ListId"]
        if form["MessageType"] == SYSTEM:
            moved_to = _moved_to(form)
            return Moved(WHATSAPP, self.account, form.event_id, form["From"], moved_to)
        if not (text.strip() or attachments or pin or button):
            why = "A WhatsApp message without words, file or place"
            kind = f" ({form['MessageType'][:40]})" if form["MessageType"] else ""
            return Odd(WHATSAPP, self.account, form.event_id, form["From"], f"{why}{kind}.")
        return Inbound(
            channel=WHATSAPP,
            account=self.account,
            event_id=form.event_id,
            message_id=form["MessageSid"],
            sender=form["From"],
            recipient=form["To"],
            text=text or form["ButtonText"] or form["ListTitle"],
            button=button,
            quoted=form["OriginalRepliedMessageSid"],
            attachments=attachments,
            pin=pin,
            forwarded="true" in {form["Forwarded"], form["FrequentlyForwarded"]},
            profile_name=form["ProfileName"],
            provider_answered=bool(form["OptOutType"]),
            opted=form.opted(),
            also=_also(form),
        )


def _also(form: Form) -> str:
    """Give the sender's id beside a number, or the number beside an id, where WhatsApp told it."""
    sender = form["From"].removeprefix(PREFIX)
    other = form["ExternalUserId"].removeprefix(PREFIX)
    if not USER_ID.fullmatch(sender):
        return PREFIX + other if USER_ID.fullmatch(other) else ""
    return f"{PREFIX}+{form['WaId']}" if DIGITS.fullmatch(form["WaId"]) else ""


def _moved_to(form: Form) -> str:
    """Find the new number in «… changed from +502… to +502…», in whatever language it is said."""
    before = re.sub(r"\D", "", form["From"])
    found = set(re.findall(r"\d+", re.sub(r"[\s().-]", "", form["Body"])))
    others = [one for one in found if DIGITS.fullmatch(one) and one != before]
    return f"{PREFIX}+{others[0]}" if len(others) == 1 else ""


def _prefixed(address: str) -> str:
    return address if address.startswith(PREFIX) else PREFIX + address


def _filled(variables: Mapping[str, str]) -> dict[str, str]:
    """Clean what fills a template: WhatsApp takes no line breaks, wide gaps or empty values."""
    return {
        name: " ".join(plain.clean(value).split()) or NOTHING for name, value in variables.items()
    }


def _lines(text: str) -> list[str]:
    """Split words into lines without the numbers that stand for buttons."""
    return [NUMBER.sub("", line).strip() for line in text.strip().splitlines()]


def _pin(form: Form) -> Pin | None:
    try:
        latitude, longitude = float(form["Latitude"]), float(form["Longitude"])
    except ValueError:
        return None
    return place(latitude, longitude, ", ".join(filter(None, (form["Label"], form["Address"]))))


def _content(text: str, options: Sequence[Option]) -> Content | None:
    """Say which content draws these choices, or nothing where only numbers hold them."""
    if not options or not all(option.id for option in options):
        return None
    if not 0 < len(text.strip()) <= len(text) <= LONGEST_QUESTION:
        return None
    return _drawn(tuple(option.label for option in options))


@lru_cache(maxsize=256)
def _drawn(labels: tuple[str, ...]) -> Content | None:
    if not all(label.strip() for label in labels) or len(set(labels)) < len(labels):
        return None
    longest = max(map(len, labels))
    ids = [f"{{{{{n}}}}}" for n in range(2, len(labels) + 2)]
    if len(labels) <= ABILITIES.buttons and longest <= LONGEST_TITLE:
        kind, drawn = "quick-reply", _buttons(labels, ids)
    elif len(labels) <= ABILITIES.list_rows and longest <= LONGEST_ROW:
        kind, drawn = "list-picker", _list(labels, ids)
    else:
        return None
    shape = sha256(json.dumps(drawn).encode()).hexdigest()[:32]
    examples = ["…", *(str(n) for n in range(1, len(labels) + 1))]
    return Content(
        name=f"enlace-{kind}-{shape}",
        types={f"twilio/{kind}": drawn},
        variables={str(n): example for n, example in enumerate(examples, 1)},
    )


def _buttons(labels: Sequence[str], ids: Sequence[str]) -> dict[str, Any]:
    actions = [
        {"type": "QUICK_REPLY", "title": label, "id": placeholder}
        for label, placeholder in zip(labels, ids, strict=True)
    ]
    return {"body": "{{1}}", "actions": actions}


def _list(labels: Sequence[str], ids: Sequence[str]) -> dict[str, Any]:
    items = [
        {"item": label, "id": placeholder} for label, placeholder in zip(labels, ids, strict=True)
    ]
    return {"body": "{{1}}", "button": LIST_BUTTON, "items": items}
