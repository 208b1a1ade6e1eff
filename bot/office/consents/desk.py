"""What staff add to the log, by the console or by a program: a question, an answer, a sharing."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from bot.office.consents import chat, log, sharing
from bot.office.reach import consent
from bot.office.refusal import Refusal
from bot.office.work.cases import normal
from models.case import Case
from models.evidence import Evidence
from models.grant import GrantAct, Purpose
from models.person import Person
from models.text import _


@dataclass(frozen=True)
class Wanted:
    """What a named human wants kept. `step` is ask, record or share."""

    step: str
    act: GrantAct | None = None
    case: str = ""  # its reference; none: for everything of this person
    partner: str = ""
    what: str = ""
    reason: str = ""
    said: log.Said = log.NOTHING


def do(
    s: Session, person: Person, purpose: Purpose, wanted: Wanted, staff_id: int, now: datetime
) -> None:
    """Keep it, in the name of a human. Refuses what nobody could stand by later.

    Who is recorded to allow being contacted, and had said stop, is written to again.
    """
    case_id = _case(s, wanted.case)
    number = person.id or 0
    match wanted.step:
        case "ask":
            chat.ask(s, person, purpose, staff_id=staff_id, now=now, case_id=case_id)
        case "share":
            sharing.share(
                s,
                number,
                purpose,
                wanted.what,
                now,
                staff_id=staff_id,
                case_id=case_id,
                partner=wanted.partner,
                reason=wanted.reason,
            )
        case _:
            _record(s, person, purpose, wanted, case_id, staff_id, now)


def _record(
    s: Session,
    person: Person,
    purpose: Purpose,
    wanted: Wanted,
    case_id: int | None,
    staff_id: int,
    now: datetime,
) -> None:
    said = wanted.said
    if said.evidence_id is not None:
        file = s.get(Evidence, said.evidence_id)
        if file is None or file.person_id != person.id:
            raise Refusal(_("There is no such file of this person."))
    log.record(
        s,
        person.id or 0,
        purpose,
        wanted.act or GrantAct.ASKED,
        now,
        said=said,
        staff_id=staff_id,
        case_id=case_id,
        partner=wanted.partner,
    )
    back = purpose is Purpose.CONTACT and wanted.act is GrantAct.GRANTED
    if back and person.stopped_at is not None:
        consent.let_back(s, person, staff_id, said.words, now)


def _case(s: Session, reference: str) -> int | None:
    if not reference.strip():
        return None
    found = s.exec(select(Case.id).where(Case.reference == normal(reference))).first()
    if found is None:
        raise Refusal(_("There is no case {code}.", code=reference))
    return found
