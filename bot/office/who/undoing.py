"""Undoing a regrouping from what its row holds: what it moved goes back, what came since stays."""

import json
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.office import tasks
from bot.office.refusal import Refusal
from bot.office.who import belongings, holding, links
from bot.vault import trail
from models.person import Link, Person, Trust
from models.regrouping import Regrouping, RegroupingKind, RegroupingState
from models.text import _


def undo(s: Session, row: Regrouping, staff_id: int, now: datetime) -> None:
    """Undo what a human had confirmed. Refuses where it is not done, or somebody was joined since.

    A stop, a freeze or a lock-out that came in between may be either's: it holds for both.
    """
    s.refresh(row, with_for_update=True)
    if row.state is not RegroupingState.DONE:
        raise Refusal(_("There is nothing to undo here. Look at it again."))
    kept = json.loads(row.kept)
    person = s.get_one(Person, row.person_id)
    other = s.get_one(Person, row.other_id) if row.other_id is not None else person
    if other.joined_into is not None:
        raise Refusal(
            _("Somebody of these was found to be another since. Undo that first, then this.")
        )
    _links_back(s, kept, row.decided_at or now, now)
    if "moves" in kept:
        belongings.move(s, kept["moves"], other, person)
    if row.kind is RegroupingKind.JOIN:
        person.joined_into = None
        s.add(person)
    if kept.get("made"):
        other.joined_into = person.id  # made for this, so it is nobody
        s.add(other)
    _holds_back(s, person, other, kept, now)
    holding.ask_anew(s, other, kept.get("refused", ()), now)
    row.state = RegroupingState.UNDONE
    row.undone_by, row.undone_at = staff_id, now
    s.add(row)
    actor = trail.by_staff(staff_id)
    trail.note(s, actor=actor, act="regrouping.undone", object=f"regrouping:{row.id}", now=now)
    tasks.settle(s, f"consent:{row.id}", staff_id, "undone", now)


def _links_back(s: Session, kept: dict[str, Any], done_at: datetime, now: datetime) -> None:
    """Set links back as they were. What makes one less trusted since then stays."""
    fresh = s.get(Link, kept["fresh"]) if kept.get("fresh") else None
    if fresh is not None:
        fresh.trust = Trust.DISPROVED
        fresh.confirmed_at = now
        s.add(fresh)
        links.take_back(s, fresh, now)
    for was in (*kept["links"], *kept["theirs"]):
        link = s.get(Link, was["id"])
        if link is None:
            continue
        if link.person_id != was["person_id"]:
            links.take_back(s, link, now)
        back = Link.model_validate(was).model_dump(include=set(was))
        if link.trust is Trust.DISPROVED and (link.confirmed_at or done_at) > done_at:
            del back["trust"], back["confirmed_at"]
        if link.doubted_at is not None and link.doubted_at > done_at:
            del back["doubt"], back["doubted_at"]
        link.sqlmodel_update(back)
        s.add(link)
    s.flush()


def _holds_back(
    s: Session, person: Person, other: Person, kept: dict[str, Any], now: datetime
) -> None:
    before, then = kept["before"], kept["then"]
    if other is not person and holding.newer(other, then):
        holding.put(s, person, holding.stricter(other, person), now)
    holding.put(s, other, holding.since(other, before, then), now)
