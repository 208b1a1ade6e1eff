"""Sending: one claimed message at a time is drawn, guarded, handed over, and its outcome kept."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from bot.db import Unavailable
from bot.log import log
from bot.office import guard, people, tasks
from bot.post import outbox, receipts
from bot.post.outbox import BACKOFF, Claim, Outcome
from bot.world import World
from channels.base import (
    BadAddress,
    Busy,
    Failure,
    Misconfigured,
    Option,
    Outbound,
    Refused,
    Sent,
    Stopped,
    Uncertain,
    Unreachable,
    WindowClosed,
    Written,
)
from models.outbox import Outbox, OutboxState
from models.person import Address, Person
from models.task import TaskKind

AT_ONCE = 16  # messages on the wire at a time
PATIENCE = (0.1, 0.5, 2.0, 5.0, 7.0)  # seconds between tries to write down how a send ended
PAUSE = timedelta(minutes=1)  # a channel whose settings are wrong is tried again after this


@dataclass(frozen=True)
class Ready:
    """A message that passed every check and may be handed over."""

    claim: Claim
    via: str
    outbound: Outbound


class Sender:
    """Empties the outbox."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._paused: dict[str, datetime] = {}
        self._flying: set[asyncio.Task[None]] = set()

    async def work(self) -> bool:
        """Take what is due and set it flying. True when there may be more at once."""
        world, now = self._world, self._world.now()
        room = AT_ONCE - len(self._flying)
        if room <= 0:
            await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)
            return True
        off = frozenset(name for name in ("whatsapp", "sms", "telegram") if self._waits(name, now))
        taking = asyncio.ensure_future(world.db.write(partial(self._take, off=off, most=room)))
        try:
            taken, ready = await asyncio.shield(taking)
        except asyncio.CancelledError:
            # Told to end while taking: what is taken must go, or nobody knows whether it went.
            _, ready = await taking
            self._launch(ready)
            raise
        self._launch(ready)
        return taken == room

    async def drain(self, seconds: float) -> None:
        """Let what is on the wire land, for so long. What does not stays unknown."""
        if self._flying:
            await asyncio.wait(self._flying, timeout=seconds)

    def _launch(self, ready: Sequence[Ready]) -> None:
        for one in ready:
            task = asyncio.create_task(self._fly(one), name=f"send {one.claim.outbox_id}")
            self._flying.add(task)
            task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("send.broken", error=type(task.exception()).__name__)
        self._world.ring()  # the same person's next message may go now

    def _waits(self, name: str, now: datetime) -> bool:
        if name not in self._world.channels:
            return True
        until = self._paused.get(name)
        return until is not None and now < until

    def _take(self, s: Session, *, off: frozenset[str], most: int) -> tuple[int, list[Ready]]:
        """Take what is due: how much it was, and what of it may go."""
        now = self._world.now()
        claims = outbox.claim(s, now=now, paused=off, most=most)
        checked = [self._checked(s, claim, now) for claim in claims]
        return len(claims), [one for one in checked if one is not None]

    def _checked(self, s: Session, claim: Claim, now: datetime) -> Ready | None:
        row = s.get_one(Outbox, claim.outbox_id)
        try:
            with s.begin_nested():
                return self._check(s, claim, row, now)
        except OperationalError:
            raise  # it is the database that fails, not the message
        except Exception as problem:  # noqa: BLE001 - one that cannot be drawn must not stop the others
            log.error("send.broken", error=type(problem).__name__, outbox=claim.outbox_id)
            why = "Our own code could not write it."
            outbox.end(s, claim, Outcome("broken", OutboxState.FAILED, reason=why), now)
            _ask_human(s, row, now, why)
            return None

    def _check(self, s: Session, claim: Claim, row: Outbox, now: datetime) -> Ready | None:
        if row.expires_at is not None and row.expires_at <= now:
            outbox.end(s, claim, Outcome("expired", OutboxState.EXPIRED), now)
            _ask_human(s, row, now, "It waited too long and was not sent.")
            return None
        person = s.get_one(Person, row.person_id)
        address = s.get_one(Address, row.address_id)
        outbound = Outbound(
            key=str(row.id),
            attempt=claim.attempt,
            to=address.wire,
            text=row.text,
            options=tuple(Option(*pair) for pair in json.loads(row.options)),
            expires_in=_seconds(row, now),
        )
        channel = self._world.channels[row.via]
        written = channel.write(outbound)
        why = guard.verdict(s, row, person, address, _all(written), now)
        if why is not None:
            outbox.end(s, claim, Outcome("refused", OutboxState.REFUSED, reason=why), now)
            _ask_human(s, row, now, f"It was kept back: {why}")
            return None
        row.written = _all(written)
        s.add(row)
        return Ready(claim, row.via, outbound)

    async def _fly(self, one: Ready) -> None:
        channel = self._world.channels[one.via]
        try:
            sent = await channel.send(one.outbound)
        except Failure as failure:
            await self._keep(one, failure)
        except Exception as problem:  # noqa: BLE001 - a bug here must not make a second message
            log.error("send.error", error=type(problem).__name__, outbox=one.claim.outbox_id)
            await self._keep(one, Uncertain("Our own code failed while sending."))
        else:
            await self._keep(one, sent)

    async def _keep(self, one: Ready, result: Sent | Failure) -> None:
        if isinstance(result, Misconfigured):
            self._paused[one.via] = self._world.now() + PAUSE
        elif isinstance(result, Busy) and result.everyone:
            self._paused[one.via] = self._world.now() + timedelta(seconds=result.wait)
        for pause in PATIENCE:
            try:
                await self._world.db.write(partial(self._ended, one, result))
            except Unavailable:
                # What is not written now is not known later, and would be asked about or repeated.
                await asyncio.sleep(pause)
            else:
                return
        log.error("send.outcome_lost", outbox=one.claim.outbox_id)

    def _ended(self, one: Ready, result: Sent | Failure, s: Session) -> None:
        now = self._world.now()
        row = s.get_one(Outbox, one.claim.outbox_id)
        outcome = judge(row, result)
        kept = outbox.end(s, one.claim, outcome, now)
        if kept is None:
            return
        address = s.get_one(Address, kept.address_id)
        match result:
            case Stopped():
                people.block(s, address, now)
            case BadAddress():
                address.bad_at = now
                s.add(address)
            case Misconfigured():
                tasks.need(
                    s,
                    kind=TaskKind.NOT_SENT,
                    cause=f"channel:{one.via}:{now:%Y-%m-%d}",
                    now=now,
                    due_hours=1,
                    detail=f"{one.via} does not send: {result}. Its messages wait.",
                )
            case _:
                pass  # nothing more than the outcome
        if kept.state is OutboxState.FAILED:
            receipts.failed(s, kept, kept.code, now)


