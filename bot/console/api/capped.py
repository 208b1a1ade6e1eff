"""No request body is larger than a program's request can need."""

from starlette.types import ASGIApp, Receive, Scope, Send

from bot.console.api.problems import Problem

MOST = 1024 * 1024


class Capped:
    """Refuses bodies that say they are too large, or do not say how large they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its body is small. The server holds it to the length it says."""
        problem = _problem(scope) if scope["type"] == "http" else None
        if problem is not None:
            await problem.response()(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _problem(scope: Scope) -> Problem | None:
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return Problem(411, "length", "Say how long the body is: send Content-Length.")
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > MOST:
        return Problem(413, "too-large", f"A body has at most {MOST} bytes. Send less at once.")
    return None
