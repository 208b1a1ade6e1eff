"""What protects somebody in danger: agreed words, a freeze, the two who end it, who is woken."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.console.api.callers import Caller, may
from bot.console.api.lists import RowId
from bot.console.records.found import the_person
from bot.office.reach import freezing

router = APIRouter(prefix="/people", tags=["people"])
Writes = Annotated[Caller, may("people:write")]


class PhrasesIn(BaseModel):
    """Sentences agreed on for danger; none: nothing is agreed on any more."""

    model_config = ConfigDict(extra="forbid")

    phrases: Annotated[
        list[Annotated[str, Field(max_length=120, examples=["¿todavía venden tamales?"])]],
        Field(max_length=5),
    ]


class ThawedOut(BaseModel):
    """Whether messages go again. If not, one more of staff must ask for it."""

    thawed: bool


@router.put("/{person_id}/freeze", status_code=204, summary="Freeze everything to somebody")
async def freeze(person_id: RowId, caller: Writes) -> Response:
    """Let nothing go to this person from now on, on any channel."""
    await caller.world.db.write(
        lambda s: freezing.freeze(s, the_person(s, person_id), caller.now, caller.actor)
    )
    return Response(status_code=204)


@router.delete("/{person_id}/freeze", summary="Ask that a freeze ends")
async def thaw(person_id: RowId, caller: Writes) -> ThawedOut:
    """Let messages go again, when a second human of staff asks for it."""
    human = caller.human
    thawed = await caller.world.db.write(
        lambda s: freezing.thaw(s, the_person(s, person_id), human, caller.now)
    )
    caller.world.ring()
    return ThawedOut(thawed=thawed)


@router.put("/{person_id}/duress", status_code=204, summary="Agree on words for danger")
async def agree(person_id: RowId, body: PhrasesIn, caller: Writes) -> Response:
    """Keep what this person says when in danger. It is never given out again here."""
    human = caller.human
    await caller.world.db.write(
        lambda s: freezing.agree(s, the_person(s, person_id), body.phrases, human, caller.now)
    )
    return Response(status_code=204)


@router.put("/{person_id}/on-call", status_code=204, summary="Put somebody of staff on call")
async def on_call(person_id: RowId, caller: Writes) -> Response:
    """Wake this person of staff when somebody is in danger, at any hour."""
    return await _call(person_id, caller, on=True)


@router.delete("/{person_id}/on-call", status_code=204, summary="Take somebody off call")
async def off_call(person_id: RowId, caller: Writes) -> Response:
    """Wake this person no more."""
    return await _call(person_id, caller, on=False)


async def _call(person_id: int, caller: Caller, *, on: bool) -> Response:
    human = caller.human
    await caller.world.db.write(
        lambda s: freezing.call_on(s, the_person(s, person_id), human, caller.now, on=on)
    )
    return Response(status_code=204)
