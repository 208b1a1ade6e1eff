"""Our own name, number and website, by which people who fear a swindle check us."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session

from bot.console.api.callers import Caller, may
from bot.console.carrying import carried
from bot.office import organisation
from bot.tongues import render
from models.organisation import Organisation

router = APIRouter(prefix="/organisation", tags=["organisation"])
Reads = Annotated[Caller, may("facts:read")]
Writes = Annotated[Caller, may("facts:write")]


class OrganisationIn(BaseModel):
    """Who we are. The number and the page are told until `review_by`; `owner` answers for them."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=organisation.NAME)]
    phone: Annotated[str, Field(max_length=organisation.PHONE)] = ""
    website: Annotated[str, Field(max_length=organisation.WEBSITE)] = ""
    owner: Annotated[str, Field(min_length=1, max_length=organisation.OWNER)]
    review_by: AwareDatetime
    reply_hours: Annotated[int, Field(description="within which a human answers")] = 24


class CarriedOut(BaseModel):
    """A text that carries them: to whom it goes, and its words in Spanish."""

    to: str
    words: str
    sms_parts: int
    kept_back: bool


class OrganisationOut(BaseModel):
    """Who we are, what of it is missing, and the texts that carry it."""

    name: str
    phone: str
    website: str
    owner: str
    review_by: datetime
    reply_hours: int
    lacks: str
    texts: list[CarriedOut]


@router.get("", summary="Who we say that we are")
async def ours(caller: Reads) -> OrganisationOut:
    """Give our name, number and page, and the texts that carry them."""
    return _out(caller, await caller.read(organisation.ours))


@router.put("", summary="Say who we are")
async def describe(body: OrganisationIn, caller: Writes) -> OrganisationOut:
    """Keep our name, number and page. What is left out of the body is empty from now on."""

    def act(s: Session) -> Organisation:
        kept = organisation.ours(s)
        return organisation.describe(
            s, **body.model_dump(), hours=kept.hours, now=caller.now, actor=caller.actor
        )

    return _out(caller, await caller.world.db.write(act))


def _out(caller: Caller, entry: Organisation) -> OrganisationOut:
    lacks = organisation.lacks(entry, caller.now)
    return OrganisationOut(
        **entry.model_dump(exclude={"id", "hours"}),
        lacks=render(lacks, "eng") if lacks else "",
        texts=[
            CarriedOut(
                to=render(one.to, "eng"),
                words=one.words,
                sms_parts=one.segments,
                kept_back=one.kept_back,
            )
            for one in carried(caller.world, entry, "spa", caller.now)
        ],
    )
