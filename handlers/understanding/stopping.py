"""Whether a person asks us to stop writing, or comes back. Nothing here is guessed from a typo."""

from collections.abc import Sequence
from functools import cache
from itertools import chain

from handlers.understanding.lexicon import TONGUES, Glance, Kind, Lexicon, lexicon
from handlers.understanding.words import Piece, fold, pieces


def stops(text: str, language: str = "es") -> bool:
    """Whether the text asks us to stop writing.

    A single word does so only as the whole message, so «es alto y moreno» does not; a phrase does
    so anywhere, unless it is denied («no dejen de buscar») or limited to an hour.
    """
    known = lexicon(language)
    return _stops(pieces(text, known.signs), known)


def stops_anybody(text: str) -> bool:
    """Whether the text asks us to stop writing in any of the languages that we read."""
    glance = _glance()
    cut = pieces(text, glance.signs)
    if not glance.may_be_in(word for piece in cut for word in piece.words):
        return False
    return any(_stops(cut, lexicon(language)) for language in TONGUES)


@cache
def _glance() -> Glance:
    return Glance({Kind.STOP_WORDS, Kind.STOP_PHRASES})


def _stops(cut: Sequence[Piece], known: Lexicon) -> bool:
    heard = [known.hear(piece.words) for piece in cut]
    if _is_only(tuple(chain(*heard)), Kind.STOP_WORDS, known):
        return True
    if not any(_asks_to_stop(words, known) for words in heard):
        return False
    return not any(_holds(words, Kind.STOP_ELSEWHERE, known) for words in heard)


def starts(text: str, language: str = "es") -> bool:
    """Whether the whole text asks us to write again: VOLVER, START, /start."""
    if fold(text).lstrip().startswith("/start"):
        return True
    known = lexicon(language)
    heard = chain(*(known.hear(piece.words) for piece in pieces(text, known.signs)))
    return _is_only(tuple(heard), Kind.START_WORDS, known)


def _is_only(heard: Sequence[str], kind: Kind, known: Lexicon) -> bool:
    """Whether the words are phrases of that kind and courtesies, nothing else."""
    wanted, courtesies = known.apart[kind], known.apart[Kind.POLITE]
    at, found = 0, False
    while at < len(heard):
        asked = wanted.longest(heard, at)
        polite = None if asked else courtesies.longest(heard, at)
        if asked:
            at, found = asked[1], True
        elif polite:
            at = polite[1]
        else:
            return False
    return found


def _holds(heard: Sequence[str], kind: Kind, known: Lexicon) -> bool:
    phrases = known.apart[kind]
    return any(phrases.longest(heard, start) for start in range(len(heard)))


def _asks_to_stop(heard: Sequence[str], known: Lexicon) -> bool:
    phrases, polite = known.apart[Kind.STOP_PHRASES], known.apart[Kind.POLITE].words
    if not phrases.may_be_in(heard):
        return False
    for start in range(len(heard)):
        found = phrases.longest(heard, start, closing=polite)
        if found is None or _denied(heard[:start], known):
            continue
        if known.apart[Kind.STOP_LIMITS].longest(heard, found[1]) is None:
            return True
    return False


def _denied(before: Sequence[str], known: Lexicon) -> bool:
    denials = known.apart[Kind.STOP_DENIED]
    return any(
        denials.longest(before, start) == (Kind.STOP_DENIED, len(before))
        for start in range(len(before))
    )
