"""A question as the person saw it, and what a reply to it means.

The question on the screen is kept with the conversation, in the person's own language. A reply is
read against that, never against the code that has been deployed since.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from handlers.talk import Answer, Kind, Question
from handlers.understanding import Expect, Meaning, Shown, claims, normal, pick, understand
from models.text import Text

ASKING = re.compile(
    r"\b(cuant[oa]s?|cuando|a?donde|quien(es)?|como|cual(es)?)\b"
    r"|^que |\b(por|para|pero|de|a|con|en|y) que\b"
    r"|\b(how|what|when|where|which|who|why)\b"
)
"""What makes a reply a question, also where nobody typed the mark."""


HOUR = re.compile(r"((a|al|las?|el|at|the|dia|hora) )*(?P<number>\d{1,2})( (horas?|hrs))?")
"""A number that stands alone."""

DENIED = re.compile(r"\b(no|ni|not)\b")

FEW = 3
"""So many words tell something, whatever they open with; a word of so many letters may too."""


@dataclass(frozen=True)
class Seen:
    """What stood on the screen, word for word."""

    name: str
    kind: Kind
    text: str
    options: tuple[Shown, ...] = ()
    patience_hours: int | None = None
    expects: Expect = Expect.YES_NO
    otherwise: str = ""
    on_photos: str = ""


def shown(question: Question, render: Callable[[Text], str]) -> dict[str, Any]:
    """Write a question down as plain JSON, in the person's language."""
    return {
        "name": question.name,
        "kind": question.kind.value,
        "text": render(question.text),
        "options": [
            {
                "value": option.value,
                "label": render(option.label),
                "meaning": option.meaning.value if option.meaning else None,
                "words": list(option.words),
            }
            for option in question.options
        ],
        "patience_hours": question.patience_hours,
        "expects": question.expects.value,
        "otherwise": question.otherwise,
        "on_photos": question.on_photos,
    }


def read_seen(kept: Mapping[str, Any]) -> Seen:
    """Read a question back. Meanings that this version does not know are left out."""
    meanings = {meaning.value: meaning for meaning in Meaning}
    return Seen(
        name=kept["name"],
        kind=Kind(kept["kind"]),
        text=kept["text"],
        options=tuple(
            Shown(
                option["value"],
                option["label"],
                meanings.get(option["meaning"]),
                tuple(option["words"]),
            )
            for option in kept["options"]
        ),
        patience_hours=kept["patience_hours"],
        expects=Expect(kept.get("expects", Expect.YES_NO.value)),
        otherwise=kept["otherwise"],
        on_photos=kept["on_photos"],
    )


def read_answer(seen: Seen, text: str, language: str) -> Answer | None:
    """Read a reply in words. Gives nothing when it does not answer what was asked."""
    words = text.strip()
    if not words:
        return None
    match seen.kind:
        case Kind.CHOICE:
            return _read_choice(seen, words, language)
        case Kind.PHOTOS:
            return read_photos(seen, 0, words, language)
        case Kind.PLACE:
            return {"words": words} if _tells_something(words, language) else None
        case Kind.WORDS:
            return {"words": words}
        case _:
            assert_never(seen.kind)


def read_photos(seen: Seen, count: int, words: str, language: str) -> Answer | None:
    """Read a burst of `count` stored files and the words with it, or words alone.

    A choice may have a value for photos that come instead of an answer: file that, play, and read
    the same burst again against the question which then asks for photos.
    """
    if seen.kind is not Kind.PHOTOS:
        return {"choice": seen.on_photos} if count and seen.on_photos else None
    if not count and not words:
        return None
    meaning = understand(words, Expect.OPEN, language) if words else Meaning.UNCLEAR
    plain = {"count": count, "words": words}
    return plain | ({"meaning": meaning.value} if meaning in {Meaning.DONE, Meaning.NO} else {})


def pressed(seen: Seen, value: str) -> Answer | None:
    """Read a pressed button. Gives nothing when the question has no such choice."""
    return {"choice": value} if value in {option.value for option in seen.options} else None


def pinned(latitude: float, longitude: float, words: str = "") -> Answer | None:
    """Read a place shared on the map. Zero, zero is what a phone says that does not know."""
    if latitude == 0 and longitude == 0:
        return None
    return {"words": words, "latitude": latitude, "longitude": longitude}


def asks(words: str) -> bool:
    """Tell whether words hold a question, with or without its mark."""
    if "?" in words or "¿" in words:
        return True
    return bool(ASKING.search(" ".join(_plain(words))))


def _read_choice(seen: Seen, words: str, language: str) -> Answer | None:
    value = (
        _by_phrase(words, seen.options)
        or pick(words, seen.options, language, seen.expects)
        or _by_hour(words, seen.options)
        or _not_now(words, seen, language)
    )
    if value:
        labels = [option.label for option in seen.options if option.value == value]
        return {"choice": value} | ({"aside": words} if _says_more(words, labels) else {})
    if seen.otherwise and _tells_something(words, language):
        return {"choice": seen.otherwise, "aside": words}
    return None


def _by_phrase(words: str, options: tuple[Shown, ...]) -> str | None:
    """Find the one choice that has a phrase of the reply among its words, and not denied.

    Some phrases say what no single word tells: «no pude ir» is not the «no» of «not there».
    """
    said = f" {' '.join(_plain(words))} "
    found = {
        option.value
        for option in options
        for phrase in (" ".join(_plain(phrase)) for phrase in option.words)
        if " " in phrase and f" {phrase} " in said and not DENIED.search(said.partition(phrase)[0])
    }
    return found.pop() if len(found) == 1 else None


def _not_now(words: str, seen: Seen, language: str) -> str | None:
    """Take a no for «not now», where no choice is a plain no."""
    if understand(words, seen.expects, language) is not Meaning.NO:
        return None
    later = [option.value for option in seen.options if option.meaning is Meaning.LATER]
    plain = any(option.meaning is Meaning.NO for option in seen.options)
    return later[0] if later and not plain else None


def _by_hour(words: str, options: tuple[Shown, ...]) -> str | None:
    """«A las 5» picks the hour that holds a five, where there is no fifth choice.

    Any other word may change what it means: «mañana a las 5», «a las 5 no».
    """
    found = HOUR.fullmatch(" ".join(_plain(words)))
    if found is None or int(found["number"]) <= len(options):
        return None
    holding = [
        option.value for option in options if found["number"] in re.findall(r"\d+", option.label)
    ]
    return holding[0] if len(holding) == 1 else None


def _says_more(words: str, labels: list[str]) -> bool:
    """Tell whether a reply carries more than the choice it makes."""
    known = {word for label in labels for word in _plain(label)}
    other = [w for w in _plain(words) if w.isalpha() and len(w) >= FEW and w not in known]
    return asks(words) or claims(words) or len(other) > 1


def _tells_something(words: str, language: str) -> bool:
    """Tell words from a bare yes, no, digit or slip of the thumb."""
    letters = [word for word in _plain(words) if word.isalpha()]
    if all(len(word) == 1 for word in letters):
        return False
    if len(letters) >= FEW:
        return True
    return understand(words, Expect.YES_NO, language) is Meaning.UNCLEAR


def _plain(words: str) -> list[str]:
    return re.findall(r"\w+", normal(words))