def judge(row: Outbox, result: Sent | Failure) -> Outcome:
    """Say what becomes of a message after a try."""
    code = result.code if isinstance(result, Failure) else ""
    wait = BACKOFF[min(row.tries, len(BACKOFF) - 1)]
    match result:
        case Sent(message_id, status):
            return Outcome("accepted", outbox.OF_STATUS[status], provider_id=message_id)
        case Busy():
            return Outcome(
                "busy",
                OutboxState.PENDING,
                code=code,
                reason=result.reason,
                wait=max(result.wait, 0.2),
                counts=False,
            )
        case Unreachable():
            return Outcome(
                "unreachable", OutboxState.PENDING, code=code, reason=result.reason, wait=wait
            )
        case Misconfigured():
            return Outcome(
                "misconfigured",
                OutboxState.PENDING,
                code=code,
                reason=result.reason,
                wait=PAUSE.total_seconds(),
                counts=False,
            )
        case Uncertain():
            return Outcome("unknown", OutboxState.UNKNOWN, code=code, reason=result.reason)
        case Stopped():
            name = "stopped"
        case BadAddress():
            name = "bad_address"
        case Refused():
            name = "refused"
        case WindowClosed():
            name = "window_closed"
        case _:
            name = "failed"
    return Outcome(name, OutboxState.FAILED, code=code, reason=result.reason)


async def reconcile(world: World) -> None:
    """Ask the provider about messages of unknown fate, where it can be asked.

    What it has is adopted. A harmless message that it does not have, or that nobody can be asked
    about, is sent once more; anything else stays unknown and in a human's hands. Where asking
    fails, it is asked again later.
    """
    before = world.now() - world.rhythm.doubt
    doubts = await world.db.read(lambda s: outbox.unknown(s, before=before))
    for via in dict.fromkeys(doubt.via for doubt in doubts):
        await _ask(world, via, [doubt for doubt in doubts if doubt.via == via])
    if doubts:
        world.ring()


async def _ask(world: World, via: str, doubts: Sequence[outbox.Doubt]) -> None:
    channel = world.channels.get(via)
    for place, doubt in enumerate(doubts):
        try:
            found = (
                await channel.find(doubt.to, doubt.written, doubt.started_at) if channel else None
            )
        except Failure:
            left = [one.id for one in doubts[place:]]
            await world.db.write(partial(outbox.ask_later, left, world.now()))
            return
        await world.db.write(partial(_settled, doubt.id, found, world.now()))


def _settled(outbox_id: int, found: Sent | None, now: datetime, s: Session) -> None:
    row = outbox.settle(s, outbox_id, found, now)
    if row is None:
        return
    if row.state is OutboxState.FAILED:
        receipts.failed(s, row, row.code, now)
    if row.state is OutboxState.UNKNOWN:
        _ask_human(s, row, now, "Nobody knows whether it arrived.")


def _ask_human(s: Session, row: Outbox, now: datetime, why: str) -> None:
    tasks.need(
        s,
        kind=TaskKind.NOT_SENT,
        cause=f"kept:{row.id}",
        now=now,
        person_id=row.person_id,
        case_id=row.case_id,
        detail=f"A message by {row.via} did not go out. {why}",
    )


def _seconds(row: Outbox, now: datetime) -> int | None:
    if row.expires_at is None:
        return None
    return max(1, int((row.expires_at - now).total_seconds()))


def _all(written: Written) -> str:
    return "\n".join([written.text, *written.labels])
