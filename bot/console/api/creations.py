"""Acts of programs: each in one transaction, and with an `Idempotency-Key` done once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller
from bot.console.api.problems import Problem
from models.staff import Creation

Act = Callable[[Session], BaseModel]


@dataclass(frozen=True)
class Repeated:
    """What identifies a request that may come twice."""

    key: str
    place: str
    digest: str


async def repeatable(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=8,
            max_length=200,
            description="Send the same key again after a lost answer: nothing is done twice.",
        ),
    ] = None,
) -> Repeated | None:
    """Read the key of a request, if it has one."""
    if key is None:
        return None
    body = await request.body()
    return Repeated(key, f"{request.method} {request.url.path}", hashlib.sha256(body).hexdigest())


Once = Annotated[Repeated | None, Depends(repeatable)]


async def create(
    caller: Caller, repeated: Repeated | None, act: Act, *, status: int = 201
) -> JSONResponse:
    """Do an act once, wake the workers, and answer with what it made."""
    try:
        answer = await caller.world.db.write(lambda s: _once(s, caller, repeated, act))
    except IntegrityError:
        if repeated is None:
            raise
        # Another request with this key was faster: its answer is ours too.
        answer = await caller.world.db.write(lambda s: _once(s, caller, repeated, act))
    caller.world.ring()
    return JSONResponse(json.loads(answer), status)


def _once(s: Session, caller: Caller, repeated: Repeated | None, act: Act) -> str:
    if repeated is None:
        return act(s).model_dump_json()
    keys, token_id = caller.world.keys, caller.token.id or 0
    digest = keys.lookup("creation", f"{token_id} {repeated.place} {repeated.key}")
    known = s.exec(select(Creation).where(Creation.key_hash == digest)).first()
    if known is not None:
        if known.request_hash != repeated.digest:
            raise Problem(
                422, "key-reused", "This key was used for another request. Make a new key."
            )
        return known.answer
    answer = act(s).model_dump_json()
    s.add(
        Creation(
            token_id=token_id,
            key_hash=digest,
            request_hash=repeated.digest,
            answer=answer,
            created_at=caller.now,
        )
    )
    s.flush()
    return answer
