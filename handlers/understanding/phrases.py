"""Phrases looked for in a row of words; where several fit, the longest is the one meant."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

KindT = TypeVar("KindT", bound=Enum)

OPENS = "^"
CLOSES = "$"
NUMBER = "#"
DAY = "#day"
HOUR = "#hour"
NAME = "@"
ANY = "*"
ENDINGS = {
    "-ando": ("ando", "iendo", "yendo", "andome", "andole"),
    "-ar": tuple(
        ending + clitic
        for ending in ("ar", "er", "ir")
        for clitic in ("", "la", "lo", "las", "los", "le", "les", "me", "nos", "se")
    ),
}

_SPECIAL = frozenset({CLOSES, NUMBER, DAY, HOUR, NAME, ANY, *ENDINGS})
_FIRST_DAY, _LAST_DAY = 10, 31  # below ten, "el 2" is a choice and not a date
_LAST_HOUR = 24
_TWO_DIGITS = 2
_SKIPPED = 3  # as many words as ANY may stand for
# No gap reaches over these: they may turn the whole around.
_BARRIERS = frozenset({"no", "si", "pero", "ni", "nunca", "not", "but", "dont"})


@dataclass(slots=True)
class _Node(Generic[KindT]):
    """A place in the tree of phrases: the words that may follow, and the kind of what ends here."""

    after: dict[str, "_Node[KindT]"] = field(default_factory=dict)
    kind: KindT | None = None


class Phrases(Generic[KindT]):
    """A set of phrases, each of one kind. The first kind given to a phrase stays."""

    def __init__(self) -> None:
        self._root: _Node[KindT] = _Node()
        self._literal = True  # each phrase begins with a word that stands for itself
        self._marks: set[str] | None = set()  # a word of each phrase
        self.words: set[str] = set()

    def add(self, words: Sequence[str], kind: KindT) -> None:
        """Know these words in this order as that kind."""
        node = self._root
        self._literal = self._literal and words[0] not in _SPECIAL
        literal = [word for word in words if word != OPENS and word not in _SPECIAL]
        if not literal:
            self._marks = None
        elif self._marks is not None:
            self._marks.add(max(literal, key=len))
        for word in words:
            node = node.after.setdefault(word, _Node())
            if word.isalpha():
                self.words.add(word)
        node.kind = node.kind or kind

    def may_be_in(self, words: Iterable[str]) -> bool:
        """Whether one of the phrases may be among the words. A quick no is what this is for."""
        return self._marks is None or not self._marks.isdisjoint(words)

    def longest(
        self,
        words: Sequence[str],
        start: int,
        *,
        opens: bool = False,
        closing: Container[str] = frozenset(),
    ) -> tuple[KindT, int] | None:
        """The kind of the longest phrase that begins at `start`, and where it ends.

        `opens` says that nothing of weight came before; words in `closing` may follow a phrase
        that must close its part of the message.
        """
        literal = self._literal and not opens and start < len(words)
        if literal and words[start] not in self._root.after:
            return None  # as with nearly every word, so this has to cost nothing
        found = self._walk(self._root, words, start, closing)
        opening = self._root.after.get(OPENS)
        if opens and opening is not None:
            return self._walk(opening, words, start, closing) or found
        return found

    def _walk(
        self, node: _Node[KindT], words: Sequence[str], at: int, closing: Container[str]
    ) -> tuple[KindT, int] | None:
        best = (node.kind, at) if node.kind else None
        last = node.after.get(CLOSES)
        if last is not None and last.kind and (at == len(words) or words[at] in closing):
            best = (last.kind, at)
        for following, onwards in self._steps(node, words, at):
            deeper = self._walk(following, words, onwards, closing)
            if deeper is not None and (best is None or deeper[1] > best[1]):
                best = deeper
        return best

    def _steps(
        self, node: _Node[KindT], words: Sequence[str], at: int
    ) -> Iterator[tuple[_Node[KindT], int]]:
        """The places a phrase may go on to, and the words that takes it past."""
        if at == len(words):
            return
        for token in self._readings(words[at]):
            if token in node.after:
                yield node.after[token], at + 1
        gap = node.after.get(ANY)
        if gap is not None:
            for onwards in range(at, min(at + _SKIPPED, len(words)) + 1):
                yield gap, onwards
                if onwards < len(words) and words[onwards] in _BARRIERS:
                    break

    def _readings(self, word: str) -> Iterator[str]:
        """What a word may stand for: itself, then a number of some kind or a name."""
        yield word
        if word[0].isdigit():
            clock = word.partition(":")
            if len(clock[0]) <= _TWO_DIGITS and clock[0].isdigit():
                if _FIRST_DAY <= int(word.partition(":")[0]) <= _LAST_DAY and not clock[1]:
                    yield DAY
                if int(clock[0]) <= _LAST_HOUR:
                    yield HOUR
            yield NUMBER
        elif word.isalpha():
            for ending, sounds in ENDINGS.items():
                if word.endswith(sounds):
                    yield ending
            if word not in self.words:
                yield NAME
