"""One-time upload links, for people whose SMS cannot carry pictures."""

import asyncio
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from sqlmodel import Session, select

from bot.db import clock
from bot.log import log
from bot.post.media import LEASE, Fetcher
from bot.vault.evidence import LIMIT, Stored
from bot.vault.keys import Keys, new_token
from bot.vault.trail import note
from bot.world import Received, World
from handlers import always
from models.conversation import Talked
from models.document import UploadPass
from models.evidence import Evidence, EvidenceState, Provenance
from models.facts import request_of
from models.person import Address
from models.text import Text

LIFE = timedelta(days=7)
MOST = 20  # files in one upload
PIECE = 64 * 1024  # bytes that are held of a file at a time
_EMPTY = always.photo_unreadable()


class Upload(Protocol):
    """A file as a web form brings it."""

    @property
    def filename(self) -> str | None:
        """Its name, as its sender calls it."""
        ...

    @property
    def content_type(self) -> str | None:
        """Its kind, as the browser says."""
        ...

    async def read(self, size: int = -1) -> bytes:
        """Give the next bytes, up to `size`."""
        ...


@dataclass(frozen=True)
class _Taken:
    stored: Stored
    filename: str
    mime: str


def link(s: Session, world: World, talked: Talked, now: datetime) -> str:
    """Make a link that uploads into this conversation, once, within a week."""
    token = new_token()
    s.add(
        UploadPass(
            token_hash=_hash(world.keys, token),
            conversation_id=talked.id or 0,
            person_id=talked.person_id,
            expires_at=now + LIFE,
            created_at=now,
        )
    )
    return f"{world.settings.public_url}/u/{token}"


def words(
    s: Session, world: World, talked: Talked, address: Address | None, now: datetime
) -> list[Text]:
    """Give the words with a link, for who is asked for photos where messages carry none."""
    channel = None if address is None else world.channels.get(address.via.value)
    if channel is None or channel.abilities.media_in:
        return []
    return [always.upload_link(link(s, world, talked, now))]


class Uploads:
    """Takes what comes by a link. The files are stored before anybody is thanked."""

    def __init__(self, world: World, fetcher: Fetcher) -> None:
        self._world = world
        self._fetcher = fetcher

    async def receive(self, token: str, files: AsyncIterable[Upload]) -> Received:
        """Store files with the request that the link belongs to, and use the link up.

        They are sealed as they come. Where they break off, the link still holds for all of them.
        """
        world = self._world
        digest = _hash(world.keys, token)
        if await world.db.read(partial(_valid, digest, world.now())) is None:
            return Received(refused=always.upload_over())
        taken: list[_Taken] = []
        try:
            failed = await self._store(files, taken)
        except BaseException:
            self._discard(taken)
            raise
        if not taken:
            return Received(failed=failed, refused=None if failed else always.upload_nothing())
        made = await world.db.write(partial(_use, digest, taken, world.now()))
        if made is None:
            self._discard(taken)  # somebody used the link while these files were on their way
            return Received(refused=always.upload_over())
        world.ring()
        for number, one in zip(made, taken, strict=True):
            await self._look(number, one)
        return Received(stored=len(made), failed=failed)

    async def _store(
        self, files: AsyncIterable[Upload], taken: list[_Taken]
    ) -> tuple[tuple[str, Text], ...]:
        """Store what can be taken, and give what cannot, with why."""
        failed: list[tuple[str, Text]] = []
        place = 0
        async for file in files:
            name, mime = file.filename or "", file.content_type or ""
            place += 1
            if place > MOST:
                failed.append((name, always.photo_failed()))
                continue
            stored = await self._seal(file)
            if isinstance(stored, Text):
                if stored != _EMPTY or name:  # a form in which nothing was chosen has one like that
                    failed.append((name, stored))
            else:
                taken.append(_Taken(stored, name, mime))
        return tuple(failed)

    async def _seal(self, file: Upload) -> Stored | Text:
        """Bring a file to our disk, sealed and hashed as it comes; or say why it is not taken."""
        arriving = await asyncio.to_thread(self._world.files.begin)
        size = 0
        try:
            while part := await file.read(PIECE):
                size += len(part)
                if size > LIMIT:
                    arriving.drop()
                    return always.photo_too_big(LIMIT // 1024 // 1024)
                await asyncio.to_thread(arriving.write, part)
            if not size:
                arriving.drop()
                return _EMPTY
            return await asyncio.to_thread(arriving.finish)
        except BaseException:
            arriving.drop()
            raise

    async def _look(self, evidence_id: int, one: _Taken) -> None:
        """Look at a stored file. Looking is advice: a look that fails takes nothing back."""
        try:
            await self._fetcher.look(evidence_id, one.stored.path, one.stored.secret, one.mime)
        except Exception as problem:  # noqa: BLE001 - the files are stored, and their sender hears it
            log.error("upload.not_looked_at", evidence=evidence_id, error=type(problem).__name__)

    def _discard(self, taken: Sequence[_Taken]) -> None:
        for one in taken:
            self._world.files.discard(one.stored.path)


def _valid(digest: str, now: datetime, s: Session, *, locked: bool = False) -> UploadPass | None:
    query = select(UploadPass).where(UploadPass.token_hash == digest)
    found = s.exec(query.with_for_update() if locked else query).first()
    if found is None or found.used_at is not None or found.expires_at <= now:
        return None
    return found


def _use(digest: str, taken: Sequence[_Taken], now: datetime, s: Session) -> list[int] | None:
    found = _valid(digest, now, s, locked=True)
    if found is None:
        return None
    found.used_at = now
    s.add(found)
    talked = s.get_one(Talked, found.conversation_id)
    rows = [
        Evidence(
            position=position,
            person_id=found.person_id,
            conversation_id=talked.id,
            case_id=talked.case_id,
            request_id=request_of(talked.given),
            via="link",
            kind="document",
            provenance=Provenance.UPLOAD,
            filename=one.filename,
            mime_declared=one.mime[:120],
            state=EvidenceState.STORED,
            sha256=one.stored.sha256,
            size=one.stored.size,
            path=one.stored.path,
            secret=one.stored.secret,
            received_at=now,
            stored_at=now,
            next_at=clock(s) + LEASE,  # for the look, should we die before it
        )
        for position, one in enumerate(taken)
    ]
    for row in rows:
        s.add(row)
    s.flush()
    for row in rows:
        note(
            s,
            actor=f"person:{row.person_id}",
            act="file.stored",
            object=f"evidence:{row.id}",
            case_id=row.case_id,
            detail=row.sha256,
            now=now,
        )
    return [row.id or 0 for row in rows]


def _hash(keys: Keys, token: str) -> str:
    return keys.token_hash(f"upload:{token}")
