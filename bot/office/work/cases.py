"""Cases: opening one, and its reference."""

import re
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import wording
from bot.office.once import once
from bot.office.refusal import Refusal
from bot.vault import trail
from models.case import Case, CaseState, Program
from models.person import Person, Role
from models.text import Text, _

REFERENCE = re.compile(r"([A-Z]{2})[\s-]*0*([0-9]{1,6})")
BROADCASTS = "AV"  # the letters of a broadcast's code


def open_case(
    s: Session,
    *,
    reference: str,
    program: Program,
    country: str,
    summary: str,
    sought: str,
    guarded: str,
    lawyer_id: int | None,
    parent_id: int | None,
    now: datetime,
    actor: str,
) -> Case:
    """Open a case. Refuses a reference that is taken, or is none, and people of the wrong role."""
    code = normal(reference)
    wrong = [] if code else [_("A reference is two letters and a number, like GT-0417.")]
    wrong += _misplaced(s, lawyer_id, {Role.LAWYER}, _("The lawyer chosen is not a lawyer."))
    wrong += _misplaced(
        s,
        parent_id,
        {Role.PARENT, Role.UNKNOWN},
        _("The person looked for must be a possible parent."),
    )
    if wrong:
        raise Refusal(*wrong)
    case, made = once(
        s,
        lambda: s.exec(select(Case).where(Case.reference == code)).first(),
        lambda: Case(
            reference=code,
            program=program,
            country=country.upper(),
            summary=summary,
            sought=sought,
            guarded=guarded,
            lawyer_id=lawyer_id,
            parent_id=parent_id,
            opened_at=now,
        ),
    )
    if not made:
        raise Refusal(_("There is a case {code} already. Choose another number.", code=code))
    wording.keep(s, case)
    trail.note(
        s, actor=actor, act="case.opened", object=f"case:{case.id}", case_id=case.id, now=now
    )
    return case


def normal(reference: str) -> str:
    """Write a reference as it is kept: «gt 417» is GT-0417. Nothing for what is none."""
    found = REFERENCE.fullmatch(reference.strip().upper())
    if not found or found[1] == BROADCASTS:
        return ""
    return f"{found[1]}-{found[2]:0>4}"


def next_reference(s: Session, country: str) -> str:
    """Propose the next free reference of a country."""
    letters = country.upper()
    last = s.exec(
        select(Case.reference)
        .where(col(Case.reference).startswith(f"{letters}-"))
        .order_by(sa.func.length(Case.reference).desc(), col(Case.reference).desc())
    ).first()
    number = int(last.partition("-")[2]) if last else 0
    return f"{letters}-{number + 1:04d}"


def must_be_open(case: Case) -> None:
    """Refuse work on a closed case."""
    if case.state is not CaseState.OPEN:
        raise Refusal(_("The case {code} is closed.", code=case.reference))


def _misplaced(s: Session, person_id: int | None, roles: set[Role], words: Text) -> list[Text]:
    if person_id is None:
        return []
    person = s.get(Person, person_id)
    return [] if person is not None and person.role in roles else [words]
