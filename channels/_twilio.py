"""One Twilio account: its signed webhooks come in here, and its messages go out.

Webhooks need only the signature check; the REST client, on Twilio's own library, is imported with
the first message that is sent.
"""

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1, sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels import _twilio_form
from channels._twilio_event import STATUSES
from channels._twilio_verdicts import verdict
from channels._wire import Answer, Wire, retry_after
from channels.base import (
    SMS,
    WHATSAPP,
    Attachment,
    Call,
    Envelope,
    Failure,
    Forged,
    Kind,
    Malformed,
    Outbound,
    Refused,
    Sent,
    Status,
    Uncertain,
)

if TYPE_CHECKING:
    from twilio.rest import Client  # type: ignore[import-untyped]

TWILIO = "https://api.twilio.com"
CDN = frozenset({"mms.twiliocdn.com", "media.twiliocdn.com", "s3-external-1.amazonaws.com"})

MESSAGES_PATH = "/webhooks/twilio/messages"
STATUS_PATH = "/webhooks/twilio/status"
FORM_TYPE = "application/x-www-form-urlencoded"
LARGEST_FORM = 256 * 1024
LONGEST_TEXT = 1600
LONGEST_WAIT = 36000  # seconds that Twilio may hold a message

NEWEST = 50
CLOCKS_APART = timedelta(seconds=5)  # Twilio's moments are whole seconds of its own clock

MISSED = 500  # messages looked through for what never arrived
MOST_FILES = 10

REDIRECT = 300
BAD_REQUEST = 400
GONE = 404
TOO_MANY_REQUESTS = 429


class _Validator(RequestValidator):  # type: ignore[misc]  # the library has no types
    """Twilio's validator, which also reads what is not proper Unicode.

    The library raises there; the signature is over the bytes that were sent, whatever they are.
    """

    def compute_signature(
        self, uri: str, params: Mapping[str, str], algorithm: str | None = None
    ) -> str:
        try:
            signature: str = super().compute_signature(uri, params, algorithm)
        except UnicodeEncodeError:
            text = uri + "".join(params.values())
            mac = hmac.new(self.token, text.encode("utf-8", "surrogateescape"), sha1)
            signature = base64.b64encode(mac.digest()).decode()
        return signature


class _Glued(dict[str, str]):
    """Fields already put in signing order, under no name: the validator need not sort them twice.

    It asks for `getall`, and tries each of its two readings of the address with it.
    """

    def getall(self, name: str) -> list[str]:
        return [self[name]]


@dataclass(frozen=True)
class Content:
    """A message with buttons or a list, as Twilio keeps it: words and ids are filled in later."""

    name: str
    types: Mapping[str, Any]
    variables: Mapping[str, str]


