"""Pages as they are drawn: templates, the reader's language, the reader's clock."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from bot.console import acts, kept, words
from bot.console.tones import tone
from models.person import Person, Via
from models.staff import Staff
from models.text import Day, Text, Value

STATIC = Path(__file__).parent / "static"
HOME_ZONE = "America/Guatemala"
NOWHERE = frozenset(
    {"UTC", "UCT", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich", "Universal", "Zulu", "Factory"}
)
MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds
TAGS = {"spa": "es", "eng": "en"}  # what the browser calls our languages

SPOKEN = (
    "t",
    "say",
    "word",
    "told",
    "channel",
    "why",
    "note",
    "quality",
    "short",
    "talk_about",
    "country",
    "spoken",
    "options",
    "country_options",
    "language_options",
    "person_options",
    "account_options",
    "day_options",
    "clock",
    "day",
    "date",
    "iso_day",
    "hour",
    "time",
    "ago",
)
"""What of a reader the templates may call by name."""

Render = Callable[[Text, str], str]


def zone_of(name: str, home: str = HOME_ZONE) -> ZoneInfo:
    """Find a time zone by its name; the network's own where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(home)


def lived_in(name: str, home: str) -> str:
    """Give the zone that a browser names, or the network's own where nobody lives in that one.

    A browser that was never told where it is says UTC. Whoever reads by it would take every hour
    for their own.
    """
    zone = zone_of(name, home).key
    return home if zone.startswith("Etc/") or zone in NOWHERE else zone


