"""Errors as programs read them: RFC 9457, whatever went wrong."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from bot.console.records.found import NotFound
from bot.db import Unavailable
from bot.office.refusal import Refusal
from bot.world import World


class ProblemOut(BaseModel):
    """What every error looks like. `detail` says what to do."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """An error with an answer ready."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail = status, kind, detail
        self.headers, self.more = headers, more

    def response(self) -> JSONResponse:
        """Write the answer."""
        return JSONResponse(
            {
                "type": f"urn:enlace:problem:{self.kind}",
                "title": HTTPStatus(self.status).phrase,
                "status": self.status,
                "detail": self.detail,
                **self.more,
            },
            self.status,
            headers=self.headers,
            media_type="application/problem+json",
        )


def answer_problems(app: FastAPI, world: World) -> None:
    """Let the application answer every error as a problem."""

    async def known(_request: Request, problem: Problem) -> JSONResponse:
        return problem.response()

    async def refused(_request: Request, refusal: Refusal) -> JSONResponse:
        reasons = [world.render(reason, "eng") for reason in refusal.reasons]
        return Problem(422, "refused", " ".join(reasons), reasons=reasons).response()

    async def invalid(_request: Request, problem: RequestValidationError) -> JSONResponse:
        # The input is not repeated: it may hold names.
        errors = [
            {"at": "/".join(str(part) for part in error["loc"]), "detail": str(error["msg"])}
            for error in problem.errors()
        ]
        detail = "The request does not fit. Mend what `errors` names, and send it again."
        return Problem(422, "validation", detail, errors=errors).response()

    async def missing(_request: Request, _problem: NotFound) -> JSONResponse:
        return Problem(404, "not-found", "There is nothing of this name here.").response()

    async def http(_request: Request, problem: HTTPException) -> JSONResponse:
        headers = dict(problem.headers) if problem.headers else None
        return Problem(problem.status_code, "http", str(problem.detail), headers=headers).response()

    async def down(_request: Request, _problem: Unavailable) -> JSONResponse:
        detail = "The record cannot be reached. Nothing was changed; try again in a minute."
        return Problem(503, "unavailable", detail, headers={"retry-after": "60"}).response()

    async def broken(_request: Request, _problem: Exception) -> JSONResponse:
        detail = "This is our mistake. It is in the log; nothing was changed by this request."
        return Problem(500, "broken", detail).response()

    for kind, handler in (
        (Problem, known),
        (Refusal, refused),
        (RequestValidationError, invalid),
        (NotFound, missing),
        (HTTPException, http),
        (Unavailable, down),
        (Exception, broken),
    ):
        app.add_exception_handler(kind, handler)  # type: ignore[arg-type]  # Starlette's signature knows only `Exception`
