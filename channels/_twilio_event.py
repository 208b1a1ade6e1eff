"""What a kept Twilio request means: the news of a receipt, or what a person did.

WhatsApp and SMS share all of this; each adds its own to a message.
"""

import re
from collections.abc import Callable, Mapping

from channels import _twilio_form
from channels._twilio_verdicts import verdict
from channels.base import (
    Attachment,
    Event,
    MediaKind,
    Odd,
    Receipt,
    Status,
)
from channels.plain import clean

STATUSES: Mapping[str, Status] = {
    "accepted": Status.QUEUED,
    "scheduled": Status.QUEUED,
    "queued": Status.QUEUED,
    "sending": Status.SENDING,
    "sent": Status.SENT,
    "partially_delivered": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "failed": Status.FAILED,
    "undelivered": Status.FAILED,
    "canceled": Status.FAILED,
}

KEY = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
ATTEMPT = re.compile(r"[0-9]{1,6}")
BAD_REQUEST = 400
MEDIA_SID = re.compile(r"/(ME[0-9a-f]{32})$")
CONTACT_CARDS = frozenset({"text/vcard", "text/x-vcard"})


class Form:
    """A kept request's fields, each by its name and as a database can keep it; absent is empty."""

    def __init__(self, raw: bytes) -> None:
        self._query, self._found = _twilio_form.unpack(raw)
        self.event_id = _twilio_form.event_id(self._found)

    def __getitem__(self, name: str) -> str:
        return clean(self._found[name][0]) if name in self._found else ""

    @property
    def key(self) -> str:
        """Our own id of the message that a receipt speaks of."""
        key = self._query["m"][0] if "m" in self._query else ""
        return key if KEY.fullmatch(key) else ""

    @property
    def attempt(self) -> int:
        """Which try of it the receipt speaks of; 0 where it does not say."""
        number = self._query["a"][0] if "a" in self._query else ""
        return int(number) if ATTEMPT.fullmatch(number) else 0

    def opted(self) -> str:
        """Say whether Twilio shut this person out of our messages or let them in, if it says."""
        return {"STOP": "out", "START": "in"}.get(self["OptOutType"], "")

    def attachments(self) -> tuple[Attachment, ...]:
        """List the files that came along."""
        return tuple(
            _attachment(self[url], self[mime], self["MessageType"])
            for url, mime in zip(_twilio_form.MEDIA_URLS, _twilio_form.MEDIA_TYPES, strict=True)
            if self[url]
        )


def read(
    raw: bytes, channel: str, account: str, message: Callable[[Form], Event]
) -> tuple[Event, ...]:
    """Read a kept request; what a message means is said by its channel."""
    try:
        form = Form(raw)
    except ValueError as error:
        return (Odd(channel, account, "", "", f"Not a request as we keep them: {error}."),)
    return (_receipt(form, channel, account) if form["MessageStatus"] else message(form),)


def _receipt(form: Form, channel: str, account: str) -> Event:
    word, code = form["MessageStatus"], form["ErrorCode"].lstrip("0")
    status = STATUSES.get(word)
    if status is None:
        why = f"Twilio reported a status that we do not know: {word[:40]}."
        return Odd(channel, account, form.event_id, form["To"], why)
    failed = status is Status.FAILED and code
    return Receipt(
        channel=channel,
        account=account,
        event_id=form.event_id,
        message_id=form["MessageSid"],
        status=status,
        key=form.key,
        code=code,
        attempt=form.attempt,
        failure=verdict(code, BAD_REQUEST, to=form["To"]) if failed else None,
    )


def _attachment(url: str, mime: str, message_type: str) -> Attachment:
    mime = mime.partition(";")[0].strip().lower()
    named = MEDIA_SID.search(url)
    return Attachment(
        kind=_media_kind(mime, message_type),
        locator=url,
        mime=mime,
        provider_id=named[1] if named else "",
    )


def _media_kind(mime: str, message_type: str) -> MediaKind:
    if message_type == "document":  # a photo sent as a document keeps its own bytes
        return MediaKind.DOCUMENT
    if message_type == "sticker" or mime in CONTACT_CARDS or not mime:
        return MediaKind.OTHER
    kinds = {"image": MediaKind.PHOTO, "audio": MediaKind.VOICE, "video": MediaKind.VIDEO}
    return kinds.get(mime.partition("/")[0], MediaKind.DOCUMENT)
