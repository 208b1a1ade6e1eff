"""Photos looked at one after another: by the product's own looker, and by a bare loop.

`python -m bot.bench.album NAME PATH COUNT` looks at one photo so often, and says the seconds. Both
do the same with the same library: hash, reduced decode, sharpness, working copy.
"""

import asyncio
import hashlib
import io
import sys
import time
from pathlib import Path

from bot.vault.looks import PREVIEW, SMALL, Looker

EDGES = (0, 1, 0, 1, -4, 1, 0, 1, 0)


def draw(path: Path, width: int, height: int) -> None:
    """Make a photo that is as hard to read as one of a phone."""
    from PIL import Image  # noqa: PLC0415 - no other part of the bench needs it

    grain = Image.effect_noise((width, height), 30)
    shade = Image.linear_gradient("L").resize((width, height))
    grey = Image.blend(grain, shade, 0.5)
    Image.merge("RGB", (grey, grain, shade)).save(path, "JPEG", quality=80)


def bare(content: bytes, count: int) -> float:
    """Look at a photo so often in a loop; give the seconds."""
    from PIL import Image, ImageFilter, ImageStat  # noqa: PLC0415 - ours has it in another process

    kernel = ImageFilter.Kernel((3, 3), EDGES, scale=1, offset=128)

    def look() -> None:
        hashlib.sha256(content).hexdigest()
        with Image.open(io.BytesIO(content)) as photo:
            photo.draft("RGB", (PREVIEW, PREVIEW))
            small = photo.convert("RGB")
        small.thumbnail((PREVIEW, PREVIEW))
        small.save(io.BytesIO(), "JPEG", quality=80)
        grey = small.convert("L")
        grey.thumbnail((SMALL, SMALL))
        ImageStat.Stat(grey.filter(kernel)).var  # noqa: B018 - it is worked out when asked for

    look()
    began = time.perf_counter()
    for _ in range(count):
        look()
    return time.perf_counter() - began


async def ours(content: bytes, count: int) -> float:
    """Let the product look at a photo so often, in the process that it has for that."""
    looker = Looker()
    await looker.look(content, "image/jpeg")
    began = time.perf_counter()
    for _ in range(count):
        hashlib.sha256(content).hexdigest()
        look = await looker.look(content, "image/jpeg")
        if look.preview is None:
            raise RuntimeError("The bench's photo could not be looked at.")
    took = time.perf_counter() - began
    looker.close()
    return took


def main() -> None:
    """Look, and say how long it took."""
    name, content, count = sys.argv[1], Path(sys.argv[2]).read_bytes(), int(sys.argv[3])
    took = asyncio.run(ours(content, count)) if name == "ours" else bare(content, count)
    sys.stdout.write(f"{took}\n")


if __name__ == "__main__":
    main()
