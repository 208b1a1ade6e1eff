"""The word lists a Defender reviews: each explained, and no phrase in two of them."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from handlers.understanding.lexicon import FOLDER, Kind, expand, lexicon
from handlers.understanding.phrases import Phrases
from handlers.understanding.spelling import sound
from tests.handlers.understanding.replies import labelled

TONGUES = ["es", "en"]


def loaded(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


@pytest.mark.parametrize("tongue", TONGUES)
def test_no_phrase_stands_in_two_lists(tongue: str):
    apart = lexicon(tongue).apart.keys() - {Kind.MOCK}
    places: dict[tuple[str, ...], set[str]] = {}
    once = cache(sound)  # the same few words make hundreds of thousands of phrases
    for name, phrases in loaded(tongue)["phrases"].items():
        if Kind(name) not in apart:
            for words in expand(phrases, loaded(tongue)["lists"]):
                places.setdefault(tuple(map(once, words)), set()).add(name)
    assert {words: names for words, names in places.items() if len(names) > 1} == {}


@pytest.mark.parametrize("tongue", TONGUES)
def test_every_named_list_is_there_and_used(tongue: str):
    data = loaded(tongue)
    named = set(re.findall(r"\{(\w+)\}", str(data["phrases"])))
    assert named == set(data["lists"])


def test_a_word_that_is_real_is_no_slip():
    known = lexicon("es")
    assert known.mend(sound("acento")) == sound("acento")
    assert known.mend(sound("acekto")) == sound("acepto")
    assert known.mend(sound("estafando")) == sound("estafa")
    assert known.mend(sound("Comapa".casefold())) == sound("comapa")


def test_the_longest_phrase_is_the_one_meant():
    phrases: Phrases[Kind] = Phrases()
    for words, kind in [
        (["no"], Kind.NOT),
        (["no", "ai", "problema"], Kind.YES),
        (["no", "*", "fin", "$"], Kind.DONE),
        (["^", "no", "se"], Kind.DOUBT),
        (["a", "#day"], Kind.LATER),
        (["a", "#hour"], Kind.SOON),
        (["a", "#"], Kind.FILLER),
        (["soi", "@"], Kind.WRONG_PERSON),
        (["e", "-ar"], Kind.CAN),
    ]:
        phrases.add(words, kind)
    phrases.add(["no"], Kind.NO)
    assert phrases.longest(["no", "ai", "problema"], 0) == (Kind.YES, 3)
    assert phrases.longest(["no", "ai"], 0) == (Kind.NOT, 1)
    assert phrases.longest(["no", "uno", "dos", "tres", "fin"], 0) == (Kind.DONE, 5)
    assert phrases.longest(["no", "uno", "dos", "tres", "mas", "fin"], 0) == (Kind.NOT, 1)
    assert phrases.longest(["no", "si", "uno", "fin"], 0) == (Kind.NOT, 1)
    assert phrases.longest(["no", "fin", "favor"], 0, closing={"favor"}) == (Kind.DONE, 2)
    assert phrases.longest(["no", "fin", "otro"], 0) == (Kind.NOT, 1)
    assert phrases.longest(["no", "se"], 0, opens=True) == (Kind.DOUBT, 2)
    assert phrases.longest(["no"], 0, opens=True) == (Kind.NOT, 1)
    assert phrases.longest(["a", "15"], 0) == (Kind.LATER, 2)
    assert phrases.longest(["a", "5:30"], 0) == (Kind.SOON, 2)
    assert phrases.longest(["a", "99"], 0) == (Kind.FILLER, 2)
    assert phrases.longest(["a", "417"], 0) == (Kind.FILLER, 2)
    assert phrases.longest(["soi", "pedro"], 0) == (Kind.WRONG_PERSON, 2)
    assert phrases.longest(["soi", "problema"], 0) is None
    assert phrases.longest(["e", "bisitarla"], 0) == (Kind.CAN, 2)
    assert phrases.longest([], 0) is None


def test_every_list_is_heard_in_some_reply():
    """A list that no reply of the corpus touches has no test and no reason."""
    untouched = set(loaded("es")["phrases"])
    for row in (*labelled("known"), *labelled("unseen")):
        untouched -= _touched(row.text, row.language)
    assert untouched <= {"polite"}


def _touched(text: str, language: str) -> set[str]:
    from handlers.understanding.message import read  # noqa: PLC0415 - only this test looks so deep

    known = lexicon(language)
    clauses = read(text, known)
    kinds = {mark.kind.value for clause in clauses for mark in clause.marks if mark.kind}
    words = [sound for clause in clauses for sound in clause.sounds]
    for kind, phrases in known.apart.items():
        if any(phrases.longest(words, at, closing=known.polite) for at in range(len(words))):
            kinds.add(kind.value)
    return kinds


def test_the_lists_lie_beside_the_reader():
    assert Path("handlers/lexicon").resolve() == FOLDER.resolve()
