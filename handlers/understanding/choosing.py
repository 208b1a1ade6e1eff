"""Which of the choices on the screen a person means: by number, label, words or meaning."""

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
    choice = _by_number(text, shown, language, expect) or _by_label(text, shown)
    if choice is not None:
        return choice.value
    said = _said(text, shown, language, expect)
    told = [one for one in shown if _is_told(one, text)]
    if told:
        choice = _only(one for one in told if _may_mean(one, said))
        return choice.value if choice is not None and len(told) == 1 else None
    choice = _only(one for one in shown if _means(one, said))
    choice = choice or _by_likeness(text, shown, language, said)
    return choice.value if choice is not None else None


def _said(text: str, shown: Sequence[Shown], language: str, expect: Expect) -> Meaning:
    """What the text means to this question; without a choice for later, a date goes with yes."""
    said = understand(text, expect, language)
    postponable = any(choice.meaning is Meaning.LATER for choice in shown)
    if said is Meaning.LATER and not postponable:
        offered = understand(text, Expect.OFFER, language)
        return offered if offered is Meaning.YES else said
    return said


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


def _by_label(text: str, shown: Sequence[Shown]) -> Shown | None:
    """The label or one of the other words for a choice, whole, or as far as a button shows it."""
    words = _words(text)
    return _only(
        choice
        for choice in shown
        if words
        in [_words(label) for label in (choice.label, choice.label[:_BUTTON], *choice.words)]
    )


def _is_told(choice: Shown, text: str) -> bool:
    """Whether one of the other words for the choice is said, and no «no» before it denies it."""
    said = _words(text)
    for words in map(_words, choice.words):
        at = _place(words, said)
        if at is not None and (words[0] in _NOT or not _NOT & set(said)):
            return True
    return False


def _place(words: Sequence[str], said: Sequence[str]) -> int | None:
    """Where these words stand in what was said, in this order."""
    heard, wanted = [sound(word) for word in said], [sound(word) for word in words]
    for at in range(len(heard) - len(wanted) + 1):
        if wanted and heard[at : at + len(wanted)] == wanted:
            return at
    return None


def _means(choice: Shown, said: Meaning) -> bool:
    """Whether the choice means that. «Listo» makes the choice that lists it among its words."""
    if said is Meaning.DONE and any(understand(word) is Meaning.DONE for word in choice.words):
        return True
    return choice.meaning is said


def _may_mean(choice: Shown, said: Meaning) -> bool:
    """Whether words with this meaning may still choose this; a yes only ever by a yes."""
    if choice.meaning is None:
        return said not in _FOR_THE_ROUTER
    unsure = said is Meaning.UNCLEAR and choice.meaning is not Meaning.YES
    return unsure or _means(choice, said)


def _by_likeness(text: str, shown: Sequence[Shown], language: str, said: Meaning) -> Shown | None:
    """Some words of one label only, or a label with a slip in it."""
    little = lexicon(language).beside["little"]
    heard = [sound(word) for word in _words(text) if word not in little]
    if "?" in text or not heard:
        return None
    for fits in (_holds_all, _is_alike):
        choice = _only(choice for choice in shown if fits(choice, heard))
        if choice is not None:
            return choice if _may_mean(choice, said) else None
    return None


def _holds_all(choice: Shown, heard: Sequence[str]) -> bool:
    """Whether every word said stands in the label, and no «no» too few or too many."""
    label = _sounds(choice.label)
    return set(heard) <= label and bool(_NOT & label) == bool(_NOT & set(heard))


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
