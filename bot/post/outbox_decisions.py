"""What a human decides about a message of which nobody knows whether it arrived.

The bot never does any of this by itself: it asks the provider, and then it asks staff.
"""

from datetime import datetime
from enum import Enum

from sqlmodel import Session, col, select

from bot.office import tasks
from bot.office.refusal import Refusal
from bot.vault import trail
from models.outbox import Outbox, OutboxState, Part
from models.text import _

LEFT = _("Staff have looked at it, and leave it as it is.")
REPEATED = _("Staff let it go once more.")
KNOWN = _("Meanwhile it is known what became of this message. Nothing was changed.")
ASKING = _(
    "The bot is still asking the provider about this message. Wait a few minutes: sent again now, "
    "it may arrive twice."
)
TOO_OLD = _("This message is too old to be sent: what it says may not hold any more. Write anew.")


class Decision(Enum):
    """What becomes of it."""

    ARRIVED = "arrived"  # somebody knows that it did
    REPEAT = "repeat"  # it goes out once more, whether or not it arrived
    LEAVE = "leave"  # nothing is done; it stays unknown


REASONS = {
    Decision.ARRIVED: "",
    Decision.REPEAT: REPEATED.source,
    Decision.LEAVE: LEFT.source,
}
"""What the message says of itself afterwards, in English sentences that the catalogs know."""


def decide(
    s: Session, outbox_id: int, decision: Decision, staff_id: int, now: datetime
) -> Outbox | None:
    """Do with a message what a named human decided. Gives nothing where there is no such message.

    Raises `Refusal` where its fate is known meanwhile, or it must not go again.
    """
    row = s.get(Outbox, outbox_id, with_for_update=True, populate_existing=True)
    if row is None:
        return None
    if row.state is not OutboxState.UNKNOWN:
        raise Refusal(KNOWN)
    match decision:
        case Decision.ARRIVED:
            _arrived(s, row, now)
        case Decision.REPEAT:
            _repeat(s, row, now)
        case Decision.LEAVE:
            row.next_at = None
    row.reason = REASONS[decision]
    row.changed_at = now
    s.add(row)
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act=f"message.{decision.value}",
        object=f"outbox:{row.id}",
        case_id=row.case_id,
        now=now,
    )
    tasks.settle(s, f"kept:{row.id}", staff_id, decision.value, now)
    return row


def is_ours_to_decide(row: Outbox) -> bool:
    """Tell whether the bot has asked all it can about a message, so that staff may repeat it."""
    return row.state is OutboxState.UNKNOWN and row.next_at is None


def _arrived(s: Session, row: Outbox, now: datetime) -> None:
    """Take its doubtful part for accepted. What of it was not tried yet goes on."""
    parts = _parts(s, row)
    for part in _doubtful(parts):
        _move(s, part, OutboxState.ACCEPTED, now)
        part.sent_at = now
    waits = any(part.state is OutboxState.PENDING or part.of > len(parts) for part in parts)
    row.state = OutboxState.PENDING if waits else OutboxState.ACCEPTED
    row.next_at = now if waits else None
    row.sent_at = row.sent_at or now


def _repeat(s: Session, row: Outbox, now: datetime) -> None:
    if not is_ours_to_decide(row):
        raise Refusal(ASKING)
    if row.expires_at is not None and row.expires_at <= now:
        raise Refusal(TOO_OLD)
    for part in _doubtful(_parts(s, row)):
        _move(s, part, OutboxState.PENDING, now)
    row.state = OutboxState.PENDING
    row.next_at = now


def _parts(s: Session, row: Outbox) -> list[Part]:
    return list(
        s.exec(
            select(Part).where(Part.outbox_id == row.id, Part.leg == row.leg).order_by(col(Part.n))
        )
    )


def _doubtful(parts: list[Part]) -> list[Part]:
    return [part for part in parts if part.state is OutboxState.UNKNOWN]


def _move(s: Session, part: Part, state: OutboxState, now: datetime) -> None:
    part.state = state
    part.changed_at = now
    s.add(part)
