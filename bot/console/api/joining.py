"""Bringing people in from a table: looked at first, and then all of them or nobody."""

import hashlib
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console import words
from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import Words
from bot.console.api.problems import Problem
from models.person import Role, Via

if TYPE_CHECKING:
    from bot.office.reach.joining import Plan

router = APIRouter(prefix="/people/import", tags=["people"])


class TableIn(BaseModel):
    """A table as CSV, with the names of its columns in the first line.

    Without `confirm` nothing is changed: the answer tells what would be, and the code to send with
    the very same table to have it done.
    """

    model_config = ConfigDict(extra="forbid")

    table: Annotated[
        str,
        Field(
            min_length=1,
            max_length=900_000,
            examples=["name,role,country,language,sms\nMarta,Defender,GT,spa,+50255550101"],
        ),
    ]
    confirm: Annotated[str, Field(max_length=64)] = ""


class JoinerOut(BaseModel):
    """Somebody who is new, and the line of the table they stand in."""

    line: int
    name: Words
    role: Role
    country: str
    language: str
    zone: str
    vias: list[Via]


class JoiningOut(BaseModel):
    """What the table does to the record: who is new, who is known and left as they are."""

    joined: bool
    new: list[JoinerOut]
    known: int
    new_addresses_of_known: int
    confirm: str = ""


@router.post("", summary="Bring people in from a table", response_model=JoiningOut)
async def bring_in(
    body: TableIn, caller: Annotated[Caller, may("people:write")], once: Once
) -> JSONResponse:
    """Look at a table; with the code of that look, bring everybody of it in, or nobody.

    What is wrong is told line by line in `reasons`, each with its column and what to do.
    """
    # Numbers of the whole world are loaded with these, which nothing else in a process needs.
    from bot.office.reach import joining, roster  # noqa: PLC0415

    keys, data = caller.world.keys, body.table.encode("utf-8", "replace")
    lists = roster.Lists(words.LANGUAGES, words.COUNTRIES, words.ZONES)
    entries = await caller.read(lambda _s: roster.read(data, lists))
    seen = hashlib.sha256(data).hexdigest()

    def code(plan: "Plan") -> str:
        counts = f"{len(plan.new)}:{plan.known}:{len(plan.more)}"
        return keys.token_hash(f"import:{caller.token.id}:{seen}:{counts}")[:32]

    if not body.confirm:
        looked = await caller.read(lambda s: joining.plan(s, keys, entries))
        return JSONResponse(_told(looked, code(looked)).model_dump(mode="json"))

    def act(s: Session) -> JoiningOut:
        made = joining.join(s, keys, entries, caller.now, caller.actor)
        if code(made) != body.confirm:
            raise Problem(
                409,
                "look-again",
                "The table or the record is not as it was when you looked. Nobody was brought in. "
                "Send the table without `confirm`, look at the answer, and send its new code.",
            )
        return _told(made, "")

    return await create(caller, once, act, status=200)


def _told(plan: "Plan", confirm: str) -> JoiningOut:
    return JoiningOut(
        joined=not confirm,
        new=[
            JoinerOut(
                line=one.line,
                name=one.name,
                role=one.role,
                country=one.country,
                language=one.language,
                zone=one.zone,
                vias=[place.via for place in one.places],
            )
            for one in plan.new
        ],
        known=plan.known,
        new_addresses_of_known=len(plan.more),
        confirm=confirm,
    )
