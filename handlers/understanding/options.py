"""A choice by its number: «1», «1.», «el 2», «1️⃣», «uno», «la primera»."""

import re

from handlers.understanding.lexicon import lexicon
from handlers.understanding.message import read
from handlers.understanding.words import fold

# What people put before the number: "la opción 2", "elijo el 1".
_BEFORE = (
    r"(?:(?:el|la|lo|opcion|respuesta|numero|num|inciso|elijo|escojo|marco|quiero|prefiero"
    r"|option|number|choice|answer|the|i choose|i pick)\W+)*"
)
_HEAD = re.compile(rf"\W*{_BEFORE}(?P<number>\d|[^\W\d_]+)(?![:.,]?\d)\b(?P<rest>.*)", re.DOTALL)
_TAIL = re.compile(r"(?P<rest>.*\w)\W+(?P<number>\d)\W*", re.DOTALL)


def leading(text: str, language: str = "es") -> tuple[int, str] | None:
    """The number a text begins with, and the rest of it. A number in words must be all of it."""
    found = _HEAD.fullmatch(fold(text))
    if found is None:
        return None
    number, rest = found.group("number"), found.group("rest")
    if number.isdigit():
        return int(number), rest
    position = lexicon(language).positions.get(number)
    return (position, rest) if position and says_nothing(rest, language) else None


def trailing(text: str) -> tuple[int, str] | None:
    """The number a text ends with, and what stands before it."""
    found = _TAIL.fullmatch(fold(text))
    return (int(found.group("number")), found.group("rest")) if found else None


def says_nothing(text: str, language: str = "es") -> bool:
    """Whether there is nothing in the text but courtesy."""
    return not any(clause.content for clause in read(text, lexicon(language)))
