"""A phone as its person sees it, in JSON."""

import time
from typing import Any

from bot.simulator.house import House
from bot.simulator.line import Author, Channel, Line
from bot.simulator.record.threads import Message
from bot.simulator.twilio.segments import segments

_SPINS = 60.0


class Screens:
    """Draws threads and the phone book."""

    def __init__(self, house: House) -> None:
        self._house = house

    def phone(self, line: Line, limit: int) -> dict[str, Any]:
        """One phone: who holds it, what it may do, and its messages, oldest first."""
        person = self._house.book.holder(line)
        telegram = line.channel is Channel.TELEGRAM
        blocked = self._blocked(line)
        return {
            "channel": line.channel.value,
            "address": line.address,
            "name": person.name,
            "mark": str(self._house.live.mark(line)),
            "started": self._house.book.started(int(line.address)) if telegram else True,
            "blocked": blocked,
            "typing": self._typing(line),
            "notice": self._notice(line) if telegram else None,
            "commands": self._commands() if telegram else [],
            "receipt": self._receipt(line),
            "messages": [self._message(one) for one in self._house.threads.of(line, limit)],
        }

    def book(self) -> list[dict[str, Any]]:
        """Everybody, with what is needed to choose a phone."""
        return [
            {
                "name": one.name,
                "phone": one.phone,
                "telegram_id": one.telegram_id,
                "started": one.started,
                "blocked": one.blocked,
                "channels": list(one.channels),
            }
            for one in self._house.book.people()
        ]

    def lines(self) -> list[dict[str, Any]]:
        """Every phone that can be looked at: the book's, then strangers' that were written to."""
        found: dict[Line, str] = {}
        for person in self._house.book.people():
            for channel in Channel:
                line = person.line(channel)
                if line:
                    found.setdefault(line, person.name)
        for line in self._house.threads.lines():
            found.setdefault(line, self._house.book.holder(line).name)
        last = self._house.threads.last_arrivals()
        return [
            {
                "channel": line.channel.value,
                "address": line.address,
                "name": name,
                "last": last.get(line, 0),
            }
            for line, name in found.items()
        ]

    def _message(self, one: Message) -> dict[str, Any]:
        return {
            "id": one.id,
            "key": one.key,
            "author": one.author.value,
            "kind": one.kind,
            "text": one.text,
            "status": one.status,
            "error": one.error,
            "choices": one.choices,
            "place": one.place,
            "files": [self._file(identity) for identity in one.files],
            "quoted": self._quote(one.quoted),
            "at": one.made,
            "edited": one.edited,
            "protected": bool(one.detail.get("telegram", {}).get("has_protected_content")),
            "segments": segments(one.text) if one.line.channel is Channel.SMS else None,
            "pressed": self._pressed(one) if one.choices else None,
        }

    def _file(self, identity: str) -> dict[str, Any]:
        file = self._house.files.get(identity)
        return {
            "id": file.id,
            "url": f"{self._house.settings.base_url.rstrip('/')}/api/files/{file.id}",
            "name": file.name,
            "type": file.type,
            "size": file.size,
            "sha256": file.sha256,
            "width": file.width,
            "height": file.height,
        }

    def _quote(self, number: int | None) -> dict[str, Any] | None:
        if number is None:
            return None
        one = self._house.threads.get(number)
        words = one.text or {"photo": "Photo", "voice": "Voice note", "place": "Location"}.get(
            one.kind, "File"
        )
        return {"id": one.id, "author": one.author.value, "text": words}

    def _pressed(self, one: Message) -> str | None:
        """The choice whose press the bot has not answered yet."""
        row = self._house.store.row(
            "SELECT choice FROM presses WHERE message = ? AND answered = 0 AND made > ?"
            " ORDER BY made DESC LIMIT 1",
            one.id,
            time.time() - _SPINS,
        )
        return str(row["choice"]) if row else None

    def _notice(self, line: Line) -> dict[str, Any] | None:
        """What the bot answered to the last press, as the app shows it for a moment."""
        row = self._house.store.row(
            "SELECT presses.id, notice FROM presses JOIN messages ON messages.id = presses.message"
            " WHERE messages.channel = ? AND messages.address = ? AND notice != ''"
            " ORDER BY presses.made DESC LIMIT 1",
            line.channel.value,
            line.address,
        )
        return {"id": row["id"], "text": row["notice"]} if row else None

    def _commands(self) -> list[dict[str, str]]:
        """The bot's commands as a phone set to Spanish lists them."""
        store = self._house.store
        kept = store.fact("telegram/commands/es") or store.fact("telegram/commands/")
        return kept or []

    def _typing(self, line: Line) -> float:
        """Until when the bot is shown as typing."""
        until = self._house.store.fact(f"telegram/typing/{line.address}") or 0.0
        return float(until) if until > time.time() else 0.0

    def _blocked(self, line: Line) -> bool:
        if line.channel is Channel.TELEGRAM:
            return self._house.book.blocked(int(line.address))
        fate = self._house.book.fate(line)
        return bool(fate and fate.code in (30004, 63024))

    def _receipt(self, line: Line) -> dict[str, Any] | None:
        """What the organisation's provider knows of its last message to this phone."""
        last = self._house.threads.last_told(line)
        if last is None or last.author is not Author.ORGANISATION:
            return None
        return {"status": last.status, "error": last.error, "at": last.changed}
