"""The labelled replies: `known`, which the reader was built against, and `unseen`, which not."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from handlers.understanding import Expect, Meaning

FOLDER = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Labelled:
    """One reply and what it means."""

    expect: Expect
    language: str
    text: str
    meaning: Meaning
    kind: str


def labelled(name: str) -> Iterator[Labelled]:
    """The rows of one part."""
    for line in (FOLDER / f"{name}.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            expect, language, text, meaning, kind = line.split("\t")
            yield Labelled(Expect(expect), language, text, Meaning(meaning), kind)
