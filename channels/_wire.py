"""HTTP to a provider: every request has a timeout, and every way to fail has its verdict.

The HTTP library is imported with the first request, so that a process which only receives webhooks
starts without it.
"""

import re
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from channels.base import (
    Busy,
    Failure,
    Misconfigured,
    Missing,
    Refused,
    TooBig,
    Uncertain,
    Unreachable,
)

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
FILE_SECONDS = 60.0
MOST_REDIRECTS = 3
CHUNK = 65536
PRINTABLE = re.compile(r"[!-~]+")

REDIRECTS = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({404, 410})
OK = 200
TOO_MANY_REQUESTS = 429
LOWEST_SERVER_ERROR = 500


def never_left(error: BaseException | None) -> bool:
    """Tell whether a request certainly did not reach the other side."""
    from aiohttp import ClientConnectorError, ConnectionTimeoutError  # noqa: PLC0415 - see the top

    return isinstance(error, ClientConnectorError | ConnectionTimeoutError)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read how long the other side asks us to wait; a date or nonsense is no answer."""
    value = headers.get("Retry-After", "").strip()
    return float(value) if value.isascii() and value.isdecimal() else None


@dataclass(frozen=True)
class Answer:
    """What came back: a whole answer, of whatever status."""

    status: int
    text: str
    headers: Mapping[str, str]


class Wire:
    """One provider's connections, opened with the first request."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        data: bytes,
    ) -> Answer:
        """Make one request, once. Raises `Unreachable` or `Uncertain` without a whole answer."""
        from aiohttp import ClientError  # noqa: PLC0415 - see the top

        failure: Failure
        try:
            async with self._open().request(
                method, url, headers=headers, data=data, allow_redirects=False
            ) as response:
                body = await response.read()
                return Answer(response.status, body.decode(errors="replace"), response.headers)
        except (ClientError, OSError) as error:  # a timeout is an OSError
            if never_left(error):
                failure = Unreachable("The provider could not be reached.")
            else:
                failure = Uncertain("The provider did not answer: it may have been sent.")
        # Raised outside of the handler, so that no secret in the library's error travels along.
        raise failure

    async def download(
        self, url: str, limit: int, *, authorization: str, cousins: Collection[str]
    ) -> AsyncIterator[bytes]:
        """Stream a file from `url`, and from where it redirects: the same host or a cousin.

        `authorization` goes to the first origin alone. Redirects are followed by hand, three at
        most, to the same origin or by TLS to a host in `cousins`.
        """
        from aiohttp import ClientError, ClientTimeout  # noqa: PLC0415
        from yarl import URL  # noqa: PLC0415 - aiohttp's own

        home = _origin(url)
        failure: Failure
        try:
            for _ in range(MOST_REDIRECTS + 1):
                at_home = _origin(url) == home
                if not PRINTABLE.fullmatch(url) or not (at_home or _is_cousin(url, cousins)):
                    break
                headers = {"Authorization": authorization} if at_home else {}
                async with self._open().get(
                    URL(url, encoded=True),  # an address is signed letter by letter
                    headers=headers,
                    allow_redirects=False,
                    timeout=ClientTimeout(total=FILE_SECONDS, connect=CONNECT_SECONDS),
                ) as response:
                    if response.status in REDIRECTS:
                        url = urljoin(url, response.headers.get("Location", ""))
                        continue
                    async for chunk in _body(response, limit):
                        yield chunk
                    return
            failure = Refused("The file's address leads to where we do not fetch from.")
        except (
            ClientError,
            OSError,
            ValueError,
        ):  # a timeout is an OSError, a bad URL a ValueError
            failure = Unreachable("The file could not be fetched.")
        raise failure

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> "ClientSession":
        from aiohttp import ClientSession, ClientTimeout, DummyCookieJar  # noqa: PLC0415

        if self._session is None:
            self._session = ClientSession(
                timeout=ClientTimeout(total=ANSWER_SECONDS, connect=CONNECT_SECONDS),
                cookie_jar=DummyCookieJar(),
            )
        return self._session


async def _body(response: "ClientResponse", limit: int) -> AsyncIterator[bytes]:
    if response.status in GONE:
        raise Missing("The file is not there.", code=str(response.status))
    if response.status == TOO_MANY_REQUESTS:
        raise Busy("The provider asks us to wait.", wait=retry_after(response.headers) or 1.0)
    if response.status >= LOWEST_SERVER_ERROR:
        raise Unreachable("The provider could not give the file.", code=str(response.status))
    if response.status != OK:
        raise Misconfigured("The provider refused us the file.", code=str(response.status))
    if (response.content_length or 0) > limit:
        raise TooBig(f"The file is larger than {limit} bytes.")
    count = 0
    async for chunk in response.content.iter_chunked(CHUNK):
        count += len(chunk)
        if count > limit:
            raise TooBig(f"The file is larger than {limit} bytes.")
        yield chunk


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _is_cousin(url: str, cousins: Collection[str]) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.netloc in cousins
