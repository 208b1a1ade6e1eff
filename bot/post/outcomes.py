"""Outcomes: how a send ended, written at its attempt, or beside the record while it is away."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlmodel import Session

from bot import crash, metrics
from bot.crowd import Crowd
from bot.db import Unavailable
from bot.log import log
from bot.post import attempts
from bot.post.attempts import Flight
from bot.post.outbox import Claim
from bot.post.receipts import settle_failure
from bot.post.remedies import Remedies, Try, judged
from bot.post.spool import OUTCOME
from bot.world import World
from channels import failures
from channels.base import Failure, Remedy, Scope, Sent, Status
from models.outbox import ReceiptRow

QUICK = 2.0  # seconds for the record, where there is a folder beside it

Ended = tuple[Claim, Sent | Failure]
"""A try, and how it ended."""

_FAILURES: dict[str, type[Failure]] = {
    one.__name__: one
    for one in vars(failures).values()
    if isinstance(one, type) and issubclass(one, Failure)
}


class Outcomes:
    """Writes down how sends ended."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._remedies = Remedies(world.channels)
        self._crowd = Crowd(world.db, self.ended)

    async def keep(self, claim: Claim, result: Sent | Failure) -> str:
        """Write how a try ended, and give its name; or keep it beside the record for later.

        Raises `Unavailable` when neither could be done.
        """
        spool = self._world.spool
        try:
            async with asyncio.timeout(QUICK if spool is not None else None):
                return await self._crowd.write((claim, result))
        except (Unavailable, TimeoutError):
            if spool is None:
                raise
        try:
            await spool.put(OUTCOME, packed(claim, result))
        except Exception as problem:
            log.error("send.not_spooled", error=type(problem).__name__, outbox=claim.outbox_id)
            raise Unavailable("Neither the record nor its spool took it.") from problem
        crash.point("out.spooled")
        self._world.ring()
        return "spooled"

    def ended(self, tries: Sequence[Ended], s: Session) -> list[str]:
        """Write how tries ended, and what follows from it. Written twice, the first stays."""
        flights = attempts.flights(s, [claim for claim, _ in tries])
        theirs = [result.message_id for _, result in tries if isinstance(result, Sent)]
        news = attempts.early(s, theirs)
        return [
            self._ended(s, claim, result, flight, news)
            for (claim, result), flight in zip(tries, flights, strict=True)
        ]

    def _ended(
        self,
        s: Session,
        claim: Claim,
        result: Sent | Failure,
        flight: Flight,
        news: Mapping[str, Sequence[ReceiptRow]],
    ) -> str:
        now = self._world.now()
        if flight.attempt.ended_at is not None:
            return flight.attempt.outcome
        tried = Try(flight.row, flight.part, flight.address, now)
        outcome = judged(s, self._remedies, tried, result)
        early = news.get(outcome.provider_id, ())
        if not attempts.land(s, claim, flight, outcome, now, early=early):
            metrics.fence_refusals.labels("outbox").inc()
            return outcome.name
        if isinstance(result, Failure):
            settle_failure(s, self._remedies, tried, result)
        elif flight.part.n < flight.part.of:
            crash.point("out.part")
        return outcome.name


def packed(claim: Claim, result: Sent | Failure) -> bytes:
    """Write a claim and how it ended as bytes."""
    told: dict[str, Any] = {field.name: getattr(result, field.name) for field in fields(result)}
    if isinstance(result, Failure):
        told["remedy"] = {**asdict(result.remedy), "holds": result.remedy.holds.value}
    else:
        told["status"] = result.status.value
    return json.dumps([asdict(claim), type(result).__name__, told]).encode()


def unpacked(content: bytes) -> tuple[Claim, Sent | Failure]:
    """Read them back. Raises `ValueError`, `KeyError` or `TypeError` where they are not that."""
    claim, name, told = json.loads(content)
    if name == Sent.__name__:
        return Claim(**claim), Sent(**{**told, "status": Status(told["status"])})
    remedy = told.pop("remedy")
    tries = tuple(remedy.pop("tries"))
    told["remedy"] = Remedy(**{**remedy, "tries": tries, "holds": Scope(remedy["holds"])})
    return Claim(**claim), _FAILURES[name](**told)
