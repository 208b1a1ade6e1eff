"""The contract between the bot and any provider: what comes in, what goes out, how it fails.

A channel knows one provider's dialect and nothing of cases, people or storage. The closed list of
failures says all that a sender may know: whether to try again, and what to tell a human.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from channels.failures import (
    BadAddress,
    Busy,
    Failure,
    Forged,
    Malformed,
    Misconfigured,
    Missing,
    Refused,
    Remedy,
    Scope,
    Stopped,
    TooBig,
    Uncertain,
    Unreachable,
    WindowClosed,
)

__all__ = [
    "RANK", "SMS", "TELEGRAM", "WHATSAPP", "Abilities", "Attachment", "BadAddress", "Blocked",
    "Busy", "Call", "Channel", "Door", "Envelope", "Event", "Failure", "Forged", "Inbound", "Kind",
    "Malformed", "MediaKind", "Misconfigured", "Missing", "Moved", "Odd", "Option", "Outbound",
    "Pin", "Receipt", "Refused", "Remedy", "Scope", "Sent", "Status", "Stopped", "Template",
    "TooBig", "Uncertain", "Unreachable", "WindowClosed", "Written",
]  # fmt: skip

WHATSAPP = "whatsapp"
SMS = "sms"
TELEGRAM = "telegram"


# --- what comes in --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """One HTTP request as it reached us: the public URL it was sent to, its headers, its bytes.

    `url` is built from the configured public address and the raw path and query, never from the
    request's own host. Header names are lower-case.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes


class Kind(Enum):
    """What an envelope holds, as far as can be told before reading it."""

    MESSAGE = "message"
    RECEIPT = "receipt"
    ODD = "odd"  # genuine, but of a kind we do not know: kept, and shown to staff


@dataclass(frozen=True)
class Envelope:
    """A verified request, ready to be kept: the least that must be known to keep it in order.

    `event_id` is the provider's own identity of the event, equal when it is delivered again.
    `sender` is the literal address it came from (for a receipt: the address it speaks of), or "".
    `words` is what a person wrote, as far as it can be told without the provider's library: enough
    to see a stop at once.
    """

    channel: str
    account: str
    event_id: str
    kind: Kind
    sender: str
    raw: bytes
    words: str = ""


class MediaKind(Enum):
    """How the sender sent a file."""

    PHOTO = "photo"  # recompressed by the service
    DOCUMENT = "document"  # the sender's own bytes
    VOICE = "voice"
    VIDEO = "video"
    OTHER = "other"


@dataclass(frozen=True)
class Attachment:
    """A file the provider holds for us. `locator` is opaque and secret; only `fetch` reads it."""

    kind: MediaKind
    locator: str
    mime: str = ""
    filename: str = ""
    size: int | None = None
    provider_id: str = ""


@dataclass(frozen=True)
class Pin:
    """A place on the map that the sender shared."""

    latitude: float
    longitude: float
    label: str = ""
    live: bool = False


@dataclass(frozen=True)
class Inbound:
    """One thing a person did: wrote, pressed, sent files, shared a place.

    `message_id` is the provider's id of the message (receipts and quotes speak of it); `button` is
    the opaque payload of a pressed choice; `quoted` the provider's id of the message replied to;
    `start` the token of an invite link; `album` groups files sent together; `press` is what
    `release` takes.
    """

    channel: str
    account: str
    event_id: str
    message_id: str
    sender: str
    recipient: str
    text: str = ""
    button: str = ""
    quoted: str = ""
    start: str | None = None
    attachments: tuple[Attachment, ...] = ()
    pin: Pin | None = None
    album: str = ""
    press: str = ""
    edited: bool = False
    forwarded: bool = False
    profile_name: str = ""
    language_hint: str = ""
    provider_answered: bool = (
        False  # the provider itself already answered a stop, start or help word
    )
    opted: str = ""  # "out" or "in": the provider blocks our messages to them now, or no more
    sent_at: datetime | None = None
    also: str = ""  # another id of the very same sender, which the provider told beside it


