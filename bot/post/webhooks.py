"""The doors: verify a request, keep it, answer. Nothing else happens before the answer.

Plain ASGI: this is the one road that every message takes, and it must stay short.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from prometheus_client import Counter, Histogram

from bot import crash, metrics
from bot.db import Unavailable
from bot.log import log
from bot.post.inbox import PATIENCE, Full, Keeper
from bot.post.spool import Spool
from bot.world import World
from channels.base import Call, Door, Envelope, Forged, Malformed

LIMIT = 256 * 1024  # bytes of body
QUICK = 1.0  # seconds for the record, and again for the spool, where there is one
PREFIX = "/webhooks/"
TWILIO = "twilio"
KEPT = 200

_SIZE = re.compile(r"[0-9]{1,12}")

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


@dataclass(frozen=True)
class _Entrance:
    """A door, and what is the same for each request that comes to it."""

    name: str
    door: Door
    seconds: Histogram
    kept: Counter
    thanks: tuple[Any, ...]  # the answer to whom we have kept

    @classmethod
    def at(cls, name: str, door: Door) -> "_Entrance":
        """Make ready to let requests in."""
        twilio = name.startswith(TWILIO)
        return cls(
            name,
            door,
            metrics.webhook_seconds.labels(name),
            metrics.webhooks.labels(name, str(KEPT)),
            (KEPT, TWIML, (b"content-type", b"text/xml")) if twilio else (KEPT, b""),
        )


class Webhooks:
    """Lets providers' requests in.

    Where the record is another process' alone (`record` is false), all is kept beside it.
    """

    def __init__(self, world: World, *, record: bool = True) -> None:
        self._world = world
        self._record = record
        self._keeper = Keeper(world.db, world.keys, world.now)
        self._public = world.settings.public_url
        self._entrances = {
            f"{PREFIX}{name}": _Entrance.at(name, door) for name, door in world.doors.items()
        }

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request: 200 only when it is on disk."""
        entrance = self._entrances.get(scope["path"])
        if entrance is None:
            await _answer(send, 404, b"No channel is set up here.")
            return
        if scope["method"] != "POST":
            await _answer(send, 405, b"Only POST.", (b"allow", b"POST"))
            return
        began = time.perf_counter()
        status, body, *headers = await self._let_in(entrance, scope, receive)
        entrance.seconds.observe(time.perf_counter() - began)
        if status == KEPT:
            entrance.kept.inc()
        else:
            metrics.webhooks.labels(entrance.name, str(status)).inc()
        await _answer(send, status, body, *headers)
        if status == KEPT:
            crash.point("in.answered")
            self._world.ring()

    async def _let_in(self, entrance: _Entrance, scope: Any, receive: Receive) -> tuple[Any, ...]:
        name = entrance.name
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        try:
            body = await _body(receive, headers)
        except _CutOff:
            return 400, b"Cut off."
        if body is None:
            return 413, b"Too large."
        query = scope["query_string"].decode("latin-1")
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        url = self._public + path + (f"?{query}" if query else "")
        try:
            envelope = entrance.door.admit(Call(url, headers, body))
        except Forged:
            return 403, b"Not signed as agreed."
        except Malformed as problem:
            return 400, str(problem).encode()
        except Exception as problem:  # noqa: BLE001 - what cannot be verified is not let in
            log.error("webhook.not_verified", channel=name, error=type(problem).__name__)
            return 403, b"Not signed as agreed."
        crash.point("in.verified")
        try:
            await self._keep(envelope, name)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the provider must deliver it again
            log.error("webhook.not_kept", channel=name, error=type(problem).__name__)
            return 503, b"Not kept. Please deliver again.", (b"retry-after", b"5")
        crash.point("in.committed")
        return entrance.thanks

    async def _keep(self, envelope: Envelope, name: str) -> None:
        """Return when the envelope is on disk: in the record, or for Twilio beside it.

        Twilio gives up soon; Telegram comes again for a day, and keeps the order. What lies beside
        the record came before: whatever comes now waits behind it.
        """
        spool = self._world.spool if name.startswith(TWILIO) else None
        if spool is None:
            if not self._world.keys.sure:
                raise Unavailable("The record has not been asked for the root of the keys.")
            await self._keeper.keep(envelope, within=PATIENCE)
            return
        try:
            if self._record and self._world.keys.sure and not _lies(spool):
                await self._keeper.keep(envelope, within=QUICK)
                return
        except Full:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever it is, it can be kept elsewhere
            log.error("webhook.spooled", channel=name, error=type(problem).__name__)
        async with asyncio.timeout(QUICK):
            await spool.keep(envelope, self._world.now())


def _lies(spool: Spool) -> bool:
    """Whether anything lies beside the record. A folder that is gone keeps nobody from it."""
    try:
        return spool.waits()
    except OSError:
        return False


class _CutOff(Exception):  # noqa: N818 - it is nobody's error
    """The sender went away before its request was whole."""


async def _body(receive: Receive, headers: dict[str, str]) -> bytes | None:
    """Read a whole body, or nothing when it is too large. Raises `_CutOff`."""
    declared = headers.get("content-length", "0")
    if not _SIZE.fullmatch(declared) or int(declared) > LIMIT:
        return None
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _CutOff
        parts += message.get("body", b"")
        if len(parts) > LIMIT:
            return None
        if not message.get("more_body", False):
            return bytes(parts)


async def _answer(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-length", str(len(body)).encode()), *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})
