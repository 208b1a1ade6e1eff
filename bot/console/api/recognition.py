"""By what the person looked for would be recognised, and what was answered."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from bot.console.api.callers import Caller, may
from bot.console.api.lists import Words
from bot.console.records import looks
from bot.console.records.found import the_case
from bot.office.work import recognition
from models.case import Case
from models.recognition import Level, Likeness

router = APIRouter(prefix="/cases/{reference}/recognition", tags=["recognition"])


class RecognitionIn(BaseModel):
    """What a first contact asks who says it is they. Without a question nothing is asked."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(max_length=recognition.LONGEST)] = ""
    expected: Annotated[
        str, Field(max_length=recognition.MOST, description="An answer a line.")
    ] = ""


class ClaimOut(BaseModel):
    """An answer. `likeness` compares words and proves nothing; `level` is how well it is known."""

    person_id: int
    conversation_id: int
    question: Words
    answer: Words
    likeness: Likeness
    level: Level
    answered_at: datetime


class RecognitionOut(BaseModel):
    """What is asked, what is expected, and what was answered, the newest first."""

    question: Words
    expected: Words
    answers: list[ClaimOut]


@router.get("", summary="How the person looked for would be recognised")
async def sheet(reference: str, caller: Annotated[Caller, may("cases:read")]) -> RecognitionOut:
    """Give what is asked, what is expected and what was answered."""
    await caller.looks(looks.CASE, f"case:{reference}", looks.at_case(reference))
    return await caller.read(lambda s: _sheet(s, the_case(s, reference)))


@router.put("", summary="Say what a first contact asks")
async def write(
    reference: str, body: RecognitionIn, caller: Annotated[Caller, may("cases:write")]
) -> RecognitionOut:
    """Write down what is asked and expected."""

    def act(s: Session) -> RecognitionOut:
        case = the_case(s, reference)
        recognition.write(s, case, body.question, body.expected, caller.actor, caller.now)
        return _sheet(s, case)

    return await caller.world.db.write(act)


def _sheet(s: Session, case: Case) -> RecognitionOut:
    written, number = recognition.of(s, case.id or 0), case.id or 0
    return RecognitionOut(
        question=written.question if written is not None else "",
        expected=written.expected if written is not None else "",
        answers=[
            ClaimOut(
                **one.model_dump(include=set(ClaimOut.model_fields)),
                level=recognition.level(s, number, one.person_id),
            )
            for one in recognition.answers(s, number)
        ],
    )
