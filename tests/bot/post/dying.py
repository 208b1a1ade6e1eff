"""A process that does one thing beside or with a record, and is told where to die over it.

Given: a record, a folder, what to do, and at which places the process may be killed by `CRASH_AT`.
"""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import models.staff  # noqa: F401 - other tables speak of it
from bot.db import Database
from bot.post import outcomes
from bot.post.drain import Drain
from bot.post.outbox import Claim
from bot.post.outcomes import Outcomes
from bot.post.spool import Spool
from channels.base import Envelope, Kind, Sent
from models.base import use_sealer
from tests.bot import here
from tests.bot.scene import KEYS, MARTA, NOW

CAME = Envelope("sms", "AC1", "SM1", Kind.MESSAGE, MARTA, b"Body=x" * 9000, "x")
WENT = Sent("SM7")


async def _main(url: str, folder: Path, deed: str) -> None:
    use_sealer(KEYS)
    world = here.world(Database(url), folder)
    world.spool = Spool(folder / "spool", KEYS)
    world.spool.prepare()
    match deed:
        case "puts":
            await world.spool.keep(CAME, NOW)
        case "drains":
            await Drain(world).work()
        case _:
            outcomes.QUICK = 0.2
            await Outcomes(world).keep(Claim(int(deed), 1, 1), WENT)
    sys.stdout.write("done")


async def dies(url: str, folder: Path, deed: str, place: str) -> tuple[int, bool]:
    """Let another process do something, and die there: how it ended, and whether it was done."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.bot.post.dying", url, str(folder), deed],
        env={**os.environ, "CRASH_AT": place},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode, "done" in done.stdout


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
