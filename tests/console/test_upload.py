"""The upload page: small, without script, and honest about what was stored."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlmodel import Session

from bot.console.incoming import HEADERS
from bot.console.upload import WHOLE
from bot.post import uploads
from bot.post.media import Fetcher
from bot.vault.looks import Looker
from models.conversation import Talked
from models.document import UploadPass
from models.evidence import Evidence, EvidenceState, Provenance
from models.person import Person, Role, Via
from tests.console.desk import URL, Desk, picture

HEAD = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'


@pytest.fixture
async def link(desk: Desk) -> AsyncIterator[str]:
    """Give a link that Rosa got by SMS, with everything behind it that stores files."""
    looker = Looker()
    desk.world.uploads = uploads.Uploads(desk.world, Fetcher(desk.world, looker))
    rosa = desk.person("Rosa Inventada", Role.DEFENDER, Via.SMS)
    desk.asked(desk.case("HN-0233"), rosa)
    talked = desk.only(Talked)
    made = desk.write(lambda s: uploads.link(s, desk.world, talked, desk.clock.at))
    yield made.removeprefix(URL)
    looker.close()


def photos(*contents: bytes) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [
        ("files", (f"foto{number}.jpg", content, "image/jpeg"))
        for number, content in enumerate(contents)
    ]


async def send(desk: Desk, link: str, files: object) -> httpx.Response:
    async with desk.browser() as browser:
        return await browser.client.post(link, files=files)  # type: ignore[arg-type]  # httpx's type is a union


async def test_the_page_is_small_spanish_and_without_script(desk: Desk, link: str):
    async with desk.browser() as browser:
        page = await browser.client.get(link)
        style = await browser.client.get("/console/static/upload.css")
    assert page.status_code == 200
    assert '<html lang="es">' in page.text
    assert "<script" not in page.text
    assert 'type="file"' in page.text
    assert "multiple" in page.text
    assert "HN-0233" in page.text
    assert "Rosa" not in page.text
    assert len(page.content) + len(style.content) < 30_000
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_photos_are_stored_before_they_are_thanked_for(desk: Desk, link: str):
    answer = await send(desk, link, photos(picture(0), picture(1)))
    assert answer.status_code == 200
    assert "2 fotos" in answer.text
    kept = desk.all(Evidence)
    assert [(one.state, one.provenance) for one in kept] == [
        (EvidenceState.STORED, Provenance.UPLOAD)
    ] * 2
    assert desk.world.files.read_original(kept[0]) == picture(0)
    assert kept[0].request_id is not None


async def test_looking_does_not_use_the_link_up_and_sending_does(desk: Desk, link: str):
    async with desk.browser() as browser:
        for _ in range(3):
            assert (await browser.client.get(link)).status_code == 200
        assert (await browser.client.head(link)).status_code == 200
    assert (await send(desk, link, photos(picture(0)))).status_code == 200
    assert (await send(desk, link, photos(picture(1)))).status_code == 410
    async with desk.browser() as browser:
        assert (await browser.client.get(link)).status_code == 410
    assert len(desk.all(Evidence)) == 1


async def test_a_link_that_is_none_or_too_old_says_what_to_do(desk: Desk, link: str):
    async with desk.browser() as browser:
        unknown = await browser.client.get("/u/nothing")
        desk.clock.pass_(timedelta(days=8))
        old = await browser.client.get(link)
    assert unknown.status_code == old.status_code == 410
    for answer in (unknown, old):
        assert "Escríbanos" in answer.text
        assert "<form" not in answer.text
    assert (await send(desk, link, photos(picture(0)))).status_code == 410


async def test_without_a_photo_the_form_stays(desk: Desk, link: str):
    for files in ([("files", ("", b"", "application/octet-stream"))], [("other", (None, b"x"))]):
        answer = await send(desk, link, files)
        assert answer.status_code == 422
        assert "<form" in answer.text
    assert desk.only(UploadPass).used_at is None


async def test_a_file_that_is_too_big_or_empty_is_named_and_the_others_stay(desk: Desk, link: str):
    answer = await send(desk, link, photos(picture(0), b"", b"x" * (26 * 1024 * 1024)))
    assert answer.status_code == 200
    assert "1 foto" in answer.text
    assert "foto1.jpg" in answer.text
    assert "foto2.jpg" in answer.text
    assert len(desk.all(Evidence)) == 1


async def test_only_broken_files_leave_the_link_as_it_was(desk: Desk, link: str):
    answer = await send(desk, link, photos(b""))
    assert answer.status_code == 422
    assert "<form" in answer.text
    assert desk.only(UploadPass).used_at is None


async def test_what_is_more_than_a_link_takes_is_named_and_the_others_stay(desk: Desk, link: str):
    answer = await send(desk, link, photos(*[b"x"] * (uploads.MOST + 1)))
    assert answer.status_code == 200
    assert f"foto{uploads.MOST}.jpg" in answer.text
    assert f"foto{uploads.MOST - 1}.jpg" not in answer.text
    assert len(desk.all(Evidence)) == uploads.MOST


@pytest.mark.parametrize(
    "body",
    [
        b"--x\r\nnonsense",
        HEAD + b"half a photo",
        HEAD + b"half a photo\r\n--y--",
        b"--x\r\nA: " + b"a" * (HEADERS + 1) + b"\r\n\r\n--x--",
    ],
    ids=["nonsense", "cut off", "another end", "endless header"],
)
async def test_a_torn_form_is_answered_in_words_and_stores_nothing(
    desk: Desk, link: str, body: bytes
):
    kind = "multipart/form-data; boundary=x"
    async with desk.browser() as browser:
        torn = await browser.client.post(link, content=body, headers={"content-type": kind})
        bare = await browser.client.post(link, data={"files": "x"})
    assert torn.status_code == bare.status_code == 400
    assert "<form" in torn.text
    assert "<form" in bare.text
    assert desk.all(Evidence) == []
    assert desk.only(UploadPass).used_at is None
    assert list((desk.world.settings.data_dir / "originals").rglob("*.*")) == []


async def test_a_body_without_end_is_cut_off(desk: Desk, link: str):
    async def endless() -> AsyncIterator[bytes]:
        yield HEAD
        for _ in range(WHOLE // (4 * 1024 * 1024) + 2):
            yield b"x" * (4 * 1024 * 1024)

    async with desk.browser() as browser:
        answer = await browser.client.post(
            link,
            content=endless(),
            headers={"content-type": "multipart/form-data; boundary=x"},
        )
    assert answer.status_code == 413
    assert desk.all(Evidence) == []


async def test_a_hostile_name_stays_words(desk: Desk, link: str):
    name = "<img src=x onerror=alert(1)>.jpg"
    files = [("files", (name, b"", "image/jpeg")), *photos(picture(0))]
    answer = await send(desk, link, files)
    assert "<img" not in answer.text
    assert "&lt;img" in answer.text


async def test_the_page_speaks_the_persons_language(desk: Desk, link: str):
    def speak(s: Session) -> None:
        s.get_one(Person, 1).language = "eng"

    desk.write(speak)
    async with desk.browser() as browser:
        assert '<html lang="en">' in (await browser.client.get(link)).text
    assert Path(link).name
