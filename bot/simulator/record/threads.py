"""The messages of every phone, as the providers keep them and as the phones show them."""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.simulator.line import Author, Channel, Line
from bot.simulator.record.live import Live
from bot.simulator.record.store import Store

_COLUMNS = (
    "key", "text", "status", "error", "choices", "detail", "sent", "shown", "edited", "removed",
    "gone", "redacted", "files", "place",
)  # fmt: skip
_WRITTEN = {"choices", "detail", "files", "place"}


@dataclass(frozen=True)
class Draft:
    """A message before it has a number."""

    line: Line
    author: Author
    key: str
    kind: str = "text"
    text: str = ""
    status: str = "sent"
    shown: bool = True
    sender: str = ""
    recipient: str = ""
    choices: dict[str, Any] | None = None
    place: dict[str, Any] | None = None
    files: tuple[str, ...] = ()
    quoted: int | None = None
    sent: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """A message that was accepted; `detail` is what only its provider knows."""

    id: int
    line: Line
    author: Author
    key: str
    kind: str
    text: str
    status: str
    error: int | None
    choices: dict[str, Any] | None
    place: dict[str, Any] | None
    files: tuple[str, ...]
    quoted: int | None
    detail: dict[str, Any]
    sender: str
    recipient: str
    made: float
    sent: float | None
    changed: float
    shown: bool
    edited: bool
    removed: bool
    gone: bool
    redacted: bool


@dataclass(frozen=True)
class Page:
    """Which messages a provider's list should give."""

    sender: str = ""
    recipient: str = ""
    since: float = 0.0
    until: float = 1e12
    before: int = 2**62
    size: int = 50


