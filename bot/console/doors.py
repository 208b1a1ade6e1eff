"""The doors of the console: every page says who may open it, and is checked before it is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from hmac import compare_digest
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import sessions
from bot.console.forms import Form
from bot.console.paper import Paper, Reader, lived_in
from bot.console.records.found import NotFound
from bot.console.visit import Visit
from bot.db import Unavailable
from bot.world import World
from models.text import _

BODY = 1024 * 1024


class Needs(Enum):
    """What a visitor must be."""

    ANYONE = "anyone"
    READ = "read"  # signed in
    ACT = "act"  # signed in as a coordinator


Act = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True)
class Door:
    """One page: where it is, how it is asked for, and who may."""

    path: str  # below /console
    method: str
    needs: Needs
    act: Act


class Doors(list[Door]):
    """The pages of one subject."""

    def get(self, path: str, needs: Needs = Needs.READ) -> Callable[[Act], Act]:
        """Declare a page that is looked at."""
        return self._declare(path, "GET", needs)

    def post(self, path: str, needs: Needs = Needs.ACT) -> Callable[[Act], Act]:
        """Declare an act."""
        return self._declare(path, "POST", needs)

    def _declare(self, path: str, method: str, needs: Needs) -> Callable[[Act], Act]:
        def keep(act: Act) -> Act:
            self.append(Door(path, method, needs, act))
            return act

        return keep


class TooLarge(Exception):  # noqa: N818 - a verdict about a request
    """The request holds more than a form can."""


class Keeper:
    """Stands at every door."""

    def __init__(self, world: World, paper: Paper) -> None:
        self._world = world
        self._paper = paper

    def route(self, door: Door) -> Route:
        """Make a page reachable, behind its checks."""

        async def open_door(request: Request) -> Response:
            return await self._open(door, request)

        return Route(door.path, open_door, methods=[door.method])

    async def lost(self, request: Request) -> Response:
        """Answer for an address where there is no door."""
        visit = self._visit(request)
        await sessions.recognise(visit)
        return nothing_here(visit)

    async def _open(self, door: Door, request: Request) -> Response:
        visit = self._visit(request)
        try:
            if door.method == "POST":
                visit.form = await _typed(request)
            return await self._checked(door, visit)
        except NotFound:
            return nothing_here(visit)
        except (TooLarge, ValueError) as problem:
            if isinstance(problem, ValueError) and door.method != "POST":
                raise
            return visit.sorry(
                413,
                _("This is more than a form can hold."),
                _("Go back, shorten it, and send it again."),
            )
        except Unavailable:
            return visit.sorry(
                503,
                _("The record cannot be reached now. Nothing was changed."),
                _("Wait a minute and try again. If it goes on, tell whoever runs the bot."),
            )

    async def _checked(self, door: Door, visit: Visit) -> Response:
        await sessions.recognise(visit)
        if door.method == "POST" and not same_origin(visit):
            return visit.sorry(
                403,
                _("This request did not come from the console. Nothing was changed."),
                _("Open the console by its own address and try again."),
            )
        if door.needs is not Needs.ANYONE and visit.staff is None:
            return await _sign_in_first(door, visit)
        if door.method == "POST" and not _own_form(visit):
            return visit.sorry(
                403,
                _("This form is from an earlier sign-in. Nothing was changed."),
                _("Go back, load the page again, and send the form once more."),
            )
        if door.needs is Needs.ACT and not visit.may_act:
            return visit.sorry(
                403,
                _("Your account may read, and not change anything."),
                _("Ask a coordinator to do this."),
            )
        if visit.form.raw("resumed"):
            visit.form.wrong("", _("You were signed out meanwhile. Look it through and send it."))
        return await door.act(visit)

    def _visit(self, request: Request) -> Visit:
        now = self._world.now()
        language = request.cookies.get("language", "")
        reader = Reader(
            self._world.render,
            language if language in sessions.LANGUAGES else "spa",
            lived_in(request.cookies.get("zone", ""), self._world.settings.console_zone),
            now,
        )
        return Visit(self._world, self._paper, request, reader, now)


def nothing_here(visit: Visit) -> Response:
    """Say that there is nothing at an address."""
    return visit.sorry(
        404,
        _("There is nothing here."),
        _("Check the address, or look for it with the search above."),
    )


def same_origin(visit: Visit) -> bool:
    """Tell whether a request was sent by our own pages. Browsers always say where from."""
    origin = visit.request.headers.get("origin", "")
    if not origin:
        return False
    own = urlsplit(visit.world.settings.public_url)
    host = visit.request.headers.get("host", "")
    return origin == f"{own.scheme}://{own.netloc}" or urlsplit(origin).netloc == host != ""


def _own_form(visit: Visit) -> bool:
    return bool(visit.csrf) and compare_digest(visit.form.raw("csrf").encode(), visit.csrf.encode())


async def _sign_in_first(door: Door, visit: Visit) -> Response:
    if visit.fragment:
        return Response(status_code=401)
    if door.method == "POST":
        return await sessions.rescue(visit)
    path = visit.request.url.path
    query = visit.request.url.query
    return visit.go(sessions.SIGN_IN, then=f"{path}?{query}" if query else path)


async def _typed(request: Request) -> Form:
    body = await _body(request)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await Form.uploaded(request.headers, body)
    return Form.parsed(body)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY:
            raise TooLarge
    return bytes(body)


def home(_request: Request) -> Response:
    """Send whoever asks for the console to its first page."""
    return RedirectResponse("/console/", 303)
