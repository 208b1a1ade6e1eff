"""Telegram's users, chats, messages and files as JSON."""

import re
import time
from typing import Any

from bot.simulator.record.book import Person
from bot.simulator.record.files import File
from bot.simulator.settings import SimulatorSettings

Json = dict[str, Any]
_COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,32}")
_LINK = re.compile(r"https?://\S+")


def bot(settings: SimulatorSettings) -> Json:
    """The bot as a user."""
    return {
        "id": settings.bot_id,
        "is_bot": True,
        "first_name": settings.organisation,
        "username": settings.bot_username,
    }


def user(person: Person) -> Json:
    """A person as a user; Telegram gives no phone number."""
    first, _, last = person.name.partition(" ")
    found = {"id": person.telegram_id, "is_bot": False, "first_name": first}
    return found | ({"last_name": last} if last else {}) | {"language_code": "es"}


def chat(person: Person) -> Json:
    """The private chat with a person."""
    named = user(person)
    kept = {name: named[name] for name in ("id", "first_name", "last_name") if name in named}
    return kept | {"type": "private"}


def entities(text: str) -> list[Json]:
    """Where commands and links stand in a text, counted in UTF-16 units as Telegram does."""
    found = []
    for kind, pattern in (("bot_command", _COMMAND), ("url", _LINK)):
        for match in pattern.finditer(text):
            offset, length = _units(text[: match.start()]), _units(match[0])
            found.append({"type": kind, "offset": offset, "length": length})
    return sorted(found, key=lambda one: one["offset"])


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def message(number: int, sender: Json, where: Json, content: Json) -> Json:
    """A message with its content."""
    return {
        "message_id": number,
        "from": sender,
        "chat": where,
        "date": int(time.time()),
        **content,
    }


def text(words: str) -> Json:
    """The content of a text message."""
    marked = entities(words)
    return {"text": words} | ({"entities": marked} if marked else {})


def photo(sizes: list[File]) -> Json:
    """The content of a photo: all its sizes, the smallest first."""
    return {"photo": [_named(size) | _sides(size) for size in sizes]}


def document(file: File) -> Json:
    """The content of a file that is sent as it is."""
    return {"document": {"file_name": file.name, "mime_type": file.type, **_named(file)}}


def voice(file: File, seconds: int) -> Json:
    """The content of a voice note."""
    return {"voice": {"duration": seconds, "mime_type": file.type, **_named(file)}}


def location(place: Json) -> Json:
    """The content of a pin."""
    spot = {"latitude": place["latitude"], "longitude": place["longitude"]}
    if place.get("label"):
        venue = {"location": spot, "title": place["label"], "address": place.get("address", "")}
        return {"venue": venue, "location": spot}
    return {"location": spot}


def without_quote(one: Json) -> Json:
    """A message as it stands inside another: a quote of a quote is left out."""
    return {name: value for name, value in one.items() if name != "reply_to_message"}


def _named(file: File) -> Json:
    return {"file_id": file.id, "file_unique_id": file.unique_id, "file_size": file.size}


def _sides(file: File) -> Json:
    # A picture that cannot be measured was damaged on its way; Telegram still says something.
    return {"width": file.width or 90, "height": file.height or 90}
