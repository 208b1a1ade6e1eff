"""Whether a message says a sentence that was agreed on, as a frightened thumb writes it."""

import re

from rapidfuzz.distance import OSA

from handlers.understanding.spelling import sound
from handlers.understanding.words import fold

_LONG_ENOUGH = 5  # letters from which one slip is forgiven: shorter words are all neighbours
_LONG = 9  # two slips from here


def says_phrase(text: str, phrase: str) -> bool:
    """Whether the words of the phrase stand in the text, in order and next to each other."""
    heard, wanted = _sounds(text), _sounds(phrase)
    if not wanted:
        return False
    starts = range(len(heard) - len(wanted) + 1)
    return any(
        all(_same(one, other) for one, other in zip(heard[at:], wanted, strict=False))
        for at in starts
    )


def _sounds(text: str) -> list[str]:
    return [sound(word) for word in re.findall(r"\w+", fold(text))]


def _same(heard: str, wanted: str) -> bool:
    slips = 0 if len(wanted) < _LONG_ENOUGH else 1 if len(wanted) < _LONG else 2
    return OSA.distance(heard, wanted, score_cutoff=slips) <= slips
