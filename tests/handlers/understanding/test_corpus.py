"""How many labelled replies are read as a careful coordinator would, and how wrong the rest are."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from handlers.understanding import Expect, Meaning, understand

CORPUS = Path(__file__).parent / "corpus"
FLOORS = {"ordinary": 0.97, "tricky": 0.85}


@dataclass(frozen=True)
class Labelled:
    """One reply and what it means."""

    expect: Expect
    language: str
    text: str
    meaning: Meaning
    kind: str


def labelled(name: str) -> list[Labelled]:
    rows = []
    for line in (CORPUS / f"{name}.tsv").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        expect, language, text, meaning, kind = line.split("\t")
        rows.append(Labelled(Expect(expect), language, text, Meaning(meaning), kind))
    return rows


@pytest.mark.parametrize("name", ["known", "unseen"])
def test_replies_are_read_as_a_careful_coordinator_would(name: str) -> None:
    rows = labelled(name)
    read = [(row, understand(row.text, row.expect, row.language)) for row in rows]
    confused = Counter((row.meaning.value, got.value) for row, got in read if got != row.meaning)
    print(f"\n{name}: {len(rows)} replies; meant -> read, where they differ:")  # noqa: T201 - the figures are the point
    for (meant, got), times in confused.most_common():
        print(f"  {meant} -> {got}: {times}")  # noqa: T201 - the same
    for kind, floor in FLOORS.items():
        of_kind = [(row, got) for row, got in read if row.kind == kind]
        right = sum(got == row.meaning for row, got in of_kind) / len(of_kind)
        print(f"  {kind}: {right:.1%} of {len(of_kind)} right")  # noqa: T201 - the same
        assert right >= floor
    dangerous = [row for row, got in read if got is Meaning.YES and row.meaning is not Meaning.YES]
    assert dangerous == []
