"""A stand-in for both providers that costs next to nothing: it takes a message and says so."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import cast
from urllib.parse import parse_qs

import httptools

from channels.plain import segments

_FIELD = re.compile(rb'name="chat_id"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]+)')
_ME = (
    b'{"ok":true,"result":{"id":5000000001,"is_bot":true,"first_name":"B","username":"bench_bot"}}'
)
_NONE = b'{"messages":[],"page":0,"page_size":50,"next_page_uri":null}'
_FILE = (
    b'{"ok":true,"result":{"file_id":"F","file_unique_id":"U","file_path":"photos/1.jpg",'
    b'"file_size":%d}}'
)
_YES = b'{"ok":true,"result":true}'


class Provider:
    """What was taken, and for whom: `heard` is told each recipient and the moment."""

    def __init__(self) -> None:
        self.delay = 0.0  # seconds until it answers
        self.taken = 0
        self.first = self.last = 0.0
        self.under_way = self.most_under_way = 0
        self.times: list[float] = []  # when each segment was taken, since it last began to count
        self.recipients: Counter[str] = Counter()  # of how many each
        self.photo = b""  # what every file is
        self.heard: Callable[[str, float], None] = lambda _to, _when: None
        self._numbers = count(1)

    def forget(self, delay: float) -> None:
        """Begin to count anew."""
        self.delay = delay
        self.taken = self.under_way = self.most_under_way = 0
        self.times.clear()
        self.recipients.clear()

    def take(self, method: bytes, path: bytes, body: bytes) -> tuple[int, bytes]:
        """Answer one request."""
        if method == b"GET" and path.endswith(b".json"):
            return 200, _NONE
        if path.endswith(b"/Messages.json"):
            form = parse_qs(body.decode())
            to = form["To"][0]
            self._count(to, segments(form["Body"][0]))
            sid = f"SM{next(self._numbers):032x}"
            return 201, json.dumps({"sid": sid, "status": "queued", "to": to}).encode()
        if path.startswith(b"/file/"):
            return 200, self.photo
        name = path.rpartition(b"/")[2].lower()
        if name == b"getfile":
            return 200, _FILE % len(self.photo)
        if name == b"sendmessage":
            found = _FIELD.search(body)
            to = found[1].decode() if found else parse_qs(body.decode())["chat_id"][0]
            self._count(to)
            number = next(self._numbers)
            chat = {"id": int(to), "type": "private"}
            result = {"message_id": number, "date": 1_790_000_000, "chat": chat, "text": "x"}
            return 200, json.dumps({"ok": True, "result": result}).encode()
        return 200, _ME if name == b"getme" else _YES

    def _count(self, to: str, charged: int = 1) -> None:
        now = time.perf_counter()
        self.first = self.first if self.taken else now
        self.last = now
        self.taken += 1
        self.times.extend([now] * charged)
        self.recipients[to] += 1
        self.heard(to, now)


class Connection(asyncio.Protocol):
    """One connection to the provider."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._path = b""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """Note what is asked for."""
        self._path = url.partition(b"?")[0]

    def on_body(self, body: bytes) -> None:
        """Note what is posted."""
        self._body += body

    def on_message_complete(self) -> None:
        """Answer, now or after the delay."""
        provider = self._provider
        status, body = provider.take(self._parser.get_method(), self._path, self._body)
        self._body = b""
        head = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        answer = head % (status, len(body)) + body
        if not provider.delay:
            self._transport.write(answer)
            return
        provider.under_way += 1
        provider.most_under_way = max(provider.most_under_way, provider.under_way)
        asyncio.get_running_loop().call_later(provider.delay, self._later, answer)

    def _later(self, answer: bytes) -> None:
        self._provider.under_way -= 1
        if not self._transport.is_closing():
            self._transport.write(answer)
