"""Erasing: what is safely ours is deleted at its provider, which keeps it until we say so."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session, col, select

from bot import crash
from bot.db import clock
from bot.log import log
from bot.office import tasks
from bot.post.bodies import Bodies
from bot.post.media import held
from bot.vault.keys import Unsealable
from bot.vault.trail import BOT, note
from bot.world import World
from channels.base import Attachment, Busy, Failure
from models.evidence import Evidence
from models.task import TaskKind

LEASE = timedelta(minutes=30)  # for all of them, one after the other
RETRIES = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440, 1440, 1440)
)
"""How long is waited after each try that failed; after the last, staff are told."""
STILL = timedelta(days=7)  # and then it is tried on, now and then
AT_ONCE = 10
EVERY = timedelta(seconds=30)


@dataclass(frozen=True)
class Job:
    """One stored file whose copy at its provider is to go."""

    evidence_id: int
    via: str
    attempt: int
    attachment: Attachment
    path: str
    secret: str | None
    sha256: str


class Spoiled(Exception):  # noqa: N818 - a verdict about a file
    """What we have of a file is not what came. Its provider has the last good copy."""


class Eraser:
    """Deletes at the provider what was stored long enough ago, and only what can be read back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._bodies = Bodies(world)
        self._next: datetime | None = None

    async def work(self) -> bool:
        """Erase what is due, when it is time to look. True when there may be more."""
        more = await self._files()
        return await self._bodies.work() or more

    async def _files(self) -> bool:
        now = self._world.now()
        if self._next is not None and now < self._next:
            return False
        jobs = await self._world.db.write(_claim)
        for job in jobs:
            await self._try(job)
        self._next = None if jobs else now + EVERY
        return bool(jobs)

    async def _try(self, job: Job) -> None:
        try:
            await self._erase(job)
        except Busy as busy:
            await self._later(job, str(busy), timedelta(seconds=busy.wait))
        except Failure as problem:
            await self._later(job, f"Its copy at {job.via} could not be deleted: {problem}")
        except Spoiled as problem:
            await self._later(job, str(problem), at_once=True)
        except Exception as problem:  # noqa: BLE001 - the lease brings it up again; the others go on
            log.error("erase.failed", evidence=job.evidence_id, error=type(problem).__name__)

    async def _erase(self, job: Job) -> None:
        channel = self._world.channels.get(job.via)
        if channel is None:
            raise Failure("The channel is off.")
        if job.path:  # else it was destroyed here, and its copy there must go all the more
            await asyncio.to_thread(self._must_be_ours, job)
        crash.point("media.erasing")
        await channel.erase(job.attachment)
        crash.point("media.erased")
        await self._world.db.write(partial(_erased, job, self._world.now()))

    def _must_be_ours(self, job: Job) -> None:
        try:
            found = self._world.files.sha256(job.path, job.secret)
        except (Unsealable, FileNotFoundError) as problem:
            raise Spoiled(f"The stored file cannot be read back: {problem}") from None
        if found != job.sha256:
            raise Spoiled("The stored file is not what came: its hash is another.")

    async def _later(
        self, job: Job, why: str, wait: timedelta | None = None, *, at_once: bool = False
    ) -> None:
        log.warning("erase.later", evidence=job.evidence_id, attempt=job.attempt)
        last = job.attempt > len(RETRIES)
        pause = wait or (STILL if last else RETRIES[job.attempt - 1])
        await self._world.db.write(
            partial(
                _again, job, pause, why, self._world.now(), tell=at_once or (last and wait is None)
            )
        )


def _claim(s: Session) -> list[Job]:
    """Take files whose copies are due to go, by the record's clock; the lease is their next."""
    now = clock(s)
    query = (
        select(Evidence)
        .where(col(Evidence.erase_at) <= now)
        .order_by(col(Evidence.erase_at))
        .limit(AT_ONCE)
    )
    if s.get_bind().dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    jobs = []
    for item in s.exec(query):
        item.erase_tries += 1
        item.erase_at = now + LEASE
        s.add(item)
        jobs.append(_job(item))
    return jobs


def _job(item: Evidence) -> Job:
    theirs, number = held(item), item.id or 0
    return Job(number, item.via, item.erase_tries, theirs, item.path, item.secret, item.sha256)


def _erased(job: Job, now: datetime, s: Session) -> None:
    item = s.get_one(Evidence, job.evidence_id, with_for_update=True)
    if item.erased_at is not None:
        return
    item.erased_at = now
    item.erase_at = None
    item.locator = ""
    s.add(item)
    note(
        s,
        actor=BOT,
        act="file.erased",
        object=f"evidence:{item.id}",
        case_id=item.case_id,
        detail=item.via,
        now=now,
    )


def _again(job: Job, pause: timedelta, why: str, now: datetime, s: Session, *, tell: bool) -> None:
    item = s.get_one(Evidence, job.evidence_id, with_for_update=True)
    if item.erased_at is not None:
        return
    item.erase_at = clock(s) + pause
    s.add(item)
    if tell:
        tasks.need(
            s,
            kind=TaskKind.BROKEN,
            cause=f"erase:{item.id}",
            now=now,
            case_id=item.case_id,
            person_id=item.person_id,
            detail=f"File {item.id}: {why}",
        )
