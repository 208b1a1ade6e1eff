"""One-time upload links: used once, stored before anybody is thanked, and nothing dropped."""

import asyncio
import hashlib
import io
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select
from starlette.datastructures import Headers, UploadFile

from bot.db import Database
from bot.office import talks
from bot.post import uploads
from bot.post.media import Fetcher
from bot.post.uploads import LIFE, MOST, Uploads
from bot.vault import chunks
from bot.vault.evidence import LIMIT
from bot.vault.looks import Looker
from bot.world import Received, World
from handlers import always
from models.conversation import Talked
from models.document import UploadPass
from models.evidence import Evidence, EvidenceState, Provenance
from models.facts import WelcomeGiven
from models.trail import Trail
from tests.bot import here
from tests.bot.here import Clock
from tests.bot.scene import NOW, somebody
from tests.bot.vault.pictures import jpeg, page

PHOTO = jpeg(page(1200, 1000))


def file(content: bytes = PHOTO, name: str = "acta.jpg", kind: str = "image/jpeg") -> UploadFile:
    """A file as a browser's form brings it."""
    return UploadFile(io.BytesIO(content), filename=name, headers=Headers({"content-type": kind}))


async def coming(files: Sequence[UploadFile]) -> AsyncIterator[UploadFile]:
    """Files as they come, one after the other."""
    for one in files:
        yield one


@dataclass
class Office:
    """What takes uploads, in its world."""

    db: Database
    world: World
    clock: Clock
    uploads: Uploads

    async def receive(self, token: str, files: Sequence[UploadFile]) -> Received:
        """Let files come by a link."""
        return await self.uploads.receive(token, coming(files))

    def link(self) -> str:
        """A link into a conversation, and of it the token."""
        person = somebody(self.db)

        def act(s: Session) -> str:
            talked = talks.start(
                s,
                name="welcome",
                given=WelcomeGiven("Marta", "Red"),
                person_id=person,
                case_id=None,
                code="GT-0417",
                now=NOW,
            )
            return uploads.link(s, self.world, talked, NOW)

        link = self.db.write_now(act)
        assert link.startswith(f"{self.world.settings.public_url}/u/")
        return link.rpartition("/")[2]

    def kept(self) -> list[Evidence]:
        """The files that the record speaks of."""

        def act(s: Session) -> list[Evidence]:
            found = list(s.exec(select(Evidence).order_by(col(Evidence.id))))
            s.expunge_all()
            return found

        return self.db.read_now(act)

    def on_disk(self) -> list[Path]:
        """The originals that lie in the folder."""
        originals = self.world.settings.data_dir / "originals"
        return [path for path in originals.rglob("*") if path.is_file()]


@pytest.fixture
async def office(db: Database, tmp_path: Path) -> AsyncIterator[Office]:
    """Give what takes uploads."""
    clock, looker = Clock(), Looker()
    world = here.world(db, tmp_path, clock=clock)
    yield Office(db, world, clock, Uploads(world, Fetcher(world, looker)))
    looker.close()
    await here.closed(world)


async def test_what_is_uploaded_is_stored_with_its_request_before_anybody_is_thanked(
    office: Office,
) -> None:
    token = office.link()
    ear = office.world.bell.ear()
    received = await office.receive(token, [file(), file(b"%PDF-1.7", "acta.pdf", "x/y")])
    assert (received.stored, received.failed, received.refused) == (2, (), None)
    photo, paper = office.kept()
    assert photo.sha256 == hashlib.sha256(PHOTO).hexdigest()
    assert office.world.files.read_original(photo) == PHOTO
    assert (photo.state, photo.provenance) == (EvidenceState.STORED, Provenance.UPLOAD)
    assert (photo.filename, photo.mime_declared, photo.mime_found) == (
        "acta.jpg",
        "image/jpeg",
        "image/jpeg",
    )
    assert (photo.via, photo.acked_at, photo.received_at) == ("link", None, NOW)
    assert office.world.files.read_preview(photo)
    assert (paper.position, paper.mime_found) == (1, "application/pdf")
    talked = office.db.read_now(lambda s: s.exec(select(Talked.id)).one())
    assert {one.conversation_id for one in office.kept()} == {talked}
    acts = office.db.read_now(lambda s: Counter(s.exec(select(Trail.act))))
    assert (acts["file.stored"], acts["file.looked_at"]) == (2, 2)
    await asyncio.wait_for(ear.wait(5), 2)


async def test_a_link_works_once(office: Office) -> None:
    token = office.link()
    assert (await office.receive(token, [file()])).stored == 1
    again = await office.receive(token, [file()])
    assert (again.stored, again.refused) == (0, always.upload_over())
    assert len(office.kept()) == len(office.on_disk()) == 1


async def test_of_many_at_once_one_wins_and_the_others_leave_nothing(office: Office) -> None:
    token = office.link()
    results = await asyncio.gather(
        *(office.receive(token, [file(f"foto {n}".encode())]) for n in range(20))
    )
    assert Counter(one.stored for one in results) == {1: 1, 0: 19}
    assert {one.refused for one in results if not one.stored} == {always.upload_over()}
    (kept,) = office.kept()
    (lies,) = office.on_disk()
    assert kept.path.endswith(lies.name)


