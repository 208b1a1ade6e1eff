"""Which of the choices on the screen a person means: by number, by label, by words or by meaning."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from handlers.understanding.lexicon import lexicon
from handlers.understanding.meaning import Expect, Meaning
from handlers.understanding.options import leading, says_nothing, trailing
from handlers.understanding.reading import understand
from handlers.understanding.spelling import sound
from handlers.understanding.words import fold

_BUTTON = 20  # a WhatsApp button shows so many characters of its label
_ALIKE = 85.0
_LONG_ENOUGH = 4
_WORD = re.compile(r"\d+|[^\W\d_]+")
_NOT = frozenset({"no", "not", "dont", "cant", "ni", "nunca", "never", "sin", "without", "tampoco"})
# The router has other plans for these than a choice that happens to hold the words.
_FOR_THE_ROUTER = frozenset({Meaning.STOP, Meaning.WRONG_PERSON, Meaning.WHO_ARE_YOU})


@dataclass(frozen=True)
class Shown:
    """One choice as the person saw it. Its number is its place, from 1."""

    value: str
    label: str
    meaning: Meaning | None = None
    words: tuple[str, ...] = ()


def pick(
    text: str,
    shown: Sequence[Shown],
    language: str = "es",
    expect: Expect = Expect.YES_NO,
) -> str | None:
    """The value of the one choice that the text makes; nothing when in doubt.

    A choice that means something is never made by words that mean something else.
    """
    for way in (_by_number, _by_label, _by_meaning, _by_likeness):
        choice = way(text, shown, language, expect)
        if choice is not None:
            return choice.value
    return None


def _by_number(text: str, shown: Sequence[Shown], language: str, expect: Expect) -> Shown | None:
    """«2», «la segunda», «2. No puedo»; the words beside it must not say another choice."""
    if "?" in text:
        return None
    words = [word for word in _words(text) if word not in lexicon(language).beside["little"]]
    if shown and len(words) == 1 and words[0] in lexicon(language).beside["last"]:
        return shown[-1]
    for found in (leading(text, language), trailing(text)):
        if found is None or not 1 <= found[0] <= len(shown):
            continue
        choice = shown[found[0] - 1]
        if (
            says_nothing(found[1], language)
            or pick(found[1], shown, language, expect) == choice.value
        ):
            return choice
    return None


def _by_label(text: str, shown: Sequence[Shown], _language: str, _expect: Expect) -> Shown | None:
    """The label or one of the other words for a choice, whole, or as far as a button shows it."""
    words = _words(text)
    return _only(
        choice
        for choice in shown
        if words
        in [_words(label) for label in (choice.label, choice.label[:_BUTTON], *choice.words)]
    )


def _by_meaning(text: str, shown: Sequence[Shown], language: str, expect: Expect) -> Shown | None:
    meaning = understand(text, expect, language)
    return _only(choice for choice in shown if choice.meaning is meaning)


def _by_likeness(text: str, shown: Sequence[Shown], language: str, expect: Expect) -> Shown | None:
    """Some words of one label only, one of its other words, or a label with a slip in it."""
    said = understand(text, expect, language)
    open_to = [choice for choice in shown if _may_mean(choice, said)]
    if "?" in text or not open_to:
        return None
    little = lexicon(language).beside["little"]
    heard = [sound(word) for word in _words(text) if word not in little]
    if not heard:
        return None
    for fits in (_holds_all, _is_told, _is_alike):
        choice = _only(choice for choice in shown if fits(choice, heard))
        if choice is not None:
            return choice if choice in open_to else None
    return None


def _may_mean(choice: Shown, said: Meaning) -> bool:
    """Whether words with this meaning may still choose this; a yes only ever by a yes."""
    if choice.meaning is None:
        return said not in _FOR_THE_ROUTER
    return said is choice.meaning or (said is Meaning.UNCLEAR and choice.meaning is not Meaning.YES)


def _holds_all(choice: Shown, heard: Sequence[str]) -> bool:
    """Whether every word said stands in the label, and no «no» too few or too many."""
    label = _sounds(choice.label)
    return set(heard) <= label and bool(_NOT & label) == bool(_NOT & set(heard))


def _is_told(choice: Shown, heard: Sequence[str]) -> bool:
    """Whether one of the other words for the choice is said, and nothing is denied."""
    return not _NOT & set(heard) and any(_sounds(word) <= set(heard) for word in choice.words)


def _is_alike(choice: Shown, heard: Sequence[str]) -> bool:
    """Whether the label is what was said but for a slip."""
    label = _sounds(choice.label)
    said = " ".join(heard)
    if len(said) < _LONG_ENOUGH or bool(_NOT & label) != bool(_NOT & set(heard)):
        return False
    numbers = {word for word in heard if word.isdigit()}
    return numbers <= label and fuzz.token_sort_ratio(said, " ".join(sorted(label))) >= _ALIKE


def _only(choices: Iterable[Shown]) -> Shown | None:
    """The one choice there is, if there is just one."""
    found = list(choices)
    return found[0] if len(found) == 1 else None


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


def _sounds(text: str) -> set[str]:
    return {sound(word) for word in _words(text)}
