"""Looks: advice about a file, from a process that may die of it."""

import asyncio
import io
import os
import signal
import sys

import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from bot.vault import looks
from bot.vault.looks import Looker, picture, sniff
from tests.bot.vault.pictures import BROKEN, blurred, dark, drawn, jpeg, page, telling


def test_a_good_photo_gets_a_small_upright_copy() -> None:
    look = picture(jpeg(page(3000, 2000)))
    assert (look.mime, look.quality) == ("image/jpeg", "")
    assert look.preview is not None
    small = Image.open(io.BytesIO(look.preview))
    assert small.format == "JPEG"
    assert max(small.size) == looks.PREVIEW


def test_a_photo_taken_sideways_is_shown_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    look = picture(jpeg(page(1600, 1200), exif=exif))
    assert look.preview is not None
    assert Image.open(io.BytesIO(look.preview)).size == (1200, 1600)


def test_the_copy_says_nothing_of_where_it_was_taken() -> None:
    content = telling()
    look = picture(content)
    assert look.preview is not None
    for secret in (b"SECRET-EXIF", b"SECRET-COMMENT", b"SECRET-XMP"):
        assert secret in content
        assert secret not in look.preview
    shown = Image.open(io.BytesIO(look.preview))
    assert not shown.getexif()
    assert not {"exif", "xmp", "comment"} & set(shown.info)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_every_kind_that_phones_make_can_be_looked_at(kind: str) -> None:
    register_heif_opener()
    content = drawn(page(1000, 1000), kind)
    look = picture(content)
    assert look.mime == f"image/{'heic' if kind == 'HEIF' else kind.lower()}"
    assert (look.quality, look.preview is not None) == ("", True)


@pytest.mark.parametrize(
    ("content", "quality"),
    [(blurred(), "blurred"), (dark(), "dark"), (jpeg(page(640, 480)), "small"), (jpeg(page()), "")],
)
def test_what_is_hard_to_read_is_said(content: bytes, quality: str) -> None:
    assert picture(content).quality == quality


@pytest.mark.parametrize("how", BROKEN)
def test_what_nobody_can_look_at_is_unreadable_and_does_no_harm(how: str) -> None:
    look = picture(BROKEN[how]())
    assert (look.preview, look.quality) == (None, "unreadable")


def test_modes_that_are_no_colours_are_looked_at() -> None:
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        look = picture(drawn(page(600, 600).convert("L" if mode == "I;16" else mode), "PNG"))
        assert look.preview is not None


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (b"%PDF-1.7 x", "application/pdf"),
        (b"OggS\0", "audio/ogg"),
        (b"#!AMR\n", "audio/amr"),
        (b"ID3\x04", "audio/mpeg"),
        (b"PK\x03\x04", "application/zip"),
        (b"GIF89a", "image/gif"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"RIFF\0\0\0\0WAVE", ""),
        (b"hola", ""),
        (b"", ""),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, mime: str) -> None:
    assert sniff(content) == mime


@pytest.mark.parametrize(
    ("content", "declared"),
    [(b"%PDF-1.7 x", "image/jpeg"), (b"OggS\0", "audio/ogg"), (b"hola", "text/plain"), (b"", "")],
)
async def test_what_is_no_picture_is_not_opened(content: bytes, declared: str) -> None:
    looker = Looker()
    look = await looker.look(content, declared)
    assert (look.mime, look.preview, look.quality) == (sniff(content), None, "")
    assert looker._pool is None


async def test_a_picture_that_lies_about_its_kind_is_looked_at_for_what_it_is() -> None:
    looker = Looker()
    look = await looker.look(jpeg(page()), "application/pdf")
    assert (look.mime, look.quality) == ("image/jpeg", "")
    assert (await looker.look(b"no picture", "image/jpeg")).quality == "unreadable"
    looker.close()
    looker.close()


def child(looker: Looker) -> int:
    """The process that looks."""
    assert looker._pool is not None
    return next(iter(looker._pool._processes))


async def test_a_picture_that_kills_its_reader_takes_no_other_with_it() -> None:
    looker = Looker()
    good = jpeg(page())
    await looker.look(good, "image/jpeg")
    os.kill(child(looker), signal.SIGSTOP)
    hostile = asyncio.create_task(looker.look(good, "image/jpeg"))
    others = [asyncio.create_task(looker.look(good, "image/jpeg")) for _ in range(3)]
    await asyncio.sleep(0.05)
    os.kill(child(looker), signal.SIGKILL)
    assert (await hostile).quality == "unreadable"
    for other in others:
        assert (await other).preview is not None
    looker.close()


async def test_a_picture_that_holds_up_its_reader_takes_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looker = Looker()
    good = jpeg(page())
    await looker.look(good, "image/jpeg")
    os.kill(child(looker), signal.SIGSTOP)
    monkeypatch.setattr(looks, "SECONDS", 2.5)
    hostile = asyncio.create_task(looker.look(good, "image/jpeg"))
    others = [asyncio.create_task(looker.look(good, "image/jpeg")) for _ in range(2)]
    assert (await hostile).quality == "unreadable"
    for other in others:
        assert (await other).preview is not None
    looker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels show no limits of a process")
async def test_the_process_that_looks_has_little_memory_and_stands_back() -> None:
    looker = Looker()
    await looker.look(jpeg(page()), "image/jpeg")
    with open(f"/proc/{child(looker)}/limits") as limits:  # noqa: ASYNC230, PTH123 - a kernel's file
        line = next(line for line in limits if line.startswith("Max address space"))
    assert line.split()[3] == str(looks.MEMORY)
    of_ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, child(looker)) == min(19, of_ours + looks.KIND)
    looker.close()