@pytest.mark.parametrize("passed", [LIFE, LIFE + timedelta(days=9)])
async def test_a_link_works_for_a_week(office: Office, passed: timedelta) -> None:
    token = office.link()
    office.clock.time += passed
    over = await office.receive(token, [file()])
    assert (over.stored, over.refused) == (0, always.upload_over())
    assert office.on_disk() == []
    office.clock.time = NOW + LIFE - timedelta(seconds=1)
    assert (await office.receive(token, [file()])).stored == 1


@pytest.mark.parametrize("token", ["", "x" * 22, "../../etc/passwd", "\ud800", "a\x00b"])
async def test_a_link_that_is_none_stores_nothing(office: Office, token: str) -> None:
    office.link()
    refused = await office.receive(token, [file()])
    assert (refused.stored, refused.refused) == (0, always.upload_over())
    assert office.on_disk() == []


async def test_the_record_does_not_hold_the_link(office: Office) -> None:
    token = office.link()
    (kept,) = office.db.read_now(lambda s: s.exec(select(UploadPass.token_hash)).all())
    assert token not in kept
    assert kept == office.world.keys.token_hash(f"upload:{token}")


async def test_each_file_that_is_not_taken_is_named_with_why(office: Office) -> None:
    token = office.link()
    received = await office.receive(
        token,
        [
            file(b"x" * (LIMIT + 1), "grande.jpg"),
            file(b"", "vacia.jpg"),
            file(b"x" * LIMIT, "justa.jpg", "image/jpeg"),
        ],
    )
    assert received.stored == 1
    assert received.failed == (
        ("grande.jpg", always.photo_too_big(LIMIT // 1024 // 1024)),
        ("vacia.jpg", always.photo_unreadable()),
    )


async def test_what_is_more_than_a_link_takes_is_said_not_dropped(office: Office) -> None:
    token = office.link()
    received = await office.receive(
        token, [file(f"{n}".encode(), f"{n}.jpg") for n in range(MOST + 2)]
    )
    assert received.stored == MOST
    assert [name for name, _ in received.failed] == [f"{MOST}.jpg", f"{MOST + 1}.jpg"]
    assert received.stored + len(received.failed) == MOST + 2


@pytest.mark.parametrize("files", [[], [b""], [b"x" * (LIMIT + 1)]])
async def test_an_upload_of_nothing_does_not_use_the_link_up(
    office: Office, files: list[bytes]
) -> None:
    token = office.link()
    received = await office.receive(token, [file(content) for content in files])
    assert received.stored == 0
    assert len(received.failed) == len(files)
    assert received.refused == (None if files else always.upload_nothing())
    assert (await office.receive(token, [file()])).stored == 1


async def test_a_disk_that_takes_no_more_leaves_the_link_and_no_half_of_it(office: Office) -> None:
    token = office.link()

    class Fills(UploadFile):
        """A file during whose upload the disk fills up."""

        async def read(self, size: int = -1) -> bytes:
            """Give the bytes, and let nothing be written any more."""
            content = await super().read(size)
            full.rename(full.with_name("full"))
            full.write_text("no folder")
            return content

    full = office.world.settings.data_dir / "originals"
    good, bad = file(), Fills(io.BytesIO(b"dos"), filename="dos.jpg")
    with pytest.raises(OSError, match="originals"):
        await office.receive(token, [good, bad])
    full.unlink()
    full.with_name("full").rename(full)
    assert office.kept() == []
    assert (await office.receive(token, [file()])).stored == 1


async def test_a_look_that_fails_takes_nothing_back(office: Office) -> None:
    token = office.link()

    previews = office.world.settings.data_dir / "previews"
    previews.rmdir()
    previews.write_text("no folder")
    received = await office.receive(token, [file(), file(b"x")])
    assert (received.stored, received.failed) == (2, ())
    assert {one.state for one in office.kept()} == {EvidenceState.STORED}


async def test_a_file_is_sealed_as_it_comes_and_never_held_whole(office: Office) -> None:
    """After each piece, all before it is on disk: no more than two chunks are in memory."""
    token = office.link()
    behind: list[int] = []

    class Long(UploadFile):
        """A long file, which is asked for again and again."""

        async def read(self, size: int = -1) -> bytes:
            """Give the next bytes, and see how far the earlier ones have come."""
            came = self.file.tell()
            behind.append(came - sum(one.stat().st_size for one in office.on_disk()))
            return await super().read(size)

    content = bytes(range(256)) * 4096 * 4
    received = await office.receive(token, [Long(io.BytesIO(content), filename="larga.bin")])
    assert received.stored == 1
    assert len(behind) == len(content) // uploads.PIECE + 1
    assert max(behind) <= 2 * chunks.CHUNK + io.DEFAULT_BUFFER_SIZE
    (kept,) = office.kept()
    assert office.world.files.read_original(kept) == content


async def test_an_upload_that_breaks_off_leaves_the_link_and_no_file(office: Office) -> None:
    token = office.link()

    class Breaks(UploadFile):
        """A file whose sender goes away."""

        async def read(self, size: int = -1) -> bytes:
            """Give one piece and no more."""
            if self.file.tell():
                raise ConnectionError
            return await super().read(min(size, 10))

    with pytest.raises(ConnectionError):
        await office.receive(token, [file(), Breaks(io.BytesIO(b"x" * 99), filename="b")])
    assert office.on_disk() == []
    assert (await office.receive(token, [file()])).stored == 1
