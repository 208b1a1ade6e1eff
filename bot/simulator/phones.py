"""The page with three phones, and the same acts and views as JSON for tests and journeys."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.simulator.acts import Act, Handset, act_of
from bot.simulator.house import House
from bot.simulator.line import Channel, Line, Refused
from bot.simulator.record.book import Fate, person_of
from bot.simulator.record.faults import Faults, Provider
from bot.simulator.record.files import SAMPLES, Upload
from bot.simulator.record.journal import Question
from bot.simulator.screens import Screens
from bot.simulator.wires.call import Handler

_STATIC = Path(__file__).parent / "static"
_BEAT = 15.0
_LONGEST_WAIT = 60.0
_SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; style-src 'self';"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


class _Fresh(StaticFiles):
    """Static files that a browser asks for again, so that an update shows at once."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        response = super().file_response(*args, **more)
        response.headers["Cache-Control"] = "no-cache"
        return response


class Phones:
    """Serves the page and its API."""

    def __init__(self, house: House, handsets: dict[Channel, Handset]) -> None:
        self._house = house
        self._screens = Screens(house)
        self._handsets = handsets

    def routes(self) -> list[BaseRoute]:
        """Every path of the page and its API."""
        phone = "/api/phones/{channel}/{address}"
        return [
            Route("/", self._page),
            Route("/api/setup", _plain(self._setup)),
            Route("/api/book", _plain(lambda _: self._screens.book()), methods=["GET"]),
            Route("/api/book", _guarded(self._write_book), methods=["PUT", "POST"]),
            Route("/api/phones", _plain(lambda _: self._screens.lines())),
            Route(phone, _guarded(self._phone)),
            Route(f"{phone}/acts", _guarded(self._act), methods=["POST"]),
            Route(f"{phone}/fate", _guarded(self._fate), methods=["PUT"]),
            Route("/api/faults", _plain(lambda _: self._faults()), methods=["GET"]),
            Route(
                "/api/faults/{provider}", _guarded(self._switch), methods=["PUT", "PATCH", "DELETE"]
            ),
            Route("/api/log", _guarded(self._log)),
            Route("/api/files/{identity}", self._file),
            Route("/api/events", self._events),
            Mount("/static", _Fresh(directory=_STATIC)),
        ]

    async def _page(self, _request: Request) -> Response:
        return FileResponse(_STATIC / "phones.html", headers=_SAFE)

    def _setup(self, _request: Request) -> dict[str, Any]:
        """What the page must know before it can show anything."""
        settings = self._house.settings
        return {
            "organisation": settings.organisation,
            "product": settings.product_url.rstrip("/"),
            "bot": settings.bot_username,
            "sms": settings.sms_from,
            "whatsapp": settings.whatsapp_sender.removeprefix("whatsapp:"),
            "samples": [
                {"name": name, "title": one.title, "kind": one.kind, "file": one.file}
                for name, one in SAMPLES.items()
            ],
            "faults": self._faults(),
        }

    async def _write_book(self, request: Request) -> Any:
        """Replace the phone book (PUT), or write one more person down (POST)."""
        document = await request.json()
        if request.method == "PUT":
            if not isinstance(document, list):
                raise Refused("A phone book is a list of people.")
            self._house.book.write([person_of(one) for one in document])
        else:
            self._house.book.add(person_of(document))
        return self._screens.book()

    async def _phone(self, request: Request) -> Any:
        line = _line(request)
        seen = request.query_params.get("seen", "")
        if seen.isdigit():
            wait = min(_LONGEST_WAIT, float(request.query_params.get("wait", "0")))
            await self._house.live.change(line, int(seen), wait)
        limit = int(request.query_params.get("limit", "1000"))
        return self._screens.phone(line, limit)

    async def _act(self, request: Request) -> Any:
        line = _line(request)
        act = await _read_act(request)
        handset = self._handsets[line.channel]
        do: Callable[[Line, Act], list[Any]] = getattr(handset, act.kind)
        with self._house.store.transaction():
            made = do(line, act)
        phone = self._screens.phone(line, limit=1000)
        numbers = {one.id for one in made}
        return {**phone, "made": [one for one in phone["messages"] if one["id"] in numbers]}

    async def _fate(self, request: Request) -> Any:
        document = await request.json()
        fate = Fate(str(document["status"]), document.get("code")) if document else None
        self._house.book.arrange(_line(request), fate)
        return document

    def _faults(self) -> dict[str, Faults]:
        return {one.value: self._house.switches[one] for one in Provider}

    async def _switch(self, request: Request) -> Any:
        provider = Provider(request.path_params["provider"])
        if request.method in ("PUT", "DELETE"):
            self._house.switches.reset(provider)
        if request.method != "DELETE":
            self._house.switches.set(provider, await request.json())
        return self._house.switches[provider]

    async def _log(self, request: Request) -> Any:
        asked = request.query_params
        if "latest" in asked:
            return {"entries": self._house.journal.latest(int(asked["latest"]))}
        entries = self._house.journal.entries(
            Question(
                after=int(asked.get("after", "0")),
                limit=int(asked.get("limit", "500")),
                provider=asked.get("provider", ""),
                kind=asked.get("kind", ""),
            )
        )
        return {"entries": entries, "next": entries[-1]["id"] if entries else None}

    async def _file(self, request: Request) -> Response:
        file = self._house.files.find(request.path_params["identity"])
        if file is None:
            return JSONResponse({"error": "There is no such file."}, 404)
        # A file that was sent through the page is never run by the browser.
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return Response(self._house.files.content(file), media_type=file.type, headers=headers)

    async def _events(self, _request: Request) -> Response:
        async def stream() -> AsyncIterator[str]:
            yield "retry: 1000\nevent: hello\ndata: {}\n\n"
            async for line in self._house.live.changes(_BEAT):
                if line is None:
                    yield ": still here\n\n"
                    continue
                place = {"channel": line.channel.value, "address": line.address}
                yield f"event: phone\ndata: {json.dumps(place)}\n\n"

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)


def _line(request: Request) -> Line:
    try:
        channel = Channel(request.path_params["channel"])
    except ValueError:
        raise Refused("There are phones on whatsapp, sms and telegram.") from None
    address = request.path_params["address"]
    if channel is Channel.TELEGRAM and not address.isdigit():
        raise Refused("A phone on Telegram is called by its person's Telegram id.")
    return Line(channel, address)


async def _read_act(request: Request) -> Act:
    """An act as JSON, or as a form with the JSON under `act` and the bytes beside it."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        async with request.form() as form:
            uploads = [
                Upload(
                    one.filename or "photo.jpg",
                    one.content_type or "application/octet-stream",
                    await one.read(),
                )
                for one in form.getlist("file")
                if isinstance(one, UploadFile)
            ]
            return act_of(json.loads(str(form["act"])), tuple(uploads))
    return act_of(await request.json())


def _plain(view: Callable[[Request], Any]) -> Handler:
    async def answer(request: Request) -> Response:
        return _json(view(request))

    return answer


def _guarded(view: Callable[[Request], Any]) -> Handler:
    """Answer 400 with a sentence to what no phone could do."""

    async def answer(request: Request) -> Response:
        if request.headers.get("sec-fetch-site") == "cross-site" and request.method != "GET":
            return JSONResponse({"error": "Another site's page may not use these phones."}, 403)
        try:
            return _json(await view(request))
        except (Refused, ValueError, KeyError, LookupError) as problem:
            return JSONResponse({"error": str(problem)}, 400)

    return answer


def _json(value: Any) -> Response:
    content = json.dumps(value, default=vars).encode()
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})
