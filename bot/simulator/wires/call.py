"""A request of the product as it came over the wire, and the answer it gets."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.simulator.record.files import Upload


@dataclass(frozen=True)
class Call:
    """One request: what is asked of which resource, with what fields and by whom."""

    verb: str
    path: str
    query: dict[str, list[str]]
    fields: dict[str, list[str]]
    files: dict[str, Upload] = field(default_factory=dict)
    document: Any = None
    """The body, if it was JSON."""
    user: str = ""
    password: str = ""

    def get(self, name: str) -> str | None:
        """The first value of a form field, if the field was sent, blank or not."""
        values = self.fields.get(name)
        return values[0] if values else None

    def asked(self, name: str, otherwise: str = "") -> str:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else otherwise


@dataclass(frozen=True)
class Answer:
    """What the product is told."""

    status: int
    document: Any = None
    content: bytes | None = None
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    accepted: bool = False
    """Something was carried out that a lost answer would hide."""

    def response(self) -> Response:
        """The answer on the wire."""
        content = self.content
        if content is None:
            content = b"" if self.document is None else json.dumps(self.document).encode()
        headers = dict(self.headers)
        if content or self.document is not None:
            headers["Content-Type"] = self.type
        return Response(content, self.status, headers)


async def read(request: Request) -> Call:
    """Read a request whole, whatever form its body has."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    fields: dict[str, list[str]] = {}
    files: dict[str, Upload] = {}
    document = None
    if kind == "multipart/form-data":
        async with request.form(max_part_size=2**21) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = Upload(
                        value.filename or name,
                        value.content_type or "application/octet-stream",
                        await value.read(),
                    )
                else:
                    fields.setdefault(name, []).append(value)
    else:
        body = await request.body()
        if kind == "application/json":
            document = _json(body)
        else:
            fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    user, password = _credentials(request.headers.get("authorization", ""))
    return Call(
        verb=request.method,
        path=request.url.path,
        query=parse_qs(request.url.query, keep_blank_values=True),
        fields=fields,
        files=files,
        document=document,
        user=user,
        password=password,
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


class Cut(Response):
    """An answer that breaks off after its first line."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Begin the answer and never finish it, so that the server closes the connection."""
        headers = [(b"content-length", b"4096"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


class Silence(Response):
    """An answer that never comes."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        """Wait until the other side has had enough."""
        while (await receive())["type"] != "http.disconnect":
            pass


Handler = Callable[[Request], Awaitable[Response]]
