"""A process that keeps messages on a disk whose syncs fail after a while.

Started as `python -m tests.faults.keeper PATH SYNCS`. It prints the number of each message that it
has told its sender is kept, and `unkept` for each that it has refused.
"""

import asyncio
import os
import sys
from functools import partial

import pytest

from bot.db import Database, Unavailable, probe
from bot.log import set_up
from bot.post.inbox import insert, kept
from channels.base import Envelope, Kind
from models.base import use_sealer
from tests.bot.scene import KEYS, NOW
from tests.faults import driver
from tests.faults.disk import Disk


class Failing(Disk):
    """A disk that says how often it was asked to sync after it had failed to."""

    def asked_again(self) -> None:
        """Say so at once: the process may be about to end."""
        os.write(1, b"asked again\n")


async def main(path: str, syncs: int) -> None:
    """Keep messages, one after the other, until the disk gives up and the process with it."""
    set_up()
    use_sealer(KEYS)
    disk = Failing("failing")
    with pytest.MonkeyPatch.context() as patch:
        driver.use(patch, disk)
        db = Database(f"sqlite:///{path}")
        await db.write(probe)  # opened for the first time, the file changes its form
        disk.syncs_left = syncs
        for number in range(10_000):
            envelope = Envelope("sms", "AC1", f"SM{number}", Kind.MESSAGE, "+5021", b"x", "hola")
            act = partial(insert, kept=[kept(envelope, KEYS, NOW)], keys=KEYS)
            try:
                await db.write(act)
            except Unavailable:
                os.write(1, b"unkept\n")
            else:
                os.write(1, f"SM{number}\n".encode())
        db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
