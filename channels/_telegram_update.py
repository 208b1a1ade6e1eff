"""A Telegram update cut down to what we use, before the library ever sees it.

The library validates nested rich text in a time that grows some 37-fold with each level, so one
crafted message could stop the whole process. Only the fields named here are passed on, none of
them nests deeper than it is written here, and none holds what a database cannot keep.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from channels.plain import clean

Shape = Mapping[str, "Shape"]

VALUE: Shape = {}  # a plain value; anything nested is dropped
MOST_ITEMS = 20
LARGEST_NUMBER = 2**52

PERSON: Shape = dict.fromkeys(
    ("id", "is_bot", "first_name", "last_name", "username", "language_code"), VALUE
)
CHAT: Shape = dict.fromkeys(("id", "type"), VALUE)
FILE: Shape = {
    **dict.fromkeys(("file_id", "file_unique_id", "file_size", "file_name", "mime_type"), VALUE),
    **dict.fromkeys(("width", "height", "length", "duration"), VALUE),
}
LOCATION: Shape = dict.fromkeys(("latitude", "longitude", "live_period"), VALUE)
QUOTED: Shape = {"message_id": VALUE, "date": VALUE, "chat": CHAT}
MESSAGE: Shape = {
    **QUOTED,
    "from": PERSON,
    "edit_date": VALUE,
    "text": VALUE,
    "caption": VALUE,
    "media_group_id": VALUE,
    "reply_to_message": QUOTED,
    "photo": FILE,
    "document": FILE,
    "voice": FILE,
    "audio": FILE,
    "video": FILE,
    "video_note": FILE,
    "animation": FILE,
    "location": LOCATION,
    "venue": {"location": LOCATION, "title": VALUE, "address": VALUE},
    "contact": dict.fromkeys(("phone_number", "first_name", "user_id"), VALUE),
}
BORING = frozenset({*QUOTED, "from", "edit_date"})
MEMBER: Shape = {"user": PERSON, "status": VALUE, "until_date": VALUE}
# These kinds of update are all that we ask Telegram for.
EVENTS: Mapping[str, Shape] = {
    "message": MESSAGE,
    "edited_message": MESSAGE,
    "callback_query": {
        "id": VALUE,
        "from": PERSON,
        "message": QUOTED,
        "chat_instance": VALUE,
        "data": VALUE,
    },
    "my_chat_member": {
        "chat": CHAT,
        "from": PERSON,
        "date": VALUE,
        "old_chat_member": MEMBER,
        "new_chat_member": MEMBER,
    },
}

WORDED = frozenset({"message", "edited_message"})

UPDATE_ID = re.compile(rb'\s*\{\s*"update_id"\s*:\s*([0-9]{1,15})\s*[,}]')
NAME = re.compile(r"[a-z_]{1,40}")
COMMAND = re.compile(r"/([A-Za-z_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
INVITE = re.compile(r"[A-Za-z0-9_-]{1,64}")
LATEST = 2**33  # seconds; later dates are nobody's


@dataclass(frozen=True)
class Kept:
    """An update's number, and its content as plain data; empty where it nests too deep to read."""

    number: int
    content: Mapping[str, Any]

    @cached_property
    def kind(self) -> str:
        """Name the one known kind of event in it, or nothing."""
        found = [kind for kind in EVENTS if isinstance(self.content.get(kind), dict)]
        return found[0] if len(found) == 1 else ""

    @property
    def sender(self) -> str:
        """Give the id of the person it came from, where it came from a talk between two."""
        event = self.content.get(self.kind, {})
        bearer = event if self.kind != "callback_query" else event.get("message")
        chat = bearer.get("chat") if isinstance(bearer, dict) else None
        if not isinstance(chat, dict) or chat.get("type") != "private":
            return ""
        return str(chat["id"]) if type(chat.get("id")) is int else ""

    @property
    def words(self) -> str:
        """Give what the person wrote: the text, or what stands under a file."""
        if self.kind not in WORDED:
            return ""
        event = self.content[self.kind]
        said = event.get("text") or event.get("caption")
        return words(clean(said))[0] if isinstance(said, str) else ""

    def pruned(self) -> Any:
        """Give the event cut down to what we use: all that the library may see of it."""
        return prune(self.content[self.kind], EVENTS[self.kind])

    def names(self, within: str = "") -> str:
        """List the names of what it holds, for staff."""
        names = self.content.get(within, {}) if within else self.content
        known = BORING if within else {"update_id"}
        return ", ".join(sorted(n for n in names if NAME.fullmatch(n) and n not in known)[:8])


def load(body: bytes) -> Kept:
    """Read an update's JSON. Raises `ValueError` for what is not an update at all."""
    try:
        update = json.loads(body, parse_constant=_refuse)
    except RecursionError:
        number = UPDATE_ID.match(body)
        if number is None:
            raise ValueError("it nests too deep") from None
        return Kept(int(number[1]), {})
    number = update.get("update_id") if isinstance(update, dict) else None
    if type(number) is not int or not 0 <= number < LARGEST_NUMBER:
        raise ValueError("it has no update_id")
    return Kept(number, update)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def prune(value: Any, shape: Shape) -> Any:
    """Keep what `shape` names. Recursion ends with the shape, whatever the depth of `value`."""
    if isinstance(value, dict) and shape:
        return {
            name: kept
            for name, inner in shape.items()
            if name in value and (kept := prune(value[name], inner)) is not None
        }
    if isinstance(value, list) and shape:
        return [prune(item, shape) for item in value[:MOST_ITEMS] if isinstance(item, dict)]
    if isinstance(value, str):
        return clean(value)
    return value if isinstance(value, bool | int | float) else None


def words(text: str) -> tuple[str, str | None]:
    """Give what was said, and an invite's token. A command is its word: `/ayuda` says `ayuda`."""
    command = COMMAND.fullmatch(text)
    if command is None:
        return text, None
    word, rest = command[1].lower(), (command[2] or "").strip()
    if word != "start":
        return f"{word} {rest}".strip(), None
    return word, rest if INVITE.fullmatch(rest) else ""


def moment(sent: datetime, edited: int | None) -> datetime:
    """Say when a message, or its newest edit, was written."""
    if edited is not None and 0 < edited < LATEST:
        return datetime.fromtimestamp(edited, UTC)
    return sent.astimezone(UTC)
