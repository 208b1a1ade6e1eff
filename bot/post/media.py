"""Fetching files: each announced file is fetched, hashed and stored, or said to have failed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import cast

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot import crash
from bot.db import clock
from bot.log import log
from bot.vault.evidence import LIMIT, PREVIEWS, Stored
from bot.vault.looks import Look, Looker, is_picture
from bot.vault.trail import note
from bot.world import World
from channels.base import Attachment, Busy, Channel, Failure, MediaKind, TooBig
from models.evidence import Evidence, EvidenceState

SECONDS = 60.0  # for one file, from the first request to the last byte
LEASE = timedelta(minutes=3)
RETRIES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)  # seconds; about 20 minutes
AGAIN = timedelta(hours=1)  # what is given up is tried again, because it may not be had twice
LAST = timedelta(hours=24)  # … for so long after it came
TO_FETCH = (EvidenceState.ANNOUNCED, EvidenceState.FAILED)
AT_ONCE = 3


@dataclass(frozen=True)
class Job:
    """One file to fetch, or where it has a `path`, one that is stored and was not looked at."""

    evidence_id: int
    via: str
    attempt: int
    attachment: Attachment
    path: str
    secret: str | None = None


def claim(s: Session, most: int) -> list[Job]:
    """Take files that are due, by the record's clock.

    The lease is their next time: a dead worker's come up again.
    """
    now = clock(s)
    query = (
        select(Evidence)
        .where(col(Evidence.next_at) <= now)
        .order_by(col(Evidence.next_at))
        .limit(most)
    )
    if s.get_bind().dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    jobs = []
    for item in s.exec(query):
        item.attempts += 1
        # A look is tried twice: a third time would break like the first two.
        item.next_at = None if item.path else now + LEASE
        s.add(item)
        jobs.append(_job(item))
    return jobs


def _job(item: Evidence) -> Job:
    return Job(item.id or 0, item.via, item.attempts, held(item), item.path, item.secret)


def held(item: Evidence) -> Attachment:
    """Name a file as its provider holds it."""
    return Attachment(MediaKind(item.kind), item.locator, item.mime_declared, item.filename)


def free_files(s: Session) -> None:
    """Take every file from whoever was fetching it: their process is known to be gone."""
    s.connection().execute(
        sa.update(Evidence)
        .where(col(Evidence.state) == EvidenceState.ANNOUNCED, col(Evidence.next_at).is_not(None))
        .values(next_at=clock(s))
    )


class Fetcher:
    """Fetches what was announced."""

    def __init__(self, world: World, looker: Looker, *, seconds: float = SECONDS) -> None:
        self._world = world
        self._files = world.files
        self._looker = looker
        self._seconds = seconds
        self._one = asyncio.Lock()  # a picture is looked at whole: one of them is in memory

    async def work(self) -> bool:
        """Fetch what is due. True when there may be more."""
        world = self._world
        jobs = await world.db.write(lambda s: claim(s, AT_ONCE))
        await asyncio.gather(*(self._try(job) for job in jobs))
        if jobs:
            world.ring()
        return bool(jobs)

    async def _try(self, job: Job) -> None:
        try:
            if job.path:
                await self.look(job.evidence_id, job.path, job.secret, job.attachment.mime)
            else:
                await self._fetch(job)
        except Exception as problem:  # noqa: BLE001 - the lease brings it up again; the others go on
            log.error("media.failed", evidence=job.evidence_id, error=type(problem).__name__)

    async def _fetch(self, job: Job) -> None:
        channel = self._world.channels.get(job.via)
        if channel is None:
            await self._later(job, "The channel is off.")
            return
        try:
            stored = await self._store(channel, job.attachment)
        except TooBig:
            await self._give_up(job, "too_big")
        except Busy as busy:
            await self._later(job, str(busy), wait=busy.wait)
        except Failure as problem:
            await self._later(job, str(problem))
        except TimeoutError:
            await self._later(job, "The file came too slowly.")
        except OSError:
            await self._later(job, "Our disk did not take the file.")
        else:
            await self._keep(job, stored)

    async def _store(self, channel: Channel, attachment: Attachment) -> Stored:
        """Bring a file from its provider to our disk, sealed and hashed as it comes."""
        arriving = await asyncio.to_thread(self._files.begin)
        try:
            async with asyncio.timeout(self._seconds):
                # Every channel gives a generator, which must be closed where we stop listening.
                stream = cast("AsyncGenerator[bytes]", channel.fetch(attachment, LIMIT))
                async with aclosing(stream):
                    async for part in stream:
                        await asyncio.to_thread(arriving.write, part)
            return await asyncio.to_thread(arriving.finish)
        except BaseException:
            arriving.drop()
            raise

    async def _keep(self, job: Job, stored: Stored) -> None:
        """Say in the record that a file is stored; then look at it."""
        world = self._world
        if not stored.size:
            self._files.discard(stored.path)
            await self._give_up(job, "empty")
            return
        crash.point("media.stored")
        erase = timedelta(hours=world.settings.erase_after_hours)
        kept = await world.db.write(
            partial(_kept, job.evidence_id, stored, world.now(), erase=erase)
        )
        if not kept:
            # Somebody else stored it meanwhile: no row will ever speak of these bytes.
            self._files.discard(stored.path)
            return
        crash.point("media.committed")
        await self.look(job.evidence_id, stored.path, stored.secret, job.attachment.mime)

    async def look(self, evidence_id: int, path: str, secret: str | None, declared: str) -> None:
        """Look at a stored file, and keep a working copy of what can be shown."""
        async with self._one:
            content = await asyncio.to_thread(self._to_look_at, path, secret, declared)
            look = await self._looker.look(content, declared)
        preview = None
        if look.preview:
            store = partial(self._files.store, look.preview, PREVIEWS, secret=secret or "")
            preview = await asyncio.to_thread(store)
        await self._world.db.write(partial(_looked, evidence_id, look, preview, self._world.now()))

    def _to_look_at(self, path: str, secret: str | None, declared: str) -> bytes:
        """Give a picture whole, and of anything else no more than what tells its kind."""
        parts = self._files.parts(path, secret)
        content = next(parts)
        return b"".join((content, *parts)) if is_picture(content, declared) else content

    async def _later(self, job: Job, why: str, *, wait: float = 0.0) -> None:
        if job.attempt > len(RETRIES):
            await self._give_up(job, why, again=True)
            return
        pause = timedelta(seconds=wait or RETRIES[job.attempt - 1])
        await self._world.db.write(partial(_again, job.evidence_id, pause, why))

    async def _give_up(self, job: Job, why: str, *, again: bool = False) -> None:
        await self._world.db.write(
            partial(_failed, job.evidence_id, why, self._world.now(), again=again)
        )


def _failed(evidence_id: int, why: str, now: datetime, s: Session, *, again: bool) -> None:
    """Give a file up. Its sender is told which one when the burst closes.

    `again`: for a day it is tried once more all the same, and what comes then is kept without a
    word.
    """
    item = s.get(Evidence, evidence_id, with_for_update=True)
    if item is None or item.state not in TO_FETCH:
        return
    late = now + AGAIN - item.received_at >= LAST
    item.next_at = clock(s) + AGAIN if again and not late else None
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


def _kept(evidence_id: int, stored: Stored, now: datetime, s: Session, *, erase: timedelta) -> bool:
    item = s.get(Evidence, evidence_id, with_for_update=True)
    if item is None or item.state not in TO_FETCH:
        return False
    item.state = EvidenceState.STORED
    item.failure = ""
    item.sha256 = stored.sha256
    item.size = stored.size
    item.path = stored.path
    item.secret = stored.secret
    item.next_at = clock(s) + LEASE  # for the look, should we die before it
    item.erase_at = clock(s) + erase  # until then the sweep may find its message once more
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
    item.secret = preview.secret if preview else item.secret  # a file of before had none
    item.next_at = None
    s.add(item)
    note(
        s,
        actor="bot",
        act="file.looked_at",
        object=f"evidence:{item.id}",
        case_id=item.case_id,
        now=now,
    )


def _again(evidence_id: int, pause: timedelta, why: str, s: Session) -> None:
    item = s.get(Evidence, evidence_id, with_for_update=True)
    if item is not None and item.state is EvidenceState.ANNOUNCED:
        item.next_at = clock(s) + pause
        item.failure = why[:200]
        s.add(item)
