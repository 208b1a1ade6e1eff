"""Remedies: what becomes of a part that was not taken or did not arrive, by its provider's rules.

The rules are data of the channels. The same failure is judged alike whether it is the answer to a
send or comes later as news.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import gates, people, tasks
from bot.office.reach import proof
from bot.office.reach.addresses import in_order, usable
from bot.post import templates
from bot.post.attempts import OF_STATUS, Outcome, alike
from channels.base import (
    BadAddress,
    Busy,
    Channel,
    Failure,
    Misconfigured,
    Refused,
    Remedy,
    Scope,
    Sent,
    Stopped,
    Uncertain,
    Unreachable,
    WindowClosed,
)
from models.outbox import Outbox, OutboxState, Part, Weight
from models.person import Address, Link, Person, Role, Trust
from models.task import TaskKind

BACKOFF = (2.0, 10.0, 60.0, 300.0, 900.0)  # seconds between tries at a provider that is away
PAUSE = timedelta(minutes=1)  # what our own settings close is tried again after this
FILTERED = "30007"  # a carrier took the words for spam
FILTERED_MOST = 0.03  # of an hour's broadcast; above, the others would only do harm
FILTERED_LEAST = 20  # messages before a share means anything
MOVERS = {Role.DEFENDER, Role.LAWYER, Role.STAFF}  # who has agreed to be reached on each channel


@dataclass(frozen=True)
class Try:
    """What was tried: a part of a message, at an address."""

    row: Outbox
    part: Part
    address: Address
    now: datetime


class Remedies:
    """Judges failures, and draws their consequences in the same transaction."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels

    def judge(self, s: Session, tried: Try, result: Sent | Failure, *, before: int) -> Outcome:
        """Say what becomes of a part after a try.

        `before` is how many tries of it had failed in the same way.
        """
        if isinstance(result, Sent):
            state = OF_STATUS[result.status]
            return Outcome("accepted", state, provider_id=result.message_id)
        name, remedy = _NAMES.get(type(result), "failed"), result.remedy
        state, wait, counts = OutboxState.FAILED, 0.0, True
        match result:
            case Busy() if _cannot_wait(tried.row, remedy) and self._other(s, tried) is not None:
                pass  # it has failed here, and goes elsewhere
            case Busy():
                state, wait, counts = OutboxState.PENDING, max(result.wait, 0.2), False
            case Misconfigured():
                state, wait, counts = OutboxState.PENDING, PAUSE.total_seconds(), False
            case Uncertain():
                state = OutboxState.UNKNOWN
            case _ if before < len(remedy.tries):
                state, wait = OutboxState.PENDING, remedy.tries[before]
            case Unreachable() if not remedy.tries and not remedy.elsewhere:
                state = OutboxState.PENDING
                wait = BACKOFF[min(tried.part.tries, len(BACKOFF) - 1)]
            case WindowClosed() if not before and not tried.part.template:
                state = OutboxState.PENDING  # once more, as approved words
            case BadAddress() if self._rewrite(s, tried, result):
                state = OutboxState.PENDING
            case _:
                pass  # it has failed
        return Outcome(
            name, state, code=result.code, reason=result.reason, wait=wait, counts=counts
        )

    def follow(self, s: Session, tried: Try, failure: Failure) -> None:
        """Draw the consequences for the address, and for what must wait beside the message."""
        address, now, remedy = tried.address, tried.now, failure.remedy
        match failure:
            case Stopped():
                people.block(s, address, now)
            case BadAddress() if tried.row.state is OutboxState.FAILED and address.bad_at is None:
                address.bad_at = now
                proof.doubt_all(s, address, now)
            case WindowClosed():
                address.shut_at = now
            case _:
                pass  # nothing is wrong with the address
        if remedy.holds is Scope.TEMPLATE:
            templates.recheck(s)
        if remedy.rest:
            address.rest_until = now + timedelta(seconds=remedy.rest)
        s.add(address)
        for key in _held(tried, failure, set(self._channels)):
            gates.shut(s, key, _reason(failure), now, _until(failure, now))
        final = tried.row.state is OutboxState.FAILED or remedy.holds is not Scope.NOTHING
        if isinstance(failure, Misconfigured) or (remedy.alert and final):
            via = tried.row.via
            what = f"Messages by {via} wait."
            if not isinstance(failure, Misconfigured):
                what = f"A message by {via} was refused."
            _alert(s, f"channel:{via}:{now:%Y-%m-%d}", f"{what} {_reason(failure)}", now)
        if failure.code == FILTERED and tried.row.weight == Weight.BROADCAST.value:
            _pause_what_is_filtered(s, tried.row.via, now)

    def elsewhere(self, s: Session, tried: Try, failure: Failure) -> Address | None:
        """Choose another address for a message that has failed for good at this one.

        Only where its rule allows it, its reader has agreed to that channel, and the words are not
        a human's own for just this one.
        """
        row, remedy = tried.row, failure.remedy
        may = remedy.elsewhere or isinstance(failure, BadAddress) or _cannot_wait(row, remedy)
        return self._other(s, tried) if may and row.state is OutboxState.FAILED else None

    def _other(self, s: Session, tried: Try) -> Address | None:
        row = tried.row
        if row.written_by is not None or row.weight == Weight.STOP.value:
            return None
        person = s.get_one(Person, row.person_id)
        if person.role not in MOVERS:
            return None
        used = {
            *s.exec(select(Part.address_id).where(Part.outbox_id == row.id)),
            tried.address.id,
        }
        found = s.exec(
            select(Address)
            .join(Link, col(Link.address_id) == col(Address.id))
            .where(
                Link.person_id == person.id,
                Link.trust == Trust.ENROLLED,
                col(Link.doubted_at).is_(None),
            )
        )
        return next(
            (
                one
                for one in in_order(found)
                if one.id not in used
                and one.via.value in self._channels
                and usable(one)
                and not (one.rest_until and one.rest_until > tried.now)
            ),
            None,
        )

    def _rewrite(self, s: Session, tried: Try, failure: BadAddress) -> bool:
        """Write the number in its other way, once; some networks know only one of them."""
        address = tried.address
        other = failure.moved_to
        if not other and failure.remedy.rewrite:
            other = self._channels[tried.part.via].rewritten(address.wire)
        if not other or address.rewritten:
            return False
        address.wire = other
        address.rewritten = True
        s.add(address)
        return True