class Line:
    """One Twilio account, spoken to over the address in `api_url`.

    `auth_tokens` are accepted on webhooks, for the time in which one replaces another; the first
    also opens the API. `public_url` is where Twilio reaches us, and what its signatures cover.
    """

    def __init__(
        self, account_sid: str, auth_tokens: tuple[str, ...], *, public_url: str, api_url: str = ""
    ) -> None:
        if not _twilio_form.SHAPES["AccountSid"].fullmatch(account_sid):
            raise ValueError(
                "TWILIO_ACCOUNT_SID must be AC and 32 of 0-9 a-f. Copy it from Twilio."
            )
        if not auth_tokens or not all(auth_tokens):
            raise ValueError("TWILIO_AUTH_TOKEN is empty. Copy it from Twilio's console.")
        self.account = account_sid
        self._secret = (account_sid, auth_tokens[0])
        basic = base64.b64encode(":".join(self._secret).encode()).decode()
        self._authorization = f"Basic {basic}"
        self._validators = tuple(_Validator(token) for token in auth_tokens)
        self._api_url = (api_url or TWILIO).rstrip("/")
        public_url = public_url.rstrip("/")
        self._status_url = public_url + STATUS_PATH
        self._urls = (public_url + MESSAGES_PATH, self._status_url)
        self._wire = Wire()
        self._client: Client | None = None
        self._contents: dict[str, str] | None = None
        self._contents_lock = asyncio.Lock()

    # --- in ---------------------------------------------------------------------------------------

    def admit(self, call: Call) -> Envelope:
        """Let in what Twilio signed for this account and one of our two addresses.

        The envelope's `raw` is the query and the form, as `_twilio_form.pack` writes them.
        """
        if not call.headers.get("content-type", "").lower().startswith(FORM_TYPE):
            raise Malformed("Twilio's requests are forms; this one is not.")
        if len(call.body) > LARGEST_FORM:
            raise Malformed(f"The form is larger than {LARGEST_FORM} bytes.")
        try:
            found = _twilio_form.fields(call.body)
        except ValueError as error:
            raise Malformed(f"The form cannot be read: {error}.") from None
        url, _, query = call.url.partition("?")
        if url not in self._urls or not self._signed(call, query, found):
            raise Forged("The signature is not Twilio's for this address and form.")
        _twilio_form.inspect(found, self.account)
        return _envelope(found, _twilio_form.pack(query, call.body))

    def _signed(self, call: Call, query: str, found: _twilio_form.Fields) -> bool:
        signature = call.headers.get("x-twilio-signature")
        if not signature:
            return False
        glued = _Glued({"": _twilio_form.glued(found)})
        try:
            if "bodySHA256" in query:  # the validator does not compare it for a form
                digest = parse_qs(query)["bodySHA256"][0]
                if not hmac.compare_digest(sha256(call.body).hexdigest(), digest.lower()):
                    return False
            return any(
                validator.validate(call.url, glued, signature) for validator in self._validators
            )
        except Exception:  # noqa: BLE001 - the validator raises many; all mean: not Twilio's
            return False

    # --- out --------------------------------------------------------------------------------------

    async def send(
        self,
        outbound: Outbound,
        *,
        sender: str,
        to: str,
        text: str = "",
        content: tuple[str, Mapping[str, str]] | None = None,
    ) -> Sent:
        """Hand over one message, once: a text, or a content with its variables."""
        if outbound.expires_in is not None and outbound.expires_in < 1:
            raise Refused("The message's time was over before it was sent.")
        if content is None and not 0 < len(text) <= LONGEST_TEXT:
            raise Refused(f"The text is empty or longer than {LONGEST_TEXT} characters.")
        key = quote(outbound.key, safe="")
        form: dict[str, Any] = {
            "status_callback": f"{self._status_url}?m={key}&a={outbound.attempt}",
        }
        if outbound.expires_in is not None:
            form["validity_period"] = min(outbound.expires_in, LONGEST_WAIT)
        if content is None:
            form["body"] = text
        else:
            form["content_sid"], variables = content
            form["content_variables"] = json.dumps(dict(variables), ensure_ascii=False)
        client = await self._open()
        created = await self._call(client.messages.create_async(from_=sender, to=to, **form))
        if not isinstance(created.sid, str) or not _twilio_form.SID.fullmatch(created.sid):
            raise Uncertain("Twilio answered without a message's id: it may have been sent.")
        status = STATUSES.get(str(created.status), Status.QUEUED)
        if status is Status.FAILED:
            raise verdict(str(created.error_code or ""), BAD_REQUEST)
        return Sent(created.sid, status)

    async def recent(self, *, sender: str, to: str, since: datetime) -> list[tuple[str, Sent]]:
        """List what Twilio has taken for a person since then, newest first, each by its words."""
        client = await self._open()
        newest = await self._call(client.messages.list_async(to=to, from_=sender, limit=NEWEST))
        return [
            (one.body or "", Sent(one.sid, STATUSES.get(str(one.status), Status.QUEUED)))
            for one in newest
            if one.date_created and one.date_created >= since - CLOCKS_APART
        ]

    async def missed(self, sender: str, since: datetime) -> tuple[Envelope, ...]:
        """List what was written to a sender since then, as it would have come by webhook.

        Twilio delivers for fifteen seconds at most; after that only this list has it. What was
        pressed or quoted is not in it.
        """
        client = await self._open()
        listed = await self._call(
            client.messages.list_async(to=sender, date_sent_after=since, limit=MISSED)
        )
        found = []
        for one in reversed(listed):
            if str(one.direction) != "inbound":
                continue
            form = {
                "MessageSid": one.sid,
                "AccountSid": self.account,
                "From": one.from_,
                "To": one.to,
                "Body": one.body or "",
                "NumMedia": str(one.num_media or 0),
            }
            if int(one.num_media or 0):
                files = await self._call(
                    client.messages(one.sid).media.list_async(limit=MOST_FILES)
                )
                for n, file in enumerate(files):
                    path = file.uri.removesuffix(".json")
                    form[f"MediaUrl{n}"] = f"{TWILIO}{path}"
                    form[f"MediaContentType{n}"] = file.content_type
            raw = _twilio_form.pack("", urlencode(form).encode())
            found.append(_envelope(_twilio_form.fields(raw.partition(b"\n")[2]), raw))
        return tuple(found)

    async def content(self, wanted: Content) -> str:
        """Find or make a content and give its id. It is kept at Twilio under its name."""
        client = await self._open()
        async with self._contents_lock:
            if self._contents is None:
                kept = await self._call(client.content.v1.contents.list_async(page_size=500))
                self._contents = {content.friendly_name: content.sid for content in kept}
            if wanted.name not in self._contents:
                made = await self._call(_create_content(client, wanted))
                self._contents[wanted.name] = made.sid
            return self._contents[wanted.name]

    def forget(self, content: Content) -> None:
        """Look for this content anew next time: Twilio does not know its id any more."""
        if self._contents is not None:
            self._contents.pop(content.name, None)

    def fetch(self, attachment: Attachment, limit: int) -> AsyncIterator[bytes]:
        """Stream a file that Twilio holds. Our credentials go to Twilio's API alone."""
        url = self._reroute(attachment.locator)
        if not url.startswith(self._api_url + "/"):
            raise Refused("The file's address is not Twilio's.")
        return self._wire.download(url, limit, authorization=self._authorization, cousins=CDN)

    async def erase(self, attachment: Attachment) -> None:
        """Delete a file at Twilio; one that is not there any more is fine."""
        url = self._reroute(attachment.locator)
        if not url.startswith(self._api_url + "/"):
            raise Refused("The file's address is not Twilio's.")
        answer = await self._ask("DELETE", url, None, None, {})
        if not (answer.status == GONE or answer.status < REDIRECT):
            raise verdict("", answer.status)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._wire.close()

    async def _open(self) -> "Client":
        if self._client is None:
            self._client = await asyncio.to_thread(self._connect)  # the import takes its time
        return self._client

    def _connect(self) -> "Client":
        from twilio.http.async_http_client import (  # type: ignore[import-untyped]  # noqa: PLC0415
            AsyncTwilioHttpClient,
        )
        from twilio.http.response import (  # type: ignore[import-untyped]  # noqa: PLC0415
            Response,
        )
        from twilio.rest import Client  # noqa: PLC0415 - see the top

        line = self

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
                answer = await line._ask(method, url, params, data, headers or {})
                return Response(answer.status, answer.text, answer.headers)

        return Client(*self._secret, http_client=Http(pool_connections=False))

    async def _ask(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None,
        data: Mapping[str, object] | None,
        headers: Mapping[str, str],
    ) -> Answer:
        as_json = headers.get("Content-Type") == "application/json"
        answer = await self._wire.ask(
            method,
            self._reroute(url) + (f"?{urlencode(params)}" if params else ""),
            headers={**headers, "Authorization": self._authorization},
            data=(json.dumps(data) if as_json else urlencode(data or {})).encode(),
        )
        if answer.status == TOO_MANY_REQUESTS:
            raise verdict("20429", answer.status, retry_after(answer.headers))
        return answer

    def _reroute(self, url: str) -> str:
        """Point Twilio's addresses at the configured one, so that nothing ever goes past it."""
        parts = urlsplit(url)
        if self._api_url == TWILIO or not (parts.hostname or "").endswith(".twilio.com"):
            return url
        return self._api_url + url.removeprefix(f"{parts.scheme}://{parts.netloc}")

    async def _call(self, request: Awaitable[Any]) -> Any:
        failure: Failure
        try:
            return await request
        except Failure:
            raise
        except Exception as error:  # noqa: BLE001 - after a request, anything odd is no answer
            failure = _failure(error)
        raise failure  # outside of the handler: the library's error holds numbers and words


