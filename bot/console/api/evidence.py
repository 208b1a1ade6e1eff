"""Files as they were received: what is known of them, and their very bytes."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from sqlmodel import Session
from starlette.responses import Response

from bot.console.api.callers import Caller, may
from bot.console.api.lists import Cursor, Limit, Page, RowId, Words, pack, unpack
from bot.console.api.problems import Problem
from bot.console.pages.files import attachment, note_look
from bot.console.records import cases, looks
from bot.console.records.found import NotFound, the_case, the_file
from bot.console.records.slices import Slice, cut
from bot.vault.keys import Unsealable
from models.evidence import Evidence, EvidenceState, Provenance

router = APIRouter(prefix="/cases/{reference}/evidence", tags=["evidence"])
Reads = Annotated[Caller, may("evidence:read")]


class EvidenceOut(BaseModel):
    """A file. `sha256` is of the very bytes that reached us."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    person_id: int
    request_id: int | None
    via: str
    kind: str
    provenance: Provenance
    filename: Words
    caption: Words
    mime_declared: Words
    mime_found: str
    state: EvidenceState
    failure: str
    sha256: str
    size: int
    quality: str
    sent_at: datetime | None
    received_at: datetime
    stored_at: datetime | None


@router.get("", summary="List the files of a case")
async def listing(
    reference: str, caller: Reads, limit: Limit = 50, cursor: Cursor = None
) -> Page[EvidenceOut]:
    """Give the files of a case, the newest first."""
    await caller.looks(looks.CASE, f"case:{reference}", looks.at_case(reference))
    below = unpack(cursor)

    def act(s: Session) -> Slice[Evidence]:
        rows = cases.photos_of(s, the_case(s, reference).id or 0, below=below, most=limit + 1)
        return cut(rows, [row.id or 0 for row in rows], limit)

    found = await caller.read(act)
    return Page(
        items=[EvidenceOut.model_validate(row) for row in found.items], next=pack(found.next)
    )


@router.get("/{evidence_id}", summary="Look at what is known of a file")
async def sheet(reference: str, evidence_id: RowId, caller: Reads) -> EvidenceOut:
    """Give what is known of a file."""
    await _look(caller, reference, evidence_id)
    return await caller.read(
        lambda s: EvidenceOut.model_validate(_of_case(s, reference, evidence_id))
    )


@router.get("/{evidence_id}/original", summary="The very bytes", response_class=Response)
async def original(reference: str, evidence_id: RowId, caller: Reads) -> Response:
    """Give the bytes as they were received. That somebody took them is written down first."""

    def look(s: Session) -> Evidence:
        evidence = _of_case(s, reference, evidence_id)
        note_look(s, evidence, "evidence.downloaded", caller.actor, caller.now)
        return evidence

    evidence = await caller.world.db.write(look)
    return Response(
        await _content(caller, evidence.path, evidence.secret), headers=attachment(evidence)
    )


@router.get("/{evidence_id}/preview", summary="The working copy", response_class=Response)
async def preview(reference: str, evidence_id: RowId, caller: Reads) -> Response:
    """Give the working copy as JPEG, where one could be made."""
    await _look(caller, reference, evidence_id)
    evidence = await caller.read(lambda s: _of_case(s, reference, evidence_id))
    return Response(
        await _content(caller, evidence.preview_path, evidence.secret), media_type="image/jpeg"
    )


async def _look(caller: Caller, reference: str, number: int) -> None:
    def seen(s: Session) -> tuple[str, int | None]:
        evidence = _of_case(s, reference, number)
        return f"evidence:{evidence.id}", evidence.case_id

    await caller.looks(looks.FILE, f"evidence:{reference}:{number}", seen)


def _of_case(s: Session, reference: str, number: int) -> Evidence:
    evidence = the_file(s, number)
    if evidence.case_id != the_case(s, reference).id:
        raise NotFound
    return evidence


async def _content(caller: Caller, path: str, secret: str | None) -> bytes:
    if not path:
        raise NotFound
    try:
        return await asyncio.to_thread(caller.world.files.read, path, secret)
    except (OSError, Unsealable):
        raise Problem(
            404, "not-in-store", "The file is not in the store. Tell whoever runs the bot."
        ) from None
