"""The last look at a message before it leaves: these words, to this person, there, now.

It reads the text exactly as it will appear. It fails closed: what cannot be checked is kept back.
A reason never repeats what it found, because reasons are shown and logged.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from bot.log import log
from bot.office import asking, forbidden, organisation, wording
from models.case import Case
from models.conversation import Talked
from models.outbox import Outbox, Weight
from models.person import Address, Link, Lockout, Person, Role, Trust
from models.text import Text, _

MINOR = _("This person may be a minor: only a human may reach them, by other means.")
ADVERSE = _("This person is an adverse party: only a human may reach them, by other means.")
UNSAFE = _("This person is marked unsafe to write to: only a human may reach them.")
FROZEN = _("Messages to this person are frozen.")
STOPPED = _("This person has asked for no more messages.")
BLOCKED = _("This address has blocked us.")
BAD = _("Nobody can be reached at this address.")
NOT_HERE = _("Somebody at this address asked not to be written to there.")
NOT_THEIRS = _("This address is not this person's.")
DOUBTED = _("It is in doubt whether this address is still this person's.")
TELLING = _("The words say too much for somebody whom no human has verified.")
TELLING_ALL = _("The words say too much for a phone that others read too.")
NAMING = _("The words hold a name or place that a case guards.")
ASKING = _("We never ask for money, passwords, full ID numbers or signatures by message.")
UNCHECKED = _("The message could not be checked.")

LOCKED = {Lockout.MINOR: MINOR, Lockout.ADVERSE_PARTY: ADVERSE, Lockout.UNSAFE: UNSAFE}
UNVERIFIED = {Role.PARENT, Role.UNKNOWN}


class _Link(NamedTuple):
    """What counts of the link between a message's reader and its address."""

    doubted: bool
    shared: bool


def verdict(
    s: Session,
    outbox: Outbox,
    person: Person,
    address: Address,
    written_text: str,
    now: datetime,  # noqa: ARG001 - part of the question: what may go now
) -> str | None:
    """Say why a message must not go, or nothing when it may. Never raises.

    The reason is an English sentence that the catalogs know.
    """
    try:
        found = s.connection().execute(_LINKED, {"person": person.id, "address": address.id})
        link = next((_Link(row.doubted_at is not None, row.shared) for row in found), None)
        why = _standing(outbox, person, address, link)
        why = why or _wording(s, outbox, person, written_text, shared=bool(link and link.shared))
    except Exception as problem:  # noqa: BLE001 - whatever it is, the message stays here
        log.error("guard.broken", error=type(problem).__name__, outbox=outbox.id)
        why = UNCHECKED
    return None if why is None else why.source


def tells(text: str, language: str) -> bool:
    """Find whether a text holds what nobody unverified may read."""
    words = wording.words(text)
    line = f" {' '.join(words)} "
    singles = _SINGLE | _ENGLISH if language == "eng" else _SINGLE
    return not singles.isdisjoint(words) or any(f" {phrase} " in line for phrase in _PHRASES)


# Asked for every message, so built once.
_LINKED = sa.select(col(Link.doubted_at), col(Link.shared)).where(
    col(Link.person_id) == sa.bindparam("person"),
    col(Link.address_id) == sa.bindparam("address"),
    col(Link.trust) != Trust.DISPROVED,
)
_CONCERNED = sa.select(col(Case.id)).where(
    sa.or_(
        col(Case.id) == sa.bindparam("case", type_=sa.Integer()),
        col(Case.parent_id) == sa.bindparam("person"),
    )
)


def _standing(
    outbox: Outbox, person: Person, address: Address, link: "_Link | None"
) -> Text | None:
    """Say why nothing may go to this person, at this address."""
    if person.lockout is not Lockout.NONE:
        return LOCKED[person.lockout]
    if person.frozen_at is not None and not _bland(outbox, person):
        return FROZEN
    if address.blocked_at is not None:
        return BLOCKED
    if address.bad_at is not None:
        return BAD
    if outbox.weight == Weight.STOP.value:
        return None  # the one word after «no more»: that we heard it
    if person.stopped_at is not None:
        return STOPPED
    if address.unsafe_at is not None:
        return NOT_HERE
    if link is None:
        return NOT_THEIRS
    return DOUBTED if link.doubted and outbox.case_id is not None else None


def _bland(outbox: Outbox, person: Person) -> bool:
    """Whether it is the one harmless word after the words of danger, from that very moment."""
    return outbox.weight == Weight.STOP.value and outbox.created_at == person.frozen_at


def _wording(s: Session, outbox: Outbox, person: Person, text: str, *, shared: bool) -> Text | None:
    """Say why these words may not go to this person. On a shared phone anybody may read them."""
    if asking.asks(text):
        return ASKING
    stranger = shared or person.role in UNVERIFIED
    if stranger and tells(text, person.language):
        return TELLING_ALL if shared else TELLING
    if outbox.written_by is not None and person.role is Role.DEFENDER and not shared:
        return None  # a named human may tell a Defender whom she looks for
    if stranger or shared or outbox.written_by is not None:
        return NAMING if _named(s, outbox, person, text) else None
    own = _own_words(s, outbox, person)
    for case in _cases(s, outbox, person):
        if wording.names(case, text) - (wording.runs(own) if own else frozenset()):
            return NAMING
    return None


def _named(s: Session, outbox: Outbox, person: Person, text: str) -> bool:
    """Tell whether words hold what any case holds: a stranger's may be any, a human's about any.

    What our own sentences always say, and our own name, tells nothing of anybody.
    """
    ours = outbox.written_by is None
    said = wording.runs(text) - (wording.ordinary() if ours else frozenset())
    found = wording.held(
        s,
        said,
        case_id=outbox.case_id,
        person_id=person.id,
        closed=person.role in UNVERIFIED,
    )
    if found and ours:
        return not wording.runs(organisation.ours(s).name).issuperset(found)
    return bool(found)


def _cases(s: Session, outbox: Outbox, person: Person) -> Iterable[Case]:
    """Give the cases whose names our own words to one of us might hold.

    Our own sentences hold nothing but what their conversation was given, so that is its case.
    """
    asked = {"case": outbox.case_id, "person": person.id}
    found = s.connection().execute(_CONCERNED, asked).scalars().all()
    return [s.get_one(Case, number) for number in found]


def _own_words(s: Session, outbox: Outbox, person: Person) -> str:
    """Give what a Defender herself wrote in this conversation: that may be read back to her."""
    if person.role is not Role.DEFENDER or outbox.conversation_id is None:
        return ""
    talked = s.get_one(Talked, outbox.conversation_id)
    if talked.person_id != person.id:
        return ""
    return json.dumps(json.loads(talked.journal), ensure_ascii=False)


_ENTRIES = f"{forbidden.CHILD} {forbidden.PLACE} {forbidden.REMOVAL} {forbidden.LAW}".split()
_SINGLE = frozenset(entry for entry in _ENTRIES if "_" not in entry)
_PHRASES = tuple(entry.replace("_", " ") for entry in _ENTRIES if "_" in entry)
_ENGLISH = frozenset(forbidden.ENGLISH_ONLY.split())
