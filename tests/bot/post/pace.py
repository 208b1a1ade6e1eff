"""One process that sends as fast as it may: run by test_pacing_shared.py, several at a time.

Prints a line for each message: when it was asked for and when it was granted, and its cost.
"""

import asyncio
import sys
from datetime import UTC, datetime

from bot.post.limits import Limits, Rate, Sender
from bot.post.pacing import Demand, Pacer

LIMITS = Limits({"sms": Sender(Rate.of(30.0), 10)})
MOST = 0.05  # seconds between two looks


def now() -> datetime:
    return datetime.now(UTC)


async def pace(url: str, processes: int, until: float) -> list[tuple[float, float, int]]:
    """Send until then, and give when each message went."""
    went = []
    pacer = Pacer(LIMITS, url, processes, now)
    turn = 0
    while (before := now().timestamp()) < until:
        turn += 1
        wanted = [Demand("sms", n, cost=1 + (turn + n) % 3, bulk=n > 4) for n in range(9)]
        waits = await pacer.ask(wanted)
        after = now().timestamp()
        went += [(before, after, d.cost) for d, wait in zip(wanted, waits, strict=True) if not wait]
        await asyncio.sleep(min(MOST, *(wait for wait in waits if wait), MOST))
    await pacer.close()
    return went


if __name__ == "__main__":
    for line in asyncio.run(pace(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))):
        print("went", *line)  # noqa: T201 - it is what we are run for
