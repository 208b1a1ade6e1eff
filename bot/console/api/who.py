"""Who is who: what a link holds, and what is found out about it, looked at before it is done."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import RowId, Words
from bot.console.api.people import PersonSheet
from bot.console.api.people import told as person_told
from bot.console.records.found import the_link, the_person, the_regrouping
from bot.office.reach.addresses import keep
from bot.office.reach.numbers import reachable
from bot.office.refusal import Refusal
from bot.office.who import confirming, doubts, links, regrouping, undoing
from bot.post.vouching import confirm
from models.person import Address, Person, Trust
from models.regrouping import Regrouping, RegroupingKind, RegroupingState
from models.text import _

router = APIRouter(tags=["people"])
Reads = Annotated[Caller, may("people:read")]
Writes = Annotated[Caller, may("people:write")]


class LinkIn(BaseModel):
    """All that staff say about an address of somebody. `quiet`: "": as for everybody; "none"."""

    model_config = ConfigDict(extra="forbid")

    trust: Trust
    shared: bool = False
    quiet: Annotated[str, Field(max_length=11, examples=["20:00-07:00"])] = ""
    note: Annotated[str, Field(max_length=400)] = ""
    standing: Literal["as it is", "confirmed", "doubted"] = "as it is"


class RegroupingIn(BaseModel):
    """What was found out, and how it is known."""

    model_config = ConfigDict(extra="forbid")

    kind: RegroupingKind
    other_id: int | None = None
    address_id: int | None = None
    new_wire: Annotated[str, Field(max_length=40)] = ""
    why: Annotated[str, Field(min_length=1, max_length=400)]


class RegroupingOut(BaseModel):
    """A proposal, and what it would do. Send `mark` back to confirm just that."""

    id: int
    kind: RegroupingKind
    state: RegroupingState
    person_id: int
    other_id: int | None
    address_id: int | None
    new_address_id: int | None
    why: Words
    proposed_at: datetime
    decided_at: datetime | None
    undone_at: datetime | None
    addresses: list[int]
    moves: dict[str, int]
    stays: int
    holds: list[str]
    asks_consent_again: bool
    mark: str


class DecisionIn(BaseModel):
    """What a named human decides. `mark` is that of what was looked at, to confirm it."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["confirm", "drop", "undo"]
    mark: Annotated[str, Field(max_length=32)] = ""


@router.put("/people/{person_id}/addresses/{address_id}", summary="Say what an address is like")
async def change(person_id: RowId, address_id: RowId, body: LinkIn, caller: Writes) -> PersonSheet:
    """Keep all that staff say about an address of somebody, and perhaps whose it is today."""
    human = caller.human if body.standing != "as it is" else 0

    def act(s: Session) -> PersonSheet:
        person = the_person(s, person_id)
        link = the_link(s, person, address_id)
        facts = links.Facts(body.trust, body.shared, body.quiet, body.note)
        links.change(s, link, facts, caller.now, caller.actor)
        if body.standing == "confirmed":
            confirm(s, caller.world, link, human, caller.now)
        if body.standing == "doubted":
            doubts.by_hand(s, link, human, caller.now)
        return person_told(s, person, caller.now)

    told = await caller.world.db.write(act)
    caller.world.ring()  # what waited for a proof goes on
    return told


@router.post(
    "/people/{person_id}/regroupings",
    status_code=201,
    summary="Propose who is who",
    response_model=RegroupingOut,
)
async def propose(person_id: RowId, body: RegroupingIn, caller: Writes, once: Once) -> JSONResponse:
    """Propose what was found out. Nothing is changed by it; the answer says what it would do."""

    def act(s: Session) -> RegroupingOut:
        address = s.get(Address, body.address_id) if body.address_id is not None else None
        new_address = None
        if body.new_wire and address is not None:
            if not reachable(address.via, body.new_wire):
                raise Refusal(
                    _("A phone number begins with + and its country; a Telegram user is a number.")
                )
            new_address = keep(s, caller.world.keys, address.via, body.new_wire, caller.now)
        row = regrouping.propose(
            s,
            kind=body.kind,
            person=the_person(s, person_id),
            other=s.get(Person, body.other_id) if body.other_id is not None else None,
            address=None if body.kind is RegroupingKind.JOIN else address,
            new_address=new_address,
            why=body.why,
            now=caller.now,
            actor=caller.actor,
        )
        return _told(s, row, caller.now)

    return await create(caller, once, act)


@router.get("/regroupings/{regrouping_id}", summary="Look at what it would do")
async def look(regrouping_id: RowId, caller: Reads) -> RegroupingOut:
    """Give a proposal, with what would move, what would stay and what would hold."""
    return await caller.read(lambda s: _told(s, the_regrouping(s, regrouping_id), caller.now))


@router.post("/regroupings/{regrouping_id}/decision", summary="Confirm, drop or undo it")
async def decide(regrouping_id: RowId, body: DecisionIn, caller: Writes) -> RegroupingOut:
    """Do what was looked at, drop it, or undo it, in the name of the human of this token."""
    human = caller.human

    def act(s: Session) -> RegroupingOut:
        row = the_regrouping(s, regrouping_id)
        match body.decision:
            case "confirm":
                confirming.confirm(s, row, body.mark, human, caller.now)
            case "drop":
                regrouping.drop(s, row, human, caller.now)
            case "undo":
                undoing.undo(s, row, human, caller.now)
        return _told(s, row, caller.now)

    done = await caller.world.db.write(act)
    caller.world.ring()
    return done


def _told(s: Session, row: Regrouping, now: datetime) -> RegroupingOut:
    looked = regrouping.preview(s, row, now)
    return RegroupingOut(
        **row.model_dump(include=set(RegroupingOut.model_fields) & set(Regrouping.model_fields)),
        addresses=[link.address_id for link in looked.links],
        moves={name: len(rows) for name, rows in looked.moves.items()},
        stays=looked.stays,
        holds=list(looked.holds),
        asks_consent_again=looked.asks,
        mark=looked.mark,
    )
