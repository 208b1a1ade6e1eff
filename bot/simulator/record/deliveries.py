"""The webhooks that wait to be sent; the queue is on disk and goes on after a restart."""

import json
import random
import secrets
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from bot.simulator.record.faults import Provider, Switches
from bot.simulator.record.journal import Journal
from bot.simulator.record.store import Store

_SHUFFLED = 0.05
"""Seconds between the members of a shuffled burst."""
_STRAY = 0.4
"""Seconds that a single webhook may stray when order is not kept."""


@dataclass(frozen=True)
class Webhook:
    """Something the product should be told."""

    provider: Provider
    kind: str
    """`message`, `status` or `update`."""
    fields: dict[str, Any]
    url: str = ""
    """Where to; Telegram asks for it only when it sends."""
    lane: str = ""
    """Telegram sends the webhooks of one lane one at a time."""
    message: int | None = None
    """The message on the phone whose ticks hang on this."""
    lifetime: float | None = None
    """Seconds after which it is given up."""


@dataclass(frozen=True)
class Delivery:
    """A webhook in the queue."""

    id: int
    kind: str
    lane: str
    url: str
    fields: dict[str, Any]
    token: str
    due: float
    attempts: int
    began: float | None
    expires: float | None
    message: int | None


class Deliveries:
    """Takes webhooks in, lets the switches spoil them, and remembers how each one ended."""

    def __init__(self, store: Store, switches: Switches, journal: Journal) -> None:
        self._store = store
        self._switches = switches
        self._journal = journal
        self._wakers: dict[Provider, Callable[[], None]] = {}

    def on_new(self, provider: Provider, waker: Callable[[], None]) -> None:
        """Call this whenever there is something new for a provider's sender."""
        self._wakers[provider] = waker

    def wake(self, provider: Provider) -> None:
        """Let a provider's sender look at the queue."""
        if provider in self._wakers:
            self._wakers[provider]()

    def put(self, provider: Provider, burst: Sequence[Webhook]) -> None:
        """Queue webhooks that belong together."""
        faults = self._switches[provider]
        now = time.time() + faults.webhook_delay
        for webhook, due in zip(burst, self._times(provider, len(burst), now), strict=True):
            dropped = self._switches.strikes(provider, _drop(webhook))
            copies = 2 if self._switches.strikes(provider, "duplicate") else 1
            token = secrets.token_hex(16)
            if dropped:
                detail = {"url": webhook.url, "fields": webhook.fields}
                self._journal.webhook(provider.value, webhook.kind, "dropped", detail)
            for _ in range(copies):
                self._keep(webhook, due, token, "dropped" if dropped else "waiting")
        self.wake(provider)

    def _times(self, provider: Provider, count: int, now: float) -> list[float]:
        """When each member of a burst is due."""
        if not self._switches.strikes(provider, "reorder"):
            return [now] * count
        chance = self._switches.chance(provider, "reorder")
        if count == 1:
            return [now + chance.random() * _STRAY]
        return [now + place * _SHUFFLED for place in _shuffled(count, chance)]

    def _keep(self, webhook: Webhook, due: float, token: str, state: str) -> None:
        self._store.write(
            "INSERT INTO deliveries(provider, kind, lane, url, fields, token, due, expires, state,"
            " message) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            webhook.provider.value,
            webhook.kind,
            webhook.lane,
            webhook.url,
            json.dumps(webhook.fields),
            token,
            due,
            due + webhook.lifetime if webhook.lifetime else None,
            state,
            webhook.message,
        )

    def due(self, provider: Provider, now: float, busy: Collection[int]) -> list[Delivery]:
        """Waiting webhooks whose time has come and that are not under way."""
        rows = self._store.rows(
            "SELECT * FROM deliveries WHERE provider = ? AND state = 'waiting' AND due <= ?"
            " ORDER BY due, id LIMIT ?",
            provider.value,
            now,
            100 + len(busy),
        )
        return [_delivery(row) for row in rows if row["id"] not in busy]

    def heads(self, provider: Provider, now: float, busy: Collection[str]) -> list[Delivery]:
        """The first waiting webhook of every lane that has none under way, if its time has come."""
        rows = self._store.rows(
            "SELECT * FROM deliveries WHERE id IN (SELECT min(id) FROM deliveries"
            " WHERE provider = ? AND state = 'waiting' GROUP BY lane) AND due <= ? ORDER BY id",
            provider.value,
            now,
        )
        return [_delivery(row) for row in rows if row["lane"] not in busy]

    def next_due(self, provider: Provider, now: float) -> float | None:
        """When the next webhook that is not yet due will be."""
        row = self._store.row(
            "SELECT min(due) AS due FROM deliveries"
            " WHERE provider = ? AND state = 'waiting' AND due > ?",
            provider.value,
            now,
        )
        return float(row["due"]) if row and row["due"] is not None else None

    def waiting(self, provider: Provider) -> int:
        """How many webhooks wait."""
        row = self._store.row(
            "SELECT count(*) AS n FROM deliveries WHERE provider = ? AND state = 'waiting'",
            provider.value,
        )
        return int(row["n"]) if row else 0

    def begin(self, delivery: Delivery, now: float) -> None:
        """Note that an attempt begins."""
        self._store.write(
            "UPDATE deliveries SET attempts = attempts + 1, began = coalesce(began, ?)"
            " WHERE id = ?",
            now,
            delivery.id,
        )

    def settle(self, delivery: Delivery, *, arrived: bool, again: float | None) -> None:
        """Note how an attempt ended: arrived, to be tried again at a time, or given up."""
        state = "done" if arrived else "waiting" if again is not None else "lost"
        self._store.write(
            "UPDATE deliveries SET state = ?, due = ? WHERE id = ?",
            state,
            delivery.due if again is None else again,
            delivery.id,
        )

    def forget_waiting(self, provider: Provider) -> None:
        """Drop everything that waits."""
        self._store.write(
            "UPDATE deliveries SET state = 'dropped' WHERE provider = ? AND state = 'waiting'",
            provider.value,
        )

    def resume(self) -> None:
        """Begin every unfinished webhook anew: nobody could try while we were off."""
        self._store.write(
            "UPDATE deliveries SET began = NULL, attempts = 0 WHERE state = 'waiting'"
        )


def _drop(webhook: Webhook) -> str:
    return "drop_status" if webhook.kind == "status" else "drop_inbound"


def _shuffled(count: int, chance: random.Random) -> list[int]:
    """The places of a burst in an order that is surely another one."""
    places = list(range(count))
    while places == sorted(places):
        chance.shuffle(places)
    return places


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        id=row["id"],
        kind=row["kind"],
        lane=row["lane"],
        url=row["url"],
        fields=json.loads(row["fields"]),
        token=row["token"],
        due=row["due"],
        attempts=row["attempts"],
        began=row["began"],
        expires=row["expires"],
        message=row["message"],
    )
