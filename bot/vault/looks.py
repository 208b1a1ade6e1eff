"""A look at a file: what it really is, a small working copy, and whether it can be read.

Looking is advice. It happens after the original is stored, in a process of its own with little
memory and time, because a picture from a stranger may be made to break its reader.
"""

import asyncio
import io
import multiprocessing
import os
import resource
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF")
PIXELS = 40_000_000
PREVIEW = 1600  # pixels along the longer edge
SMALL = 1000  # pixels: below this, fine print is lost
SHARP = 60.0  # variance of the Laplacian on the grey preview; belongs to this pipeline only
DARK = 55.0  # mean grey
SECONDS = 20.0
MEMORY = 1024 * 1024 * 1024
KIND = 5  # how far we stand back where processors are few: a webhook waits for nobody's look

MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"PK\x03\x04", "application/zip"),
)


@dataclass(frozen=True)
class Look:
    """What a look found. `quality` is "", or one of small, blurred, dark, unreadable."""

    mime: str
    preview: bytes | None
    quality: str


class Looker:
    """Looks at files in a process of its own, one at a time."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._alone = asyncio.Lock()

    async def look(self, content: bytes, declared: str) -> Look:
        """Look at a file. Never raises: what cannot be looked at has no preview."""
        mime = sniff(content)
        if not is_picture(content, declared):
            return Look(mime, None, "")
        # One at a time: a picture that breaks or holds up the process takes no other with it.
        async with self._alone:
            try:
                running = asyncio.get_running_loop().run_in_executor(
                    self._confined(), picture, content
                )
                return await asyncio.wait_for(running, SECONDS)
            except (BrokenProcessPool, TimeoutError):
                self.close()
                return Look(mime, None, "unreadable")
            except OSError:
                return Look(
                    mime, None, ""
                )  # no process could be had: that is not the picture's fault

    def _confined(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1, mp_context=multiprocessing.get_context("spawn"), initializer=_confine
            )
        return self._pool

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            for process in list((self._pool._processes or {}).values()):  # noqa: SLF001 - the pool has no kill of its own before Python 3.14
                process.kill()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def is_picture(content: bytes, declared: str) -> bool:
    """Tell from its first bytes whether a file may be a picture, which must be seen whole."""
    mime = sniff(content)
    return mime.startswith("image/") or (not mime and declared.startswith("image/"))


def sniff(content: bytes) -> str:
    """Tell a file's type from its first bytes, or nothing."""
    for start, mime in MAGIC:
        if content.startswith(start):
            return mime
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        if brand in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
            return "image/heic"
        if brand in (b"avif", b"avis"):
            return "image/avif"
        return "video/mp4"
    return ""


def picture(content: bytes) -> Look:
    """Decode a picture, turn it upright, make it small, judge it. For the confined process."""
    # Pillow and the HEIF reader are only ever loaded here.
    from PIL import Image, ImageFilter, ImageOps, ImageStat  # noqa: PLC0415
    from pillow_heif import register_heif_opener  # noqa: PLC0415

    register_heif_opener()
    mime = sniff(content)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > PIXELS:
                return Look(mime, None, "unreadable")
            opened.draft("RGB", (PREVIEW, PREVIEW))
            upright = ImageOps.exif_transpose(opened)
            small = upright.convert("RGB")
            small.thumbnail((PREVIEW, PREVIEW))
            small.info.clear()  # a new picture: no place, and no comment, which would be copied
            out = io.BytesIO()
            small.save(out, "JPEG", quality=80)
            grey = small.convert("L")
    except Exception:  # noqa: BLE001 - decoders raise seven kinds of errors over broken files
        return Look(mime, None, "unreadable")
    grey.thumbnail((SMALL, SMALL))
    edges = grey.filter(
        ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
    )
    quality = ""
    if ImageStat.Stat(grey).mean[0] < DARK:
        quality = "dark"
    elif ImageStat.Stat(edges).var[0] < SHARP:
        quality = "blurred"
    elif max(width, height) < SMALL:
        quality = "small"
    return Look(mime, out.getvalue(), quality)


def _confine() -> None:
    os.nice(KIND)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
