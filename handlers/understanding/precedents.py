"""What people meant who wrote something like it: a second opinion, which never says yes by itself.

Naive Bayes over the words and the pairs of words of the labelled examples in the lexicon. The rules
speak first; this is asked where they know too few of the words, and before a yes is believed.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise

from handlers.understanding.lexicon import FOLDER, lexicon
from handlers.understanding.meaning import Expect, Meaning
from handlers.understanding.words import pieces

# Every trait counts as seen this often where it was never seen.
_UNSEEN = 0.3


@dataclass(frozen=True, slots=True)
class Precedents:
    """How often each trait of a reply came with each meaning."""

    replies: Mapping[Meaning, int]
    traits: Mapping[str, Mapping[Meaning, int]]
    weights: Mapping[Meaning, float]

    def chances(self, text: str, expect: Expect, language: str) -> dict[Meaning, float]:
        """The chance of each meaning, by the examples alone."""
        known = [
            self.traits[trait] for trait in _traits(text, expect, language) if trait in self.traits
        ]
        scores = {
            meaning: math.log(count)
            + sum(math.log(trait.get(meaning, 0) + _UNSEEN) for trait in known)
            - len(known) * self.weights[meaning]
            for meaning, count in self.replies.items()
        }
        best = max(scores.values())
        shares = {meaning: math.exp(score - best) for meaning, score in scores.items()}
        whole = sum(shares.values())
        return {meaning: share / whole for meaning, share in shares.items()}


@cache
def precedents() -> Precedents:
    """The examples of the lexicon, counted once."""
    replies: Counter[Meaning] = Counter()
    traits: defaultdict[str, Counter[Meaning]] = defaultdict(Counter)
    totals: Counter[Meaning] = Counter()
    for expect, language, text, meaning, _ in examples():
        replies[meaning] += 1
        for trait in _traits(text, expect, language):
            traits[trait][meaning] += 1
            totals[meaning] += 1
    return Precedents(
        replies=dict(replies),
        traits={trait: dict(counts) for trait, counts in traits.items()},
        weights={
            meaning: math.log(totals[meaning] + _UNSEEN * len(traits)) for meaning in replies
        },
    )


def examples() -> Iterator[tuple[Expect, str, str, Meaning, str]]:
    """The labelled replies of the lexicon: expect, language, text, meaning, and its kind."""
    for line in (FOLDER / "examples.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            expect, language, text, meaning, kind = line.split("\t")
            yield Expect(expect), language, text, Meaning(meaning), kind


def _traits(text: str, expect: Expect, language: str) -> set[str]:
    """The words of a reply as they sound, those side by side, and the words as an answer to this."""
    known = lexicon(language)
    heard = list(chain(*(known.hear(piece.words) for piece in pieces(text, known.signs))))
    traits = {*heard, *(f"{one} {other}" for one, other in pairwise(["<", *heard, ">"]))}
    traits.update(f"{expect.value}:{word}" for word in heard)
    traits.add(f"@{expect.value}")
    if "?" in text or "¿" in text:
        traits.add("?")
    return traits
