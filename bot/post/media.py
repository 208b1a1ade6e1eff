"""Fetching files: each announced file is fetched, hashed and stored, or said to have failed."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.log import log
from bot.vault.evidence import LIMIT, Stored, gather
from bot.vault.looks import Look, Looker
from bot.vault.trail import note
from bot.world import World
from channels.base import Attachment, Busy, Failure, MediaKind, TooBig
from models.evidence import Evidence, EvidenceState

LEASE = timedelta(minutes=3)
RETRIES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)  # seconds; about 20 minutes
AGAIN = timedelta(hours=1)  # what is given up is tried again, because it may not be had twice
LAST = timedelta(hours=24)  # … for so long after it came
TO_FETCH = (EvidenceState.ANNOUNCED, EvidenceState.FAILED)
AT_ONCE = 3


@dataclass(frozen=True)
class Job:
    """One file to fetch."""

    evidence_id: int
    via: str
    attempt: int
    attachment: Attachment


def claim(s: Session, now: datetime, most: int) -> list[Job]:
    """Take files that are due. The lease is their next time: a dead worker's come up again."""
    query = (
        select(Evidence)
        .where(col(Evidence.state).in_(TO_FETCH), col(Evidence.next_at) <= now)
        .order_by(col(Evidence.next_at))
        .limit(most)
    )
    if s.get_bind().dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    jobs = []
    for item in s.exec(query):
        item.attempts += 1
        item.next_at = now + LEASE
        s.add(item)
        jobs.append(
            Job(
                item.id or 0,
                item.via,
                item.attempts,
                Attachment(MediaKind(item.kind), item.locator, item.mime_declared, item.filename),
            )
        )
    return jobs


def free_files(s: Session, now: datetime) -> None:
    """Take every file from whoever was fetching it: their process is known to be gone."""
    s.connection().execute(
        sa.update(Evidence)
        .where(col(Evidence.state) == EvidenceState.ANNOUNCED, col(Evidence.next_at) > now)
        .values(next_at=now)
    )


class Fetcher:
    """Fetches what was announced."""

    def __init__(self, world: World, looker: Looker) -> None:
        self._world = world
        self._files = world.files
        self._looker = looker

    async def work(self) -> bool:
        """Fetch what is due. True when there may be more."""
        world = self._world
        jobs = await world.db.write(lambda s: claim(s, world.now(), AT_ONCE))
        await asyncio.gather(*(self._try(job) for job in jobs))
        if jobs:
            world.ring()
        return bool(jobs)

    async def _try(self, job: Job) -> None:
        try:
            await self._fetch(job)
        except Exception as problem:  # noqa: BLE001 - the lease brings it up again; the others go on
            log.error("media.failed", evidence=job.evidence_id, error=type(problem).__name__)

    async def _fetch(self, job: Job) -> None:
        channel = self._world.channels.get(job.via)
        if channel is None:
            await self._later(job, "The channel is off.")
            return
        try:
            content = await gather(channel.fetch(job.attachment, LIMIT))
        except TooBig:
            await self._give_up(job, "too_big")
        except Busy as busy:
            await self._later(job, str(busy), wait=busy.wait)
        except Failure as problem:
            await self._later(job, str(problem))
        else:
            await self.keep(job.evidence_id, content, job.attachment.mime)

    async def keep(self, evidence_id: int, content: bytes, declared: str) -> None:
        """Store a file's bytes and say so in the record; then look at it."""
        if not content:
            await self._world.db.write(partial(failed, evidence_id, "empty", self._world.now()))
            return
        stored = await asyncio.to_thread(self._files.store, content)
        kept = await self._world.db.write(partial(_kept, evidence_id, stored, self._world.now()))
        if not kept:
            # Somebody else stored it meanwhile: no row will ever speak of these bytes.
            self._files.discard(stored.path)
            return
        await self.look(evidence_id, content, declared)

    async def look(self, evidence_id: int, content: bytes, declared: str) -> None:
        """Look at a stored file, and keep a working copy of what can be shown."""
        look = await self._looker.look(content, declared)
        preview = (
            await asyncio.to_thread(self._files.store, look.preview, "previews")
            if look.preview
            else None
        )
        await self._world.db.write(partial(_looked, evidence_id, look, preview, self._world.now()))

    async def _later(self, job: Job, why: str, *, wait: float = 0.0) -> None:
        now = self._world.now()
        if job.attempt > len(RETRIES):
            await self._give_up(job, why, again=now + AGAIN)
            return
        pause = wait or RETRIES[job.attempt - 1]
        await self._world.db.write(
            partial(_again, job.evidence_id, now + timedelta(seconds=pause), why)
        )

    async def _give_up(self, job: Job, why: str, *, again: datetime | None = None) -> None:
        await self._world.db.write(
            partial(failed, job.evidence_id, why, self._world.now(), again=again)
        )


def failed(
    evidence_id: int, why: str, now: datetime, s: Session, *, again: datetime | None = None
) -> None:
    """Give a file up. Its sender is told which one when the burst closes.

    `again` is when it is tried once more all the same: what comes then is kept without a word.
    """
    item = s.get(Evidence, evidence_id, with_for_update=True)
    if item is None or item.state not in TO_FETCH:
        return
    item.next_at = again if again is not None and again - item.received_at < LAST else None
    s.add(item)
    if item.state is EvidenceState.FAILED:
        return
    item.state = EvidenceState.FAILED
    item.failure = why[:200]
    item.stored_at = now
    note(
        s,
        actor="bot",
        act="file.failed",
        object=f"evidence:{item.id}",
        case_id=item.case_id,
        detail=why,
        now=now,
    )


def _kept(evidence_id: int, stored: Stored, now: datetime, s: Session) -> bool:
    item = s.get(Evidence, evidence_id, with_for_update=True)
    if item is None or item.state not in TO_FETCH:
        return False
    item.state = EvidenceState.STORED
    item.failure = ""
    item.sha256 = stored.sha256
    item.size = stored.size
    item.path = stored.path
    item.locator = ""
    item.next_at = None
    item.stored_at = now
    s.add(item)
    note(
        s,
        actor=f"person:{item.person_id}",
        act="file.stored",
        object=f"evidence:{item.id}",
        case_id=item.case_id,
        detail=stored.sha256,
        now=now,
    )
    return True


def _looked(
    evidence_id: int, look: Look, preview: Stored | None, now: datetime, s: Session
) -> None:
    item = s.get(Evidence, evidence_id)
    if item is None:
        return
    item.mime_found = look.mime
    item.quality = look.quality
    item.preview_path = preview.path if preview else ""
    s.add(item)
    note(
        s,
        actor="bot",
        act="file.looked_at",
        object=f"evidence:{item.id}",
        case_id=item.case_id,
        now=now,
    )


def _again(evidence_id: int, at: datetime, why: str, s: Session) -> None:
    item = s.get(Evidence, evidence_id)
    if item is not None and item.state is EvidenceState.ANNOUNCED:
        item.next_at = at
        item.failure = why[:200]
        s.add(item)
