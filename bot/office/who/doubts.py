"""When a link is doubted: signs that a number may be somebody else's by now.

A link in doubt stays as it is, but nothing of a case goes there until a human has asked.
"""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.office import tasks
from bot.office.reach import proof
from bot.office.reach.numbers import kind
from bot.office.refusal import Refusal
from bot.office.who import links
from bot.vault import trail
from models.person import Address, Doubt, Kind, Link, Person, Role, Trust
from models.task import TaskKind, Urgency
from models.text import _

SILENCE = timedelta(days=30)  # after which a number must be asked whose it is (providers, E2)
LATELY = timedelta(days=1)  # who wrote from there so lately is there, whatever a network says

GONE = frozenset({"21211", "21217", "21614", "30005", "30006", "63003", "63024"})
"""A network's codes for a number that it does not know, or that takes no messages."""

AWAY = frozenset({"30003"})
"""Its phone is off, or is no more. Tried for hours in vain, that is a sign too."""

STILL = _("The address is still this person's.")
DETAILS = {
    Doubt.SILENCE: "A number that was silent for over a month wrote again. "
    "A number that nobody uses may be given to somebody else.",
    Doubt.UNDELIVERED: "The network does not know a number of this person, or its phone is away.",
    Doubt.NEW_ID: "WhatsApp knows a number of this person under another id than before. "
    "It may be somebody else's phone.",
    Doubt.MOVED: "WhatsApp says that this person has another number now.",
    Doubt.DENIED: "A phone came in by an invite, and on another phone of this person they said "
    "that it was not them. If their PIN may be known to others, drop it.",
    Doubt.CONTRADICTED: "We wrote to somebody else at an address of this person, and whoever "
    "answered said that we have the wrong one. It may be this person, or somebody whom we do not "
    "know.",
    Doubt.STAFF: "One of you doubts that an address is still this person's.",
}
ASK = (
    "Nothing of a case goes there until one of you has asked by a way that is sure, and has said "
    "on the page of this person what it is."
)


def silent(address: Address, at: datetime) -> bool:
    """Whether a number was heard before, and not for so long that it may be somebody else's.

    Only numbers are given to others. Ids of WhatsApp and Telegram are not.
    """
    before = address.last_heard_at
    long = before is not None and at - before > SILENCE
    return long and kind(address.via, address.wire) is Kind.PHONE


def signs(code: str, address: Address, now: datetime) -> bool:
    """Whether a failure that is final says that a number may have lost its holder."""
    heard = address.last_heard_at
    lately = heard is not None and now - heard <= LATELY
    return (code in GONE or code in AWAY) and not lately


def doubt(s: Session, link: Link, why: Doubt, now: datetime, actor: str = trail.BOT) -> bool:
    """Doubt a link, and ask a human, once. False where it is in doubt already, or disproved."""
    if link.doubted_at is not None or link.trust is Trust.DISPROVED:
        return False
    link.doubt, link.doubted_at = why, now
    s.add(link)
    s.flush()
    whose = f"person:{link.person_id}"
    told = f"address {link.address_id}: {why.value}"
    trail.note(s, actor=actor, act="link.doubted", object=whose, detail=told, now=now)
    person, address = s.get_one(Person, link.person_id), s.get_one(Address, link.address_id)
    if person.role in proof.WHO:
        proof.doubt(s, person, address, now, actor)  # they may show who they are by themselves
    tasks.need(
        s,
        kind=TaskKind.CONFLICT if why is Doubt.CONTRADICTED else TaskKind.DOUBT,
        cause=proof.cause_of_doubt(link),
        now=now,
        person_id=link.person_id,
        detail=f"{DETAILS[why]} {ASK}",
    )
    return True


def denied(s: Session, person: Person, address_id: int, now: datetime) -> None:
    """Doubt an address that somebody says they did not add. No PIN and no code ends it: a human."""
    link = links.of(s, person.id or 0, address_id)
    if link is None or link.trust is Trust.DISPROVED:
        return
    if not doubt(s, link, Doubt.DENIED, now, trail.by_person(person.id)):
        link.doubt = Doubt.DENIED  # it was in doubt for less, and has its task already
        s.add(link)
    task = tasks.waiting(s, person.id, proof.cause_of_doubt(link))
    if task is not None:
        task.urgency = Urgency.SOON
        task.detail = f"{DETAILS[Doubt.DENIED]} {ASK}"
        tasks.rings(s, task, now)


def end(s: Session, link: Link, staff_id: int, now: datetime) -> None:
    """End a doubt: a human asked, and the address is still this person's."""
    cause = proof.cause_of_doubt(link)
    links.confirm(s, link, now, trail.by_staff(staff_id))
    tasks.settle(s, cause, staff_id, STILL.source, now)


def contradicted(s: Session, person: Person, address: Address, now: datetime) -> None:
    """Who answered for a person is somebody else: doubt that the address is any other's we know."""
    for link in of_address(s, address):
        other = s.get_one(Person, link.person_id)
        if other.id != person.id and other.role is not Role.UNKNOWN:
            doubt(s, link, Doubt.CONTRADICTED, now)


def by_hand(s: Session, link: Link, staff_id: int, now: datetime) -> None:
    """Doubt a link because a human does."""
    if not doubt(s, link, Doubt.STAFF, now, trail.by_staff(staff_id)):
        raise Refusal(_("This address is in doubt already, or was found not to be this person's."))


def of_address(s: Session, address: Address) -> list[Link]:
    """Give the links of an address that stand."""
    return list(
        s.exec(
            select(Link)
            .where(Link.address_id == address.id, col(Link.trust) != Trust.DISPROVED)
            .order_by(col(Link.id))
        )
    )
