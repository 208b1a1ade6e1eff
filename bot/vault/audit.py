"""The audit: whether the trail is whole, and our signature on how far it has come."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.vault.keys import Keys, Unsealable
from bot.vault.trail import ZERO, digest, end, hold, line, link
from models.base import sealer
from models.seal import Destroyed
from models.trail import Checkpoint, Trail

EVERY = 256  # lines after which a checkpoint is signed …
AFTER = timedelta(minutes=10)  # … or so long after the last, if there is anything new
PAGE = 1000  # lines read at a time
ORIGIN = "enlace audit v1"


@dataclass(frozen=True)
class Broken:
    """The first line that is not what it was, and why we think so."""

    seq: int
    why: str


@dataclass(frozen=True)
class Verdict:
    """How many lines were found whole, and what is broken, if anything is."""

    lines: int
    chain: str
    broken: Broken | None = None


@dataclass(frozen=True)
class Line:
    """A line of the trail as it is kept, with whether its sealed detail is what was chained."""

    seq: int
    text: str
    chain: str
    detail_holds: bool = True


def mark(s: Session, keys: Keys, now: datetime) -> bool:
    """Sign how far the trail has come, when it is time. True when it was."""
    hold(s)  # another process may be about to sign the same
    last = s.exec(select(Checkpoint).order_by(col(Checkpoint.size).desc()).limit(1)).first()
    size, chain = end(s)
    begun = last.size if last is not None else 0
    due = size - begun >= EVERY or last is None or now - last.at >= AFTER
    if size <= begun or not due:
        return False
    s.add(checkpoint(keys, size, chain, now))
    return True


def checkpoint(keys: Keys, size: int, chain: str, now: datetime) -> Checkpoint:
    """Sign a length and a hash."""
    told = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"{ORIGIN}\n{size}\n{chain}\n{told}\n"
    signature = keys.sign(text.encode()).hex()
    return Checkpoint(size=size, chain=chain, at=now, text=text, signature=signature)


def verify(s: Session, keys: Keys) -> Verdict:
    """Compute the whole trail again. Names the first line that is not what it was."""
    checkpoints = s.exec(select(Checkpoint).order_by(col(Checkpoint.size))).all()
    verdict = examine(lines(s), checkpoints, keys)
    outside = s.exec(select(sa.func.count()).where(col(Trail.seq).is_(None))).one()
    if verdict.broken is None and outside:
        why = f"{outside} were put in beside the chain: no act of ours wrote them."
        return Verdict(verdict.lines, verdict.chain, Broken(verdict.lines + 1, why))
    return verdict


def hash_at(s: Session, size: int) -> str:
    """Give the hash of a line; "" where there is none."""
    return s.exec(select(Trail.chain).where(Trail.seq == size)).first() or ""


def examine(lines: Iterable[Line], checkpoints: Sequence[Checkpoint], keys: Keys) -> Verdict:
    """Compute lines again, in their order, against what was signed."""
    signed = {one.size: one for one in checkpoints}
    count, chain, sure = 0, ZERO, 0
    for one in lines:
        wrong = _wrong(one, count + 1, chain)
        if not wrong and one.seq in signed:
            wrong = _unsigned(signed[one.seq], one.chain, sure, keys)
            sure = one.seq
        if wrong:
            return Verdict(count, chain, Broken(min(one.seq, count + 1), wrong))
        count, chain = count + 1, one.chain
    most = max(signed, default=0)
    if most > count:
        why = f"It is missing: {most} lines were signed, and {count} are there."
        return Verdict(count, chain, Broken(count + 1, why))
    return Verdict(count, chain)


def _wrong(one: Line, expected: int, before: str) -> str:
    if one.seq > expected:
        return "It is missing: somebody cut it out."
    if one.seq < expected:
        return "There are two of it: somebody put one in."
    if link(before, one.text) != one.chain:
        return "It was changed, or put in the place of another."
    if not one.detail_holds:
        return "What it says about people was changed."
    return ""


def _unsigned(mark: Checkpoint, chain: str, sure: int, keys: Keys) -> str:
    lines = mark.text.split("\n")
    try:
        ours = keys.signed(mark.text.encode(), bytes.fromhex(mark.signature))
    except ValueError:
        ours = False
    if not ours or lines[:2] != [ORIGIN, str(mark.size)]:
        return "Its checkpoint was not signed by us."
    if lines[2] != chain or mark.chain != chain:
        return f"It is not what was signed: a line after {sure} was changed, and all from there on."
    return ""


def lines(s: Session) -> Iterator[Line]:
    """Read the trail, a page at a time."""
    raw = [
        sa.type_coerce(column, sa.LargeBinary).label(f"raw_{name}")
        for name, column in (("detail", col(Trail.detail)), ("salt", col(Trail.salt)))
    ]
    plain = [getattr(Trail, name) for name in _PLAIN]
    last = 0
    while True:
        query = sa.select(*plain, *raw).where(col(Trail.seq) > last).order_by(col(Trail.seq))
        page = s.connection().execute(query.limit(PAGE)).all()
        for row in page:
            kept = Trail(**{name: getattr(row, name) for name in _PLAIN})
            holds = _holds(row.raw_salt, row.raw_detail, kept.digest)
            yield Line(row.seq, line(kept), row.chain, holds)
        if len(page) < PAGE:
            return
        last = page[-1].seq


_PLAIN = ("seq", "at", "actor", "act", "object", "case_id", "digest", "chain")


def _holds(salt: bytes | None, detail: bytes, told: str) -> bool:
    """Whether what is sealed is what was chained. It may not open any more, or be another's.

    Where the key of its case was destroyed nobody can tell, and the chain holds without it.
    """
    if salt is None and told:  # from before the chain: the migration hashed it as it was sealed
        return hashlib.sha256(detail).hexdigest() == told
    try:
        opened = sealer().open(detail, "trail.detail").decode("utf-8", "surrogatepass")
        if salt is None:
            return not opened
        return digest(sealer().open(salt, "trail.salt").decode(), opened) == told
    except Destroyed:
        return salt is not None
    except (Unsealable, ValueError):
        return False
