"""Stand-ins for Twilio and Telegram on the wire, which answer as a test tells them to.

They are real servers on 127.0.0.1; only the words they answer with are the test's.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

SID = "SM" + "0123456789abcdef" * 2
CONTENT_SID = "HX" + "0123456789abcdef" * 2

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Asked:
    """One request as the provider saw it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]
    body: bytes


@dataclass
class Provider:
    """A provider's server: keeps what it was asked, and answers what `answers` holds, in turn."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: list[Handler] = field(default_factory=list)
    usual: Handler | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer with the next told answer, else with the usual one."""
        body = await request.read()
        form = await request.post()
        self.asked.append(
            Asked(
                request.method,
                request.path,
                dict(request.query),
                dict(request.headers),
                {name: str(value) for name, value in form.items()},
                body,
            )
        )
        handler = self.answers.pop(0) if self.answers else self.usual
        assert handler is not None
        return await handler(request)

    def will(self, *answers: Handler) -> None:
        """Tell the next answers."""
        self.answers.extend(answers)


def says(document: object, status: int = 200, headers: dict[str, str] | None = None) -> Handler:
    """Answer a JSON document."""
    return raw(json.dumps(document).encode(), status, headers)


def raw(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Handler:
    """Answer these bytes."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers=headers)

    return answer


def redirects(location: str) -> Handler:
    """Answer that it is elsewhere."""
    return raw(b"", 302, {"Location": location})


async def cuts(request: web.Request) -> web.StreamResponse:
    """Take the request, and close the connection without an answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def breaks_off(request: web.Request) -> web.StreamResponse:
    """Begin a long answer, and close the connection in the middle."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"half")
    assert request.transport is not None
    request.transport.close()
    return response


async def silent(_request: web.Request) -> web.StreamResponse:
    """Take the request, and do not answer."""
    await asyncio.sleep(30)
    return web.Response()


def streams(size: int) -> Handler:
    """Answer so many bytes, without saying beforehand how many."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(b"x" * size)
        await response.write_eof()
        return response

    return answer


@asynccontextmanager
async def serve(usual: Handler) -> AsyncIterator[Provider]:
    """Start a provider on a port of its own."""
    provider = Provider(usual=usual)
    app = web.Application(client_max_size=2**22)
    app.router.add_route("*", "/{path:.*}", provider.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    provider.url = f"http://{host}:{port}"
    yield provider
    await runner.cleanup()


def message(status: str = "queued", **fields: object) -> dict[str, object]:
    """Twilio's Message resource, as far as its library needs it."""
    return {"sid": SID, "status": status, "error_code": None, **fields}


def refusal(code: int, words: str = "No.") -> dict[str, object]:
    """Twilio's error document."""
    return {
        "code": code,
        "message": words,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": 400,
    }


def telegram_message(chat: int = 77, number: int = 5) -> dict[str, object]:
    """A sent message, as Telegram's Bot API answers it."""
    return {
        "ok": True,
        "result": {
            "message_id": number,
            "date": 1750000000,
            "chat": {"id": chat, "type": "private", "first_name": "M"},
            "text": "x",
        },
    }


def telegram_refusal(code: int, description: str, **parameters: int) -> dict[str, object]:
    """Telegram's error document."""
    document: dict[str, object] = {"ok": False, "error_code": code, "description": description}
    return {**document, "parameters": parameters} if parameters else document
