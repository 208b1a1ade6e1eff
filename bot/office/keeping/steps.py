"""The steps of keeping and destroying, as staff take them on one page."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlmodel import Session

from bot.office.keeping import destroying, holds
from bot.office.refusal import Refusal
from bot.vault import trail
from models.case import Case
from models.data_key import Subject, Whose
from models.keeping import Destruction, Hold
from models.text import _


class Step(Enum):
    """What can be done about how long something is kept."""

    CLOSE = "close"
    REOPEN = "reopen"
    HOLD = "hold"
    RELEASE = "release"
    ASK = "ask"
    WITHDRAW = "withdraw"
    DESTROY = "destroy"


@dataclass(frozen=True)
class Standing:
    """How it stands with a case, a person or a week of raw envelopes."""

    destroyed_at: datetime | None
    holds: tuple[Hold, ...]
    asked: Destruction | None


def standing(s: Session, who: Whose) -> Standing:
    """Say how it stands."""
    return Standing(
        destroying.destroyed(s, who), tuple(holds.on(s, [who])), destroying.asked(s, who)
    )


def take(
    s: Session, who: Whose, step: Step, reason: str, staff_id: int, now: datetime
) -> tuple[str, ...]:
    """Take a step in somebody's name. Gives files to take away. Raises `Refusal`."""
    match step:
        case Step.CLOSE:
            destroying.close(s, _case(s, who), trail.by_staff(staff_id), now)
        case Step.REOPEN:
            destroying.reopen(s, _case(s, who), trail.by_staff(staff_id), now)
        case Step.HOLD:
            holds.place(s, who, reason, staff_id, now)
        case Step.RELEASE:
            for hold in holds.on(s, [who]):
                holds.release(s, hold, staff_id, now)
        case Step.ASK:
            destroying.ask(s, who, reason, staff_id, now)
        case Step.WITHDRAW:
            destroying.withdraw(s, _asked(s, who), staff_id, now)
        case Step.DESTROY:
            return destroying.carry_out(s, _asked(s, who), staff_id, now)
    return ()


def _case(s: Session, who: Whose) -> Case:
    if who[0] is not Subject.CASE:
        raise Refusal(_("Only a case is closed and opened again."))
    return s.get_one(Case, who[1], with_for_update=True)


def _asked(s: Session, who: Whose) -> Destruction:
    made = destroying.asked(s, who)
    if made is None:
        raise Refusal(_("Nobody asked for it. One of you asks, another one does it."))
    return made
