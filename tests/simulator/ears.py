"""A stand-in for the product: it hears webhooks and answers as a test tells it to."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no types

PATIENCE = 10.0


@dataclass(frozen=True)
class Heard:
    """One webhook as it came in."""

    url: str
    headers: dict[str, str]
    form: dict[str, str]
    json: dict[str, Any]

    def signed_with(self, token: str) -> bool:
        """Tell whether Twilio's own validator accepts it."""
        signature = self.headers.get("x-twilio-signature", "")
        accepted: bool = RequestValidator(token).validate(self.url, self.form, signature)
        return accepted


@dataclass
class Ears:
    """Hears everything posted to it."""

    port: int
    heard: list[Heard] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    """What is answered next, one by one; then 200."""
    slow: float = 0.0
    at_once: int = 0
    most_at_once: int = 0
    _new: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """The address that the product is known by."""
        return f"http://127.0.0.1:{self.port}"

    def app(self) -> Starlette:
        """Give the server that hears."""
        return Starlette(routes=[Route("/{path:path}", self._hear, methods=["POST"])])

    async def _hear(self, request: Request) -> Response:
        body = await request.body()
        kind = request.headers["content-type"]
        form: dict[str, str] = {}
        if kind.startswith("application/x-www-form-urlencoded"):
            async with request.form() as fields:
                form = {name: str(value) for name, value in fields.items()}
        document = json.loads(body) if kind.startswith("application/json") else {}
        query = f"?{request.url.query}" if request.url.query else ""
        self.heard.append(
            Heard(f"{self.url}{request.url.path}{query}", dict(request.headers), form, document)
        )
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        answer = self.answers.pop(0) if self.answers else Response("<Response/>", 200)
        self._new.set()
        await asyncio.sleep(self.slow)
        self.at_once -= 1
        return answer

    async def hears(self, count: int) -> list[Heard]:
        """Wait until so many webhooks have come."""
        async with asyncio.timeout(PATIENCE):
            while len(self.heard) < count:
                self._new.clear()
                await self._new.wait()
        return self.heard

    async def hears_status(self, status: str) -> Heard:
        """Wait for a status callback of this status."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self._new.clear()
                for one in self.heard:
                    if one.form.get("MessageStatus") == status:
                        return one
                await self._new.wait()

    def updates(self, kind: str) -> list[dict[str, Any]]:
        """The Telegram updates of a kind, without their numbers."""
        return [one.json[kind] for one in self.heard if kind in one.json]
