"""Files as they were received: looked at, and taken away whole. Each look is written down first."""

import asyncio
from datetime import datetime

from sqlmodel import Session
from starlette.responses import Response

from bot.console.doors import Doors
from bot.console.records import files, looks
from bot.console.records.found import NotFound, the_file
from bot.console.thumbnails import shrink
from bot.console.visit import Visit
from bot.vault import trail
from bot.vault.keys import Unsealable
from models.evidence import Evidence
from models.text import _

doors = Doors()
ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "application/pdf": "pdf",
    "audio/ogg": "ogg",
}


@doors.get("/files/{file}")
async def view(visit: Visit) -> Response:
    """Show a file with what is known of it."""
    number = visit.number("file")
    await visit.looks(looks.FILE, f"evidence:{number}", looks.at_file(number))
    found = await visit.read(lambda s: files.find(s, number))
    return visit.page("file.html", file=found, evidence=found.evidence if found else None)


@doors.get("/files/{file}/preview")
async def preview(visit: Visit) -> Response:
    """Give the working copy."""
    number = visit.number("file")
    await visit.looks(looks.FILE, f"evidence:{number}", looks.at_file(number))
    return Response(await _preview(visit, await _known(visit)), media_type="image/jpeg")


@doors.get("/files/{file}/thumbnail")
async def thumbnail(visit: Visit) -> Response:
    """Give the working copy, small. A page of them is one look."""
    evidence = await _known(visit)
    await visit.looks(*looks.at_files(evidence))
    small = await asyncio.to_thread(shrink, await _preview(visit, evidence))
    return Response(small, media_type="image/jpeg")


@doors.get("/files/{file}/original")
async def original(visit: Visit) -> Response:
    """Give the very bytes, as a file to keep and never as a page to open."""
    number = visit.number("file")

    def look(s: Session) -> Evidence:
        evidence = the_file(s, number)
        note_look(s, evidence, "evidence.downloaded", visit.actor, visit.now)
        return evidence

    evidence = await visit.world.db.write(look)
    content = await _content(visit, evidence.path, evidence.secret) if evidence.path else None
    if content is None:
        return visit.sorry(
            404,
            _("The file is not in the store."),
            _("Tell whoever runs the bot: its number is in the address."),
        )
    return Response(content, headers=attachment(evidence))


def attachment(evidence: Evidence) -> dict[str, str]:
    """Say that bytes are a file to keep. Its name is ours; the sender's is shown as data."""
    ending = ENDINGS.get(evidence.mime_found, "bin")
    return {
        "content-type": "application/octet-stream",
        "content-disposition": f'attachment; filename="enlace-{evidence.id}.{ending}"',
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
    }


def note_look(s: Session, evidence: Evidence, act: str, actor: str, now: datetime) -> None:
    """Write down who looked, before anything is shown."""
    trail.note(
        s,
        actor=actor,
        act=act,
        object=f"evidence:{evidence.id}",
        case_id=evidence.case_id,
        now=now,
    )


async def _known(visit: Visit) -> Evidence:
    number = visit.number("file")
    return await visit.read(lambda s: the_file(s, number))


async def _preview(visit: Visit, evidence: Evidence) -> bytes:
    shown = evidence.preview_path
    content = await _content(visit, shown, evidence.secret) if shown else None
    if content is None:
        raise NotFound
    return content


async def _content(visit: Visit, path: str, secret: str | None) -> bytes | None:
    try:
        return await asyncio.to_thread(visit.world.files.read, path, secret)
    except (OSError, Unsealable):
        return None
