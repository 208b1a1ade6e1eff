"""Cases, and what happens on them in order of time."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import Cursor, Limit, Page, RowId, Words, bad_cursor, pack, unpack
from bot.console.api.people import Country
from bot.console.records import cases, looks, timeline
from bot.console.records.found import the_case, the_person
from bot.office import casebook
from models.case import CaseState, Program
from models.evidence import Evidence
from models.inbox import Heard
from models.outbox import Outbox
from models.trail import Trail

router = APIRouter(prefix="/cases", tags=["cases"])


class CaseOut(BaseModel):
    """A case. `sought` and `guarded` hold what no message may say."""

    model_config = ConfigDict(from_attributes=True)

    reference: str
    program: Program
    country: str
    state: CaseState
    summary: Words
    sought: Words
    guarded: Words
    lawyer_id: int | None
    parent_id: int | None
    opened_at: datetime
    closed_at: datetime | None


class CaseIn(BaseModel):
    """A case to open. Without a reference it gets the next one of its country."""

    model_config = ConfigDict(extra="forbid")

    reference: Annotated[str, Field(max_length=16, examples=["GT-0417"])] | None = None
    program: Program
    country: Country
    summary: Annotated[str, Field(min_length=1, max_length=4000)]
    sought: Annotated[str, Field(max_length=4000)] = ""
    guarded: Annotated[str, Field(max_length=4000, description="A name or place a line.")] = ""
    lawyer_id: RowId | None = None
    parent_id: RowId | None = None


class EntryOut(BaseModel):
    """One line of a timeline. `what` is its text, or the act it is of."""

    kind: timeline.Kind
    id: int
    at: datetime
    who: Words
    what: Words
    via: str = ""
    state: str = ""
    person_id: int | None = None
    evidence: list[int] = []


class OutreachIn(BaseModel):
    """A first contact with somebody who may be the person looked for. It names nobody."""

    model_config = ConfigDict(extra="forbid")

    person_id: RowId
    slots: Annotated[list[AwareDatetime], Field(min_length=1, max_length=4)]


class OutreachOut(BaseModel):
    """A first contact that has begun."""

    conversation_id: int


@router.get("", summary="List cases, or find some")
async def listing(
    caller: Annotated[Caller, may("cases:read")],
    code: Annotated[str, Query(max_length=40)] = "",
    state: CaseState | None = None,
    program: Program | None = None,
    country: Annotated[str, Query(max_length=2)] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CaseOut]:
    """Give cases, the newest first; `code` may be written as people do: 417, gt 417."""
    await caller.looks(*looks.at_list("cases"))
    wanted = cases.Filter(code, state, program, country)
    below = unpack(cursor)
    found = await caller.read(lambda s: cases.listing(s, wanted, below=below, most=limit))
    items = [CaseOut.model_validate(case) for case in found.items]
    return Page(items=items, next=pack(found.next))


@router.post("", status_code=201, summary="Open a case", response_model=CaseOut)
async def open_case(
    body: CaseIn, caller: Annotated[Caller, may("cases:write")], once: Once
) -> JSONResponse:
    """Open a case."""

    def act(s: Session) -> CaseOut:
        case = casebook.open_case(
            s,
            reference=body.reference or casebook.next_reference(s, body.country),
            program=body.program,
            country=body.country,
            summary=body.summary,
            sought=body.sought,
            guarded=body.guarded,
            lawyer_id=body.lawyer_id,
            parent_id=body.parent_id,
            now=caller.now,
            actor=caller.actor,
        )
        return CaseOut.model_validate(case)

    return await create(caller, once, act)


@router.get("/{reference}", summary="Look at a case")
async def sheet(reference: str, caller: Annotated[Caller, may("cases:read")]) -> CaseOut:
    """Give a case."""
    await caller.looks(looks.CASE, f"case:{reference}", looks.at_case(reference))
    return await caller.read(lambda s: CaseOut.model_validate(the_case(s, reference)))


@router.get("/{reference}/timeline", summary="Everything that happened on a case")
async def story(
    reference: str,
    caller: Annotated[Caller, may("cases:read", "messages:read")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EntryOut]:
    """Give messages in and out, files and acts, the newest first."""
    marks = read_marks(cursor)
    await caller.looks(looks.CASE, f"case:{reference}", looks.at_case(reference))

    def act(s: Session) -> timeline.Stretch:
        return timeline.of_case(s, the_case(s, reference).id or 0, marks, most=limit)

    stretch = await caller.read(act)
    return Page(
        items=[entry(one) for one in stretch.entries],
        next=stretch.next.pack() if stretch.next else None,
    )


@router.post(
    "/{reference}/outreach",
    status_code=201,
    summary="Begin a first contact",
    response_model=OutreachOut,
)
async def outreach(
    reference: str,
    body: OutreachIn,
    caller: Annotated[Caller, may("cases:write")],
    once: Once,
) -> JSONResponse:
    """Write to a possible parent for the first time, naming nobody."""

    def act(s: Session) -> OutreachOut:
        the_person(s, body.person_id)
        talked = casebook.outreach(
            s,
            case=the_case(s, reference),
            person_id=body.person_id,
            slots=body.slots,
            now=caller.now,
            actor=caller.actor,
        )
        return OutreachOut(conversation_id=talked.id or 0)

    return await create(caller, once, act)


def read_marks(cursor: str | None) -> timeline.Marks | None:
    """Read the cursor of a merged list."""
    if cursor is None:
        return None
    try:
        return timeline.Marks.unpack(cursor)
    except ValueError:
        raise bad_cursor() from None


def entry(one: timeline.Entry) -> EntryOut:
    """Write one line of a timeline."""
    row = one.row
    return EntryOut(
        kind=one.kind,
        id=one.id,
        at=one.at,
        who=one.who,
        what=_what(row),
        via=row.via if not isinstance(row, Trail) else "",
        state=row.state.value if isinstance(row, Outbox | Evidence) else "",
        person_id=row.person_id if not isinstance(row, Trail) else None,
        evidence=[file.id or 0 for file in one.files],
    )


def _what(row: Heard | Outbox | Evidence | Trail) -> str:
    match row:
        case Heard():
            return row.text or row.note
        case Outbox():
            return row.written or row.text
        case Evidence():
            return row.kind
        case Trail():
            return row.act
