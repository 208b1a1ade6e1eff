"""The request codes that a text names: GT-0417, gt0417, «caso 417», «la 417»."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from handlers.understanding.lexicon import lexicon
from handlers.understanding.words import bare

_CODE = re.compile(r"(?P<letters>[a-z]+)[^a-z0-9]*(?P<digits>[0-9]+)")
_TOKEN = re.compile(r"[^\W\d_]+|[0-9]+|\n|\S")
# A zero of a code is often typed as the letter: "gt-o417".
_ROUND_ZERO = re.compile(r"(?<=[a-z]{2})(?P<between>[\W_]*)o(?=[0-9]{2})")
_JOINTS = frozenset("-–—_.#·*(")
_INSIDE = frozenset("-–.,:/")
_MEASURING = frozenset(".:/")
_MONEY = frozenset("$€£")
_COUNTRIES = frozenset({"gt", "hn", "sv", "ni", "mx", "us", "cr", "bz"})
_YEARS = range(1900, 2100)
_YEAR_LENGTH = 4
_PHONE = 7  # so many digits in a row of groups are a telephone or a document
_LONGEST = 6
_FEWEST = 3  # digits that name a request without a word beside them


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


def codes(text: str, known: Collection[str]) -> tuple[str, ...]:
    """The known codes that a text names, in its order. A number alone may name several.

    Years, telephone numbers, sums of money, hours and counted things name none.
    """
    table = [(code, part) for code in known if (part := _CODE.fullmatch(bare(code)))]
    tokens = [
        _Token(found.group(), found.start(), found.end())
        for found in _TOKEN.finditer(_ROUND_ZERO.sub(r"\g<between>0", bare(text)))
    ]
    named: list[str] = []
    for run in _runs(tokens):
        members = [_named(tokens, at, table) for at in run]
        if all(members) or sum(len(tokens[at].text) for at in run) < _PHONE:
            named.extend(code for member in members for code in member)
    return tuple(dict.fromkeys(named))


def _runs(tokens: Sequence[_Token]) -> list[list[int]]:
    """The numbers of a text, neighbours together. Hours, dates and decimals are left out."""
    runs: list[list[int]] = []
    measures: set[int] = set()
    for at, token in enumerate(tokens):
        if not token.text[0].isdigit():
            continue
        before = runs[-1][-1] if runs else None
        joint = tokens[at - 1]
        glued = joint.end == token.start and at - 2 == before and joint.start == tokens[at - 2].end
        if before is None or not (at - 1 == before or (glued and joint.text in _INSIDE)):
            runs.append([at])
            continue
        runs[-1].append(at)
        if joint.text in _MEASURING:
            measures.add(len(runs) - 1)
    return [run for index, run in enumerate(runs) if index not in measures]


def _named(
    tokens: Sequence[_Token], at: int, table: Sequence[tuple[str, re.Match[str]]]
) -> tuple[str, ...]:
    """The codes that the number at this place names."""
    token = tokens[at]
    if len(token.text) > _LONGEST:
        return ()
    first = at
    while first and tokens[first - 1].text in _JOINTS:
        first -= 1
    word = tokens[first - 1].text if first else ""
    same = [
        (code, part["letters"]) for code, part in table if int(part["digits"]) == int(token.text)
    ]
    lettered = tuple(code for code, letters in same if letters == word)
    if lettered or word in _COUNTRIES:
        return lettered
    sure = word in _beside("code") or "#" in {one.text for one in tokens[first:at]}
    return tuple(code for code, _ in same) if sure or _may_name(tokens, at, first) else ()


def _may_name(tokens: Sequence[_Token], at: int, first: int) -> bool:
    """Whether a number with no word for a code beside it may be one all the same."""
    digits = tokens[at].text
    if len(digits) < _FEWEST or (len(digits) == _YEAR_LENGTH and int(digits) in _YEARS):
        return False
    before = tokens[first - 1] if first else None
    if before is not None:
        glued = before.text.isalpha() and before.end == tokens[first].start
        hour = before.text == "las" and tokens[first - 2].text == "a"
        if glued or hour or before.text in _MONEY or before.text in _beside("other_before"):
            return False
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after is None:
        return True
    glued = after.text.isalpha() and after.start == tokens[at].end
    return not (glued or after.text == "%" or after.text in _beside("other_after"))


def _beside(name: str) -> frozenset[str]:
    return lexicon("es").beside[name]
