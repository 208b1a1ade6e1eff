"""What is paused, by whom and why, and how many messages wait for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.console.records.timeline import staff_names
from bot.office import gates
from bot.post.depths import Pile
from models.outbox import OutboxState, Weight


@dataclass(frozen=True)
class Pause:
    """One gate that is shut. `holds` is None where it cannot be counted."""

    key: str
    since: datetime
    until: datetime | None  # None: until staff resume it
    by: str  # a name; "" is the bot
    reason: str
    holds: int | None


def listing(s: Session, piles: Iterable[Pile], now: datetime) -> list[Pause]:
    """List what is paused now, what is paused longest first."""
    piles = tuple(piles)
    shut = gates.shut_now(s, now)
    staff = staff_names(s, [gate.shut_by for gate in shut])
    return [
        Pause(
            gate.id,
            gate.shut_at or now,
            gate.shut_until,
            staff.get(gate.shut_by or 0, ""),
            gate.reason,
            holds(gate.id, piles),
        )
        for gate in shut
    ]


def holds(key: str, piles: Iterable[Pile]) -> int | None:
    """Count the messages that a gate holds, or would. Only a channel's are known without a look."""
    kind, _, via = key.partition(":")
    if kind not in {"channel", "broadcasts"}:
        return None
    return sum(
        pile.count
        for pile in piles
        if pile.state is OutboxState.PENDING
        and pile.via == via
        and (kind == "channel" or pile.weight is Weight.BROADCAST)
    )
