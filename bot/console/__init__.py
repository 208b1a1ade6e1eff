"""The console: pages, forms and live views for staff, and the same acts as JSON for programs."""

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.console.api import api
from bot.console.details import Details
from bot.console.doors import Doors, Keeper, home
from bot.console.headers import Headers
from bot.console.live import doors as live_doors
from bot.console.nowhere import Nowhere
from bot.console.pages import (
    broadcast,
    broadcasts,
    cards,
    case,
    cases,
    consents,
    danger,
    facts,
    files,
    hiring,
    joining,
    keeping,
    offers,
    on_call,
    organisation,
    outreach,
    papers,
    people,
    person,
    post,
    proof,
    recognition,
    sign_in,
    talks,
    tasks,
    today,
    who,
)
from bot.console.paper import STATIC, Paper
from bot.console.upload import Upload
from bot.world import World

# The first that fits an address is taken, so «cases/new» stands before «cases/{reference}».
DOORS = Doors(
    door
    for subject in (
        sign_in.doors,
        hiring.doors,
        today.doors,
        live_doors,
        cases.doors,
        offers.doors,
        papers.doors,
        outreach.doors,
        recognition.doors,
        case.doors,
        joining.doors,
        cards.doors,
        people.doors,
        person.doors,
        proof.doors,
        danger.doors,
        consents.doors,
        who.doors,
        talks.doors,
        broadcasts.doors,
        broadcast.doors,
        tasks.doors,
        on_call.doors,
        post.doors,
        facts.doors,
        organisation.doors,
        files.doors,
        keeping.doors,
    )
    for door in subject
)


class Lasting(StaticFiles):
    """Files whose address changes with their content, so that browsers may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Give a file, to be kept."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def console(app: FastAPI, world: World) -> None:
    """Put the console, the API and the upload page into the application.

    Where there is nothing at all, a person is told so in their language.
    """
    paper = Paper()
    nowhere = Nowhere(world, paper)
    for status in (404, 405):
        app.add_exception_handler(status, nowhere)
    app.router.routes.extend(routes(world, paper, nowhere))


def routes(world: World, paper: Paper, nowhere: Nowhere) -> list[BaseRoute]:
    """Give the routes: pages under /console, the API under /api/v1, upload links under /u."""
    keeper = Keeper(world, paper)
    secure = world.settings.public_url.startswith("https://")

    async def lost(request: Request, _problem: Exception) -> Response:
        return await keeper.lost(request)

    pages = Starlette(
        routes=[
            Mount("/static", Lasting(directory=STATIC), name="static"),
            *(keeper.route(door) for door in DOORS),
        ],
        exception_handlers={404: lost, 405: lost},
    )
    unknown = {404: nowhere, 405: nowhere}
    uploads = Starlette(routes=Upload(world, paper).routes(), exception_handlers=unknown)
    details = Starlette(routes=Details(world, paper).routes(), exception_handlers=unknown)
    return [
        Route("/console", home),
        Mount("/console", Headers(pages, secure=secure)),
        Mount("/u", Headers(uploads, secure=secure)),
        Mount("/d", Headers(details, secure=secure)),
        Mount("/api/v1", Headers(api(world), secure=secure)),
    ]
