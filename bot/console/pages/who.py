"""Who is who: what a link holds, and what staff find out about it, looked at before it is done."""

from sqlmodel import Session
from starlette.responses import Response

from bot.console.doors import Doors
from bot.console.pages.person import sheet as person_sheet
from bot.console.records import looks, timeline, who
from bot.console.records.found import the_link, the_person, the_regrouping
from bot.console.visit import Visit
from bot.office.reach.addresses import keep
from bot.office.reach.numbers import reachable
from bot.office.refusal import Refusal
from bot.office.who import confirming, doubts, links, regrouping, undoing
from bot.post.vouching import confirm
from models.person import Address, Person, Trust, Via
from models.regrouping import Regrouping, RegroupingKind
from models.text import _

doors = Doors()


@doors.post("/people/{person}/addresses/{address}")
async def change(visit: Visit) -> Response:
    """Keep what staff say about an address of somebody: what it is like, or whose it is today."""
    form, number, address = visit.form, visit.number("person"), visit.number("address")
    step = form.raw("step")
    trust = form.choice("trust", Trust)
    quiet = form.words("quiet", most=11)
    note = form.words("note", most=400)
    if not form.fine:
        return await person_sheet(visit)

    def act(s: Session) -> str:
        link = the_link(s, the_person(s, number), address)
        if step == "confirm":
            confirm(s, visit.world, link, visit.my_id, visit.now)
            return "link-confirmed"
        if step == "doubt":
            doubts.by_hand(s, link, visit.my_id, visit.now)
            return "link-doubted"
        facts = links.Facts(trust or link.trust, form.has("shared", "yes"), quiet, note)
        links.change(s, link, facts, visit.now, visit.actor)
        return "link-changed"

    done = await visit.attempt(act)
    if done is None:
        return await person_sheet(visit)
    return visit.go(f"/console/people/{number}", done=done)


@doors.post("/people/{person}/regroupings")
async def propose(visit: Visit) -> Response:
    """Propose what was found out about who somebody is. Nothing is changed by it."""
    form, number, keys = visit.form, visit.number("person"), visit.world.keys
    if form.raw("step") == "find":  # what else was typed stays typed
        await visit.looks(*looks.at_list("people"))
        form.words("who", need=_("Write a part of the name, or at least four digits."), most=80)
        return await person_sheet(visit)
    kind = form.choice("kind", RegroupingKind, need=_("Choose what you found out."))
    other_id = form.number("other", need=None)
    address_id = form.number("moved", need=None)
    wire = form.words("new_wire", most=40)
    why = form.words("why", need=_("Write how you know it, and from whom."), most=400)
    if form.words("who", most=80) and other_id is None:
        form.wrong("other", _("Choose who it is, of those who were found."))
    if kind is None or not form.fine:
        return await person_sheet(visit)

    def act(s: Session) -> int:
        person = the_person(s, number)
        address = s.get(Address, address_id) if address_id is not None else None
        new_address = None
        if kind is RegroupingKind.CHANGE and address is not None and wire:
            if not reachable(address.via, wire):
                raise Refusal(
                    _("A phone number begins with + and its country; a Telegram user is a number.")
                )
            new_address = keep(s, keys, address.via, wire, visit.now)
        made = regrouping.propose(
            s,
            kind=kind,
            person=person,
            other=s.get(Person, other_id) if other_id is not None else None,
            address=None if kind is RegroupingKind.JOIN else address,
            new_address=new_address,
            why=why,
            now=visit.now,
            actor=visit.actor,
        )
        return made.id or 0

    made = await visit.attempt(act)
    if made is None:
        return await person_sheet(visit)
    return visit.go(f"/console/regroupings/{made}", done="regrouping-proposed")


@doors.get("/regroupings/{regrouping}")
async def look(visit: Visit) -> Response:
    """Show what would move, what would stay, and what would hold; or what was done."""
    return await _sheet(visit)


@doors.post("/regroupings/{regrouping}")
async def decide(visit: Visit) -> Response:
    """Confirm what was looked at, drop it, or undo what was done."""
    number, step, mark = visit.number("regrouping"), visit.form.raw("step"), visit.form.raw("mark")

    def act(s: Session) -> bool:
        row = the_regrouping(s, number)
        match step:
            case "confirm":
                confirming.confirm(s, row, mark, visit.my_id, visit.now)
            case "drop":
                regrouping.drop(s, row, visit.my_id, visit.now)
            case "undo":
                undoing.undo(s, row, visit.my_id, visit.now)
            case _:
                raise Refusal(_("Choose one of the list."))
        return True

    if await visit.attempt(act) is None:
        return await _sheet(visit)
    return visit.go(f"/console/regroupings/{number}", done=f"regrouping-{step}")


async def _sheet(visit: Visit) -> Response:
    number = visit.number("regrouping")

    def gather(s: Session) -> dict[str, object]:
        row: Regrouping = the_regrouping(s, number)
        looked = regrouping.preview(s, row, visit.now)
        where = [s.get_one(Address, link.address_id) for link in looked.links]
        return {
            "looked": looked,
            "row": row,
            "where": where,
            "moves": who.moves(looked),
            "holds": who.holds(looked),
            "names": timeline.staff_names(s, [row.decided_by, row.undone_by]),
        }

    return visit.again("regrouping.html", **await visit.read(gather), vias=list(Via))
