"""Who we are, as we may tell it today."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from bot.office.refusal import Refusal
from bot.vault import trail
from models.organisation import Organisation
from models.text import Text, _

UNNAMED = "Enlace"
NAME, PHONE, WEBSITE, OWNER = 80, 40, 120, 80  # characters at most
REPLY_HOURS = range(1, 169)  # a human answers within a week
TOLD = ("name", "phone", "website", "hours", "reply_hours", "owner", "review_by")
NEVER = datetime.fromtimestamp(0, UTC)

_CALLED = re.compile(r"\+?(?:[ ().-]*\d){7,15}")
_FOUND = re.compile(r"(?:https?://)?[^\s/.]+(?:\.[^\s/.]+)+(?:/\S*)?", re.IGNORECASE)
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
    owner: str,
    review_by: datetime,
    now: datetime,
    actor: str,
    hours: str = "",
    reply_hours: int = 24,
) -> Organisation:
    """Write our entry, or change it. `owner` answers for it until `review_by`.

    Refuses what nobody could check us by: no name, a number that is none, a page that is none, and
    a review date that has passed.
    """
    told = Organisation(
        name=name.strip(),
        phone=phone.strip(),
        website=website.strip(),
        owner=owner.strip(),
        hours=hours.strip(),
        reply_hours=reply_hours,
        review_by=review_by,
    )
    faults = wrong(told, now)
    if faults:
        raise Refusal(*faults)
    entry = s.get(Organisation, 1) or told
    for column in TOLD:
        setattr(entry, column, getattr(told, column))
    s.add(entry)
    s.flush()
    trail.note(s, actor=actor, act="organisation.described", object="organisation:1", now=now)
    return entry


def lacks(organisation: Organisation, now: datetime) -> Text | None:
    """Say what people who doubt us cannot learn now, or nothing where they can check us."""
    if not organisation.owner:
        return _(
            "Nobody has said who we are: people read «{name}», and no number to check us by.",
            name=organisation.name,
        )
    if now >= organisation.review_by:
        return _("Our number and website are past their review date: nobody is told them.")
    if not organisation.phone:
        return _("We have no published number: whoever doubts us is told to ask somebody else.")
    return None


def wrong(entry: Organisation, now: datetime) -> list[Text]:
    """Say what of an entry cannot be kept, a sentence each."""
    found = []
    phone, website = entry.phone, entry.website
    if not 0 < len(entry.name) <= NAME or not entry.name.isprintable():
        found.append(_("Write the name as people know it, in 80 characters at most."))
    if phone and (len(phone) > PHONE or not _CALLED.fullmatch(phone)):
        found.append(_("Write the number with its country, like +502 2222 0000."))
    if website and (len(website) > WEBSITE or not _FOUND.fullmatch(website)):
        found.append(_("Write the page like https://red.example.org, in 120 characters at most."))
    if entry.reply_hours not in REPLY_HOURS:
        found.append(_("Say within how many hours a human answers: 1 to 168."))
    if not 0 < len(entry.owner) <= OWNER:
        found.append(_("Say who answers for this until the review date."))
    if entry.review_by <= now:
        found.append(_("The review date must be still to come."))
    return found


def phone(organisation: Organisation, now: datetime) -> str:
    """Give the published number, or nothing once its review date has passed."""
    return organisation.phone if now < organisation.review_by else ""


def website(organisation: Organisation, now: datetime) -> str:
    """Give the page where we can be checked, or nothing once its review date has passed."""
    return organisation.website if now < organisation.review_by else ""
