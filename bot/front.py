"""What stands in front: webhooks are kept from the first moment, while the rest is being loaded.

Pages, API and worker take several times as long to load as what keeps a message. Until they are
there, whoever asks for a page waits for them.
"""

import asyncio
import contextlib
import sys
from collections.abc import Callable
from typing import Any, Protocol

from bot.log import log
from bot.post.webhooks import PREFIX, Webhooks

BREATH = 0.25  # seconds for whoever waited at the door while we were away
SHARE = 0.0005  # seconds that loading may hold the interpreter while a message waits for it


class Served(Protocol):
    """An application that can be told that the process is about to end."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        ...

    def leave(self) -> None:
        """Let live streams go."""
        ...


class Rest(Served, Protocol):
    """Everything else that is served, and what works beside it."""

    def life(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Work, from entering to leaving."""
        ...


class Front:
    """An application that serves webhooks at once, and the rest when it is loaded.

    `load` runs in a thread of its own. If it raises, `failed` has it, and `end` is called.
    """

    def __init__(self, webhooks: Webhooks, load: Callable[[Webhooks], Rest]) -> None:
        self.failed: BaseException | None = None
        self.end: Callable[[], None] = lambda: None
        self._webhooks = webhooks
        self._load = load
        self._rest: Rest | None = None
        self._over = asyncio.Event()  # the loading, however it went

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self._webhooks(scope, receive, send)
        else:
            await self._over.wait()
            if self._rest is not None:
                await self._rest(scope, receive, send)
            else:  # we are about to end
                await send({"type": "http.response.start", "status": 503, "headers": []})
                await send({"type": "http.response.body", "body": b""})

    def leave(self) -> None:
        """Let live streams go: the process is about to end."""
        if self._rest is not None:
            self._rest.leave()

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        async with contextlib.AsyncExitStack() as stack:
            starting = asyncio.create_task(self._start(stack), name="start the rest")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await starting
        await send({"type": "lifespan.shutdown.complete"})

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        usual = sys.getswitchinterval()
        try:
            await asyncio.sleep(BREATH)
            sys.setswitchinterval(SHARE)
            rest = await asyncio.to_thread(self._load, self._webhooks)
            await stack.enter_async_context(rest.life())
            self._rest = rest
        except Exception as problem:  # noqa: BLE001 - whatever it is, half a bot must not go on
            log.critical("start.failed", error=type(problem).__name__)
            self.failed = problem
            self.end()
        finally:
            sys.setswitchinterval(usual)
            self._over.set()
