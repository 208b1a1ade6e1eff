"""Whether a person asks us to stop writing, or comes back. Nothing here is guessed from a typo."""

from collections.abc import Sequence
from itertools import chain

from handlers.understanding.lexicon import Kind, Lexicon, lexicon
from handlers.understanding.words import fold, pieces


def stops(text: str, language: str = "es") -> bool:
    """Whether the text asks us to stop writing.

    A single word does so only as the whole message, so «es alto y moreno» does not; a phrase does
    so anywhere, unless it is denied («no dejen de buscar») or limited to an hour.
    """
    known = lexicon(language)
    heard = [known.hear(piece.words) for piece in pieces(text, known.signs)]
    if _is_only(tuple(chain(*heard)), Kind.STOP_WORDS, known):
        return True
    if any(_holds(words, Kind.STOP_ELSEWHERE, known) for words in heard):
        return False
    return any(_asks_to_stop(words, start, known) for words in heard for start in range(len(words)))


def starts(text: str, language: str = "es") -> bool:
    """Whether the whole text asks us to write again: VOLVER, START, /start."""
    if fold(text).lstrip().startswith("/start"):
        return True
    known = lexicon(language)
    heard = chain(*(known.hear(piece.words) for piece in pieces(text, known.signs)))
    return _is_only(tuple(heard), Kind.START_WORDS, known)


def _is_only(heard: Sequence[str], kind: Kind, known: Lexicon) -> bool:
    """Whether the words are phrases of that kind and courtesies, nothing else."""
    at, found = 0, False
    while at < len(heard):
        asked = known.apart[kind].longest(heard, at)
        polite = known.apart[Kind.POLITE].longest(heard, at)
        if asked:
            at, found = asked[1], True
        elif polite:
            at = polite[1]
        else:
            return False
    return found


def _holds(heard: Sequence[str], kind: Kind, known: Lexicon) -> bool:
    return any(known.apart[kind].longest(heard, start) for start in range(len(heard)))


def _asks_to_stop(heard: Sequence[str], start: int, known: Lexicon) -> bool:
    found = known.apart[Kind.STOP_PHRASES].longest(heard, start, closing=known.polite)
    if found is None:
        return False
    end = found[1]
    denied = any(
        known.apart[Kind.STOP_DENIED].longest(heard[:start], before) == (Kind.STOP_DENIED, start)
        for before in range(start)
    )
    return not denied and known.apart[Kind.STOP_LIMITS].longest(heard, end) is None
