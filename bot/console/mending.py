"""What staff do about the post: pausing and resuming it, trying again, deciding about a message."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from bot.console.records.found import NotFound
from bot.office import gates, tasks
from bot.office.refusal import Refusal
from bot.post import inbox, outbox_decisions
from bot.post.outbox_decisions import Decision
from bot.vault import trail
from models.inbox import Inbox
from models.outbox import Outbox
from models.person import Via
from models.text import _

PAUSABLE: Mapping[str, Via] = {
    key: via for via in Via for key in (gates.of_channel(via.value), gates.of_broadcasts(via.value))
}
"""What staff may pause. What providers' rules pause beside it, staff may only resume."""


def pause(
    s: Session, key: str, reason: str, staff_id: int, now: datetime, until: datetime | None = None
) -> None:
    """Let everything wait that a gate stands before, until somebody resumes it, or until then."""
    if key not in PAUSABLE:
        raise NotFound
    if not reason.strip():
        raise Refusal(_("Say why, so that others know when it may go on."))
    if until is not None and until <= now:
        raise Refusal(_("This hour has passed. Choose a later one."))
    gates.shut(s, key, reason.strip(), now, until, staff_id)


def resume(s: Session, key: str, staff_id: int, now: datetime) -> None:
    """Let what waits before a gate go."""
    if not gates.open_(s, key, now, staff_id):
        raise Refusal(_("This is not paused any more. Nothing was changed."))


def try_again(s: Session, inbox_id: int, staff_id: int, now: datetime) -> Inbox:
    """Put an envelope that could not be worked back into its line, once."""
    row = s.get(Inbox, inbox_id)
    if row is None:
        raise NotFound
    if not row.raw:
        raise Refusal(_("What came in this envelope was destroyed. It cannot be tried again."))
    if not inbox.replay(s, inbox_id, now):
        raise Refusal(_("This envelope is not parked, or not any more. Nothing was changed."))
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act="envelope.replayed",
        object=f"inbox:{inbox_id}",
        now=now,
    )
    tasks.settle(s, f"dead:{inbox_id}", staff_id, "replayed", now)
    return row


def decide(s: Session, outbox_id: int, decision: Decision, staff_id: int, now: datetime) -> Outbox:
    """Decide about a message of which nobody knows whether it arrived."""
    row = outbox_decisions.decide(s, outbox_id, decision, staff_id, now)
    if row is None:
        raise NotFound
    return row