_NAMES: Mapping[type[Failure], str] = {
    Busy: "busy",
    Unreachable: "unreachable",
    Misconfigured: "misconfigured",
    Uncertain: "unknown",
    Stopped: "stopped",
    BadAddress: "bad_address",
    Refused: "refused",
    WindowClosed: "window_closed",
}


def judged(s: Session, remedies: Remedies, tried: Try, result: Sent | Failure) -> Outcome:
    """Judge the answer to a send, whose try is not written down yet."""
    code = result.code if isinstance(result, Failure) else ""
    before = alike(s, tried.part, code) if code else 0
    return remedies.judge(s, tried, result, before=before)


def _cannot_wait(row: Outbox, remedy: Remedy) -> bool:
    """Whether a message is of those that need not wait with the others: somebody waits for it."""
    return remedy.urgent_elsewhere and row.weight <= Weight.URGENT.value


def _held(tried: Try, failure: Failure, channels: set[str]) -> list[str]:
    via, remedy = tried.part.via, failure.remedy
    scope = remedy.holds
    if scope is Scope.NOTHING and isinstance(failure, Misconfigured):
        scope = Scope.CHANNEL
    match scope:
        case Scope.CHANNEL:
            return [gates.of_channel(via)]
        case Scope.SENDER if remedy.hold > PAUSE.total_seconds() or remedy.until:
            return [gates.of_channel(via)]  # shorter waits are the pacing's
        case Scope.ACCOUNT:
            twilio = {"whatsapp", "sms"}
            mine = channels & (twilio if via in twilio else {via})
            return [gates.of_channel(one) for one in sorted(mine)]
        case Scope.BROADCASTS:
            return [gates.of_broadcasts(via)]
        case Scope.TEMPLATE if tried.part.template:
            return [gates.of_template(tried.part.template)]
        case Scope.REGION:
            return [gates.of_region(via, gates.region(tried.address.wire))]
        case _:
            return []


def _until(failure: Failure, now: datetime) -> datetime | None:
    remedy: Remedy = failure.remedy
    if remedy.until:
        there = now.astimezone(ZoneInfo(remedy.until))
        midnight = (there + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight.astimezone(now.tzinfo)
    if remedy.hold:
        return now + timedelta(seconds=remedy.hold)
    return now + PAUSE if isinstance(failure, Misconfigured) else None


def _reason(failure: Failure) -> str:
    return f"{failure} {failure.remedy.tell}".strip()


def _alert(s: Session, cause: str, detail: str, now: datetime) -> None:
    tasks.need(s, kind=TaskKind.NOT_SENT, cause=cause[:80], now=now, due_hours=1, detail=detail)


def _pause_what_is_filtered(s: Session, via: str, now: datetime) -> None:
    lately = (
        col(Outbox.via) == via,
        col(Outbox.weight) == Weight.BROADCAST.value,
        col(Outbox.changed_at) > now - timedelta(hours=1),
    )
    sent, filtered = s.exec(
        select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(sa.case((col(Outbox.code) == FILTERED, 1), else_=0)), 0),
        ).where(*lately, col(Outbox.attempts) > 0)
    ).one()
    if sent >= FILTERED_LEAST and filtered / sent >= FILTERED_MOST:
        why = f"Carriers took {filtered} of {sent} messages of the last hour for spam."
        gates.shut(s, gates.of_broadcasts(via), why, now)
        _alert(s, f"filtered:{via}:{now:%Y-%m-%d-%H}", f"{why} Broadcasts by {via} wait.", now)
