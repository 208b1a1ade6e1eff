"""What a person can do with a phone, the same words for all three."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.simulator.line import Line, Refused
from bot.simulator.record.files import Upload, sample
from bot.simulator.record.threads import Message

_MOST_PHOTOS = 30


@dataclass(frozen=True)
class Act:
    """One act of a person, as the page or a test asks for it."""

    kind: str
    text: str = ""
    message: int | None = None
    """The message that is quoted, tapped or edited."""
    choice: str = ""
    """The label or the id of what is tapped."""
    files: tuple[Upload, ...] = ()
    place: dict[str, Any] = field(default_factory=dict)


class Handset(Protocol):
    """A phone of one channel: it does acts and returns the messages that they made."""

    def say(self, line: Line, act: Act) -> list[Message]:
        """Send words, perhaps quoting a message."""

    def tap(self, line: Line, act: Act) -> list[Message]:
        """Press a button or choose from a list."""

    def photos(self, line: Line, act: Act) -> list[Message]:
        """Send pictures in one burst."""

    def document(self, line: Line, act: Act) -> list[Message]:
        """Send a file as it is."""

    def voice(self, line: Line, act: Act) -> list[Message]:
        """Send a voice note."""

    def pin(self, line: Line, act: Act) -> list[Message]:
        """Send a place."""

    def start(self, line: Line, act: Act) -> list[Message]:
        """Press Start, perhaps from an invitation."""

    def edit(self, line: Line, act: Act) -> list[Message]:
        """Change one's own message."""

    def block(self, line: Line, act: Act) -> list[Message]:
        """Block the organisation."""

    def unblock(self, line: Line, act: Act) -> list[Message]:
        """Take the block back."""

    def read(self, line: Line, act: Act) -> list[Message]:
        """Look at the phone."""


KINDS = (
    "say", "tap", "photos", "document", "voice", "pin", "start", "edit", "block", "unblock", "read"
)  # fmt: skip


def act_of(document: Any, uploads: tuple[Upload, ...] = ()) -> Act:
    """Read an act; refuses one that says too little."""
    if not isinstance(document, dict) or document.get("act") not in KINDS:
        raise Refused(f"Say which act is meant: {', '.join(KINDS)}.")
    kind = document["act"]
    named = document.get("files")
    files = uploads if named is None else tuple(_upload(one, uploads) for one in named)
    message = document.get("message")
    act = Act(
        kind=kind,
        text=str(document.get("text") or ""),
        message=int(message) if message is not None else None,
        choice=str(document.get("choice") or ""),
        files=files or _usual(kind),
        place=_place(document) if kind == "pin" else {},
    )
    _enough(act)
    return act


def _enough(act: Act) -> None:
    if act.kind in ("say", "edit") and not act.text:
        raise Refused("There are no words to send.")
    if act.kind == "edit" and act.message is None:
        raise Refused("Say which message is edited.")
    if act.kind == "tap" and not act.choice:
        raise Refused("Say which choice is tapped, by its label or its id.")
    if act.kind in ("photos", "document") and not act.files:
        raise Refused("Say which files are sent.")
    if len(act.files) > _MOST_PHOTOS:
        raise Refused(f"A phone sends at most {_MOST_PHOTOS} files at once.")


def _upload(one: Any, uploads: tuple[Upload, ...]) -> Upload:
    """A sample by its name, a file that came beside the act by its number, or bytes in base64."""
    if not isinstance(one, dict):
        raise Refused("A file is {sample: name}, {upload: number} or {name, type, base64}.")
    if "sample" in one:
        return sample(str(one["sample"]))
    try:
        if "upload" in one:
            return uploads[int(one["upload"])]
        content = base64.b64decode(one["base64"], validate=True)
    except (KeyError, TypeError, ValueError, IndexError, binascii.Error) as problem:
        raise Refused(f"That file cannot be sent: {problem}") from None
    return Upload(
        str(one.get("name") or "photo.jpg"), str(one.get("type") or "image/jpeg"), content
    )


def _usual(kind: str) -> tuple[Upload, ...]:
    return (sample("voice-note"),) if kind == "voice" else ()


def _place(document: dict[str, Any]) -> dict[str, Any]:
    try:
        latitude, longitude = float(document["latitude"]), float(document["longitude"])
    except (KeyError, TypeError, ValueError):
        raise Refused("A pin needs a latitude and a longitude, in degrees.") from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # noqa: PLR2004 - the globe
        raise Refused("There is no such place: latitude is -90 to 90, longitude -180 to 180.")
    return {
        "latitude": latitude,
        "longitude": longitude,
        "label": str(document.get("label") or ""),
        "address": str(document.get("address") or ""),
    }


def chosen(message: Message, choice: str) -> dict[str, Any]:
    """The choice of a message with this label or id; refuses one that is not there."""
    choices = message.choices or {}
    for row in choices.get("rows", ()):
        for one in row:
            if choice in (one.get("id"), one["label"]):
                found: dict[str, Any] = one
                return found
    raise Refused(f"The message shows no choice {choice!r}.")


def offering(messages: list[Message], choice: str) -> Message:
    """The newest message that shows this choice."""
    for message in reversed(messages):
        if message.choices:
            try:
                chosen(message, choice)
            except Refused:
                continue
            return message
    raise Refused(f"No message on this phone shows a choice {choice!r}.")
