"""Small pictures for lists, made of the working copies: our own JPEG, never what a sender sent."""

import io

from PIL import Image

EDGE = 300  # pixels; twice what is shown, for sharp screens


def shrink(preview: bytes) -> bytes:
    """Make a small picture of a working copy."""
    with Image.open(io.BytesIO(preview), formats=("JPEG",)) as picture:
        picture.draft("RGB", (EDGE, EDGE))  # the decoder skips what a small picture needs not
        picture.thumbnail((EDGE, EDGE))
        small = io.BytesIO()
        picture.convert("RGB").save(small, "JPEG", quality=70)
        return small.getvalue()
