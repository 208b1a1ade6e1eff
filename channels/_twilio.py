"""One Twilio account: its signed webhooks come in here, and its messages go out."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from channels import _twilio_contents, _twilio_form
from channels._twilio_contents import Approval, Contents
from channels._twilio_event import STATUSES
from channels._twilio_rest import TWILIO, Rest
from channels._twilio_signature import Signatures
from channels._twilio_verdicts import verdict
from channels._wire import Answer
from channels.base import (
    SMS,
    WHATSAPP,
    Attachment,
    Call,
    Envelope,
    Forged,
    Kind,
    Malformed,
    Option,
    Outbound,
    Refused,
    Sent,
    Status,
    Uncertain,
)
from channels.plain import clean

CDN = frozenset({"mms.twiliocdn.com", "media.twiliocdn.com", "s3-external-1.amazonaws.com"})

MESSAGES_PATH = "/webhooks/twilio/messages"
STATUS_PATH = "/webhooks/twilio/status"
FORM_TYPE = "application/x-www-form-urlencoded"
LARGEST_FORM = 256 * 1024
LONGEST_TEXT = 1600
LONGEST_WAIT = 36000  # seconds that Twilio may hold a message

NEWEST = 50
CLOCKS_APART = timedelta(seconds=5)  # Twilio's moments are whole seconds of its own clock

MISSED = 500  # messages on one page of the list that is looked through for what never arrived
MOST_FILES = 10

REDIRECT = 300
BAD_REQUEST = 400
GONE = 404


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
        self._rest = Rest(account_sid, auth_tokens[0], api_url)
        self.contents = Contents(self._rest)
        public_url = public_url.rstrip("/")
        self._status_url = public_url + STATUS_PATH
        urls = (public_url + MESSAGES_PATH, self._status_url)
        self._signatures = Signatures(auth_tokens, urls)

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
        signature = call.headers.get("x-twilio-signature", "")
        text = _twilio_form.glued(found)
        if not self._signatures.cover(url, query, text, call.body, signature):
            raise Forged("The signature is not Twilio's for this address and form.")
        _twilio_form.inspect(found, self.account)
        return _envelope(found, _twilio_form.pack(query, call.body))

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
        client = await self._rest.open()
        created = await self._rest.call(
            client.messages.create_async(from_=sender, to=to, **form), to=to
        )
        if not isinstance(created.sid, str) or not _twilio_form.SID.fullmatch(created.sid):
            raise Uncertain("Twilio answered without a message's id: it may have been sent.")
        status = STATUSES.get(str(created.status), Status.QUEUED)
        if status is Status.FAILED:
            raise verdict(str(created.error_code or ""), BAD_REQUEST, to=to)
        return Sent(created.sid, status)

    async def recent(self, *, sender: str, to: str, since: datetime) -> list[tuple[str, Sent]]:
        """List what Twilio has taken for a person since then, newest first, each by its words."""
        client = await self._rest.open()
        newest = await self._rest.call(
            client.messages.list_async(to=to, from_=sender, limit=NEWEST)
        )
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
        client = await self._rest.open()
        listed = await self._rest.call(
            client.messages.list_async(to=sender, date_sent_after=since, page_size=MISSED)
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
                files = await self._rest.call(
                    client.messages(one.sid).media.list_async(limit=MOST_FILES)
                )
                for n, file in enumerate(files):
                    path = file.uri.removesuffix(".json")
                    form[f"MediaUrl{n}"] = f"{TWILIO}{path}"
                    form[f"MediaContentType{n}"] = file.content_type
            raw = _twilio_form.pack("", urlencode(form).encode())
            found.append(_envelope(_twilio_form.fields(raw.partition(b"\n")[2]), raw))
        return tuple(found)

    async def create_template(
        self,
        name: str,
        language: str,
        body: str,
        variables: Mapping[str, str],
        actions: Sequence[Option] = (),
    ) -> str:
        """Keep a template at Twilio and give its id.

        `body` has its variables as `{{1}}`, and `variables` an example for each. Asked twice,
        Twilio makes another of the same name: look first at `approvals`. Raises a `Failure`.
        """
        wanted = _twilio_contents.template(name, language, body, variables, actions)
        return await self.contents.make(wanted)

    async def submit(self, sid: str, name: str, category: str = "UTILITY") -> None:
        """Ask WhatsApp to approve a template under a name of a-z, 0-9 and _."""
        await self.contents.submit(sid, name, category)

    async def approvals(self) -> list[Approval]:
        """List what Twilio keeps for WhatsApp, each with its state of approval."""
        return await self.contents.approvals()

    def fetch(self, attachment: Attachment, limit: int) -> AsyncIterator[bytes]:
        """Stream a file that Twilio holds. Our credentials go to Twilio's API alone."""
        url = self._rest.reroute(attachment.locator)
        if not url.startswith(self._rest.api_url + "/"):
            raise Refused("The file's address is not Twilio's.")
        return self._rest.wire.download(
            url, limit, authorization=self._rest.authorization, cousins=CDN
        )

    async def erase(self, attachment: Attachment) -> None:
        """Delete a file at Twilio; one that is not there any more is fine."""
        url = self._rest.reroute(attachment.locator)
        if not url.startswith(self._rest.api_url + "/"):
            raise Refused("The file's address is not Twilio's.")
        self._is_gone(await self._rest.ask("DELETE", url))

    async def blank(self, message_id: str) -> None:
        """Take a message's words away at Twilio; one that is not there any more is fine.

        Twilio refuses while the message is still on its way.
        """
        if not _twilio_form.SID.fullmatch(message_id):
            raise Refused("That is not the id of a message at Twilio.")
        url = f"{self._rest.api_url}/2010-04-01/Accounts/{self.account}/Messages/{message_id}.json"
        form = {"Content-Type": FORM_TYPE}
        self._is_gone(await self._rest.ask("POST", url, data={"Body": ""}, headers=form))

    @staticmethod
    def _is_gone(answer: Answer) -> None:
        if not (answer.status == GONE or answer.status < REDIRECT):
            raise verdict("", answer.status)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._rest.close()


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
        words="" if is_receipt or "Body" not in found else clean(found["Body"][0]),
    )