class Threads:
    """Adds, changes and finds messages, and tells the phones."""

    def __init__(self, store: Store, live: Live) -> None:
        self._store = store
        self._live = live

    def add(self, draft: Draft) -> Message:
        """Accept a message."""
        now = time.time()
        number = self._store.write(
            "INSERT INTO messages(channel, address, author, key, kind, text, status, choices,"
            " place, files, quoted, detail, sender, recipient, made, sent, changed, shown)"
            " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            draft.line.channel.value,
            draft.line.address,
            draft.author.value,
            draft.key,
            draft.kind,
            draft.text,
            draft.status,
            json.dumps(draft.choices),
            json.dumps(draft.place),
            json.dumps(draft.files),
            draft.quoted,
            json.dumps(draft.detail),
            draft.sender,
            draft.recipient,
            now,
            draft.sent,
            now,
            int(draft.shown),
        )
        self._live.touch(draft.line)
        return self.get(number)

    def change(self, message: int, **changes: Any) -> Message:
        """Change some of a message's columns."""
        unknown = set(changes) - set(_COLUMNS)
        if unknown:
            raise ValueError(f"A message has no {unknown}.")
        values = [
            json.dumps(value) if name in _WRITTEN else value for name, value in changes.items()
        ]
        names = ", ".join(f"{name} = ?" for name in changes)
        self._store.write(
            f"UPDATE messages SET {names}, changed = ? WHERE id = ?",  # noqa: S608 - our own names
            *values,
            time.time(),
            message,
        )
        changed = self.get(message)
        self._live.touch(changed.line)
        return changed

    def get(self, message: int) -> Message:
        """The message of this number."""
        row = self._store.row("SELECT * FROM messages WHERE id = ?", message)
        if row is None:
            raise LookupError(f"There is no message {message}.")
        return _message(row)

    def find(self, line: Line, key: str) -> Message | None:
        """The message with this provider's id on this phone."""
        row = self._store.row(
            "SELECT * FROM messages WHERE channel = ? AND address = ? AND key = ?",
            line.channel.value,
            line.address,
            key,
        )
        return _message(row) if row else None

    def by_key(self, key: str) -> Message | None:
        """The Twilio message with this SID."""
        row = self._store.row("SELECT * FROM messages WHERE key = ? AND channel != 'telegram'", key)
        return _message(row) if row else None

    def of(self, line: Line, limit: int = 1000) -> list[Message]:
        """The last messages of a phone that it still shows, oldest first."""
        rows = self._store.rows(
            "SELECT * FROM messages WHERE channel = ? AND address = ? AND shown = 1"
            " AND removed = 0 ORDER BY id DESC LIMIT ?",
            line.channel.value,
            line.address,
            limit,
        )
        return [_message(row) for row in reversed(rows)]

    def page(self, page: Page) -> list[Message]:
        """The newest Twilio messages that fit, newest first, one more than the page holds."""
        rows = self._store.rows(
            "SELECT * FROM messages WHERE channel != 'telegram' AND author != 'carrier'"
            " AND gone = 0 AND id < ? AND (? = '' OR sender = ?) AND (? = '' OR recipient = ?)"
            " AND coalesce(sent, made) >= ? AND coalesce(sent, made) < ? ORDER BY id DESC LIMIT ?",
            page.before,
            page.sender,
            page.sender,
            page.recipient,
            page.recipient,
            page.since,
            page.until,
            page.size + 1,
        )
        return [_message(row) for row in rows]

    def lines(self) -> list[Line]:
        """Every phone that has a message, the latest first."""
        rows = self._store.rows(
            "SELECT channel, address, max(id) AS last FROM messages GROUP BY channel, address"
            " ORDER BY last DESC LIMIT 500"
        )
        return [Line(Channel(row["channel"]), row["address"]) for row in rows]

    def last_arrivals(self) -> dict[Line, int]:
        """The number of the last message that arrived on each phone."""
        rows = self._store.rows(
            "SELECT channel, address, max(id) AS last FROM messages"
            " WHERE author != 'person' AND shown = 1 GROUP BY channel, address"
        )
        return {Line(Channel(row["channel"]), row["address"]): row["last"] for row in rows}

    def last_said(self, line: Line) -> float:
        """When the person of this phone last wrote; 0 for never."""
        row = self._store.row(
            "SELECT max(made) AS at FROM messages"
            " WHERE channel = ? AND address = ? AND author = 'person'",
            line.channel.value,
            line.address,
        )
        return float(row["at"] or 0) if row else 0.0

    def last_told(self, line: Line) -> Message | None:
        """The newest message of the organisation to this phone, arrived or not."""
        row = self._store.row(
            "SELECT * FROM messages WHERE channel = ? AND address = ?"
            " AND author = 'organisation' ORDER BY id DESC LIMIT 1",
            line.channel.value,
            line.address,
        )
        return _message(row) if row else None

    def unread(self, line: Line) -> Sequence[Message]:
        """The organisation's messages that arrived on this phone and were not seen."""
        rows = self._store.rows(
            "SELECT * FROM messages WHERE channel = ? AND address = ? AND shown = 1"
            " AND author = 'organisation' AND status = 'delivered' ORDER BY id",
            line.channel.value,
            line.address,
        )
        return [_message(row) for row in rows]


def _message(row: sqlite3.Row) -> Message:
    return Message(
        id=row["id"],
        line=Line(Channel(row["channel"]), row["address"]),
        author=Author(row["author"]),
        key=row["key"],
        kind=row["kind"],
        text=row["text"],
        status=row["status"],
        error=row["error"],
        choices=json.loads(row["choices"]) if row["choices"] else None,
        place=json.loads(row["place"]) if row["place"] else None,
        files=tuple(json.loads(row["files"])),
        quoted=row["quoted"],
        detail=json.loads(row["detail"]),
        sender=row["sender"],
        recipient=row["recipient"],
        made=row["made"],
        sent=row["sent"],
        changed=row["changed"],
        shown=bool(row["shown"]),
        edited=bool(row["edited"]),
        removed=bool(row["removed"]),
        gone=bool(row["gone"]),
        redacted=bool(row["redacted"]),
    )
