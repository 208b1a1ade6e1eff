"""What a conversation was given, and what it found to be so: frozen values kept as plain JSON.

A `given` is what a conversation knows when it starts. A fact is what has become true in it, in the
past tense. Both are stored with the conversation, so fields may be added with a default, never
renamed or removed while a conversation that holds them is open.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import Enum
from typing import Any, get_type_hints

from models.assignment import AssignmentKind, DeclineReason
from models.broadcast import Reply
from models.document import DocumentType, Obstacle
from models.grant import GrantAct, Purpose
from models.whereabouts import Certainty, Finding, Source

# --- what conversations are given ----------------------------------------------------------------


@dataclass(frozen=True)
class WelcomeGiven:
    """Somebody enrolled by an invite."""

    first_name: str
    organisation: str


@dataclass(frozen=True)
class OfferGiven:
    """An assignment, offered blind: no names, no case facts.

    `version` is that of the conversation it was offered in: from 2 on, whose no is one of time is
    asked about next week.
    """

    assignment: int
    code: str
    first_name: str
    kind: AssignmentKind
    municipality: str
    language_needed: str = ""
    due: str = ""  # ISO day
    budget: str = ""
    version: int = 1
    details: bool = False  # a link to them follows a yes


@dataclass(frozen=True)
class SearchGiven:
    """A search to report on."""

    assignment: int
    code: str


@dataclass(frozen=True)
class PapersGiven:
    """A document to be sent in photos."""

    request: int
    code: str
    document: DocumentType
    alias: str = ""  # what the country calls it, where that differs


@dataclass(frozen=True)
class AnnounceGiven:
    """A request that staff broadcast, in their own words."""

    broadcast: int
    code: str
    body: str


@dataclass(frozen=True)
class OutreachGiven:
    """A first contact with somebody who may be the person looked for. It names nobody."""

    case: int
    slots: tuple[str, ...]  # ISO instants, UTC, offered for a call
    zone: str
    organisation: str
    phone: str  # the published number to check us, "" when its review date has passed
    question: str = ""  # what only the person looked for can answer, in the words of staff


@dataclass(frozen=True)
class IntakeGiven:
    """Somebody wrote to us first. Without slots they are asked for an hour in words."""

    organisation: str
    slots: tuple[str, ...] = ()  # two ISO instants, UTC, or none
    zone: str = ""


@dataclass(frozen=True)
class PingGiven:
    """A lawyer is told that there is news. The code is all it says."""

    code: str


@dataclass(frozen=True)
class WhichGiven:
    """Something came that may belong to several requests. `heard` is 0 when it was files."""

    heard: int
    codes: tuple[str, ...]


@dataclass(frozen=True)
class ProvingGiven:
    """Somebody has to show who they are at an address: whether by a PIN, or by a code elsewhere."""

    address: int
    pin: bool = False
    code: bool = False


@dataclass(frozen=True)
class PinGiven:
    """Somebody may choose a PIN, where they have shown who they are."""

    address: int


@dataclass(frozen=True)
class AddedGiven:
    """Somebody is told at one address that another one was added to theirs."""

    address: int
    added: int


@dataclass(frozen=True)
class NotAdded:
    """Somebody says that it was not them who added an address."""

    added: int


@dataclass(frozen=True)
class ConsentGiven:
    """One purpose to be asked for, by whom of staff, in which version of the words."""

    purpose: Purpose
    asked_by: int
    version: str


# --- what conversations find ---------------------------------------------------------------------


@dataclass(frozen=True)
class IntakeAgreed:
    """Whoever wrote first chose an hour for a call (ISO instant, UTC), or said when in words."""

    slot: str = ""
    zone: str = ""
    words: str = ""


@dataclass(frozen=True)
class Accepted:
    """A Defender took an assignment."""

    assignment: int


@dataclass(frozen=True)
class Declined:
    """A Defender declined, with a reason and her own words."""

    assignment: int
    reason: DeclineReason
    note: str = ""


@dataclass(frozen=True)
class FreeNextWeek:
    """A Defender who had no time for an assignment can next week."""

    assignment: int


@dataclass(frozen=True)
class Lapsed:
    """An offer was not answered in time."""

    assignment: int


@dataclass(frozen=True)
class Asked:
    """Somebody asked what only a human can answer."""

    about: str  # a request code, or ""
    question: str


@dataclass(frozen=True)
class SearchReported:
    """A Defender reported a search, and confirmed what we understood."""

    assignment: int
    finding: Finding
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    source: Source | None = None
    certainty: Certainty | None = None
    note: str = ""


@dataclass(frozen=True)
class PapersSent:
    """A Defender said that the photos of a document are all there. `count` are stored."""

    request: int
    count: int


@dataclass(frozen=True)
class Unobtainable:
    """A document could not be had, because."""

    request: int
    obstacle: Obstacle
    explanation: str = ""


@dataclass(frozen=True)
class Answered:
    """Somebody answered a broadcast."""

    broadcast: int
    reply: Reply
    words: str = ""


@dataclass(frozen=True)
class ConsentAnswered:
    """Somebody answered whether they allow something: granted, refused, or unclear."""

    purpose: Purpose
    answer: GrantAct


@dataclass(frozen=True)
class IdentityTold:
    """Who said that it is they answered what only the person looked for can answer."""

    case: int
    words: str


@dataclass(frozen=True)
class CallBooked:
    """A possible parent chose an hour for a call."""

    case: int
    slot: str  # ISO instant, UTC


@dataclass(frozen=True)
class CallWanted:
    """A possible parent would talk, at an hour none of those offered."""

    case: int
    words: str


@dataclass(frozen=True)
class NotNow:
    """A possible parent cannot talk now."""

    case: int
    words: str = ""


@dataclass(frozen=True)
class NeverHere:
    """Somebody asked not to be written to at this address."""

    case: int


@dataclass(frozen=True)
class Unanswered:
    """A possible parent did not answer the first contact."""

    case: int


@dataclass(frozen=True)
class LanguageChosen:
    """Somebody chose the language we write in (ISO 639-3)."""

    language: str


@dataclass(frozen=True)
class Belongs:
    """Somebody said which request something belongs to; `code` is "" for none of them."""

    heard: int
    code: str


def pack(value: object) -> dict[str, Any]:
    """Make a given or a fact plain JSON, with its name."""
    parts: dict[str, object] = asdict(value)  # type: ignore[call-overload]
    return {"is": type(value).__name__} | {name: _plain(part) for name, part in parts.items()}


def unpack(packed: Mapping[str, Any]) -> object:
    """Read a given or a fact back. Raises `KeyError` for a name that is not known any more."""
    kind = _KINDS[packed["is"]]
    hints = get_type_hints(kind)
    return kind(
        **{
            part.name: _typed(packed[part.name], hints[part.name])
            for part in fields(kind)
            if part.name in packed
        }
    )


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _typed(value: object, hint: Any) -> object:
    if value is None:
        return None
    for kind in (hint, *getattr(hint, "__args__", ())):
        if isinstance(kind, type) and issubclass(kind, Enum):
            return kind(value)
    return tuple(value) if isinstance(value, list) else value


_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        WelcomeGiven,
        OfferGiven,
        SearchGiven,
        PapersGiven,
        AnnounceGiven,
        OutreachGiven,
        IntakeGiven,
        IntakeAgreed,
        PingGiven,
        WhichGiven,
        ProvingGiven,
        PinGiven,
        AddedGiven,
        NotAdded,
        ConsentGiven,
        ConsentAnswered,
        Accepted,
        Declined,
        FreeNextWeek,
        Lapsed,
        Asked,
        SearchReported,
        PapersSent,
        Unobtainable,
        Answered,
        IdentityTold,
        CallBooked,
        CallWanted,
        NotNow,
        NeverHere,
        Unanswered,
        LanguageChosen,
        Belongs,
    )
}


def request_of(given: str) -> int | None:
    """The document that a conversation asks for, out of its kept `given`, if it asks for one."""
    kept = json.loads(given)
    return int(kept["request"]) if kept["is"] == PapersGiven.__name__ else None
