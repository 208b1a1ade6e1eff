"""The trail: each act leaves one row, in the same transaction as what it did, chained to the last.

A line of the chain is written as JSON in one way only, so that a stranger can compute it again
with standard tools: `SHA-256(hash before + newline + line)`, beginning with 64 zeros.
"""

import hashlib
import json
from datetime import UTC, datetime
from secrets import token_hex

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.db import at_the_end
from models.trail import Trail

BOT = "bot"
ZERO = "0" * 64  # what the first line is chained to
_LOCK = 0x656E6C61636501  # PostgreSQL's lock on the end of the chain: our name, and a one


def note(
    s: Session,
    *,
    actor: str,
    act: str,
    object: str = "",  # noqa: A002 - the column's name; callers read as sentences
    case_id: int | None = None,
    detail: str = "",
    now: datetime,
) -> None:
    """Write down who did what to what: "staff:3", "offer.withdrawn", "assignment:7"."""
    salt = token_hex(16) if detail else None
    row = Trail(
        at=now,
        actor=actor,
        act=act,
        object=object,
        case_id=case_id,
        detail=detail,
        salt=salt,
        digest=digest(salt, detail),
    )
    s.add(row)
    # Chained last: the end of the chain is locked until the commit, and everybody waits for it.
    s.info.setdefault(_chain, []).append(row)
    at_the_end(s, _chain)


def by_person(person_id: int | None) -> str:
    """Name a person as the one who acts."""
    return f"person:{person_id}"


def by_staff(staff_id: int | None) -> str:
    """Name a member of staff as the one who acts."""
    return f"staff:{staff_id}"


def digest(salt: str | None, detail: str) -> str:
    """Hash what a row tells about people, so that the chain holds it without saying it."""
    if salt is None:
        return ""
    return hashlib.sha256(f"{salt}\n{detail}".encode("utf-8", "surrogatepass")).hexdigest()


def line(row: Trail) -> str:
    """Write a row as the chain holds it."""
    told = {
        "act": row.act,
        "actor": row.actor,
        "at": row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "case": row.case_id,
        "digest": row.digest,
        "object": row.object,
        "seq": row.seq,
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def link(before: str, text: str) -> str:
    """Chain a line to the hash before it."""
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def hold(s: Session) -> None:
    """Keep others from the end of the chain until the commit. On SQLite there are no others."""
    connection = s.connection()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def end(s: Session) -> tuple[int, str]:
    """How long the chain is, and the hash at its end."""
    last = s.connection().execute(_END).first()
    return (last.seq, last.chain) if last is not None else (0, ZERO)


_END = (
    select(Trail.seq, Trail.chain)
    .where(col(Trail.seq).is_not(None))
    .order_by(col(Trail.seq).desc())
    .limit(1)
)


def _chain(s: Session) -> None:
    """Give the act's rows their places. What was rolled back within the act is not among them."""
    rows = [
        row for row in s.info.pop(_chain) if sa.inspect(row).persistent or sa.inspect(row).pending
    ]
    if not rows:
        return
    hold(s)
    seq, chain = end(s)
    for row in rows:
        seq += 1
        row.seq = seq
        row.chain = chain = link(chain, line(row))
        s.add(row)
