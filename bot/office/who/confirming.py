"""Doing what a human of staff looked at and confirmed, and keeping all that undoing it needs."""

import json
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.office import tasks
from bot.office.refusal import Refusal
from bot.office.who import belongings, doubts, holding, links
from bot.office.who.regrouping import Preview, check, decide, preview
from bot.vault import trail
from models.person import Address, Link, Person, Role, Trust
from models.regrouping import Regrouping, RegroupingKind, RegroupingState
from models.task import TaskKind
from models.text import _

FACTS = {
    *("id", "person_id", "address_id", "trust", "confirmed_at"),
    *("doubt", "doubted_at", "shared", "quiet", "note", "created_at"),
}


def confirm(s: Session, row: Regrouping, mark: str, staff_id: int, now: datetime) -> Regrouping:
    """Do what was proposed and looked at, in the name of a human. Refuses where it has changed."""
    s.refresh(row, with_for_update=True)
    if row.state is not RegroupingState.PROPOSED:
        raise Refusal(_("This was decided already. Look at it again."))
    looked = preview(s, row, now)
    check(s, row.kind, looked.person, looked.other, looked.address, looked.new_address)
    if looked.mark != mark:
        raise Refusal(_("Something has changed since you looked. Look at it again."))
    for number in sorted(filter(None, (row.person_id, row.other_id))):
        s.get(Person, number, with_for_update=True)  # a turn of theirs that is under way ends first
    kept: dict[str, Any] = {}
    match row.kind:
        case RegroupingKind.JOIN:
            kept = _join(s, looked, now)
        case RegroupingKind.MOVE | RegroupingKind.PART:
            kept = _hand_over(s, looked, now)
        case RegroupingKind.CHANGE:
            kept = _replace(s, looked, now)
    row.kept = json.dumps(kept)
    decide(s, row, RegroupingState.DONE, "regrouping.confirmed", staff_id, now)
    if looked.asks and looked.other is not None:
        _ask_again(s, row, looked.other, now)
    return row


def snapshot(link: Link) -> dict[str, Any]:
    """Write a link down as it is, so that it can be set back."""
    written: dict[str, Any] = json.loads(link.model_dump_json(include=FACTS))
    return written


def _join(s: Session, looked: Preview, now: datetime) -> dict[str, Any]:
    person, other = looked.person, looked.other
    assert other is not None  # noqa: S101 - checked when it was proposed
    before, then = holding.of(other), holding.stricter(person, other)
    mine, theirs = [], []
    for link in looked.links:
        mine.append(snapshot(link))
        same = links.of(s, other.id or 0, link.address_id)
        if same is None:
            link.person_id = other.id or 0
        else:
            theirs.append(snapshot(same))
            _merge(same, link)
            link.trust = Trust.DISPROVED
            s.add(same)
        s.add(link)
    s.flush()
    belongings.move(s, looked.moves, person, other)
    refused = holding.carry_refusals(s, person, other, now)
    person.joined_into = other.id
    s.add(person)
    holding.put(s, other, then, now)
    return {
        "refused": refused,
        "moves": looked.moves,
        "links": mine,
        "theirs": theirs,
        "before": before,
        "then": then,
    }


def _merge(one: Link, other: Link) -> None:
    """Let the one link of two stand, with whatever makes it safer."""
    if other.trust is Trust.ENROLLED or one.trust is Trust.DISPROVED:
        one.trust = other.trust
    one.shared = one.shared or other.shared
    one.quiet = one.quiet or other.quiet
    one.note = "\n".join(filter(None, (one.note, other.note))) or None
    if one.doubted_at is None and other.doubted_at is not None:
        one.doubt, one.doubted_at = other.doubt, other.doubted_at


def _hand_over(s: Session, looked: Preview, now: datetime) -> dict[str, Any]:
    person, other, address = looked.person, looked.other, looked.address
    assert address is not None  # noqa: S101 - checked when it was proposed
    made = other is None
    if other is None:
        other = Person(
            language=person.language, country=person.country, zone=person.zone, created_at=now
        )
        s.add(other)
        s.flush()
        looked.row.other_id = other.id
        whose = f"person:{other.id}"
        trail.note(s, actor=trail.BOT, act="person.parted", object=whose, now=now)
    before = holding.of(other)
    link = looked.links[0]
    mine = [snapshot(link)]
    theirs, fresh = _give(s, other, address, Trust.CLAIMED if made else Trust.ENROLLED, now)
    _end(s, link, now)
    belongings.move(s, looked.moves, person, other)
    holding.stop_from(s, person, address, other, now)
    return {
        "moves": looked.moves,
        "links": mine,
        "theirs": theirs,
        "fresh": fresh,
        "made": made,
        "before": before,
        "then": holding.of(other),
    }


def _replace(s: Session, looked: Preview, now: datetime) -> dict[str, Any]:
    person, new_address = looked.person, looked.new_address
    assert new_address is not None  # noqa: S101 - checked when it was proposed
    before = holding.of(person)
    link = looked.links[0]
    mine = [snapshot(link)]
    theirs, fresh = _give(s, person, new_address, Trust.ENROLLED, now)
    _end(s, link, now)
    for one in doubts.of_address(s, new_address):
        holder = s.get_one(Person, one.person_id)
        if holder.role is Role.UNKNOWN and holder.id != person.id:
            holding.carry_stop(s, holder, person, now)
    then = holding.of(person)
    return {"links": mine, "theirs": theirs, "fresh": fresh, "before": before, "then": then}


def _give(
    s: Session, person: Person, address: Address, trust: Trust, now: datetime
) -> tuple[list[dict[str, Any]], int | None]:
    """Make an address somebody's. Gives the link as it was, or the number of the new one."""
    known = links.of(s, person.id or 0, address.id or 0)
    if known is None:
        known = Link(
            person_id=person.id or 0, address_id=address.id or 0, trust=trust, created_at=now
        )
        s.add(known)
        s.flush()
        known.confirmed_at = now
        s.add(known)
        return [], known.id
    was = snapshot(known)
    known.trust, known.confirmed_at = trust, now
    s.add(known)
    return [was], None


def _end(s: Session, link: Link, now: datetime) -> None:
    link.trust = Trust.DISPROVED
    link.confirmed_at = now
    s.add(link)
    links.take_back(s, link, now)


def _ask_again(s: Session, row: Regrouping, person: Person, now: datetime) -> None:
    tasks.need(
        s,
        kind=TaskKind.DOUBT,
        cause=f"consent:{row.id}",
        now=now,
        person_id=person.id,
        detail="Two who were joined had said differently whether we may write. "
        "The stricter holds: nothing goes out. "
        "Ask this person again, by another way than a message.",
    )
