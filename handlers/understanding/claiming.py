"""What people say of themselves: that they are who is written to, and what they are called.

A claim is no proof, and an answer that is as expected is none either: whoever reads along on a
phone may know both.
"""

import re
from collections.abc import Iterable

from handlers.understanding.spelling import nearest, sound
from handlers.understanding.words import fold

_AFTER = r"(?=\W*$|\s*[.,;:!?\n]| (?:y|que|q|pero|and|but) )"
_CLAIM = re.compile(
    rf"(?<!no )\bsoy yo{_AFTER}|(?<!no )\b(?:si|yo) soy{_AFTER}"
    rf"|(?<!no )\b(?:soy|con) (?:el mismo|la misma|yo mismo|yo misma|yo mero|yo mera){_AFTER}"
    rf"|(?<!no )\b(?:its|it is|thats|that is) me{_AFTER}|\bspeaking{_AFTER}"
)
"""«Soy yo», but not «no soy yo», nor «si soy su hermano»."""

_EMPTY = frozenset(
    (
        *("el", "la", "los", "las", "lo", "un", "una", "de", "del", "en", "y", "a", "al", "don"),
        *("mi", "me", "se", "le", "su", "dicen", "dice", "llaman", "llamo", "llama", "conocen"),
        *("conoce", "por", "como", "soy", "yo", "es", "era", "fue", "dona", "the", "an", "of"),
        *("in", "my", "they", "call", "i", "am", "is"),
    )
)
"""What stands around a name or a place, and is none."""


def claims(text: str) -> bool:
    """Tell whether somebody says that it is they who are written to."""
    return _CLAIM.search(fold(text)) is not None


def alike(told: str, expected: Iterable[str]) -> bool:
    """Tell whether what somebody told holds one of the expected answers.

    Accents, capitals, articles, the order of words, how a word is spelled by ear and a slip of the
    thumb in a long one make no difference; a number must be just that number. All of them are
    looked at, whichever fits.
    """
    heard = _said(told)
    return True in [_holds(heard, _said(one)) for one in expected]


def _holds(heard: list[str], wanted: list[str]) -> bool:
    return bool(wanted) and all(any(_same(word, other) for other in heard) for word in wanted)


def _same(wanted: str, heard: str) -> bool:
    return sound(wanted) == sound(heard) or nearest(heard, (wanted,)) is not None


def _said(text: str) -> list[str]:
    words = re.findall(r"\w+", fold(text))
    return [word for word in words if word not in _EMPTY] or words
