"""Twilio's REST API through its own library, over connections that have timeouts.

The library is imported with the first request: a process that only receives webhooks starts
without it.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from channels._twilio_verdicts import verdict
from channels._wire import Answer, Wire, retry_after
from channels.base import Failure, Uncertain

if TYPE_CHECKING:
    from twilio.rest import Client  # type: ignore[import-untyped]

TWILIO = "https://api.twilio.com"
TOO_MANY_REQUESTS = 429


class Rest:
    """One account's way to the API, over the address in `api_url`."""

    def __init__(self, account_sid: str, auth_token: str, api_url: str = "") -> None:
        self._secret = (account_sid, auth_token)
        basic = base64.b64encode(":".join(self._secret).encode()).decode()
        self.authorization = f"Basic {basic}"
        self.api_url = (api_url or TWILIO).rstrip("/")
        self.wire = Wire()
        self._client: Client | None = None

    async def open(self) -> "Client":
        """Give the library's client."""
        if self._client is None:
            self._client = await asyncio.to_thread(self._connect)  # the import takes its time
        return self._client

    async def call(self, request: Awaitable[Any], *, to: str = "") -> Any:
        """Wait for one of the library's requests. Raises a `Failure`, and nothing of its own.

        `to` is whom a message is for.
        """
        failure: Failure
        try:
            return await request
        except Failure:
            raise
        except Exception as error:  # noqa: BLE001 - after a request, anything odd is no answer
            failure = _failure(error, to)
        raise failure  # outside of the handler: the library's error holds numbers and words

    async def ask(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make one request with our name on it. Raises `Busy` where Twilio asks us to wait."""
        headers = headers or {}
        as_json = headers.get("Content-Type") == "application/json"
        answer = await self.wire.ask(
            method,
            self.reroute(url) + (f"?{urlencode(params)}" if params else ""),
            headers={**headers, "Authorization": self.authorization},
            data=(json.dumps(data) if as_json else urlencode(data or {})).encode(),
        )
        if answer.status == TOO_MANY_REQUESTS:
            raise verdict(_code(answer.text), answer.status, retry_after(answer.headers))
        return answer

    def reroute(self, url: str) -> str:
        """Point Twilio's addresses at the configured one, so that nothing ever goes past it."""
        parts = urlsplit(url)
        if self.api_url == TWILIO or not (parts.hostname or "").endswith(".twilio.com"):
            return url
        return self.api_url + url.removeprefix(f"{parts.scheme}://{parts.netloc}")

    async def close(self) -> None:
        """Let go of the connections."""
        await self.wire.close()

    def _connect(self) -> "Client":
        from twilio.http.async_http_client import (  # type: ignore[import-untyped]  # noqa: PLC0415
            AsyncTwilioHttpClient,
        )
        from twilio.http.response import (  # type: ignore[import-untyped]  # noqa: PLC0415
            Response,
        )
        from twilio.rest import Client  # noqa: PLC0415 - see the top

        rest = self

        class Http(AsyncTwilioHttpClient):  # type: ignore[misc]  # the library has no types
            """The library's client, whose own `request` has no timeout and sends JSON as a form."""

            async def request(
                self,
                method: str,
                url: str,
                params: Mapping[str, object] | None = None,
                data: Mapping[str, object] | None = None,
                headers: Mapping[str, str] | None = None,
                **_options: object,
            ) -> Response:
                answer = await rest.ask(method, url, params, data, headers)
                return Response(answer.status, answer.text, answer.headers)

        return Client(*self._secret, http_client=Http(pool_connections=False))


def _code(text: str) -> str:
    """Read the code of Twilio's error document, or nothing."""
    try:
        return str(json.loads(text)["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _failure(error: Exception, to: str) -> Failure:
    status, code = getattr(error, "status", None), getattr(error, "code", None)
    if not isinstance(status, int):
        return Uncertain("Twilio's answer could not be read: it may have been sent.")
    return verdict("" if code in {None, status} else str(code), status, to=to)
