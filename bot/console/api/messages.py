"""Messages in and out, and a human's own words through a program."""

from secrets import token_hex
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.cases import EntryOut, entry, read_marks
from bot.console.api.creations import Once, create
from bot.console.api.lists import Cursor, Limit, Page, RowId
from bot.console.api.problems import Problem
from bot.console.records import looks, threads, timeline
from bot.console.records.found import the_case, the_person
from bot.console.talking import write
from bot.office.reach.addresses import addresses_of, best_address
from models.outbox import OutboxState

router = APIRouter(prefix="/messages", tags=["messages"])


class MessageIn(BaseModel):
    """A human's words. Without an address they go where the person is best reached."""

    model_config = ConfigDict(extra="forbid")

    person_id: RowId
    text: Annotated[str, Field(min_length=1, max_length=1500)]
    address_id: RowId | None = None
    case: Annotated[str, Field(max_length=16)] | None = None


class MessageOut(BaseModel):
    """A message on its way."""

    id: int
    person_id: int
    via: str
    state: OutboxState


@router.get("", summary="List messages in and out")
async def listing(
    caller: Annotated[Caller, may("messages:read")],
    person_id: RowId | None = None,
    case: Annotated[str | None, Query(max_length=16)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EntryOut]:
    """Give messages, the newest first: all, one person's, or one case's."""
    marks = read_marks(cursor)
    if person_id is not None:
        await caller.looks(looks.PERSON, f"person:{person_id}", looks.at_person(person_id))
    elif case is not None:
        await caller.looks(looks.CASE, f"case:{case}", looks.at_case(case))
    else:
        await caller.looks(looks.MESSAGES, "messages", looks.at_all)

    def act(s: Session) -> timeline.Stretch:
        case_id = the_case(s, case).id if case is not None else None
        return threads.messages(s, person_id=person_id, case_id=case_id, marks=marks, most=limit)

    stretch = await caller.read(act)
    return Page(
        items=[entry(one) for one in stretch.entries],
        next=stretch.next.pack() if stretch.next else None,
    )


@router.post("", status_code=201, summary="Write as a human", response_model=MessageOut)
async def send(
    body: MessageIn, caller: Annotated[Caller, may("messages:write")], once: Once
) -> JSONResponse:
    """Write to somebody in the name of the staff account that the token belongs to."""

    def act(s: Session) -> MessageOut:
        person = the_person(s, body.person_id)
        address = best_address(s, person)
        if body.address_id is not None:
            theirs = {one.id: one for one in addresses_of(s, person)}
            address = theirs.get(body.address_id)
        row = write(
            s,
            person,
            address,
            body.text,
            staff_id=caller.human,
            key=f"human-{token_hex(16)}",
            now=caller.now,
            case_id=the_case(s, body.case).id if body.case else None,
        )
        if row is None:
            raise Problem(409, "written", "This message was written already.")
        return MessageOut(id=row.id or 0, person_id=row.person_id, via=row.via, state=row.state)

    return await create(caller, once, act)
