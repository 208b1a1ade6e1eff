"""The phone book: who the people of the simulator are, and how each can be reached."""

import json
import zlib
from dataclasses import dataclass
from typing import Any

from bot.simulator.line import Channel, Line
from bot.simulator.record.store import Store


@dataclass(frozen=True)
class Person:
    """Somebody who holds phones."""

    name: str
    phone: str | None = None
    telegram_id: int | None = None
    started: bool = False
    blocked: bool = False
    channels: tuple[str, ...] = ()

    def line(self, channel: Channel) -> Line | None:
        """This person's phone on a channel, if there is one."""
        if channel.value not in self.channels:
            return None
        if channel is Channel.TELEGRAM:
            return Line(channel, str(self.telegram_id)) if self.telegram_id else None
        return Line(channel, self.phone) if self.phone else None


@dataclass(frozen=True)
class Fate:
    """What always happens to messages for one address: a final status and Twilio's code for it."""

    status: str
    code: int | None


class Book:
    """People, which of them pressed Start, who blocked whom, and who cannot be reached."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def people(self) -> list[Person]:
        """Everybody, in the order they were written down."""
        rows = self._store.rows(
            "SELECT people.*, started, blocked FROM people"
            " LEFT JOIN chats ON chats.telegram_id = people.telegram_id ORDER BY position"
        )
        return [
            Person(
                name=row["name"],
                phone=row["phone"],
                telegram_id=row["telegram_id"],
                started=bool(row["started"]),
                blocked=bool(row["blocked"]),
                channels=tuple(json.loads(row["channels"])),
            )
            for row in rows
        ]

    def write(self, people: list[Person]) -> None:
        """Replace the list; a Start pressed or a block made by hand stays."""
        with self._store.transaction():
            self._store.write("DELETE FROM people")
            for person in people:
                self.add(person)

    def add(self, person: Person) -> None:
        """Write somebody down after the others."""
        self._store.write(
            "INSERT INTO people(name, phone, telegram_id, channels) VALUES(?, ?, ?, ?)",
            person.name,
            person.phone,
            person.telegram_id,
            json.dumps(person.channels),
        )
        if person.telegram_id is not None and person.started:
            self.start(person.telegram_id)

    def holder(self, line: Line) -> Person:
        """Who holds this phone; a stranger is called by the number."""
        for person in self.people():
            mine = str(person.telegram_id) if line.channel is Channel.TELEGRAM else person.phone
            if mine == line.address:
                return person
        if line.channel is Channel.TELEGRAM:
            return Person(name=line.address, telegram_id=int(line.address))
        return Person(name=line.address, phone=line.address)

    def started(self, telegram_id: int) -> bool:
        """Whether this person ever pressed Start."""
        row = self._store.row("SELECT started FROM chats WHERE telegram_id = ?", telegram_id)
        return bool(row and row["started"])

    def blocked(self, telegram_id: int) -> bool:
        """Whether this person has blocked the bot."""
        row = self._store.row("SELECT blocked FROM chats WHERE telegram_id = ?", telegram_id)
        return bool(row and row["blocked"])

    def start(self, telegram_id: int) -> None:
        """Remember that the bot may write to this person."""
        self._store.write(
            "INSERT INTO chats VALUES(?, 1, 0) ON CONFLICT(telegram_id) DO UPDATE SET started = 1",
            telegram_id,
        )

    def block(self, telegram_id: int, *, blocked: bool) -> None:
        """Remember that the bot may not, or may again, write to this person."""
        self._store.write(
            "UPDATE chats SET blocked = ? WHERE telegram_id = ?", int(blocked), telegram_id
        )

    def opted_out(self, sender: str, address: str) -> bool:
        """Whether the carrier blocks messages from this sender to this address."""
        return bool(
            self._store.row(
                "SELECT 1 FROM optouts WHERE sender = ? AND address = ?", sender, address
            )
        )

    def opt_out(self, sender: str, address: str, *, out: bool) -> None:
        """Block, or unblock, one sender for one address."""
        if out:
            self._store.write("INSERT OR IGNORE INTO optouts VALUES(?, ?)", sender, address)
        else:
            self._store.write(
                "DELETE FROM optouts WHERE sender = ? AND address = ?", sender, address
            )

    def fate(self, line: Line) -> Fate | None:
        """What was arranged to happen to messages for this phone."""
        row = self._store.row(
            "SELECT status, code FROM fates WHERE channel = ? AND address = ?",
            line.channel.value,
            line.address,
        )
        return Fate(row["status"], row["code"]) if row else None

    def arrange(self, line: Line, fate: Fate | None) -> None:
        """Arrange what happens to messages for this phone, or let them arrive again."""
        self._store.write(
            "DELETE FROM fates WHERE channel = ? AND address = ?", line.channel.value, line.address
        )
        if fate:
            self._store.write(
                "INSERT INTO fates VALUES(?, ?, ?, ?)",
                line.channel.value,
                line.address,
                fate.status,
                fate.code,
            )


def person_of(document: dict[str, Any]) -> Person:
    """Read one entry of a phone book; refuses one without a name or without any phone."""
    name = str(document.get("name") or "").strip()
    phone = str(document.get("phone") or "").strip() or None
    number = document.get("telegram_id")
    asked = tuple(str(channel) for channel in document.get("channels") or ())
    unknown = set(asked) - {channel.value for channel in Channel}
    if not name or unknown or (phone and not phone.startswith("+")):
        raise ValueError(
            f"{document!r} is no entry of a phone book: it needs a name, a phone that begins"
            " with + if there is one, and channels among whatsapp, sms and telegram."
        )
    if number is None and "telegram" in asked:
        # Everybody has a Telegram id, also those the demo gave none.
        number = 5_000_000_000 + zlib.crc32(f"{name}/{phone}".encode())
    able = (("whatsapp", "sms") if phone else ()) + (("telegram",) if number else ())
    channels = tuple(channel for channel in (asked or able) if channel in able)
    if not channels:
        raise ValueError(f"{name} can be reached on no channel: give a phone or a telegram_id.")
    return Person(
        name=name,
        phone=phone,
        telegram_id=int(number) if number else None,
        started=bool(document.get("started")),
        channels=channels,
    )
