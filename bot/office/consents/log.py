"""The log of what somebody allowed and took back, and what holds by it now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office.refusal import Refusal
from bot.vault import trail
from handlers.understanding import normal
from models.grant import Giver, Grant, GrantAct, Medium, Purpose, Standing, Withheld
from models.person import Person
from models.text import Text, _

BY_CHAT = frozenset({Purpose.CONTACT, Purpose.DOCUMENTS})
"""All that a «sí» in a chat may allow. Everything else needs an act that a human records."""

_ANSWERS = {
    GrantAct.ASKED: Standing.ASKED,
    GrantAct.GRANTED: Standing.GRANTED,
    GrantAct.REFUSED: Standing.REFUSED,
    GrantAct.UNCLEAR: Standing.UNCLEAR,
    GrantAct.REVOKED: Standing.REVOKED,
}


@dataclass(frozen=True)
class Said:
    """How an answer was got: from whom, by whom, in which words, and what it leaves out."""

    version: str = ""
    language: str = ""
    medium: Medium | None = None
    giver: Giver | None = None
    interpreter: str = ""
    witness: str = ""
    words: str = ""
    inbox_id: int | None = None
    evidence_id: int | None = None
    conversation_id: int | None = None
    withheld: str = ""
    withheld_why: Withheld | None = None
    valid_until: datetime | None = None


NOTHING = Said()


def write(
    s: Session,
    person_id: int,
    purpose: Purpose,
    act: GrantAct,
    now: datetime,
    *,
    actor: str,
    said: Said = NOTHING,
    case_id: int | None = None,
    partner: str = "",
    staff_id: int | None = None,
) -> Grant:
    """Add an act to the log, with its line in the trail. Checks nothing: who calls it has."""
    row = Grant(
        person_id=person_id,
        case_id=case_id,
        purpose=purpose,
        act=act,
        partner=partner,
        staff_id=staff_id,
        at=now,
        **vars(said),
    )
    s.add(row)
    s.flush()
    trail.note(
        s,
        actor=actor,
        act=f"grant.{act.value}",
        object=f"grant:{row.id}",
        case_id=case_id,
        detail=f"{purpose.value}\n{said.words}".strip(),
        now=now,
    )
    return row


def record(
    s: Session,
    person_id: int,
    purpose: Purpose,
    act: GrantAct,
    now: datetime,
    *,
    said: Said,
    staff_id: int,
    case_id: int | None = None,
    partner: str = "",
) -> Grant:
    """Keep an answer that a named human got. Refuses one that nobody could stand by later."""
    wrong = []
    if act not in (GrantAct.GRANTED, GrantAct.REFUSED, GrantAct.UNCLEAR, GrantAct.REVOKED):
        wrong.append(_("Choose what the person answered."))
    if act is GrantAct.GRANTED:
        wrong += _unproved(said)
        if purpose is Purpose.PARTNER and not partner.strip():
            wrong.append(_("Name the partner it may be shared with."))
        if said.medium is Medium.CHAT and purpose not in BY_CHAT:
            wrong.append(_("A chat cannot allow this. Ask by a call, in person or on paper."))
        if said.valid_until is not None and said.valid_until <= now:
            wrong.append(_("The day until which it holds must be still to come."))
    if said.withheld.strip() and said.withheld_why is None:
        wrong.append(_("Say why something is held back."))
    if wrong:
        raise Refusal(*wrong)
    return write(
        s,
        person_id,
        purpose,
        act,
        now,
        actor=trail.by_staff(staff_id),
        said=said,
        case_id=case_id,
        partner=partner.strip(),
        staff_id=staff_id,
    )


def standing(
    s: Session,
    person_id: int,
    purpose: Purpose,
    now: datetime,
    *,
    case_id: int | None = None,
    partner: str = "",
) -> tuple[Standing, Grant | None]:
    """Say what holds now for one purpose, and the act by which it does.

    The newest answer holds that is about this case or about everything. A question that waits for
    its answer leaves what held before.
    """
    rows = s.exec(
        select(Grant)
        .where(
            _theirs(person_id),
            Grant.purpose == purpose,
            col(Grant.act).in_(list(_ANSWERS)),
            (col(Grant.case_id).is_(None)) | (col(Grant.case_id) == case_id),
        )
        .order_by(col(Grant.id).desc())
    ).all()
    mine = [row for row in rows if _about(row, partner)]
    newest = next((row for row in mine if row.act is not GrantAct.ASKED), next(iter(mine), None))
    if newest is None:
        return Standing.NOT_ASKED, None
    ended = newest.valid_until is not None and newest.valid_until <= now
    expired = newest.act is GrantAct.GRANTED and ended
    return (Standing.EXPIRED if expired else _ANSWERS[newest.act]), newest


def all_standing(
    s: Session, person_id: int, now: datetime, case_id: int | None = None
) -> Mapping[Purpose, Standing]:
    """Say what holds now for every purpose."""
    return {one: standing(s, person_id, one, now, case_id=case_id)[0] for one in Purpose}


def history(s: Session, person_id: int) -> Sequence[Grant]:
    """Give every act, the newest first."""
    query = select(Grant).where(_theirs(person_id))
    return s.exec(query.order_by(col(Grant.id).desc())).all()


def _theirs(person_id: int) -> sa.ColumnElement[bool]:
    """Say which acts are somebody's: also of whoever was found to be the same person."""
    same = sa.select(col(Person.id)).where(col(Person.id) == person_id).cte(recursive=True)
    joined = sa.select(col(Person.id)).where(col(Person.joined_into) == same.c.id)
    return col(Grant.person_id).in_(sa.select(same.union_all(joined).c.id))


def _unproved(said: Said) -> list[Text]:
    """Say what is missing of a consent that is to hold later."""
    wrong = []
    if said.medium is None or said.giver is None:
        wrong.append(_("Say who allowed it, and how they were asked."))
    if not said.version.strip() or not said.language:
        wrong.append(_("Say which words were put to them, and in which language."))
    if not (said.words.strip() or said.inbox_id or said.evidence_id):
        wrong.append(_("Say by what it can be shown: their words, a file or a message."))
    return wrong


def _about(row: Grant, partner: str) -> bool:
    """Tell whether an act is about this partner. A refusal without a name is about all of them."""
    if row.purpose is not Purpose.PARTNER or (not row.partner and row.act is not GrantAct.GRANTED):
        return True
    return normal(row.partner) == normal(partner)
