"""The gate before sharing: nothing passes without consent for that very purpose.

It fails closed: not asked, unclear, expired and taken back are all a no. A named human may pass it
with a reason, and that is an act of the log like any other.
"""

from datetime import datetime

from sqlmodel import Session

from bot.office.consents import log
from bot.office.refusal import Refusal
from bot.vault import trail
from models.grant import Grant, GrantAct, Purpose, Standing
from models.text import Text, _

WHY = {
    Standing.NOT_ASKED: _("This person was not asked for this. Ask first, and record the answer."),
    Standing.ASKED: _("This person was asked for this and has not answered. Silence is a no."),
    Standing.REFUSED: _("This person said no to this."),
    Standing.UNCLEAR: _("This person's answer was not clear. Explain it, and ask again."),
    Standing.EXPIRED: _("What this person allowed has expired. Ask again."),
    Standing.REVOKED: _("This person has taken back what they allowed."),
    Standing.GRANTED: _("This was allowed, and the act that says so cannot be found."),
}
AGAINST = frozenset({Standing.REFUSED, Standing.REVOKED, Standing.EXPIRED})


def not_against(
    s: Session, person_id: int, purpose: Purpose, now: datetime, case_id: int | None = None
) -> None:
    """Refuse what somebody has said no to. For a first word, which nobody can be asked before."""
    holds, _act = log.standing(s, person_id, purpose, now, case_id=case_id)
    if holds in AGAINST:
        raise Refusal(WHY[holds])


def share(
    s: Session,
    person_id: int,
    purpose: Purpose,
    what: str,
    now: datetime,
    *,
    staff_id: int,
    case_id: int | None = None,
    partner: str = "",
    reason: str = "",
) -> Grant:
    """Keep that something of a person is shared for a purpose now. Refuses without consent.

    With a `reason` it is kept as an override instead. What the person held back is in the way of
    sharing too: the refusal names it, and only somebody who looked passes it with a reason.
    """
    if not what.strip():
        raise Refusal(_("Say what is shared, and with whom."))
    act, words = GrantAct.SHARED, what.strip()
    why = _why_not(s, person_id, purpose, now, case_id, partner)
    if why is not None and not reason.strip():
        raise Refusal(why)
    if why is not None:
        act, words = GrantAct.OVERRIDDEN, f"{words}\n{reason.strip()}"
    return log.write(
        s,
        person_id,
        purpose,
        act,
        now,
        actor=trail.by_staff(staff_id),
        said=log.Said(words=words),
        case_id=case_id,
        partner=partner.strip(),
        staff_id=staff_id,
    )


def _why_not(
    s: Session, person_id: int, purpose: Purpose, now: datetime, case_id: int | None, partner: str
) -> Text | None:
    holds, act = log.standing(s, person_id, purpose, now, case_id=case_id, partner=partner)
    if holds is not Standing.GRANTED or act is None:
        return WHY[holds]
    return _("This person held back: {what}.", what=_line(act.withheld)) if act.withheld else None


def _line(lines: str) -> str:
    return "; ".join(one.strip() for one in lines.splitlines() if one.strip())
