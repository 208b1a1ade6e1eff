"""The trail: each act leaves one row, in the same transaction as what it did."""

from datetime import datetime

from sqlmodel import Session

from models.trail import Trail

BOT = "bot"


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
    s.add(Trail(at=now, actor=actor, act=act, object=object, case_id=case_id, detail=detail))


def by_person(person_id: int | None) -> str:
    """Name a person as the one who acts."""
    return f"person:{person_id}"


def by_staff(staff_id: int | None) -> str:
    """Name a member of staff as the one who acts."""
    return f"staff:{staff_id}"
