"""The page behind the link to the details of work: opened by a button, shown once, no script."""

from functools import partial

from sqlmodel import Session, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.paper import Paper, Reader
from bot.office.work import details
from bot.post.details import digest
from bot.world import World
from handlers import always
from handlers.offer import terms
from models.assignment import Assignment
from models.case import Case
from models.document import UploadPass
from models.facts import OfferGiven
from models.person import Person
from models.text import Text


class Details:
    """Shows a Defender what staff wrote for her. To look at the page does not use the link up.

    Phones and providers look at links before people do; only the button opens it.
    """

    def __init__(self, world: World, paper: Paper) -> None:
        self._world = world
        self._paper = paper

    def routes(self) -> list[Route]:
        """Give the routes, to be mounted under /d."""
        return [
            Route("/{token}", self.show, methods=["GET"]),
            Route("/{token}", self.open, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show the button, and nothing of the case but its code."""

        def look(s: Session) -> tuple[Reader, str]:
            opened = details.behind(s, self._digest(request), self._world.now())
            return self._reader(s, request), "" if opened is None else _code(s, opened[1])

        reader, code = await self._world.db.read(look)
        if not code:
            return self._page(reader, 410, sorry=always.details_over())
        return self._page(reader, 200, ask=always.details_ask(code))

    async def open(self, request: Request) -> Response:
        """Use the link up, and show what it is for."""
        reader, lines = await self._world.db.write(partial(self._open, request))
        if not lines:
            return self._page(reader, 410, sorry=always.details_over())
        return self._page(reader, 200, terms=lines[0], words=lines[1])

    def _open(self, request: Request, s: Session) -> tuple[Reader, tuple[Text, str] | None]:
        reader = self._reader(s, request)
        assignment = details.read(s, self._digest(request), self._world.now())
        if assignment is None:
            return reader, None
        return reader, (_terms(s, assignment), assignment.details)

    def _digest(self, request: Request) -> str:
        return digest(self._world.keys, request.path_params["token"])

    def _reader(self, s: Session, request: Request) -> Reader:
        found = s.exec(select(UploadPass).where(UploadPass.token_hash == self._digest(request)))
        link = found.first()
        if link is None:
            home = self._world.settings.console_zone
            return Reader(self._world.render, "spa", home, self._world.now())
        person = s.get_one(Person, link.person_id)
        return Reader(self._world.render, person.language, person.zone, self._world.now())

    def _page(
        self,
        reader: Reader,
        status: int,
        *,
        sorry: Text | None = None,
        ask: Text | None = None,
        terms: Text | None = None,
        words: str = "",
    ) -> Response:
        drawn = self._paper.draw(
            "details.html",
            reader,
            {
                "title": always.details_title(),
                "button": always.details_button(),
                "shown": always.details_shown(),
                "sorry": sorry,
                "ask": ask,
                "terms": terms,
                "words": words,
            },
        )
        return Response(
            drawn,
            status,
            media_type="text/html; charset=utf-8",
            headers={"referrer-policy": "no-referrer"},  # the address is the key
        )


def _code(s: Session, assignment: Assignment) -> str:
    return s.get_one(Case, assignment.case_id).reference


def _terms(s: Session, assignment: Assignment) -> Text:
    return terms(
        OfferGiven(
            assignment=assignment.id or 0,
            code=_code(s, assignment),
            first_name="",
            kind=assignment.kind,
            municipality=assignment.municipality,
            language_needed=assignment.language_needed,
            due=assignment.due,
            budget=assignment.budget,
        )
    )