class Status(Enum):
    """How far a sent message has come. Statuses only ever move forward (see `RANK`)."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


RANK: Mapping[Status, int] = {
    Status.QUEUED: 10,
    Status.SENDING: 20,
    Status.SENT: 30,
    Status.FAILED: 35,
    Status.DELIVERED: 40,
    Status.READ: 50,
}
"""Monotone lattice: a failure counts only below DELIVERED, and a later proof of receipt wins."""


@dataclass(frozen=True)
class Receipt:
    """News about a message we sent.

    `key` and `attempt` are our own ids, where the provider carries them. `failure` says why it did
    not arrive and what is to be done, where its code tells.
    """

    channel: str
    account: str
    event_id: str
    message_id: str
    status: Status
    key: str = ""
    attempt: int = 0
    code: str = ""
    failure: Failure | None = None


@dataclass(frozen=True)
class Blocked:
    """The person blocked us (or let us back in: `blocked` is false)."""

    channel: str
    account: str
    event_id: str
    sender: str
    blocked: bool


@dataclass(frozen=True)
class Moved:
    """The provider says that somebody has another number now. `to` is "" where it does not say."""

    channel: str
    account: str
    event_id: str
    sender: str
    to: str = ""


@dataclass(frozen=True)
class Odd:
    """Something genuine that we cannot read. Kept raw and shown to staff with `why`."""

    channel: str
    account: str
    event_id: str
    sender: str
    why: str


Event = Inbound | Receipt | Blocked | Moved | Odd


# --- what goes out --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """One choice under a message. `id` is our opaque payload, at most 64 bytes."""

    id: str
    label: str


@dataclass(frozen=True)
class Template:
    """Words that WhatsApp approved, by their id there, and what to fill in."""

    sid: str
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outbound:
    """One message to one address. `key` and `attempt` are ours and come back with the receipts.

    With a `template`, `text` is how the filled template reads.
    """

    key: str
    attempt: int
    to: str
    text: str
    options: tuple[Option, ...] = ()
    expires_in: int | None = None  # seconds after which the provider must not deliver it any more
    private: bool = True  # ask the app not to let it be forwarded, where it can
    template: Template | None = None


@dataclass(frozen=True)
class Sent:
    """The provider accepted the message under this id."""

    message_id: str
    status: Status = Status.QUEUED


@dataclass(frozen=True)
class Abilities:
    """What this channel can draw and carry."""

    buttons: int  # choices it can draw as buttons; more become a list or numbers
    list_rows: int
    label_limit: int
    text_limit: int
    media_in: bool
    quotes: bool
    gsm7: bool = False  # text is folded to the SMS alphabet, and counted in segments


@dataclass(frozen=True)
class Written:
    """Exactly what will appear on the phone: the text, and the labels of buttons or a list."""

    text: str
    labels: tuple[str, ...] = ()
    segments: int = 1


class Channel(Protocol):
    """One provider line. Reading is pure; sending and fetching raise only the failures below."""

    name: str
    account: str
    abilities: Abilities

    def read(self, raw: bytes) -> tuple[Event, ...]:
        """Say what a kept envelope holds. Never raises: what it cannot read is `Odd`."""
        ...

    def write(self, outbound: Outbound) -> Written:
        """Draw a message as this channel will show it, without sending it."""
        ...

    def pieces(self, outbound: Outbound) -> tuple[Outbound, ...]:
        """Split a message that is too long into parts, in order; most are one part already.

        Its choices go with the last part. Each part can be written and sent by itself.
        """
        ...

    def rewritten(self, to: str) -> str:
        """Give another way to write an address that the provider did not know, or nothing."""
        ...

    async def send(self, outbound: Outbound) -> Sent:
        """Hand a message to the provider, once. Raises a `Failure`; never tries again by itself."""
        ...

    async def find(self, to: str, written: str, since: datetime) -> Sent | None:
        """Look for a message that may have been sent, where the provider can be asked.

        Gives None when it has no such message, or cannot say. Raises a `Failure`.
        """
        ...

    async def missed(self, since: datetime) -> tuple[Envelope, ...]:
        """List what came in since then, oldest first, where the provider keeps it and gives up.

        Most of it was delivered: keeping an envelope twice changes nothing. Raises a `Failure`.
        """
        ...

    async def release(self, press: str) -> None:
        """Let a pressed button stop spinning. Best effort: never raises a `Failure`."""
        ...

    def fetch(self, attachment: Attachment, limit: int) -> AsyncIterator[bytes]:
        """Stream a file's bytes. Raises a `Failure`, `TooBig` above `limit` bytes."""
        ...

    async def erase(self, attachment: Attachment) -> None:
        """Delete a file at the provider; one that is gone already is fine. Raises a `Failure`.

        Where the provider keeps nothing for us, this does nothing.
        """
        ...

    async def blank(self, message_id: str) -> None:
        """Take the words of a message away at the provider, whichever way it went.

        That it went, when and to whom stays there. One that is gone already is fine, and so is one
        that has no words any more. Raises a `Failure`, also while it is still on its way.

        Where the provider keeps nothing for us, this does nothing.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Door(Protocol):
    """Where a provider's requests come in."""

    def admit(self, call: Call) -> Envelope:
        """Verify a request and say how to keep it. Raises `Forged` or `Malformed`, nothing else."""
        ...
