"""The list of people, and adding one."""

from urllib.parse import urlencode

from sqlmodel import Session
from starlette.responses import Response

from bot.console import words
from bot.console.doors import Doors, Needs
from bot.console.records import looks, people
from bot.console.visit import Visit
from bot.office import people as office
from models.person import Role, Via
from models.text import _

doors = Doors()
ADDABLE = (Role.DEFENDER, Role.PARENT, Role.LAWYER, Role.STAFF)


@doors.get("/people")
async def listing(visit: Visit) -> Response:
    """List people. The filter is in the address."""
    await visit.looks(*looks.at_list("people"))
    form = visit.form
    for name in ("q", "role", "country", "language"):
        form.values[name] = [visit.asked(name)]
    wanted = people.Filter(
        text=form.words("q", most=80),
        role=form.choice("role", Role),
        country=form.raw("country") if form.raw("country") in words.COUNTRIES else "",
        language=form.raw("language") if form.raw("language") in words.LANGUAGES else "",
    )
    form.errors.clear()
    found = await visit.read(lambda s: people.listing(s, wanted, below=visit.cursor()))
    kept = {name: values[0] for name, values in form.values.items() if values[0]}
    older = f"?{urlencode({**kept, 'before': str(found.next)})}" if found.next else ""
    return visit.page(
        "people.html",
        people=found.items,
        older=older,
        filtered=bool(kept),
        roles=list(Role),
        countries=words.COUNTRIES,
        languages=words.LANGUAGES,
    )


@doors.get("/people/new", Needs.ACT)
async def new(visit: Visit) -> Response:
    """Show the form to add somebody."""
    visit.form.values |= {"country": ["GT"], "language": ["spa"]}
    return _form(visit)


@doors.post("/people/new")
async def enrol(visit: Visit) -> Response:
    """Add somebody to the record."""
    form, keys = visit.form, visit.world.keys
    name = form.words("name", need=_("Write the name you know this person by."), most=120)
    role = form.choice("role", Role, need=_("Say what this person is to the network."))
    country = form.raw("country")
    if country not in words.COUNTRIES:
        form.wrong("country", _("Choose the country this person lives in."))
    language = form.raw("language")
    if language not in words.LANGUAGES:
        form.wrong("language", _("Choose the language this person reads."))
    via = form.choice("via", Via)
    wire = form.words("wire", most=40)
    if wire and via is None:
        form.wrong("via", _("Choose the channel of this number."))
    if via is not None and not wire:
        form.wrong("wire", _("Write the number, or leave the channel empty and invite later."))
    if not form.fine or role is None:
        return _form(visit)

    def act(s: Session) -> int:
        person = office.enrol(
            s,
            keys,
            name=name,
            role=role,
            via=via,
            wire=wire,
            now=visit.now,
            country=country,
            language=language,
            zone=words.ZONES[country],
            actor=visit.actor,
        )
        return person.id or 0

    number = await visit.attempt(act)
    if number is None:
        return _form(visit)
    return visit.go(f"/console/people/{number}", done="person-added")


def _form(visit: Visit) -> Response:
    return visit.again(
        "person_new.html",
        roles=ADDABLE,
        vias=list(Via),
        countries=words.COUNTRIES,
        languages=words.LANGUAGES,
    )
