"""Words in a person's own language, from the translators' catalogs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from string import Formatter
from typing import assert_never
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, get_day_names, get_month_names
from babel.messages.pofile import read_po

from models.text import Day, Hour, Text, Value

CATALOGS = Path(__file__).parent.parent / "locale"

FALLBACK = "spa"
"""What we write in when a person's language has no catalog of its own."""


@dataclass(frozen=True)
class Tongue:
    """A language as people name it, where its words are found, and how it writes dates.

    `code` is ISO 639-3. `catalogs` are folders of `locale/`, tried in turn for each message; the
    source sentence comes last. `formats` is the CLDR locale for dates: many languages have none.
    """

    code: str
    autonym: str
    catalogs: tuple[str, ...]
    formats: str
    day: str = "EEEE d 'de' MMMM 'de' y"
    day_short: str = "d MMM"
    hour: str = "EEEE d 'de' MMMM, h:mm B"
    hour_short: str = "EEE d MMM"
    date: str = "EEEE d 'de' MMMM"
    articles: tuple[str, str] | None = ("la", "las")  # before one o'clock, and before the others
    complete: bool = False  # offered to people only when every sentence is translated


TONGUES: Mapping[str, Tongue] = {
    tongue.code: tongue
    for tongue in (
        Tongue("spa", "Español", ("es",), "es_GT", complete=True),
        Tongue(
            "eng",
            "English",
            ("en",),
            "en_US",
            day="EEEE, MMMM d, y",
            day_short="MMM d",
            hour="EEEE, MMMM d, h:mm B",
            hour_short="EEE MMM d",
            date="EEEE, MMMM d",
            articles=None,
            complete=True,
        ),
        # These have no catalog: speakers record audio first. Their texts fall back to Spanish.
        Tongue("mam", "Qyool Mam", ("es",), "es_GT"),
        Tongue("quc", "Kʼicheʼ", ("es",), "es_GT"),
        Tongue("kek", "Qʼeqchiʼ", ("es",), "es_GT"),
        Tongue("cab", "Garífuna", ("es",), "es_HN"),
    )
}

TWO_LETTERS = {"es": "spa", "en": "eng"}
"""As people type a language at a command."""


def tongue(language: str) -> Tongue:
    """Find a language by its code of three letters or two. One we do not know gets Spanish."""
    return TONGUES.get(TWO_LETTERS.get(language, language)) or TONGUES[FALLBACK]


def render(text: Text, language: str) -> str:
    """Put words into a language.

    A translation that does not have exactly the source's placeholders is not used: the source is.
    Values are put in as they are, whatever braces they hold.
    """
    speaks = tongue(language)
    template = text.source
    for catalog in speaks.catalogs:
        found = _catalog(catalog).get((text.context, text.source))
        if found and _names(found) == _names(text.source):
            template = found
            break
    return _filled(template, dict(text.values), speaks)


def said() -> Iterator[str]:
    """Give every sentence that conversations hold, in each language that is whole.

    What stands in braces is given by whoever says it.
    """
    folders = {name for one in TONGUES.values() if one.complete for name in one.catalogs}
    for folder in sorted(folders):
        with (CATALOGS / folder / "LC_MESSAGES" / "bot.po").open("rb") as file:
            for message in read_po(file):
                if any(place.startswith("handlers/") for place, _line in message.locations):
                    yield str(message.string or message.id)


def calendar() -> Iterator[str]:
    """Give the words of dates, in each language that is whole."""
    for one in TONGUES.values():
        if one.complete:
            for width in ("wide", "abbreviated"):
                yield from get_month_names(width, locale=one.formats).values()
                yield from get_day_names(width, locale=one.formats).values()


@cache
def _catalog(folder: str) -> dict[tuple[str, str], str]:
    with (CATALOGS / folder / "LC_MESSAGES" / "bot.po").open("rb") as file:
        catalog = read_po(file)
    return {
        (message.context or "", message.id): message.string
        for message in catalog
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id
        if message.string and not message.fuzzy
    }


def _names(template: str) -> set[str] | None:
    """The placeholders of a template, or nothing when it is not one."""
    try:
        return {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError:
        return None


def _filled(template: str, values: Mapping[str, Value], speaks: Tongue) -> str:
    parts: list[str] = []
    for literal, name, style, _ in Formatter().parse(template):
        parts.append(literal)
        if name is None:
            continue
        if name not in values:
            raise KeyError(
                f"The sentence {template!r} was given no {name!r}. Give it where it is said."
            )
        parts.append(_written(values[name], style or "", speaks))
    return "".join(parts)


def _written(value: Value, style: str, speaks: Tongue) -> str:
    match value:
        case Text():
            return render(value, speaks.code)
        case Day():
            pattern = speaks.day_short if style == "short" else speaks.day
            return _plain(format_date(date.fromisoformat(value.iso), pattern, speaks.formats))
        case Hour():
            return _hour(value, style, speaks)
        case str():
            return value
        case _:
            assert_never(value)


def _hour(value: Hour, style: str, speaks: Tongue) -> str:
    at = datetime.fromisoformat(value.iso).astimezone(ZoneInfo(value.zone))
    if style == "clock":
        return _plain(_clock(at, speaks))
    if style == "date":
        return _plain(format_date(at, speaks.date, speaks.formats))
    if style == "short":
        # At most twenty letters in every language: it stands on a button.
        minutes = f":{at.minute:02}" if at.minute else ""
        hour = f"{at.hour % 12 or 12}{minutes}{'am' if at.hour < 12 else 'pm'}"  # noqa: PLR2004 - noon
        return _plain(f"{format_date(at, speaks.hour_short, speaks.formats)} {hour}")
    return _plain(format_datetime(at, speaks.hour, locale=speaks.formats))


def _clock(at: datetime, speaks: Tongue) -> str:
    """Say an hour of the day as people do, with the article that some languages give it."""
    said = format_datetime(at, "h:mm B" if at.minute else "h B", locale=speaks.formats)
    if not speaks.articles:
        return said
    one, more = speaks.articles
    return f"{one if at.hour % 12 == 1 else more} {said}"


def _plain(text: str) -> str:
    """CLDR sets narrow and hard spaces, which cost a whole SMS."""
    return re.sub("[\u202f\u00a0]", " ", text)
