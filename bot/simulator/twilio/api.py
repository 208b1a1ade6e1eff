"""The routes of Twilio's API under one base address: messages, media and content templates."""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.simulator.house import House
from bot.simulator.line import Author
from bot.simulator.record.faults import Provider
from bot.simulator.record.files import File
from bot.simulator.record.threads import Message, Page
from bot.simulator.twilio import resources
from bot.simulator.twilio.content import Contents
from bot.simulator.twilio.errors import MANNERS, Rejected
from bot.simulator.twilio.progress import Progress
from bot.simulator.twilio.sending import Sending
from bot.simulator.wires.call import Answer, Call, Handler
from bot.simulator.wires.gate import Gate

Act = Callable[[Call, dict[str, str]], Answer]
_FINAL = ("delivered", "read", "undelivered", "failed", "canceled")


class TwilioApi:
    """Answers the product's calls to Twilio."""

    def __init__(self, house: House, progress: Progress) -> None:
        self._house = house
        self._gate = Gate(house, Provider.TWILIO)
        self._contents = Contents(house)
        self._sending = Sending(house, self._contents, progress)
        self._account = house.settings.account_sid

    def routes(self) -> list[Route]:
        """Every path that the product may call."""
        base = "/2010-04-01/Accounts/{account}/Messages"
        one = f"{base}/{{sid}}"
        contents = self._contents
        table: list[tuple[str, dict[str, Act]]] = [
            (
                f"{base}.json",
                {"POST": lambda call, _: self._sending.create(call), "GET": self._list},
            ),
            (f"{one}.json", {"GET": self._fetch, "POST": self._update, "DELETE": self._delete}),
            (f"{one}/Media.json", {"GET": self._media_list}),
            (f"{one}/Media/{{media}}.json", {"GET": self._media, "DELETE": self._media_delete}),
            (f"{one}/Media/{{media}}", {"GET": self._media_bytes, "DELETE": self._media_delete}),
            (
                "/v1/Content",
                {
                    "POST": lambda call, _: contents.create(call),
                    "GET": lambda call, _: contents.list(call),
                },
            ),
            ("/v1/ContentAndApprovals", {"GET": lambda call, _: contents.approvals(call)}),
            (
                "/v1/Content/{sid}",
                {
                    "GET": lambda call, at: contents.fetch(call, at["sid"]),
                    "DELETE": lambda call, at: contents.remove(call, at["sid"]),
                },
            ),
            (
                "/v1/Content/{sid}/ApprovalRequests",
                {"GET": lambda call, at: contents.approval(call, at["sid"])},
            ),
            (
                "/v1/Content/{sid}/ApprovalRequests/whatsapp",
                {"POST": lambda call, at: contents.approve(call, at["sid"])},
            ),
        ]
        routes = [
            Route(path, self._handler(act, path), methods=[verb])
            for path, acts in table
            for verb, act in acts.items()
        ]
        return [*routes, Route("/{path:path}", self._handler(_unknown, "unknown"))]

    def _handler(self, act: Act, path: str) -> Handler:
        name = path.removeprefix("/2010-04-01/Accounts/{account}")

        async def handle(request: Request) -> Response:
            def carry_out(call: Call) -> Answer:
                try:
                    self._check(call, request.path_params.get("account"))
                    return act(call, request.path_params)
                except Rejected as rejected:
                    return rejected.answer()

            return await self._gate.serve(request, f"{request.method} {name}", MANNERS, carry_out)

        return handle

    def _check(self, call: Call, account: str | None) -> None:
        """Refuse a caller who is not this account."""
        secret = self._house.settings.auth_token
        known = call.user == self._account and account in (None, self._account)
        if not known or not hmac.compare_digest(call.password.encode(), secret.encode()):
            raise Rejected(20003)

    def _message(self, call: Call, sid: str) -> Message:
        message = self._house.threads.by_key(sid)
        if message is None or message.gone or message.author is Author.CARRIER:
            raise Rejected(20404, _resource(call))
        return message

    def _create(self, call: Call, _at: dict[str, str]) -> Answer:
        return self._sending.create(call)

    def _fetch(self, call: Call, at: dict[str, str]) -> Answer:
        return Answer(200, resources.message(self._account, self._message(call, at["sid"])))

    def _update(self, call: Call, at: dict[str, str]) -> Answer:
        """Blank the text of a finished message; nothing else can be changed here."""
        message = self._finished(call, at["sid"])
        if call.get("Body") != "":
            raise Rejected(20001, "Body can only be made empty")
        changed = self._house.threads.change(message.id, redacted=1)
        return Answer(200, resources.message(self._account, changed), accepted=True)

    def _delete(self, call: Call, at: dict[str, str]) -> Answer:
        """Forget a finished message; the phone keeps it."""
        message = self._finished(call, at["sid"])
        self._house.threads.change(message.id, gone=1)
        return Answer(204, accepted=True)

    def _finished(self, call: Call, sid: str) -> Message:
        message = self._message(call, sid)
        if message.author is Author.ORGANISATION and message.status not in _FINAL:
            raise Rejected(20009)
        return message

    def _list(self, call: Call, _at: dict[str, str]) -> Answer:
        size = max(1, min(_number(call, "PageSize", 50), 1000))
        number = _number(call, "Page", 0)
        token = call.asked("PageToken").removeprefix("PASM")
        page = Page(
            sender=call.asked("From"),
            recipient=call.asked("To"),
            since=_since(call),
            until=_until(call),
            before=int(token) if token.isdigit() else 2**62,
            size=size,
        )
        found = self._house.threads.page(page)
        shown = found[:size]
        more = f"PASM{shown[-1].id}" if len(found) > size else None
        start = number * size
        return Answer(
            200,
            {
                "messages": [resources.message(self._account, one) for one in shown],
                "page": number,
                "page_size": size,
                "start": start,
                "end": max(start, start + len(shown) - 1),
                "uri": _page_uri(call, size, number, call.asked("PageToken") or None),
                "first_page_uri": _page_uri(call, size, 0, None),
                "next_page_uri": _page_uri(call, size, number + 1, more) if more else None,
                "previous_page_uri": _page_uri(call, size, number - 1, None) if number else None,
            },
        )

    def _media_list(self, call: Call, at: dict[str, str]) -> Answer:
        message = self._message(call, at["sid"])
        files = self._house.files.of(message.id)
        return Answer(
            200,
            {
                "media_list": [resources.media(self._account, at["sid"], one) for one in files],
                "page": 0,
                "page_size": 50,
                "start": 0,
                "end": max(0, len(files) - 1),
                "uri": _resource(call),
                "first_page_uri": _resource(call),
                "next_page_uri": None,
                "previous_page_uri": None,
            },
        )

    def _file(self, call: Call, at: dict[str, str]) -> File:
        message = self._message(call, at["sid"])
        file = self._house.files.find(at["media"])
        if file is None or file.gone or file.message != message.id:
            raise Rejected(20404, _resource(call))
        return file

    def _media(self, call: Call, at: dict[str, str]) -> Answer:
        return Answer(200, resources.media(self._account, at["sid"], self._file(call, at)))

    def _media_bytes(self, call: Call, at: dict[str, str]) -> Answer:
        file = self._file(call, at)
        return Answer(200, content=self._house.files.content(file), type=file.type)

    def _media_delete(self, call: Call, at: dict[str, str]) -> Answer:
        self._house.files.forget(self._file(call, at).id)
        return Answer(204, accepted=True)


