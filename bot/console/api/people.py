"""People: finding, adding, reaching them, and taking a talk over."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console import words
from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import Cursor, Limit, Page, RowId, Words, pack, unpack
from bot.console.records import looks, people
from bot.console.records.found import the_person
from bot.office import people as office
from bot.office.reach import proof
from bot.office.reach.numbers import kind
from bot.post.handover import hold, release
from bot.post.screen import Screen
from models.person import Doubt, Kind, Lockout, Person, Role, Trust, Via

router = APIRouter(prefix="/people", tags=["people"])

Country = Annotated[str, Field(pattern="^(GT|HN|SV|NI|MX|US)$")]
Language = Annotated[str, Field(pattern="^[a-z]{3}$", description="ISO 639-3")]


class AddressOut(BaseModel):
    """Where somebody can be reached, and how well that is known."""

    id: int
    via: Via
    wire: Words
    trust: Trust
    last_heard_at: datetime | None
    blocked_at: datetime | None
    unsafe_at: datetime | None
    bad_at: datetime | None
    proved: bool  # it is known who writes there, so words of a case may go
    kind: Kind
    confirmed_at: datetime | None
    doubt: Doubt
    doubted_at: datetime | None
    shared: bool
    quiet: str
    note: Words | None


class PersonOut(BaseModel):
    """Somebody. `via` is the channel we would write on now, if there is one."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: Words
    role: Role
    language: str
    country: str
    zone: str
    lockout: Lockout
    stopped_at: datetime | None
    frozen_at: datetime | None
    held_at: datetime | None
    held_by: int | None
    created_at: datetime
    joined_into: int | None = None  # the person whom a human found this one to be
    via: Via | None = None


class PersonSheet(PersonOut):
    """Somebody with their addresses."""

    addresses: list[AddressOut] = []


class AddressIn(BaseModel):
    """An address that staff know to be somebody's."""

    model_config = ConfigDict(extra="forbid")

    via: Via
    wire: Annotated[str, Field(min_length=3, max_length=40, examples=["+50255550101"])]


class PersonIn(BaseModel):
    """Somebody to add."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=120)]
    role: Role
    country: Country
    language: Language = "spa"
    zone: Annotated[str, Field(max_length=40)] | None = None
    address: AddressIn | None = None


class InviteIn(BaseModel):
    """The channel of an invite."""

    model_config = ConfigDict(extra="forbid")

    via: Via


class InviteOut(BaseModel):
    """A one-time link. It is told once."""

    link: str


@router.get("", summary="List people, or find some")
async def listing(
    caller: Annotated[Caller, may("people:read")],
    search: Annotated[str, Query(max_length=80)] = "",
    role: Role | None = None,
    country: Annotated[str, Query(max_length=2)] = "",
    language: Annotated[str, Query(max_length=8)] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PersonOut]:
    """Give people, the newest first; `search` takes a name or at least four digits of a number."""
    await caller.looks(*looks.at_list("people"))
    wanted = people.Filter(search, role, country, language)
    below = unpack(cursor)
    found = await caller.read(lambda s: people.listing(s, wanted, below=below, most=limit))
    items = [_person(line.person, line.via) for line in found.items]
    return Page(items=items, next=pack(found.next))


@router.post("", status_code=201, summary="Add somebody", response_model=PersonSheet)
async def enrol(
    body: PersonIn, caller: Annotated[Caller, may("people:write")], once: Once
) -> JSONResponse:
    """Add somebody to the record."""

    def act(s: Session) -> PersonSheet:
        person = office.enrol(
            s,
            caller.world.keys,
            name=body.name,
            role=body.role,
            via=body.address.via if body.address else None,
            wire=body.address.wire if body.address else "",
            now=caller.now,
            country=body.country,
            language=body.language,
            zone=body.zone or words.ZONES[body.country],
            actor=caller.actor,
        )
        return told(s, person, caller.now)

    return await create(caller, once, act)


@router.get("/{person_id}", summary="Look at somebody")
async def sheet(person_id: RowId, caller: Annotated[Caller, may("people:read")]) -> PersonSheet:
    """Give somebody with their addresses."""
    await caller.looks(looks.PERSON, f"person:{person_id}", looks.at_person(person_id))
    return await caller.read(lambda s: told(s, the_person(s, person_id), caller.now))


@router.post(
    "/{person_id}/addresses", status_code=201, summary="Add an address", response_model=PersonSheet
)
async def add_address(
    person_id: RowId, body: AddressIn, caller: Annotated[Caller, may("people:write")], once: Once
) -> JSONResponse:
    """Add an address that staff know to be this person's."""

    def act(s: Session) -> PersonSheet:
        person = the_person(s, person_id)
        keys = caller.world.keys
        office.add_address(s, keys, person, body.via, body.wire, caller.now, caller.actor)
        return told(s, person, caller.now)

    return await create(caller, once, act)


@router.post(
    "/{person_id}/invites", status_code=201, summary="Make an invite", response_model=InviteOut
)
async def invite(
    person_id: RowId, body: InviteIn, caller: Annotated[Caller, may("people:write")], once: Once
) -> JSONResponse:
    """Make a one-time link by which this person enrols a phone."""

    def act(s: Session) -> InviteOut:
        person = the_person(s, person_id)
        token = office.invite(s, caller.world.keys, person, body.via, caller.now, caller.actor)
        return InviteOut(link=caller.world.invite_link(body.via, token))

    return await create(caller, once, act)


@router.put("/{person_id}/hold", status_code=204, summary="Take the talk over")
async def take_over(person_id: RowId, caller: Annotated[Caller, may("people:write")]) -> Response:
    """Keep the bot quiet: a human has this talk."""
    await caller.world.db.write(
        lambda s: hold(s, the_person(s, person_id), caller.token.staff_id, caller.now, caller.actor)
    )
    return Response(status_code=204)


@router.delete("/{person_id}/hold", status_code=204, summary="Hand the talk back")
async def hand_back(person_id: RowId, caller: Annotated[Caller, may("people:write")]) -> Response:
    """Let the bot answer again."""
    screen = Screen(caller.world)
    await caller.world.db.write(
        lambda s: release(s, screen, the_person(s, person_id), caller.now, caller.actor)
    )
    caller.world.ring()
    return Response(status_code=204)


def _person(person: Person, via: Via | None) -> PersonOut:
    return PersonOut.model_validate(person).model_copy(update={"via": via})


def told(s: Session, person: Person, now: datetime) -> PersonSheet:
    """Tell of somebody, with their addresses."""
    reaches, found = people.reaches(s, person.id or 0), proof.places(s, person)
    return PersonSheet(
        **_person(person, people.via_of(s, person)).model_dump(),
        addresses=[
            AddressOut(
                id=reach.address.id or 0,
                via=reach.address.via,
                wire=reach.address.wire,
                trust=reach.link.trust,
                last_heard_at=reach.address.last_heard_at,
                blocked_at=reach.address.blocked_at,
                unsafe_at=reach.address.unsafe_at,
                bad_at=reach.address.bad_at,
                proved=proof.proved(person, found, reach.address, now),
                kind=kind(reach.address.via, reach.address.wire),
                confirmed_at=reach.link.confirmed_at,
                doubt=reach.link.doubt,
                doubted_at=reach.link.doubted_at,
                shared=reach.link.shared,
                quiet=reach.link.quiet,
                note=reach.link.note,
            )
            for reach in reaches
        ],
    )
