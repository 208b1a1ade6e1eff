"""The routes of the Bot API under one base address: methods and files."""

import hmac
import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.simulator.house import House
from bot.simulator.record.faults import Provider
from bot.simulator.telegram.asked import Asked
from bot.simulator.telegram.errors import MANNERS, Denied
from bot.simulator.telegram.methods import Method, Methods
from bot.simulator.wires.call import Answer, Call
from bot.simulator.wires.gate import Gate

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{3,}")
# Repeating one of these does no harm, so a lost answer hides nothing.
_HARMLESS = ("get", "set", "delete", "answer")


class TelegramApi:
    """Answers the product's calls to Telegram."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._gate = Gate(house, Provider.TELEGRAM)
        self._methods = Methods(house).table()

    def routes(self) -> list[Route]:
        """Every path that the product may call."""
        return [
            Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._file, methods=["GET"]),
        ]

    async def _call(self, request: Request) -> Response:
        name = request.path_params["method"]

        def carry_out(call: Call) -> Answer:
            try:
                self._check(request.path_params["token"])
                self._refuse()
                result = self._method(name)(Asked.of(call))
            except Denied as denied:
                return denied.answer()
            accepted = not name.lower().startswith(_HARMLESS)
            return Answer(200, {"ok": True, "result": result}, accepted=accepted)

        return await self._gate.serve(request, name, MANNERS, carry_out)

    async def _file(self, request: Request) -> Response:
        def carry_out(_call: Call) -> Answer:
            try:
                self._check(request.path_params["token"])
                content = self._content(request.path_params["path"])
            except Denied as denied:
                return denied.answer()
            return Answer(200, content=content, type="application/octet-stream")

        return await self._gate.serve(request, "file", MANNERS, carry_out)

    def _refuse(self) -> None:
        """Refuse everything while the switch says so."""
        faults = self._house.switches[Provider.TELEGRAM]
        if faults.refuse:
            moved = {"migrate_to_chat_id": faults.moved_to} if faults.moved_to else {}
            raise Denied(faults.refuse, faults.refuse_words or "Refused", **moved)

    def _method(self, name: str) -> Method:
        method = self._methods.get(name.lower())
        if method is None:
            raise Denied(404, "Not Found: method not found")
        return method

    def _content(self, path: str) -> bytes:
        file = self._house.files.by_path(path)
        if file is None:
            raise Denied(404, "Not Found")
        return self._house.files.content(file)

    def _check(self, token: str) -> None:
        """Refuse a caller who is not this bot."""
        mine = self._house.settings.telegram_bot_token
        if not _TOKEN.fullmatch(token):
            raise Denied(404, "Not Found")
        if not hmac.compare_digest(token.encode(), mine.encode()):
            raise Denied(401, "Unauthorized")
