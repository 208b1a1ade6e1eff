"""Orphans: files on disk that no row speaks of, left by a process that died before it said so."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import Session, col, select

from bot.log import log
from bot.vault.evidence import ORIGINALS, PART, PREVIEWS
from bot.world import World
from models.evidence import Evidence

EVERY = timedelta(hours=6)
AGE = timedelta(hours=24)  # far longer than any file takes from the disk to the record
OURS = re.compile(rf"[0-9a-f]{{32}}({re.escape(PART)})?")  # nothing else is ever taken away
PAGE = 5000


class Orphans:
    """Takes away what was spoken of neither in this look nor in the one before.

    A single look could be wrong where the machine's clock has just been set right.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._next: datetime | None = None
        self._before: frozenset[str] = frozenset()

    async def work(self) -> bool:
        """Look when it is time: when we start, and a few times a day."""
        now = self._world.now()
        if self._next is not None and now < self._next:
            return False
        self._next = now + EVERY
        # First the disk, then the record: what is stored meanwhile is spoken of by then.
        lying = await asyncio.to_thread(self._lying, now - AGE)
        orphans = lying and await self._world.db.read(lambda s: lying - _spoken_of(s))
        gone = orphans & self._before
        for path in gone:
            self._world.files.discard(path)
        if gone:
            log.info("orphans.removed", count=len(gone))
        self._before = frozenset(orphans - gone)
        return False

    def _lying(self, before: datetime) -> set[str]:
        root = self._world.settings.data_dir
        return {
            str(path.relative_to(root))
            for folder in (ORIGINALS, PREVIEWS)
            for path in (root / folder).glob("*/*")
            if OURS.fullmatch(path.name) and _is_older(path, before)
        }


def _is_older(path: Path, moment: datetime) -> bool:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) < moment
    except FileNotFoundError:
        return False  # renamed or taken away meanwhile


def _spoken_of(s: Session) -> set[str]:
    return {path for row in _paths(s) for path in row if path}


def _paths(s: Session) -> Iterator[tuple[str, str]]:
    last = 0
    while True:
        rows = s.exec(
            select(col(Evidence.id), col(Evidence.path), col(Evidence.preview_path))
            .where(col(Evidence.id) > last)
            .order_by(col(Evidence.id))
            .limit(PAGE)
        ).all()
        for number, path, preview in rows:
            last = number or 0
            yield path, preview
        if len(rows) < PAGE:
            return
