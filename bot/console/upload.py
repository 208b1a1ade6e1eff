"""The upload page for people whose SMS carries no pictures: one form, no script, small."""

from dataclasses import dataclass
from functools import partial

from sqlmodel import Session, select
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.incoming import Form, Overflow, Torn
from bot.console.paper import Paper, Reader
from bot.vault.evidence import LIMIT
from bot.world import World
from handlers import always
from models.conversation import Talked
from models.document import UploadPass
from models.person import Person
from models.text import Text, _

WHOLE = 4 * LIMIT  # bytes of one request


@dataclass(frozen=True)
class Guest:
    """Whose link it is, and what it is for. Nobody, when the link does not hold."""

    reader: Reader
    code: str = ""
    holds: bool = False


class Upload:
    """The page behind a one-time link. Looking at it does not use it up."""

    def __init__(self, world: World, paper: Paper) -> None:
        self._world = world
        self._paper = paper

    def routes(self) -> list[Route]:
        """Give the routes, to be mounted under /u."""
        return [
            Route("/{token}", self.show, methods=["GET"]),
            Route("/{token}", self.receive, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show the form."""
        guest = await self._guest(request)
        if not guest.holds:
            return self._page(guest, 410, sorry=always.upload_over())
        return self._page(guest, 200)

    async def receive(self, request: Request) -> Response:
        """Store what was chosen, and thank for just that."""
        guest = await self._guest(request)
        if not guest.holds:
            return self._page(guest, 410, sorry=always.upload_over())
        try:
            files = Form(request, WHOLE).files()
            received = await self._world.uploads.receive(request.path_params["token"], files)
        except Overflow:
            return self._page(guest, 413, sorry=always.photo_too_big(LIMIT // 1024**2))
        except (Torn, ClientDisconnect):
            return self._page(guest, 400, sorry=always.photo_failed())
        if not received.stored:
            return self._page(guest, 422, sorry=received.refused, failed=received.failed)
        thanks = always.photos_received(received.stored, guest.code)
        return self._page(guest, 200, thanks=thanks, failed=received.failed)

    async def _guest(self, request: Request) -> Guest:
        digest = self._world.keys.token_hash(f"upload:{request.path_params['token']}")
        return await self._world.db.read(partial(self._look, digest))

    def _look(self, digest: str, s: Session) -> Guest:
        found = s.exec(select(UploadPass).where(UploadPass.token_hash == digest)).first()
        if found is None:
            home = self._world.settings.console_zone
            return Guest(Reader(self._world.render, "spa", home, self._world.now()))
        person = s.get_one(Person, found.person_id)
        return Guest(
            Reader(self._world.render, person.language, person.zone, self._world.now()),
            s.get_one(Talked, found.conversation_id).code,
            found.used_at is None and found.expires_at > self._world.now(),
        )

    def _page(
        self,
        guest: Guest,
        status: int,
        *,
        sorry: Text | None = None,
        thanks: Text | None = None,
        failed: tuple[tuple[str, Text], ...] = (),
    ) -> Response:
        again = guest.holds and thanks is None
        drawn = self._paper.draw(
            "upload.html",
            guest.reader,
            {
                "title": always.upload_title(),
                "request": always.upload_request(guest.code) if again and guest.code else None,
                "choose": always.upload_choose() if again else None,
                "button": always.upload_button(),
                "sorry": sorry,
                "thanks": thanks,
                "done": _("You may close this page now.") if thanks else None,
                "failed": failed,
            },
        )
        return Response(
            drawn,
            status,
            media_type="text/html; charset=utf-8",
            headers={"referrer-policy": "no-referrer"},  # the address is the key
        )
