"""Two people are one, an address is another's, a number was changed: proposed, looked at, done.

Nothing here happens by itself. The bot may propose; a named human of staff looks at what would move
and what would stay, and confirms just that, or drops it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import tasks
from bot.office.once import once
from bot.office.refusal import Refusal
from bot.office.who import belongings, holding, links
from bot.office.who.belongings import Moved
from bot.vault import trail
from models.inbox import Heard
from models.person import Address, Link, Person, Role, Trust
from models.regrouping import Regrouping, RegroupingKind, RegroupingState
from models.task import TaskKind
from models.text import _


@dataclass(frozen=True)
class Preview:
    """What a regrouping would do. `mark` says that it is just this which was looked at."""

    row: Regrouping
    person: Person
    other: Person | None
    address: Address | None
    new_address: Address | None
    moves: Moved  # rows by table and column
    links: tuple[Link, ...]  # of the person, whose addresses go
    stays: int  # messages that came from there and stay with whom they were from
    holds: tuple[str, ...]  # what will hold messages to `other` back
    asks: bool  # whether consent must be asked for again

    @property
    def mark(self) -> str:
        """Mark it, so that only what was looked at is done."""
        told = [
            *(self.row.id, self.row.kind.value, self.row.state.value, self.moves),
            *([one.address_id for one in self.links], self.stays, self.holds),
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def propose(
    s: Session,
    *,
    kind: RegroupingKind,
    person: Person,
    other: Person | None = None,
    address: Address | None = None,
    new_address: Address | None = None,
    why: str,
    cause: str | None = None,
    now: datetime,
    actor: str,
) -> Regrouping:
    """Propose a regrouping, for a human to look at. Refuses what could never be done.

    For a cause it is proposed once, also when it was dropped or undone since.
    """
    check(s, kind, person, other, address, new_address)

    def make() -> Regrouping:
        return Regrouping(
            kind=kind,
            cause=cause,
            person_id=person.id or 0,
            other_id=other.id if other else None,
            address_id=address.id if address else None,
            new_address_id=new_address.id if new_address else None,
            why=why,
            proposed_by=actor,
            proposed_at=now,
        )

    def find() -> Regrouping | None:
        if cause is None:
            return None
        return s.exec(select(Regrouping).where(Regrouping.cause == cause)).first()

    row, made = once(s, find, make)
    if not made:
        return row
    _note(s, row, "regrouping.proposed", actor, now)
    if actor == trail.BOT:
        tasks.need(
            s,
            kind=TaskKind.DOUBT,
            cause=f"regrouping:{row.id}",
            now=now,
            person_id=person.id,
            detail=f"{why} Look at the proposal on this person's page, and confirm or drop it.",
        )
    return row


def preview(s: Session, row: Regrouping, now: datetime) -> Preview:
    """Say what a proposal would move, what would stay, and what would hold."""
    person = s.get_one(Person, row.person_id)
    other = s.get(Person, row.other_id) if row.other_id is not None else None
    address = s.get(Address, row.address_id) if row.address_id is not None else None
    new_address = s.get(Address, row.new_address_id) if row.new_address_id is not None else None
    moves: Moved = {}
    goes: tuple[Link, ...] = ()
    holds: list[str] = []
    asks = False
    if row.kind is RegroupingKind.JOIN and other is not None:
        moves = belongings.of(s, person, other)
        goes = tuple(standing(s, person))
        holds = holding.told(holding.stricter(person, other))
        asks = holding.differ(s, person, other, now)
    elif address is not None:
        link = links.of(s, person.id or 0, address.id or 0)
        goes = (link,) if link is not None else ()
        if row.kind is not RegroupingKind.CHANGE and link is not None:
            moves = _said_in_doubt(s, link)
        if other is not None:
            holds = holding.told(holding.of(other))
    stays = _heard(s, person, goes) - len(moves.get("heard.person_id", ()))
    return Preview(row, person, other, address, new_address, moves, goes, stays, tuple(holds), asks)


def drop(s: Session, row: Regrouping, staff_id: int, now: datetime) -> None:
    """Do nothing of what was proposed."""
    s.refresh(row, with_for_update=True)
    if row.state is not RegroupingState.PROPOSED:
        raise Refusal(_("This was decided already. Look at it again."))
    decide(s, row, RegroupingState.DROPPED, "regrouping.dropped", staff_id, now)


def concerning(s: Session, person_id: int) -> list[Regrouping]:
    """Give all that was proposed about somebody, the newest first."""
    found = select(Regrouping).where(
        sa.or_(col(Regrouping.person_id) == person_id, col(Regrouping.other_id) == person_id)
    )
    return list(s.exec(found.order_by(col(Regrouping.id).desc())))


def standing(s: Session, person: Person) -> Sequence[Link]:
    """Give somebody's links that were not disproved."""
    found = select(Link).where(Link.person_id == person.id, col(Link.trust) != Trust.DISPROVED)
    return s.exec(found.order_by(col(Link.id))).all()


