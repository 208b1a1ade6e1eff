"""The process that is not measured: the load and the provider, told what to do line by line."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import uvloop

from bot.bench import load
from bot.bench.load import Talk
from bot.bench.provider import Connection, Provider

QUIET = 0.2  # seconds between looks at what was taken


async def serve(port: int) -> None:
    """Do what each line of standard input says, and answer each with a line."""
    loop = asyncio.get_running_loop()
    provider = Provider()
    server = await loop.create_server(lambda: Connection(provider), "127.0.0.1", port)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    _say({"ready": True})
    while line := await reader.readline():
        order = json.loads(line)
        _say(await _do(provider, order.pop("do"), order))
    server.close()


async def _do(provider: Provider, what: str, order: dict[str, Any]) -> dict[str, Any]:
    match what:
        case "forget":
            provider.forget(**order)
            return {}
        case "acks":
            return (await load.acks(Talk(**order))).as_json()
        case "paced":
            seconds = order.pop("seconds")
            return (await load.paced(Talk(**order), seconds)).as_json()
        case "talks":
            return (await load.talks(Talk(**order), provider)).as_json()
        case "drained":
            return await _drained(provider, **order)
        case "taken":
            return {"taken": provider.taken}
        case "recipients":
            return {"recipients": provider.recipients}
        case "photo":
            provider.photo = await asyncio.to_thread(Path(order["path"]).read_bytes)
            return {}
        case "times":
            return {"times": provider.times}
        case _:
            raise ValueError(f"The bench knows no order {what!r}.")


async def _drained(provider: Provider, count: int, patience: float) -> dict[str, Any]:
    """Wait until so many messages were taken, or none was for so long."""
    before, still = -1, 0.0
    while provider.taken < count and still < patience:
        still = still + QUIET if provider.taken == before else 0.0
        before = provider.taken
        await asyncio.sleep(QUIET)
    return {
        "taken": provider.taken,
        "seconds": provider.last - provider.first,
        "most_under_way": provider.most_under_way,
    }


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
