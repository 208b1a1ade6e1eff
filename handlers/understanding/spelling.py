"""How a word sounds in Central American Spanish: «ekibocado» and «equivocado» are one word."""

import re
from collections.abc import Collection
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

_RULES = (
    (re.compile(r"ll"), "y"),
    (re.compile(r"qu(?=[ei])|q"), "k"),
    (re.compile(r"ch"), "\N{LATIN SMALL LETTER C WITH CEDILLA}"),
    (re.compile(r"c(?=[eiy])|z|x"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"gu(?=[ei])"), "\N{LATIN SMALL LETTER G WITH BREVE}"),
    (re.compile(r"g(?=[ei])"), "j"),
    (re.compile(r"v"), "b"),
    # «ahora» is «aora», but «aha» is not «a», and English keeps its «sh» and «th».
    (
        re.compile(
            r"^h(?=[aeiou])|(?<=[eiou])h(?=a)|(?<=[aiou])h(?=e)|(?<=[aeou])h(?=i)|(?<=[aeiu])h(?=o)"
        ),
        "",
    ),
    (re.compile(r"y(?![aeiou])"), "i"),
    (re.compile(r"m(?=[bp])"), "n"),
    (re.compile(r"([^eo])\1+"), r"\1"),
)
_LONG_ENOUGH = 5  # shorter words have too many neighbours: "pero" and "peor", "no" and "nos"
_LONG = 9  # two slips are forgiven from here


@lru_cache(maxsize=8192)
def sound(word: str) -> str:
    """The word as it is heard. A single letter or a number stays what it is."""
    if len(word) == 1 or not word.isalpha():
        return word
    for pattern, heard in _RULES:
        word = pattern.sub(heard, word)
    return word


def nearest(heard: str, known: Collection[str]) -> str | None:
    """The one known sound that a slip of the thumb would turn into this one, if there is one."""
    if len(heard) < _LONG_ENOUGH or not heard.isalpha():
        return None
    slips = 2 if len(heard) >= _LONG else 1
    found = process.extract(heard, known, scorer=OSA.distance, score_cutoff=slips, limit=2)
    match found:
        case [(word, _, _)]:
            return word
        case [(word, best, _), (_, second, _)] if best < second:
            return word
        case _:
            return None
