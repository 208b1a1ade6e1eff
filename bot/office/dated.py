"""Facts that age, put into words when these are sent, and never after their review date.

Staff write `[[class-deadline]]` where the fact belongs. It is filled in as the message leaves, in
its reader's language: what waited does not say what held when it was written.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from bot.office.refusal import Refusal
from bot.vault import trail
from models.dated import DatedFact
from models.text import _

MARK = re.compile(r"\[\[([^\[\]]*)\]\]")
KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST = 300


class Stale(Refusal):
    """Words hold a fact that cannot be told now. It says which, and who answers for it."""


def keep(
    s: Session,
    *,
    key: str,
    spanish: str,
    english: str,
    owner: str,
    review_by: datetime,
    now: datetime,
    actor: str,
) -> DatedFact:
    """Write a fact down, or renew it. `owner` answers for it until `review_by`.

    Refuses a key that is none, a fact without words or owner, and a review date that has passed.
    """
    wrong = []
    if not KEY.fullmatch(key):
        wrong.append(_("A key is small letters, digits and hyphens, like class-deadline."))
    if not spanish.strip() and not english.strip():
        wrong.append(_("Write the fact in one language at least."))
    if not owner.strip():
        wrong.append(_("Say who answers for this fact."))
    if review_by <= now:
        wrong.append(_("The review date must be still to come."))
    if wrong:
        raise Refusal(*wrong)
    fact = _of(s, key) or DatedFact(key=key, owner=owner, review_by=review_by, changed_at=now)
    fact.spanish = spanish.strip()
    fact.english = english.strip()
    fact.owner = owner.strip()
    fact.review_by = review_by
    fact.changed_at = now
    s.add(fact)
    s.flush()
    trail.note(s, actor=actor, act="fact.kept", object=f"fact:{fact.id}", detail=key, now=now)
    return fact


def listing(s: Session) -> Sequence[DatedFact]:
    """Give all facts, those first that must be reviewed soonest."""
    return s.exec(select(DatedFact).order_by(DatedFact.review_by, DatedFact.key)).all()  # type: ignore[arg-type]  # a column


def filled(s: Session, text: str, language: str, now: datetime) -> str:
    """Put the facts into words that name them. Raises `Stale` where one cannot be told now."""
    if "[[" not in text:
        return text
    return MARK.sub(lambda found: _told(s, found[1].strip(), language, now), text)


def _told(s: Session, key: str, language: str, now: datetime) -> str:
    fact = _of(s, key)
    if fact is None:
        raise Stale(_("There is no fact «{key}». Look its name up under Facts.", key=key))
    if fact.review_by <= now:
        raise Stale(
            _(
                "The fact «{key}» was to be reviewed by {day}. Ask {owner}, who answers for it.",
                key=key,
                day=f"{fact.review_by:%Y-%m-%d}",
                owner=fact.owner,
            )
        )
    told = {"spa": fact.spanish, "eng": fact.english}.get(language, "")
    if not told:
        raise Stale(
            _(
                "The fact «{key}» has no words in the reader's language. Ask {owner}.",
                key=key,
                owner=fact.owner,
            )
        )
    return told


def _of(s: Session, key: str) -> DatedFact | None:
    return s.exec(select(DatedFact).where(DatedFact.key == key)).first()
