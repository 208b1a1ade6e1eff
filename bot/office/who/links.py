"""What a link of a person and an address holds, and changing it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlmodel import Session, col, select

from bot.office import hours as clock
from bot.office.hours import Hours
from bot.office.refusal import Refusal
from bot.office.unsent import cancel_messages
from bot.vault import trail
from models.outbox import Outbox
from models.person import Address, Doubt, Link, Person, Role, Trust
from models.text import _

LEAST = timedelta(hours=1)  # of a day, where we know by which clock somebody lives


@dataclass(frozen=True)
class Facts:
    """What staff may say about a link, all of it at once. `quiet` is "": as for everybody."""

    trust: Trust
    shared: bool = False
    quiet: str = ""
    note: str = ""


def of(s: Session, person_id: int, address_id: int) -> Link | None:
    """Find a link."""
    return s.exec(
        select(Link).where(Link.person_id == person_id, Link.address_id == address_id)
    ).first()


def facts(link: Link) -> Facts:
    """Give what a link holds now."""
    return Facts(link.trust, link.shared, link.quiet, link.note or "")


def hours(quiet: str, general: Hours | None) -> Hours | None:
    """Give the quiet hours at an address: its own win over those for everybody."""
    return _read(quiet) if quiet else general


def change(s: Session, link: Link, new: Facts, now: datetime, actor: str) -> None:
    """Keep what staff say about a link. Refuses hours that nobody could be reached in.

    The trail names what was changed, and holds what it was before: so it can be set back.
    """
    person = s.get_one(Person, link.person_id)
    _check(new.quiet, person)
    old = facts(link)
    names = [name for name in ("trust", "shared", "quiet", "note") if _differs(name, old, new)]
    if not names:
        return
    link.trust, link.shared, link.quiet, link.note = new.trust, new.shared, new.quiet, new.note
    if "trust" in names and new.trust is not Trust.CLAIMED:
        link.confirmed_at = now
    s.add(link)
    if new.trust is Trust.DISPROVED:
        take_back(s, link, now)
    was = "; ".join(f"{name} was «{_told(name, old)}»" for name in names)
    _note(s, link, "link.changed", actor, now, detail=was)


def confirm(s: Session, link: Link, now: datetime, actor: str) -> None:
    """Keep that a human asked, and that the address is still this person's. It ends a doubt.

    A number where nobody could be reached is tried again.
    """
    if link.trust is Trust.DISPROVED:
        raise Refusal(_("This address was found not to be this person's. Say first that it is."))
    link.trust = Trust.ENROLLED
    link.confirmed_at = now
    link.doubt, link.doubted_at = Doubt.NONE, None
    s.add(link)
    address = s.get_one(Address, link.address_id)
    address.bad_at, address.rewritten = None, False
    s.add(address)
    _note(s, link, "link.confirmed", actor, now)


def take_back(s: Session, link: Link, now: datetime) -> None:
    """Let nothing go to this person at this address of what has not gone yet."""
    whose = (col(Outbox.person_id) == link.person_id) & (col(Outbox.address_id) == link.address_id)
    s.flush()
    cancel_messages(s, whose, now)


def _note(s: Session, link: Link, act: str, actor: str, now: datetime, *, detail: str = "") -> None:
    told = f"address {link.address_id}" + (f": {detail}" if detail else "")
    trail.note(s, actor=actor, act=act, object=f"person:{link.person_id}", detail=told, now=now)


def _differs(name: str, old: Facts, new: Facts) -> bool:
    before, after = getattr(old, name), getattr(new, name)
    return bool(before != after)


def _told(name: str, old: Facts) -> str:
    value = getattr(old, name)
    return str(value.value if isinstance(value, Trust) else value)


def _check(quiet: str, person: Person) -> None:
    if not quiet:
        return
    unknown = person.role is Role.UNKNOWN and not person.country
    try:
        clock.read(quiet, clock.LEAST if unknown else LEAST)
    except ValueError:
        raise Refusal(
            _(
                "Write the quiet hours like 21:00-08:00, and leave at least an hour of the day; "
                "nine hours where we do not know where the person lives."
            )
        ) from None


@cache
def _read(quiet: str) -> Hours | None:
    return clock.read(quiet, LEAST)
