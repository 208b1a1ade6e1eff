"""A process that files what is due until nothing is, and may be killed at any of its points.

Started as `python -m tests.bot.post.filer DATABASE_URL FOLDER PROVIDER`.
"""

import asyncio
import sys
from pathlib import Path

import bot.worker  # noqa: F401 - all of the tables are known then
from bot.db import Database
from bot.post.eraser import Eraser
from bot.post.media import Fetcher, free_files
from bot.vault.looks import Looker
from models.base import use_sealer
from tests.bot import here
from tests.bot.scene import KEYS


async def main(url: str, folder: str, provider: str) -> None:
    """Work as a worker does when it starts."""
    use_sealer(KEYS)
    db = Database(url)
    world = here.world(db, Path(folder), provider=provider)
    looker = Looker()
    if db.embedded:
        await db.write(free_files)
    for one in (Fetcher(world, looker), Eraser(world)):
        while await one.work():
            pass
    looker.close()
    await here.closed(world)
    db.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
