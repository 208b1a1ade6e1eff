"""Holds: whatever else is due, what somebody with a name and a reason holds is kept."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from bot.office.refusal import Refusal
from bot.vault import trail
from models.data_key import Whose
from models.keeping import Hold
from models.text import _


def place(s: Session, who: Whose, reason: str, staff_id: int, now: datetime) -> Hold:
    """Hold a case, a person or a week. Refuses one without a reason."""
    if not reason.strip():
        raise Refusal(_("Say why it must be kept: a hold has a name and a reason."))
    kind, subject = who
    hold = Hold(kind=kind, subject=subject, reason=reason, placed_by=staff_id, placed_at=now)
    s.add(hold)
    s.flush()
    _note(s, hold, "hold.placed", staff_id, now, reason)
    return hold


def release(s: Session, hold: Hold, staff_id: int, now: datetime) -> None:
    """End a hold. What becomes due then is not destroyed by that: two people decide it."""
    if hold.released_at is not None:
        return
    hold.released_by, hold.released_at = staff_id, now
    s.add(hold)
    _note(s, hold, "hold.released", staff_id, now, "")


def on(s: Session, those: Sequence[Whose]) -> list[Hold]:
    """Give the holds that keep any of these, the oldest first."""
    found: list[Hold] = []
    for kind, subject in those:
        query = select(Hold).where(Hold.kind == kind, Hold.subject == subject)
        found += s.exec(query.where(col(Hold.released_at).is_(None)).order_by(col(Hold.id)))
    return found


def _note(s: Session, hold: Hold, act: str, staff_id: int, now: datetime, detail: str) -> None:
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act=act,
        object=f"{hold.kind.value}:{hold.subject}",
        detail=detail,
        now=now,
    )
