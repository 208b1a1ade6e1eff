"""What somebody typed: read, checked, and kept so that an error never costs it."""

import hashlib
import json
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import TypeVar
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from models.text import Text, _

E = TypeVar("E", bound=Enum)

LONG = 4000
SHORT = 120
FIELDS = 20_000  # a broadcast to everybody is one box a person
UNTYPED = frozenset({"csrf", "step", "looked_at", "resumed"})
LARGEST_ID = 2**31 - 1


class Form:
    """The fields of one request. Reading notes what is wrong, field by field, in sentences."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self.values: dict[str, list[str]] = {}
        for name, value in fields:
            # NUL has no meaning in words, and PostgreSQL refuses it.
            self.values.setdefault(name, []).append(value.replace("\x00", ""))
        self.files: dict[str, bytes] = {}
        self.errors: dict[str, Text] = {}
        self.refusals: list[Text] = []

    @classmethod
    def parsed(cls, body: bytes) -> "Form":
        """Read an url-encoded body. Raises `ValueError` when it has too many fields."""
        text = body.decode("utf-8", "replace")
        return cls(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS))

    @classmethod
    async def uploaded(cls, headers: Headers, body: bytes) -> "Form":
        """Read a body that has files in it. Raises `ValueError` when it is broken."""

        async def whole() -> AsyncGenerator[bytes, None]:
            yield body

        parser = MultiPartParser(headers, whole(), max_files=1, max_part_size=len(body) + 1)
        try:
            parts = (await parser.parse()).multi_items()
        except (MultiPartException, LookupError) as problem:
            raise ValueError(str(problem)) from problem
        form = cls((name, value) for name, value in parts if isinstance(value, str))
        for name, value in parts:
            if not isinstance(value, str):
                form.files[name] = await value.read()
                await value.close()
        return form

    @classmethod
    def filled(cls, values: Mapping[str, str | Sequence[str]]) -> "Form":
        """Make a form with values already in it."""
        return cls(
            (name, item)
            for name, value in values.items()
            for item in ([value] if isinstance(value, str) else value)
        )

    def wrong(self, name: str, sentence: Text) -> None:
        """Note what is wrong with a field; "" is the form as a whole. The first note stays."""
        self.errors.setdefault(name, sentence)

    def refuse(self, *sentences: Text) -> None:
        """Note why what was asked for was not done."""
        self.refusals += sentences

    @property
    def fine(self) -> bool:
        """Whether nothing is wrong so far."""
        return not self.errors and not self.refusals

    def mark(self) -> str:
        """Mark what was typed, so that only what was looked at is sent."""
        typed = {name: values for name, values in self.values.items() if name not in UNTYPED}
        return hashlib.sha256(json.dumps(typed, sort_keys=True).encode()).hexdigest()[:32]

    def raw(self, name: str) -> str:
        """Give a field as it was typed."""
        found = self.values.get(name)
        return found[-1] if found else ""

    def every(self, name: str) -> list[str]:
        """Give every value of a field that may have several."""
        return self.values.get(name, [])

    def has(self, name: str, value: str) -> bool:
        """Tell whether a box is ticked."""
        return value in self.every(name)

    def words(self, name: str, *, need: Text | None = None, most: int = LONG) -> str:
        """Read words. `need` is what to say when there are none."""
        text = self.raw(name).replace("\r\n", "\n").strip()
        if not text and need is not None:
            self.wrong(name, need)
        if len(text) > most:
            self.wrong(
                name,
                _(
                    "This is too long: {length} characters. Shorten it to {most}.",
                    length=str(len(text)),
                    most=str(most),
                ),
            )
        return text

    def choice(self, name: str, kind: type[E], *, need: Text | None = None) -> E | None:
        """Read one of a closed list, or nothing."""
        value = self.raw(name)
        for member in kind:
            if str(member.value) == value:
                return member
        if value:
            self.wrong(name, _("Choose one of the list."))
        elif need is not None:
            self.wrong(name, need)
        return None

    def choices(self, name: str, kind: type[E]) -> list[E]:
        """Read the ticked boxes of a closed list, in the list's order."""
        ticked = set(self.every(name))
        if ticked - {str(member.value) for member in kind}:
            self.wrong(name, _("Choose from the list."))
        return [member for member in kind if str(member.value) in ticked]

    def number(self, name: str, *, need: Text | None = None) -> int | None:
        """Read a whole number that names a row, or nothing."""
        value = self.raw(name).strip()
        if value.isascii() and value.isdigit() and int(value) <= LARGEST_ID:
            return int(value)
        if value:
            self.wrong(name, need or _("Choose one of the list."))
        elif need is not None:
            self.wrong(name, need)
        return None

    def numbers(self, name: str) -> list[int]:
        """Read the ticked boxes that name rows, each once."""
        found = dict.fromkeys(
            int(value) for value in self.every(name) if value.isascii() and value.isdigit()
        )
        return [number for number in found if number <= LARGEST_ID]

    def day(self, name: str, *, today: date) -> str:
        """Read a day that has not passed (ISO), or nothing."""
        value = self.raw(name).strip()
        if not value:
            return ""
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.wrong(name, _("Write the day as year-month-day, like 2026-12-05."))
            return ""
        if day < today:
            self.wrong(name, _("This day has passed. Choose today or later."))
        return day.isoformat()

    def moment(self, name: str, zone: ZoneInfo, *, now: datetime) -> datetime | None:
        """Read a day and hour on a person's own clock that is still to come, or nothing."""
        value = self.raw(name).strip()
        if not value:
            return None
        try:
            local = datetime.fromisoformat(value)
        except ValueError:
            self.wrong(name, _("Write the day and hour like 2026-12-05T17:00."))
            return None
        moment = local.replace(tzinfo=zone).astimezone(UTC)
        if moment <= now:
            self.wrong(name, _("This hour has passed. Choose a later one."))
        return moment
