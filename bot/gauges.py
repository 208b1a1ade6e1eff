"""What /metrics shows: what this process has counted, and how deep the post stands in the record.

The record is looked at when somebody asks, and not again for a few seconds, however many ask.
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client import REGISTRY as COUNTED
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import start_http_server
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from bot.db import Unavailable
from bot.log import log
from bot.post import depths
from bot.post.depths import Depths
from bot.post.spool import Lying
from bot.world import World
from models.inbox import InboxState

KEEP = 5.0  # seconds a look at the record is good for
TYPE = CONTENT_TYPE_LATEST


class Gauges(Collector):
    """How deep the post stands, for whoever watches over it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looking = threading.Lock()
        self._looked_at = -KEEP
        self._seen: tuple[Depths, datetime] | None = None
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def page(self) -> bytes:
        """Write everything down as Prometheus reads it. Looks at the record: not in the loop."""
        return generate_latest(COUNTED) + generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Give the record's own numbers, and the spool's; of what does not answer, only that."""
        if self._world.spool is not None:
            yield from _lying(self._world.spool.look())
        seen = self._look()
        yield _one("enlace_record_up", "Whether the record answers", float(seen is not None))
        if seen is not None:
            yield from _families(*seen)

    def describe(self) -> Iterator[Metric]:
        """Give nothing: the record is not looked at before somebody asks."""
        yield from ()

    def _look(self) -> tuple[Depths, datetime] | None:
        with self._looking:
            if time.monotonic() - self._looked_at >= KEEP:
                now = self._world.now()

                def act(s: Session) -> Depths:
                    return depths.read(s, now)

                try:
                    self._seen = self._world.db.read_now(act), now
                except (Unavailable, SQLAlchemyError):
                    self._seen = None
                self._looked_at = time.monotonic()
            return self._seen


def serve(gauges: Gauges, host: str, port: int) -> Callable[[], None]:
    """Serve /metrics alone, beside a process that serves nothing else. Gives what ends it.

    Where the port is taken, that is said, and the process goes on without.
    """
    both = CollectorRegistry()
    both.register(COUNTED)
    both.register(gauges)
    try:
        server, thread = start_http_server(port, host, both)
    except OSError as problem:
        log.warning("metrics.not_served", error=type(problem).__name__)
        return lambda: None

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end


def _lying(at: Lying) -> Iterator[Metric]:
    yield _one(
        "enlace_spool_up", "Whether the folder beside the record takes files", not at.trouble
    )
    files = _many("enlace_spool_files", "Files beside the record, by kind", "kind")
    for kind, count in at.files.items():
        files.add_metric([kind], count)
    yield files


def _families(at: Depths, now: datetime) -> Iterator[Metric]:
    inbox = _many("enlace_inbox", "Envelopes, by state", "state")
    inbox.add_metric(["new"], at.envelopes)
    for state in (InboxState.DEAD, InboxState.ODD):
        inbox.add_metric([state.value], at.parked.get(state, 0))
    yield inbox
    lanes = _many("enlace_lanes", "Addresses with envelopes, by state", "state")
    lanes.add_metric(["pending"], at.lanes)
    lanes.add_metric(["resting"], at.resting)
    yield lanes
    outbox = _many("enlace_outbox", "Messages that have not ended", "channel", "state", "urgency")
    for pile in at.piles:
        outbox.add_metric([pile.via, pile.state.value, pile.weight.name.lower()], pile.count)
    yield outbox
    held = _many("enlace_outbox_held", "Messages that wait for something else", "channel", "why")
    for one in at.held:
        held.add_metric([one.via, one.why.value], one.count)
    yield held
    parts = _many("enlace_parts_unknown", "Parts of which nobody knows the fate", "channel")
    for via, count in at.unknown_parts.items():
        parts.add_metric([via], count)
    yield parts
    yield _one("enlace_files_to_fetch", "Files that were announced and are not here", at.files)
    oldest = _many("enlace_oldest_seconds", "How long the oldest waits, 0 where nothing does", "of")
    for name, since in (
        ("envelope", at.envelope_since),
        ("message", at.due_since),
        ("file", at.file_since),
    ):
        oldest.add_metric([name], _age(since, now))
    yield oldest
    shut = _many("enlace_gate_shut", "Gates that are shut", "gate")
    for key in sorted(at.shut):
        shut.add_metric([key], 1)
    yield shut


def _one(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=value)


def _many(name: str, says: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, labels=labels)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0
