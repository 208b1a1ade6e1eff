"""The files of a web form as they come, one after the other; none of them is ever held whole."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

HEADERS = 8 * 1024  # bytes that the headers of one part may have


class Torn(Exception):  # noqa: N818 - a verdict, named as the failures are
    """The form is too broken to read, or does not end."""


class Overflow(Exception):  # noqa: N818 - a verdict, named as the failures are
    """The form is larger than may be taken."""


@dataclass
class Incoming:
    """One file of a form. It can be read once, and only while it is the form's newest."""

    filename: str
    content_type: str
    _form: "Form"

    async def read(self, size: int = -1) -> bytes:  # noqa: ARG002 - pieces are as they come
        """Give its next bytes; nothing at its end. Raises `Torn` or `Overflow`."""
        return await self._form.piece()


@dataclass
class _Part:
    """What is known of the part that is being read."""

    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: bytes = b""
    value: bytes = b""
    size: int = 0
    is_file: bool = False


class Form:
    """A form that is being received. At most `most` bytes of it are taken."""

    def __init__(self, request: Request, most: int) -> None:
        kind, options = parse_options_header(request.headers.get("content-type"))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise Torn("This is no form with files.")
        self._stream = request.stream()
        self._most = most
        self._count = 0
        self._ended = False
        self._part = _Part()
        self._events: deque[Incoming | bytes | None] = deque()  # None: a file's end
        self._parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._last,
            },
        )

    async def files(self) -> AsyncIterator[Incoming]:
        """Give file after file. What was not read of one is passed over."""
        while await self._more():
            event = self._events.popleft()
            if isinstance(event, Incoming):
                yield event

    async def piece(self) -> bytes:
        """Give the next bytes of the file that is being read; nothing at its end."""
        while await self._more():
            event = self._events[0]
            if isinstance(event, Incoming):
                break
            self._events.popleft()
            if event is None:
                break
            if event:
                return event
        return b""

    async def _more(self) -> bool:
        """Read on until there is an event. False at the end of the form."""
        try:
            while not self._events:
                part = await anext(self._stream, None)
                if part is None:
                    if not self._ended:
                        raise Torn("The form breaks off.")
                    return False
                self._count += len(part)
                if self._count > self._most:
                    raise Overflow
                self._parser.write(part)
        except FormParserError as broken:
            raise Torn("The form could not be read.") from broken
        return True

    # --- what the parser tells ------------------------------------------------------------------

    def _begin(self) -> None:
        self._part = _Part()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._part.name += self._held(data, start, end)

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value += self._held(data, start, end)

    def _held(self, data: bytes, start: int, end: int) -> bytes:
        self._part.size += end - start
        if self._part.size > HEADERS:
            raise Torn("The headers of a part have no end.")
        return data[start:end]

    def _header_end(self) -> None:
        part = self._part
        part.headers[part.name.lower()] = part.value
        part.name = part.value = b""

    def _headers_end(self) -> None:
        part = self._part
        _kind, options = parse_options_header(part.headers.get(b"content-disposition"))
        part.is_file = b"filename" in options
        if part.is_file:
            name = options[b"filename"].decode("utf-8", "replace")
            kind = part.headers.get(b"content-type", b"").decode("latin-1")
            self._events.append(Incoming(name, kind, self))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part.is_file:
            self._events.append(data[start:end])

    def _end(self) -> None:
        if self._part.is_file:
            self._events.append(None)

    def _last(self) -> None:
        self._ended = True
