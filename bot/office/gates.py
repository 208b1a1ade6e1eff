"""Gates: what is paused now, who paused it and why. What would pass a shut gate waits.

Staff shut them by hand, and the sender when a provider says that nothing gets through. Each act is
one statement, so that processes that shut the same gate at once agree. Staff's word holds over the
machine's: it neither opens a gate that staff shut nor lets it end sooner.
"""

import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from bot.vault import trail
from models.gate import Gate

REASON = 300  # characters kept of a reason
OBJECT = 60  # characters the trail has for what an act was done to

# Calling codes: those of one digit and of two; every other has three.
CALLING_CODE = re.compile(
    r"(?:whatsapp:)?(\+(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[1-9][0-9]{2}))"
)


def of_channel(via: str) -> str:
    """The gate before everything that goes by a channel."""
    return f"channel:{via}"


def of_broadcasts(via: str) -> str:
    """The gate before the broadcasts that go by a channel."""
    return f"broadcasts:{via}"


def of_template(name: str) -> str:
    """The gate before approved words: `offer.spa.1`."""
    return f"template:{name}"


def of_region(via: str, prefix: str) -> str:
    """The gate before the numbers of a country on a channel; the prefix is what `region` gives."""
    return f"region:{via}:{prefix}"


def region(wire: str) -> str:
    """The country a number belongs to, as its prefix: `+505`. An address with no number has ""."""
    found = CALLING_CODE.match(wire)
    return found[1] if found else ""


def closed(s: Session, now: datetime) -> frozenset[str]:
    """The gates that are shut now, by their keys."""
    return frozenset(s.exec(select(Gate.id).where(_is_shut(now))))


def shut_now(s: Session, now: datetime) -> list[Gate]:
    """The gates that are shut now, with who shut them and why; the longest shut first."""
    query = select(Gate).where(_is_shut(now)).order_by(col(Gate.shut_at), col(Gate.id))
    return list(s.exec(query.execution_options(populate_existing=True)))


def shut(
    s: Session,
    key: str,
    reason: str,
    now: datetime,
    until: datetime | None = None,
    staff_id: int | None = None,
) -> None:
    """Shut a gate until it is opened, or until a moment. It may be shut already.

    Staff's own end and reason replace whatever was there. The machine (no `staff_id`) only ever
    moves the end of a gate that is shut away from now, and leaves staff's name and reason on it.
    """
    connection = s.connection()
    build: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    put = build.insert(Gate).values(
        id=key,
        shut_at=now,
        shut_until=until,
        shut_by=staff_id,
        reason=reason[:REASON],
        changed_at=now,
    )
    new = put.excluded
    if staff_id is None:
        before, still = Gate, _is_shut(now)
        set_ = {
            "shut_at": sa.case((still, col(before.shut_at)), else_=new.shut_at),
            "shut_until": _later(still, new.shut_until),
            "shut_by": sa.case((still, col(before.shut_by)), else_=None),
            "reason": sa.case(
                (sa.and_(still, col(before.shut_by).is_not(None)), col(before.reason)),
                else_=new.reason,
            ),
            "changed_at": new.changed_at,
        }
    else:
        set_ = {
            name: new[name] for name in ("shut_at", "shut_until", "shut_by", "reason", "changed_at")
        }
    connection.execute(put.on_conflict_do_update(index_elements=["id"], set_=set_))
    if staff_id is not None:
        _note(s, "gate.shut", key, reason, now, staff_id)


def open_(s: Session, key: str, now: datetime, staff_id: int | None = None) -> bool:
    """Open a gate. False where there was nothing to open, or it is staff's and the machine asks."""
    change = sa.update(Gate).where(col(Gate.id) == key, _is_shut(now))
    if staff_id is None:
        change = change.where(col(Gate.shut_by).is_(None))
    done = s.connection().execute(
        change.values(shut_at=None, shut_until=None, shut_by=None, reason="", changed_at=now)
    )
    opened = bool(done.rowcount)
    if opened and staff_id is not None:
        _note(s, "gate.opened", key, "", now, staff_id)
    return opened


def _is_shut(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        col(Gate.shut_at).is_not(None),
        sa.or_(col(Gate.shut_until).is_(None), col(Gate.shut_until) > now),
    )


def _later(still: sa.ColumnElement[bool], new: Any) -> Any:
    """The end that is farther away, where a gate is shut already. No end is farthest."""
    before = col(Gate.shut_until)
    return sa.case(
        (sa.not_(still), new),
        (before.is_(None), before),
        (new.is_(None), new),
        (before >= new, before),
        else_=new,
    )


def _note(s: Session, act: str, key: str, reason: str, now: datetime, staff_id: int) -> None:
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act=act,
        object=key[:OBJECT],
        detail=reason,
        now=now,
    )
