"""Files: shown small, given whole, and every look written down."""

import hashlib
import io

from PIL import Image
from sqlmodel import Session

from models.evidence import Evidence, EvidenceState
from models.trail import Trail
from tests.console.desk import Desk, picture
from tests.console.story import Day


async def test_the_original_is_the_very_bytes_to_keep_and_not_to_open(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        answer = await browser.get("/console/files/1/original")
    assert answer.content == picture(0)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="enlace-1.jpg"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert day.case.id


async def test_the_page_of_a_file_tells_all_that_is_known(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        page = (await browser.get("/console/files/1")).text
    assert hashlib.sha256(picture(0)).hexdigest() in page
    assert "Marta Ficticia" in page
    assert day.case.reference in page
    assert "WhatsApp" in page


async def test_every_look_is_written_down_and_shown(desk: Desk, day: Day):
    async with desk.browser("lector") as browser:
        await browser.get("/console/files/1")
        await browser.get("/console/files/1/original")
        page = (await browser.get("/console/files/1")).text
    acts = [
        row.act for row in desk.all(Trail, Trail.object == "evidence:1", Trail.actor == "staff:2")
    ]
    assert acts == ["evidence.viewed", "evidence.downloaded"]  # looked at again at once: one look
    assert page.count("Lector Ficticia") == 4  # two lines, and her own name above, with a title
    async with desk.browser("marisol") as browser:
        assert "evidence." not in (await browser.get(f"/console/cases/{day.case.reference}")).text


async def test_a_thumbnail_is_small(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        small = await browser.get("/console/files/1/thumbnail")
        whole = await browser.get("/console/files/1/preview")
    with Image.open(io.BytesIO(small.content)) as shown:
        assert max(shown.size) <= 300
    assert len(small.content) < len(whole.content)
    assert small.headers["cache-control"] == "no-store"
    assert day.case.id


async def test_a_file_without_a_picture_or_without_bytes_says_so(desk: Desk, day: Day):
    def change(s: Session) -> None:
        unreadable, coming, lost = (
            s.get_one(Evidence, 1),
            s.get_one(Evidence, 2),
            s.get_one(Evidence, 3),
        )
        unreadable.preview_path = ""
        coming.state, coming.path, coming.preview_path = EvidenceState.ANNOUNCED, "", ""
        lost.path = "originals/00/gone"

    desk.write(change)
    async with desk.browser("marisol") as browser:
        assert "No se puede mostrar" in (await browser.get("/console/files/1")).text
        assert "/original" not in (await browser.get("/console/files/2")).text
        for path in ("1/preview", "1/thumbnail", "2/original", "3/original", "9", "9/original"):
            answer = await browser.get(f"/console/files/{path}")
            assert answer.status_code == 404
            assert "<h1>" in answer.text
    assert day.case.id


async def test_bytes_that_somebody_changed_are_not_given(desk: Desk, day: Day):
    path = desk.world.files._root / desk.all(Evidence)[0].path
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    async with desk.browser("marisol") as browser:
        assert (await browser.get("/console/files/1/original")).status_code == 404
    assert day.case.id
