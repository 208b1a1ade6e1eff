"""The same acts as JSON: bearer tokens with scopes, cursor pages, one shape for every error."""

from typing import Any

from fastapi import FastAPI

from bot.console.api import (
    assignments,
    broadcasts,
    calls,
    cases,
    consents,
    danger,
    documents,
    evidence,
    facts,
    joining,
    keeping,
    messages,
    on_call,
    organisation,
    people,
    post,
    proof,
    recognition,
    staff,
    tasks,
    whereabouts,
    who,
)
from bot.console.api.capped import Capped
from bot.console.api.problems import ProblemOut, answer_problems
from bot.world import World

ANY_ERROR: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ProblemOut, "description": "A problem (RFC 9457). `detail` says what to do."}
}


def api(world: World) -> FastAPI:
    """Make the API, to be mounted under /api/v1."""
    app = FastAPI(
        title="Enlace",
        version="1",
        description=(
            "What the console does, for programs. Make a token with "
            "`python3 -m bot token create --scope cases:read …`."
        ),
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=ANY_ERROR,
    )
    app.state.world = world
    app.add_middleware(Capped)
    answer_problems(app, world)
    for part in (
        joining,
        people,
        proof,
        danger,
        consents,
        who,
        cases,
        assignments,
        whereabouts,
        documents,
        calls,
        recognition,
        evidence,
        messages,
        tasks,
        on_call,
        broadcasts,
        post,
        facts,
        organisation,
        keeping,
        staff,
    ):
        app.include_router(part.router)
    return app