def _unknown(call: Call, _at: dict[str, str]) -> Answer:
    raise Rejected(20404, _resource(call))


def _resource(call: Call) -> str:
    """The path as Twilio knows it, without where this stand-in is mounted."""
    _, found, rest = call.path.partition("/2010-04-01/")
    return f"/2010-04-01/{rest}" if found else call.path


def _page_uri(call: Call, size: int, number: int, token: str | None) -> str:
    kept = {
        name: values[0]
        for name, values in call.query.items()
        if name not in ("Page", "PageSize", "PageToken")
    }
    asked = {**kept, "PageSize": size, "Page": number} | ({"PageToken": token} if token else {})
    return f"{_resource(call)}?{urlencode(asked)}"


def _number(call: Call, name: str, otherwise: int) -> int:
    text = call.asked(name)
    return int(text) if text.isdigit() else otherwise


def _since(call: Call) -> float:
    text = call.asked("DateSent>") or call.asked("DateSent")
    return _moment(text).timestamp() if text else 0.0


def _until(call: Call) -> float:
    """Before a moment; a whole day when only a day is asked for."""
    if call.asked("DateSent"):
        return (_moment(call.asked("DateSent")) + timedelta(days=1)).timestamp()
    text = call.asked("DateSent<")
    return _moment(text).timestamp() if text else 1e12


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Rejected(20001, "DateSent") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