def check(
    s: Session,
    kind: RegroupingKind,
    person: Person,
    other: Person | None,
    address: Address | None,
    new_address: Address | None,
) -> None:
    """Refuse what could never be done."""
    if any(one is not None and one.joined_into is not None for one in (person, other)):
        raise Refusal(_("One of the two was found to be somebody else already. Look at that page."))
    if kind in (RegroupingKind.JOIN, RegroupingKind.MOVE):
        if other is None or other.id == person.id:
            raise Refusal(_("Say who else it is: somebody in the record, by their number there."))
        if kind is RegroupingKind.JOIN:
            _check_roles(person, other)
    if kind is RegroupingKind.JOIN:
        return
    link = links.of(s, person.id or 0, address.id or 0) if address is not None else None
    if link is None or link.trust is Trust.DISPROVED:
        raise Refusal(_("Choose an address that is this person's."))
    if kind is RegroupingKind.CHANGE and (new_address is None or new_address is address):
        raise Refusal(_("Say which number it is now."))


def _check_roles(person: Person, other: Person) -> None:
    if person.role is other.role or person.role is Role.UNKNOWN:
        return
    if other.role is Role.UNKNOWN:
        raise Refusal(
            _("Join somebody unknown into somebody known: do it from the page of the other.")
        )
    raise Refusal(
        _("They are something different to us, so they are not joined. Correct the role first.")
    )


def _said_in_doubt(s: Session, link: Link) -> Moved:
    """Find what came from an address since it is in doubt, and was put to no case."""
    if link.doubted_at is None:
        return {}
    found = s.exec(
        select(Heard.id).where(
            Heard.person_id == link.person_id,
            Heard.address_id == link.address_id,
            Heard.received_at >= link.doubted_at,
            col(Heard.case_id).is_(None),
        )
    ).all()
    return {"heard.person_id": [number for number in found if number is not None]}


def _heard(s: Session, person: Person, goes: Sequence[Link]) -> int:
    where = [one.address_id for one in goes]
    asked = select(sa.func.count()).where(
        Heard.person_id == person.id, col(Heard.address_id).in_(where)
    )
    return s.exec(asked).one()


def decide(
    s: Session, row: Regrouping, state: RegroupingState, act: str, staff_id: int, now: datetime
) -> None:
    """Write down what a human decided, and that the task which asked for it is done."""
    row.state = state
    row.decided_by, row.decided_at = staff_id, now
    s.add(row)
    _note(s, row, act, trail.by_staff(staff_id), now)
    tasks.settle(s, f"regrouping:{row.id}", staff_id, state.value, now)


def _note(s: Session, row: Regrouping, act: str, actor: str, now: datetime) -> None:
    told: Mapping[str, object] = {
        "kind": row.kind.value,
        "person": row.person_id,
        "other": row.other_id,
        "address": row.address_id,
        "new_address": row.new_address_id,
    }
    detail = json.dumps(told, sort_keys=True)
    trail.note(s, actor=actor, act=act, object=f"regrouping:{row.id}", detail=detail, now=now)
