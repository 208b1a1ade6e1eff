"""Facts that age: what they say, who answers for them, and renewing them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session

from bot.console.api.callers import Caller, may
from bot.office import dated

router = APIRouter(prefix="/facts", tags=["facts"])
Reads = Annotated[Caller, may("facts:read")]
Writes = Annotated[Caller, may("facts:write")]
Key = Annotated[str, Path(max_length=40, description="Such as class-deadline")]


class FactIn(BaseModel):
    """What a fact says in each language, who answers for it, and until when."""

    model_config = ConfigDict(extra="forbid")

    spanish: Annotated[str, Field(max_length=dated.LONGEST)] = ""
    english: Annotated[str, Field(max_length=dated.LONGEST)] = ""
    owner: Annotated[str, Field(min_length=1, max_length=80)]
    review_by: AwareDatetime


class FactOut(BaseModel):
    """A fact. Nothing that holds it is sent after `review_by`."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    spanish: str
    english: str
    owner: str
    review_by: datetime
    changed_at: datetime


@router.get("", summary="Facts that age")
async def listing(caller: Reads) -> list[FactOut]:
    """Give all facts, those first that must be reviewed soonest. There are few: no pages."""
    return await caller.read(lambda s: [FactOut.model_validate(one) for one in dated.listing(s)])


@router.put("/{key}", summary="Write a fact down, or renew it")
async def keep(key: Key, body: FactIn, caller: Writes) -> FactOut:
    """Keep what a fact says from now on."""

    def act(s: Session) -> FactOut:
        return FactOut.model_validate(
            dated.keep(s, key=key, now=caller.now, actor=caller.actor, **body.model_dump())
        )

    return await caller.world.db.write(act)
