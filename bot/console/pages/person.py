"""One person: how to reach them, what they allowed, and the talk with them, live."""

from secrets import token_hex

from sqlmodel import Session
from starlette.responses import Response

from bot.console import live
from bot.console.doors import Doors
from bot.console.qr import square
from bot.console.records import looks, people, threads, timeline, who
from bot.console.records.found import NotFound, the_person
from bot.console.talking import waits, write
from bot.console.visit import Visit
from bot.office import people as office
from bot.office.duty import shifts
from bot.office.reach import proof
from bot.office.reach.addresses import addresses_of, best_address, usable
from bot.office.reach.numbers import kind
from bot.post import windows
from bot.post.handover import hold, release
from bot.post.screen import Screen
from models.person import Address, Lockout, Person, Trust, Via
from models.regrouping import RegroupingKind
from models.text import _

doors = Doors()
ALIKE = 8  # people that a search on a person's page shows


@doors.get("/people/{person}")
async def sheet(visit: Visit) -> Response:
    """Show a person."""
    await _look(visit)
    return await _sheet(visit)


@doors.get("/people/{person}/earlier")
async def earlier(visit: Visit) -> Response:
    """Go back through the talk with somebody."""
    number = visit.number("person")
    try:
        marks = timeline.Marks.unpack(visit.asked("below")) if visit.asked("below") else None
    except ValueError:
        raise NotFound from None
    await _look(visit)

    def gather(s: Session) -> tuple[Person, timeline.Stretch]:
        return the_person(s, number), threads.of_person(s, number, marks)

    person, stretch = await visit.read(gather)
    return visit.page("person_earlier.html", person=person, stretch=stretch)


@doors.post("/people/{person}/addresses")
async def add_address(visit: Visit) -> Response:
    """Add an address that staff know to be this person's."""
    form, number, keys = visit.form, visit.number("person"), visit.world.keys
    via = form.choice("via", Via, need=_("Choose the channel."))
    wire = form.words("wire", need=_("Write the number, with + and its country."), most=40)
    if via is None or not form.fine:
        return await _sheet(visit)

    def act(s: Session) -> int:
        person = the_person(s, number)
        return office.add_address(s, keys, person, via, wire, visit.now, visit.actor).id or 0

    if await visit.attempt(act) is None:
        return await _sheet(visit)
    return visit.go(f"/console/people/{number}", done="address-added")


@doors.post("/people/{person}/invites")
async def invite(visit: Visit) -> Response:
    """Make a one-time invite, and show it once: the record keeps only its hash."""
    number, keys = visit.number("person"), visit.world.keys
    via = visit.form.choice("via", Via, need=_("Choose the channel of the invite."))
    if via is None:
        return await _sheet(visit)
    if not visit.world.invite_link(via, "x"):
        visit.form.refuse(
            _("This channel is off. Whoever runs the bot can set it up; choose another till then.")
        )
        return await _sheet(visit)

    def act(s: Session) -> tuple[Person, str]:
        person = the_person(s, number)
        return person, office.invite(s, keys, person, via, visit.now, visit.actor)

    person, token = await visit.write(act)
    link = visit.world.invite_link(via, token)
    return visit.page("invite.html", 201, person=person, via=via, link=link, qr=square(link))


@doors.post("/people/{person}/hold")
async def take_over(visit: Visit) -> Response:
    """Take the talk over: the bot stays quiet."""
    number = visit.number("person")

    def act(s: Session) -> int:
        hold(s, the_person(s, number), visit.my_id, visit.now, visit.actor)
        return number

    await visit.write(act)
    return visit.go(f"/console/people/{number}", done="held")


@doors.post("/people/{person}/release")
async def hand_back(visit: Visit) -> Response:
    """Hand the talk back to the bot."""
    number = visit.number("person")

    def act(s: Session) -> int:
        release(s, Screen(visit.world), the_person(s, number), visit.now, visit.actor)
        return number

    await visit.write(act)
    return visit.go(f"/console/people/{number}", done="released")


@doors.post("/people/{person}/messages")
async def write_to(visit: Visit) -> Response:
    """Write to somebody as a human, in one's own name."""
    form, number = visit.form, visit.number("person")
    text = form.words("text", need=_("Write the message."), most=1500)
    address_id = form.number("address_id")
    if not form.fine:
        return await _sheet(visit)

    def act(s: Session) -> str:
        person = the_person(s, number)
        address = _address(s, person, address_id)
        # The form's own key: a form that is sent twice writes one message.
        key = form.raw("key")[:32] or token_hex(16)
        write(s, person, address, text, staff_id=visit.my_id, key=f"human-{key}", now=visit.now)
        return "waits" if address is not None and waits(address, visit.now) else "written"

    done = await visit.attempt(act)
    if done is None:
        return await _sheet(visit)
    return visit.go(f"/console/people/{number}", done=done)


async def _look(visit: Visit) -> None:
    number = visit.number("person")
    await visit.looks(looks.PERSON, f"person:{number}", looks.at_person(number))


def _address(s: Session, person: Person, address_id: int | None) -> Address | None:
    if address_id is None:
        return best_address(s, person)
    return next((one for one in addresses_of(s, person) if one.id == address_id), None)


def _known(s: Session, person: Person, visit: Visit) -> dict[str, object]:
    """Say at which addresses it is known who writes, of those who hear of cases."""
    if person.role not in proof.WHO:
        return {"standing": None, "proved": (), "has_pin": False}
    found = proof.places(s, person)
    fine = {one.address.id for one in found if proof.proved(person, found, one.address, visit.now)}
    return {"standing": found, "proved": fine, "has_pin": proof.has_pin(s, person)}


def _alike(s: Session, visit: Visit) -> tuple[people.Line, ...]:
    """Find whom somebody may be, by what was typed on their page."""
    text = visit.form.raw("who").strip()[:80]
    if not text:
        return ()
    found = people.listing(s, people.Filter(text=text), most=ALIKE + 1).items
    return tuple(one for one in found if one.person.id != visit.number("person"))[:ALIKE]


async def _sheet(visit: Visit) -> Response:
    number = visit.number("person")

    def gather(s: Session) -> dict[str, object]:
        person = the_person(s, number)
        addresses = addresses_of(s, person)
        writable = [one for one in addresses if usable(one)]
        return {
            "person": person,
            "reaches": people.reaches(s, number),
            "kinds": {one.id: kind(one.via, one.wire) for one in addresses},
            "proposals": who.proposals(s, number),
            "alike": _alike(s, visit),
            "joined": s.get(Person, person.joined_into) if person.joined_into else None,
            "writable": writable,
            **_known(s, person, visit),
            "silent": bool(person.stopped_at or person.frozen_at)
            or person.lockout is not Lockout.NONE,
            "windows": {one.id: windows.shuts(one, visit.now) for one in addresses},
            "shut": any(waits(one, visit.now) for one in writable),
            "talks": threads.open_for(s, number),
            "stretch": threads.of_person(s, number),
            "thaw_by": timeline.staff_names(s, [person.thaw_by]).get(person.thaw_by or 0, ""),
            "held_by": timeline.staff_names(s, [person.held_by]).get(person.held_by or 0, ""),
            "leave": shifts.leaves(s, [number], visit.now),
            "live": live.address(s, "person", str(number)),
        }

    return visit.again(
        "person.html",
        **await visit.read(gather),
        vias=list(Via),
        key=token_hex(16),
        trusts=list(Trust),
        findings=list(RegroupingKind),
    )
