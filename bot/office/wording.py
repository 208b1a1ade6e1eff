"""The words that cases hold, their names and places, and how a text is held against all of them.

A text and a name are both cut into runs: a word, or two in a row, without accents, case, gaps or
the signs that may split it, so that «TOMASA PEREZ», «Tomasa-Pérez» and «T o m a s a Pérez» hold the
same run. Of each case the runs are kept as keyed marks, found by one look-up however many cases
there are; nothing can be read from a mark, and no case is opened to be held against.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from bot import tongues
from bot.office import forbidden
from models.base import blind
from models.case import Case, CaseState, CaseWord
from models.seal import GONE
from models.whereabouts import Whereabouts

RULE = 1
"""The version of the rule that cuts runs. What was cut by an older one is cut anew when met."""
JOINING = frozenset(forbidden.JOINING.split())
"""Words inside names that make no name."""
BETWEEN = frozenset(forbidden.BETWEEN.split())
LONGEST = 12  # pieces of one word that are put together again
SPELLED = 3  # letters in a row that stand alone make a word from here on
MARK = 32  # hexadecimal digits: 128 bits

_TOKEN = re.compile(r"[^\W_]+")
_LINE = re.compile(r"[\n,;()/]")
_GAP = re.compile(r"\s")

Runs = frozenset[str]


def words(text: str) -> list[str]:
    """Split into words without accents, case, and signs that cannot be seen."""
    return _TOKEN.findall(fold(text))


def runs(text: str) -> Runs:
    """Cut a text into every run by which a name in it is found."""
    folded = fold(text)
    found = list(_TOKEN.finditer(folded))
    plain = [one.group() for one in found]
    groups = _groups(folded, found)
    whole = ["".join(group) for group in groups]
    pieces = {
        "".join(group[first:last])
        for group in groups
        for first in range(len(group))
        for last in range(first + 2, min(len(group), first + LONGEST) + 1)
    }
    return frozenset({*_cut(plain), *_cut(whole), *pieces})


def names(case: Case, text: str) -> Runs:
    """Find the names and places of a case that a text holds: any two words of one, in order."""
    return _whole(f"{case.sought}\n{case.guarded}") & runs(text)


def keep(s: Session, case: Case) -> None:
    """Keep the marks of a case: of whom it looks for, what it guards, and where reports led."""
    case.worded = RULE
    if case.sought != GONE:  # of a case that was destroyed nothing is held any more
        places = s.exec(select(Whereabouts.place).where(Whereabouts.case_id == case.id)).all()
        _put(s, case.id or 0, _whole(f"{case.sought}\n{case.guarded}"), whole=True)
        _put(s, case.id or 0, _single(case.guarded), whole=False)
        for place in places:
            add_place(s, case.id or 0, place)
    s.add(case)


def forget(s: Session, case_id: int) -> None:
    """Keep no mark of a case any more: whoever has the key could still try names against them."""
    s.connection().execute(sa.delete(CaseWord).where(col(CaseWord.case_id) == case_id))


def add_place(s: Session, case_id: int, place: str) -> None:
    """Keep the marks of a place that a report told in somebody's own words.

    A word of it that stands alone may be any: only whoever the case is about must not read it.
    """
    lone: set[str] = set()
    for line in _LINE.split(place):
        named = "".join(word if word not in BETWEEN else "," for word in _pieces(fold(line)))
        parts = [_joined(words(part)) for part in named.split(",")]
        lone |= {word for part in parts if len(part) == 1 for word in part}
        _put(
            s, case_id, {run for part in parts for run in map("".join, pairwise(part))}, whole=True
        )
    known = ordinary()
    _put(s, case_id, lone - known, whole=len(words(place)) == 1)


def held(
    s: Session,
    said: Runs,
    *,
    case_id: int | None = None,
    person_id: int | None = None,
    closed: bool = True,
) -> dict[str, int]:
    """Find which of these runs cases hold, and one case of each. Costs one statement.

    Of the case that is named, or looks for this person, a single word of a guarded name is enough.
    `closed`: cases that are closed hold their words too.
    """
    if not said:
        return {}
    marks = {_mark(run): run for run in said}
    asked = {
        "marks": list(marks),
        "case": case_id,
        "person": person_id,
        "rule": RULE,
        "closed": closed,
    }
    found = s.connection().execute(_HELD, asked).all()
    missed = [number for mark, number in found if mark == ""]
    if missed:
        for case in s.exec(select(Case).where(col(Case.id).in_(missed))):
            keep(s, case)
        s.flush()
        found = s.connection().execute(_HELD, asked).all()
    return {marks[mark]: number for mark, number in found if mark in marks}


@cache
def ordinary() -> Runs:
    """Give the runs of our own sentences and of dates: as a name of some case they tell nothing."""
    said = (piece for sentence in tongues.said() for piece in re.split(r"\{[^}]*\}", sentence))
    return frozenset(run for piece in (*said, *tongues.calendar()) for run in runs(piece))


_HELD = (
    sa.select(col(CaseWord.mark), col(CaseWord.case_id))
    .join(Case, col(Case.id) == col(CaseWord.case_id))
    .where(
        col(CaseWord.mark).in_(sa.bindparam("marks", expanding=True)),
        sa.or_(
            col(CaseWord.whole).is_(True),
            col(Case.id) == sa.bindparam("case", type_=sa.Integer()),
            col(Case.parent_id) == sa.bindparam("person", type_=sa.Integer()),
        ),
        sa.or_(
            sa.bindparam("closed", type_=sa.Boolean()).is_(True),
            col(Case.state) == CaseState.OPEN,
        ),
    )
    .union_all(
        sa.select(sa.literal(""), col(Case.id)).where(
            col(Case.worded) < sa.bindparam("rule", type_=sa.Integer())
        )
    )
)


def _put(s: Session, case_id: int, found: Collection[str], *, whole: bool) -> None:
    if not found:
        return
    build: Any = postgresql if s.connection().dialect.name == "postgresql" else sqlite
    rows = [{"mark": _mark(run), "case_id": case_id, "whole": whole} for run in sorted(found)]
    # Several may meet a case whose marks are missing at once, and write the same.
    s.connection().execute(build.insert(CaseWord).on_conflict_do_nothing(), rows)


def _mark(run: str) -> str:
    return blind("case.word", run)[:MARK]


def _whole(lines: str) -> Runs:
    """Cut lines of names: a name of one word is a run, of several each two in a row."""
    return frozenset(run for line in _LINE.split(lines) for run in _parts(line))


def _single(lines: str) -> Runs:
    """Cut lines of names into their words, those that are long enough to name somebody."""
    return frozenset(word for word in _joined(words(lines)) if len(word) >= SPELLED)


def _parts(line: str) -> Iterable[str]:
    folded = fold(line)
    found = list(_TOKEN.finditer(folded))
    for view in ([one.group() for one in found], map("".join, _groups(folded, found))):
        name = _joined(view)
        yield from name if len(name) == 1 else map("".join, pairwise(name))


def _cut(tokens: Iterable[str]) -> Iterable[str]:
    name = _joined(tokens)
    yield from name
    yield from map("".join, pairwise(name))


def _groups(folded: str, found: Sequence[re.Match[str]]) -> list[list[str]]:
    """Put together what only signs split, and letters that stand alone."""
    groups: list[list[str]] = []
    end = 0
    for one in found:
        word, gap = one.group(), folded[end : one.start()]
        end = one.end()
        if groups and (_GAP.search(gap) is None or (len(word) == 1 == len(groups[-1][-1]))):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _pieces(folded: str) -> list[str]:
    """Split into words and what stands between them."""
    return re.split(r"(\W+)", folded)


def _joined(tokens: Iterable[str]) -> list[str]:
    return [word for word in tokens if word not in JOINING and len(word) > 1]


class _Shown(dict[int, int | None]):
    """What becomes of a character, looked up once: it stays, or it is no part of a word."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.category(chr(code)) in ("Mn", "Cf") else code
        return self[code]


_SHOWN = _Shown()


def fold(text: str) -> str:
    """Write a text without accents, case, and signs that cannot be seen."""
    if text.isascii():
        return text.casefold()
    return unicodedata.normalize("NFKD", text).casefold().translate(_SHOWN)