@cache
def static_url(name: str) -> str:
    """The address of a file that browsers may keep: it changes when the file does."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/console/static/{name}?v={digest}"


class Reader:
    """One reader's language and clock. Templates speak through it."""

    def __init__(self, render: Render, language: str, zone: str, now: datetime) -> None:
        self._render = render
        self.language = language
        self.tag = TAGS.get(language, language)
        self.zone = zone_of(zone)
        self.today = self.date(now)

    def say(self, text: Text) -> str:
        """Put words into the reader's language."""
        return self._render(text, self.language)

    def t(self, source: str, **values: Value | int) -> str:
        """Say a whole sentence of a template in the reader's language."""
        plain = {k: str(v) if isinstance(v, int) else v for k, v in values.items()}
        return self.say(Text(source, tuple(plain.items())))

    def word(self, member: Enum) -> str:
        """Say one of a closed list."""
        return self.say(words.word(member))

    def told(self, act: str, who: str) -> str:
        """Say an act of the trail."""
        return self.say(acts.told(act, who))

    def why(self, reason: str) -> str:
        """Say what was kept in English. What a provider or a person said stays as it is."""
        return kept.again(reason, self.say)

    def channel(self, name: str) -> str:
        """Say a channel by the name that rows keep it under."""
        known = [via for via in Via if via.value == name]
        return self.word(known[0]) if known else self.t("Link")

    def note(self, kept: str) -> str:
        """Say what somebody did that is no words, such as pressing a button."""
        return self.say(words.note(kept))

    def quality(self, kept: str) -> str:
        """Say what a look at a photo found."""
        return self.say(words.quality(kept))

    def talk_about(self, name: str) -> str:
        """Say what a conversation is about."""
        return self.say(words.talk(name))

    def country(self, code: str) -> str:
        """Say a country."""
        return self.say(words.country(code))

    def spoken(self, code: str) -> str:
        """Say a language."""
        return self.say(words.language(code))

    def options(self, members: Iterable[Enum]) -> list[tuple[str, str]]:
        """Give a closed list to choose from."""
        return [(str(member.value), self.word(member)) for member in members]

    def country_options(self, codes: Iterable[str]) -> list[tuple[str, str]]:
        """Give countries to choose from."""
        return [(code, self.country(code)) for code in codes]

    def language_options(self, codes: Iterable[str]) -> list[tuple[str, str]]:
        """Give languages to choose from."""
        return [(code, self.spoken(code)) for code in codes]

    def person_options(self, people: Iterable[Person]) -> list[tuple[str, str]]:
        """Give people to choose from. Two of one name are told apart by their number."""
        return [
            (str(person.id), f"{person.name or self.t('Unknown')} ({person.id})")
            for person in people
        ]

    def account_options(self, accounts: Iterable[Staff]) -> list[tuple[str, str]]:
        """Give accounts of staff to choose from."""
        return [(str(one.id), f"{one.name or one.username} ({one.username})") for one in accounts]

    def day_options(self, days: Iterable[tuple[int, Text]]) -> list[tuple[str, str]]:
        """Give days of the week to choose from."""
        return [(str(number), self.say(name)) for number, name in days]

    def clock(self, at: datetime) -> str:
        """Write an instant's hour on the reader's clock."""
        return at.astimezone(self.zone).strftime("%H:%M")

    def day(self, at: datetime) -> str:
        """Write an instant's day on the reader's calendar."""
        return self.say(Text("{day}", (("day", Day(self.date(at))),)))

    def date(self, at: datetime) -> str:
        """The reader's calendar day of an instant (ISO)."""
        return at.astimezone(self.zone).date().isoformat()

    def iso_day(self, iso: str) -> str:
        """Write a day that has no hour."""
        return self.say(Text("{day}", (("day", Day(iso)),)))

    def hour(self, at: datetime, zone: str = "") -> str:
        """Write an instant as a day and an hour, on the reader's clock or in a named zone."""
        local = at.astimezone(zone_of(zone) if zone else self.zone)
        return f"{self.iso_day(local.date().isoformat())}, {local:%H:%M}"

    def short(self, at: datetime) -> str:
        """Write an instant in few letters. Today needs no day."""
        if self.date(at) == self.today:
            return self.clock(at)
        day = Text("{day:short}", (("day", Day(self.date(at))),))
        return f"{self.say(day)}, {self.clock(at)}"

    def time(self, at: datetime, *, alone: bool = False) -> Markup:
        """Write an instant, short, with the whole of it at hand."""
        iso = at.astimezone(UTC).isoformat(timespec="seconds")
        shown = self.clock(at) if alone else self.short(at)
        whole = Markup('<time datetime="{}" title="{}">{}</time>')
        return whole.format(iso, f"{self.hour(at)} ({self.zone.key})", shown)

    def ago(self, at: datetime, now: datetime) -> str:
        """Say how long something has been waiting, in its largest unit."""
        seconds = max(0, int((now - at).total_seconds()))
        if seconds < MINUTE:
            return self.t("less than 1 min")
        if seconds < HOUR:
            return self.t("{n} min", n=seconds // MINUTE)
        if seconds < 2 * DAY:
            return self.t("{n} h", n=seconds // HOUR)
        return self.t("{n} days", n=seconds // DAY)


def labels(options: str) -> list[str]:
    """Read the labels of the choices that a message carries."""
    return [str(label) for _payload, label in json.loads(options or "[]")]


def environment() -> Environment:
    """Make the templates ready. Everything that is put into a page is escaped."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = static_url
    made.globals["tone"] = tone
    made.globals["labels"] = labels
    for name in SPOKEN:
        made.globals[name] = _of_reader(name)
    return made


def _of_reader(name: str) -> Callable[..., Any]:
    @pass_context
    def speak(context: Context, *given: Any, **values: Any) -> Any:
        return getattr(context["reader"], name)(*given, **values)

    return speak


class Paper:
    """Draws pages."""

    def __init__(self) -> None:
        self._templates = environment()

    def draw(self, name: str, reader: Reader, values: Mapping[str, Any]) -> bytes:
        """Draw a page. Halves of characters, which people can send, are drawn as a mark."""
        template = self._templates.get_template(name)
        return template.render(values, reader=reader).encode("utf-8", "replace")
