"""Who we are, as we may tell it today."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from bot.vault import trail
from models.organisation import Organisation

UNNAMED = "Enlace"
NEVER = datetime.fromtimestamp(0, UTC)

_OURS = sa.select(Organisation.__table__).where(col(Organisation.id) == 1)  # type: ignore[attr-defined]


def ours(s: Session) -> Organisation:
    """Give our own entry, to be read. Before anybody wrote one, it has a name and no more."""
    known = s.connection().execute(_OURS).mappings().first()  # often asked: without the ORM
    return _entry(**known) if known else _entry(id=1, name=UNNAMED, review_by=NEVER)


@lru_cache(maxsize=4)
def _entry(**columns: Any) -> Organisation:
    return Organisation(**columns)


def describe(
    s: Session,
    *,
    name: str,
    phone: str,
    website: str,
    hours: str,
    owner: str,
    review_by: datetime,
    now: datetime,
    actor: str,
    reply_hours: int = 24,
) -> Organisation:
    """Write our entry, or change it. `owner` answers for it until `review_by`."""
    entry = s.get(Organisation, 1) or Organisation(id=1, name=name, review_by=review_by)
    entry.name = name
    entry.phone = phone
    entry.website = website
    entry.hours = hours
    entry.owner = owner
    entry.reply_hours = reply_hours
    entry.review_by = review_by
    s.add(entry)
    s.flush()
    trail.note(s, actor=actor, act="organisation.described", object="organisation:1", now=now)
    return entry


def phone(organisation: Organisation, now: datetime) -> str:
    """Give the published number, or nothing once its review date has passed."""
    return organisation.phone if now < organisation.review_by else ""


def website(organisation: Organisation, now: datetime) -> str:
    """Give the page where we can be checked, or nothing once its review date has passed."""
    return organisation.website if now < organisation.review_by else ""
