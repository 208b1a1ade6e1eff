"""A text as words, the way people mean them: no accents, no capitals, no invisible characters."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# K’iche’ and can't are written with whatever mark the keyboard offers.
# ´ alone would become a space.
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼꞌ´`′", "'"))
_INSIDE_A_WORD = re.compile(r"(?<=\w)'(?=\w)")
_JOINED = re.compile(r"(?<=\w)[-_/](?=\w)")
# An accent typed as a character of its own would part a word; a keycap would hide its digit.
_INVISIBLE = frozenset({"Mn", "Me", "Cf", "Cc"})
_SKIN_COLOURS = range(0x1F3FB, 0x1F400)


class _Shown(dict[int, int | None]):
    """What becomes of a character, looked up once: it stays, or it is not seen at all."""

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        hidden = unicodedata.category(character) in _INVISIBLE or code in _SKIN_COLOURS
        self[code] = None if hidden and not character.isspace() else code
        return self[code]


_SHOWN = _Shown()
_ENDS = frozenset(".;\n!?¿¡")
_PAUSES = frozenset(',:()[]-–—/"«»“”*_•·')
_TOKEN = re.compile(r"(?P<word>\d+(?:[:.,]\d+)*|[^\W\d_]+)|\S|\n")
_RUN = re.compile(r"([^\W\d_])\1{2,}")
_DRAWN_OUT = re.compile(r"([aiu])\1+\b")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words between two marks of punctuation; whether they ask, and whether they end a sentence."""

    words: tuple[str, ...]
    asks: bool
    ends: bool


def bare(text: str) -> str:
    """The text in lower case, without accents and invisible characters."""
    plain = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).translate(_SHOWN)
    return _INSIDE_A_WORD.sub("", plain.replace("\r", "\n"))


def fold(text: str) -> str:
    """The bare text with drawn-out letters shortened and joined words parted."""
    plain = _JOINED.sub(" ", bare(text))
    return _DRAWN_OUT.sub(r"\1", _RUN.sub(_shorten, plain))


def _shorten(run: re.Match[str]) -> str:
    """«siii» is «si», but «seee» is «see», which means yes."""
    letter = run.group(1)
    return letter * 2 if letter == "e" else letter


def pieces(text: str, signs: frozenset[str]) -> tuple[Piece, ...]:
    """The text cut at its punctuation. Of its emoji, only the given ones stay, as words."""
    return tuple(_cut(fold(text), signs))


def _cut(folded: str, signs: frozenset[str]) -> Iterator[Piece]:
    words: list[str] = []
    asking = False  # between ¿ and ?
    for token in _TOKEN.finditer(folded):
        mark = token.group()
        if token.group("word") is not None or mark in signs:
            words.append(mark)
        elif mark in _ENDS or mark in _PAUSES:
            if words:
                yield Piece(tuple(words), asks=asking or mark == "?", ends=mark in _ENDS)
                words = []
            asking = mark == "¿" or (asking and mark in _PAUSES)
    if words:
        yield Piece(tuple(words), asks=asking, ends=True)