def _failure(error: Exception) -> Failure:
    status, code = getattr(error, "status", None), getattr(error, "code", None)
    if not isinstance(status, int):
        return Uncertain("Twilio's answer could not be read: it may have been sent.")
    return verdict("" if code in {None, status} else str(code), status)


async def _create_content(client: "Client", content: Content) -> Any:
    from twilio.rest.content.v1.content import (  # type: ignore[import-untyped]  # noqa: PLC0415
        ContentList,
    )

    request = ContentList.ContentCreateRequest(
        {
            "friendly_name": content.name,
            "language": "es",
            "variables": dict(content.variables),
            "types": dict(content.types),
        }
    )
    return await client.content.v1.contents.create_async(request)


def _envelope(found: _twilio_form.Fields, raw: bytes) -> Envelope:
    is_receipt = "MessageStatus" in found
    sender, recipient = found["From"][0], found["To"][0]
    on_whatsapp = sender.startswith(WHATSAPP) or recipient.startswith(WHATSAPP)
    return Envelope(
        channel=WHATSAPP if on_whatsapp else SMS,
        account=found["AccountSid"][0],
        event_id=_twilio_form.event_id(found),
        kind=Kind.RECEIPT if is_receipt else Kind.MESSAGE,
        sender=recipient if is_receipt else sender,
        raw=raw,
    )
