"""SMS through Twilio: the plainest phone, in the SMS alphabet, with numbers for buttons."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

from channels import _twilio_event, plain
from channels._twilio import LONGEST_TEXT, Line
from channels._twilio_event import Form
from channels.base import (
    SMS,
    Abilities,
    Attachment,
    Envelope,
    Event,
    Inbound,
    Odd,
    Outbound,
    Sent,
    Written,
)

ABILITIES = Abilities(
    buttons=0,
    list_rows=0,
    label_limit=0,
    text_limit=LONGEST_TEXT,
    media_in=False,
    quotes=False,
    gsm7=True,
)

# Twilio answers these by itself on every number, and refuses what we send after (error 21610).
# Words in Spanish are not among them.
STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"}) | {
    "revoke",
    "optout",
}

# With these it lets us write again. «Yes» is one of them, and may answer a question of ours too.
START_WORDS = frozenset({"start", "unstop", "yes"})


class Sms:
    """The SMS number of one Twilio account."""

    name = SMS
    abilities = ABILITIES

    def __init__(self, line: Line, sender: str) -> None:
        self.account = line.account
        self._line = line
        self._sender = sender

    def read(self, raw: bytes) -> tuple[Event, ...]:
        """Say what a kept request holds. Never raises: what it cannot read is `Odd`."""
        return _twilio_event.read(raw, SMS, self.account, self._message)

    def write(self, outbound: Outbound) -> Written:
        """Draw a message in the SMS alphabet, its choices as numbers."""
        text = plain.fold(plain.numbered(outbound.text, outbound.options))
        return Written(text, segments=plain.segments(text))

    def pieces(self, outbound: Outbound) -> tuple[Outbound, ...]:
        """Split what is too long for one SMS; the numbers of choices go with the last part."""
        whole = replace(outbound, text=plain.fold(outbound.text))
        tail = len(plain.fold(plain.numbered("", outbound.options)))
        # A part of a text in another script may be folded by itself, and grow.
        for limit in (LONGEST_TEXT, LONGEST_TEXT // 2, LONGEST_TEXT // 8):
            parts = plain.parts(whole, limit, tail)
            if all(len(self.write(part).text) <= LONGEST_TEXT for part in parts):
                return parts if len(parts) > 1 else (outbound,)
        return (outbound,)

    def rewritten(self, to: str) -> str:  # noqa: ARG002 - the contract asks it
        """Give nothing: the telephone network has one way to write a number."""
        return ""

    async def send(self, outbound: Outbound) -> Sent:
        """Hand a message to Twilio, once."""
        text = self.write(outbound).text
        return await self._line.send(outbound, sender=self._sender, to=outbound.to, text=text)

    async def find(self, to: str, written: str, since: datetime) -> Sent | None:
        """Ask Twilio for a message that may have been sent."""
        recent = await self._line.recent(sender=self._sender, to=to, since=since)
        return next((sent for body, sent in recent if body.strip() == written.strip()), None)

    async def missed(self, since: datetime) -> tuple[Envelope, ...]:
        """List what was written to us since then, in case a webhook never arrived."""
        return await self._line.missed(self._sender, since)

    async def release(self, press: str) -> None:
        """Do nothing: SMS has no buttons."""

    def fetch(self, attachment: Attachment, limit: int) -> AsyncIterator[bytes]:
        """Stream a picture message's file, in the few countries that have them."""
        return self._line.fetch(attachment, limit)

    async def erase(self, attachment: Attachment) -> None:
        """Delete a file at Twilio, which keeps it until it is told."""
        await self._line.erase(attachment)

    async def blank(self, message_id: str) -> None:
        """Take a message's words away at Twilio, which keeps them until it is told."""
        await self._line.blank(message_id)

    async def close(self) -> None:
        """Let go of the line's connections."""
        await self._line.close()

    def _message(self, form: Form) -> Event:
        text, attachments = form["Body"], form.attachments()
        word = text.strip().casefold()
        if not text.strip() and not attachments:
            why = "An SMS without words."
            return Odd(SMS, self.account, form.event_id, form["From"], why)
        return Inbound(
            channel=SMS,
            account=self.account,
            event_id=form.event_id,
            message_id=form["MessageSid"],
            sender=form["From"],
            recipient=form["To"],
            text=text,
            attachments=attachments,
            provider_answered=bool(form["OptOutType"]) or word in STOP_WORDS,
            opted=form.opted() or _opted(word),
        )


def _opted(word: str) -> str:
    """Say what Twilio does at a word where no messaging service tells us."""
    return "out" if word in STOP_WORDS else "in" if word in START_WORDS else ""
