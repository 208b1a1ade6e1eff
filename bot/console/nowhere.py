"""An address where there is nothing: a page for a person, JSON for a program."""

from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.console.headers import ALWAYS
from bot.console.paper import TAGS, Paper, Reader
from bot.world import World
from models.text import _

LONGEST = 200  # characters of what a browser says of its languages


class Nowhere:
    """Answers for addresses that nobody serves, in the language of whoever asks."""

    def __init__(self, world: World, paper: Paper) -> None:
        self._world = world
        self._paper = paper

    async def __call__(self, request: Request, problem: Exception) -> Response:
        """Say that there is nothing here. A browser is shown a page; the status is the same."""
        known = problem if isinstance(problem, HTTPException) else HTTPException(404)
        if "text/html" not in request.headers.get("accept", ""):
            return await http_exception_handler(request, known)
        home = self._world.settings.console_zone
        reader = Reader(self._world.render, _language(request), home, self._world.now())
        drawn = self._paper.draw(
            "nowhere.html",
            reader,
            {
                "title": _("There is nothing here."),
                "what_to_do": _("Check the address, or ask whoever gave it to you."),
            },
        )
        headers = {**(known.headers or {}), **ALWAYS}
        page = "text/html; charset=utf-8"
        return Response(drawn, known.status_code, headers=headers, media_type=page)


def _language(request: Request) -> str:
    """Read a language out of the console's cookie, or out of what the browser prefers."""
    kept = request.cookies.get("language", "")
    if kept in TAGS:
        return kept
    ours = {tag: language for language, tag in TAGS.items()}
    asked = request.headers.get("accept-language", "")[:LONGEST]
    found = [_weighed(one) for one in asked.split(",")]
    for weight, tag in sorted(found, key=lambda one: -one[0]):
        if weight and tag in ours:
            return ours[tag]
    return "spa"


def _weighed(one: str) -> tuple[float, str]:
    """Read «en-US;q=0.8» as how much it is preferred, and the language."""
    name, _semicolon, more = one.partition(";")
    weight = more.strip().removeprefix("q=")
    try:
        return float(weight or 1), name.strip()[:2].lower()
    except ValueError:
        return 0.0, ""
