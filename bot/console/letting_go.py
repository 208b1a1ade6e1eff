"""What follows when something was destroyed: its files go, and what was written over goes too."""

import asyncio
from collections.abc import Sequence

from bot.log import log
from bot.world import World


async def let_go(world: World, paths: Sequence[str]) -> None:
    """Take files away, and leave nothing lying in the record's own files."""
    for path in paths:
        await asyncio.to_thread(world.files.discard, path)
    await asyncio.to_thread(world.db.scrub)
    log.info("keeping.destroyed", count=len(paths))
