"""Words for people, still to be put into their language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """A whole English sentence and the values to put into it. A value may itself be a text."""

    source: str
    values: tuple[tuple[str, "Value"], ...] = ()
    context: str = ""


def _(source: str, **values: "Value") -> Text:
    """Say a whole sentence. Values go in by name: `_("Page {n} is safe.", n=str(n))`."""
    return Text(source, tuple(values.items()))


def p_(context: str, source: str, **values: "Value") -> Text:
    """Say a sentence that the same English words may mean otherwise elsewhere."""
    return Text(source, tuple(values.items()), context)


@dataclass(frozen=True)
class Day:
    """A calendar day (ISO 8601), written out in the reader's language when it is shown."""

    iso: str


@dataclass(frozen=True)
class Hour:
    """An instant (ISO 8601, UTC) shown as a day and an hour in a named time zone."""

    iso: str
    zone: str


Value = str | Text | Day | Hour
"""What may be put into a sentence. Numbers are written by the author: `n=str(n)`."""
