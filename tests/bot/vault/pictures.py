"""Pictures as people send them, and as nobody should."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageDraw, ImageFilter


def page(width: int = 1400, height: int = 1800) -> Image.Image:
    """A sheet of paper with print on it."""
    image = Image.new("RGB", (width, height), (236, 233, 225))
    draw = ImageDraw.Draw(image)
    for y in range(40, height - 40, 26):
        for x in range(40 + y % 60, width - 60, 46):
            draw.rectangle((x, y, x + 4 + (x * y) % 34, y + 12), fill=(25, 25, 40))
    return image


def jpeg(image: Image.Image, **more: Any) -> bytes:
    """A picture as JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90, **more)
    return out.getvalue()


def drawn(image: Image.Image, kind: str, **more: Any) -> bytes:
    """A picture of another kind."""
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def telling() -> bytes:
    """A photo that says where and with what it was taken, in each of the places for that."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET-EXIF"
    exif[0x8825] = {1: "N", 2: (14.0, 38.0, 5.0), 3: "W", 4: (90.0, 30.0, 32.0)}
    return jpeg(
        page(),
        exif=exif,
        comment=b"SECRET-COMMENT",
        xmp=b"<x:xmpmeta>SECRET-XMP</x:xmpmeta>",
    )


def blurred() -> bytes:
    """A page that was moved."""
    return jpeg(page().filter(ImageFilter.GaussianBlur(14)))


def dark() -> bytes:
    """A page without light."""
    return jpeg(page().point([value // 8 for value in range(256)] * 3))


def bomb(width: int = 20000, height: int = 20000) -> bytes:
    """A small file that opens into a very large picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    packer = zlib.compressobj(9)
    row = b"\0" * (width // 8 + 1)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


BROKEN: dict[str, Callable[[], bytes]] = {
    "cut in the head": lambda: jpeg(page())[:20],
    "only its first bytes": lambda: b"\xff\xd8\xff",
    "noise": lambda: b"\xff\xd8\xff" + bytes(range(256)) * 50,
    "a bomb": bomb,
    "an animation": lambda: drawn(page(200, 200), "GIF"),
    "no HEIC": lambda: b"\0\0\0\x18ftypheic" + b"\0" * 300,
    "no AVIF": lambda: b"\0\0\0\x18ftypavif" + b"\xff" * 300,
    "no WebP": lambda: b"RIFF\x10\0\0\0WEBP" + b"VP8 " * 9,
}
"""What nobody can look at, and must do no harm."""
