"""A reply cut into clauses, each word of it explained by the lexicon as far as it goes."""

from collections.abc import Iterator
from dataclasses import dataclass

from handlers.understanding.lexicon import Kind, Lexicon
from handlers.understanding.words import pieces

_COURTESY = frozenset({Kind.FILLER, Kind.TITLE})
_CODE_LENGTH = range(3, 6)
_YEARS = ("19", "20")  # how they begin


@dataclass(frozen=True, slots=True)
class Mark:
    """A phrase of the lexicon as it sounds in a reply. A word that fits no phrase has no kind."""

    kind: Kind | None
    sounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands between two marks of punctuation: its phrases, and whether it asks or ends."""

    marks: tuple[Mark, ...]
    asks: bool
    ends: bool

    @property
    def sounds(self) -> tuple[str, ...]:
        """Its words, as they sound."""
        return tuple(sound for mark in self.marks for sound in mark.sounds)

    @property
    def content(self) -> tuple[Mark, ...]:
        """The phrases that are more than courtesy."""
        return tuple(mark for mark in self.marks if mark.kind not in _COURTESY)


def read(text: str, lexicon: Lexicon) -> tuple[Clause, ...]:
    """The text as clauses of phrases; the longest phrase that fits is the one meant."""
    return tuple(
        Clause(tuple(_marks(piece.words, lexicon)), asks=piece.asks, ends=piece.ends)
        for piece in pieces(text, lexicon.signs)
    )


def _marks(words: tuple[str, ...], lexicon: Lexicon) -> Iterator[Mark]:
    heard = tuple(lexicon.mend(one) for one in lexicon.hear(words))
    at, opens = 0, True
    while at < len(heard):
        found = lexicon.replies.longest(heard, at, opens=opens, closing=lexicon.polite)
        kind, end = found or (_number(heard[at]), at + 1)
        opens = opens and kind in _COURTESY
        yield Mark(kind, heard[at:end])
        at = end


def _number(word: str) -> Kind | None:
    """A bare number of a request says nothing more; a year or a small number may."""
    year = len(word) == len("2026") and word.startswith(_YEARS)
    if word.isdigit() and len(word) in _CODE_LENGTH and not year:
        return Kind.FILLER
    return None
