"""The list of cases, and opening one."""

from urllib.parse import urlencode

from sqlmodel import Session
from starlette.responses import Response

from bot.console import words
from bot.console.doors import Doors, Needs
from bot.console.records import cases, looks, people
from bot.console.visit import Visit
from bot.office import casebook
from models.case import CaseState, Program
from models.person import Person, Role
from models.text import _

doors = Doors()


@doors.get("/cases")
async def listing(visit: Visit) -> Response:
    """List cases. The filter is in the address, so that it can be kept and shared."""
    await visit.looks(*looks.at_list("cases"))
    form = visit.form
    for name in ("code", "state", "program", "country"):
        form.values[name] = [visit.asked(name)]
    wanted = cases.Filter(
        code=form.words("code", most=40),
        state=form.choice("state", CaseState),
        program=form.choice("program", Program),
        country=form.raw("country") if form.raw("country") in words.COUNTRIES else "",
    )
    form.errors.clear()  # an address with an old filter shows everything
    found = await visit.read(lambda s: cases.listing(s, wanted, below=visit.cursor()))
    kept = {name: values[0] for name, values in form.values.items() if values[0]}
    older = f"?{urlencode({**kept, 'before': str(found.next)})}" if found.next else ""
    return visit.page(
        "cases.html",
        cases=found.items,
        older=older,
        filtered=bool(kept),
        states=list(CaseState),
        programs=list(Program),
        countries=words.COUNTRIES,
    )


@doors.get("/cases/new", Needs.ACT)
async def new(visit: Visit) -> Response:
    """Show the form to open a case."""
    country = visit.asked("country") if visit.asked("country") in words.COUNTRIES else "GT"
    proposed = await visit.read(lambda s: casebook.next_reference(s, country))
    visit.form.values |= {"country": [country], "reference": [proposed]}
    return await _form(visit)


@doors.post("/cases/new")
async def open_case(visit: Visit) -> Response:
    """Open a case."""
    form = visit.form
    reference = form.words("reference", need=_("Give the case a reference, like GT-0417."), most=16)
    program = form.choice("program", Program, need=_("Choose the line of work."))
    country = form.raw("country")
    if country not in words.COUNTRIES:
        form.wrong("country", _("Choose the country the work is in."))
    summary = form.words("summary", need=_("Say what the lawyer asks for."))
    sought = form.words("sought")
    guarded = form.words("guarded")
    lawyer_id = form.number("lawyer_id")
    parent_id = form.number("parent_id")
    if not form.fine or program is None:
        return await _form(visit)

    def act(s: Session) -> str:
        case = casebook.open_case(
            s,
            reference=reference,
            program=program,
            country=country,
            summary=summary,
            sought=sought,
            guarded=guarded,
            lawyer_id=lawyer_id,
            parent_id=parent_id,
            now=visit.now,
            actor=visit.actor,
        )
        return case.reference

    opened = await visit.attempt(act)
    if opened is None:
        return await _form(visit)
    return visit.go(f"/console/cases/{opened}", done="case-opened")


async def _form(visit: Visit) -> Response:
    def choices(s: Session) -> tuple[list[Person], list[Person]]:
        return (
            people.of_role(s, [Role.LAWYER]),
            people.of_role(s, [Role.PARENT, Role.UNKNOWN]),
        )

    lawyers, parents = await visit.read(choices)
    return visit.again(
        "case_new.html",
        lawyers=lawyers,
        parents=parents,
        programs=list(Program),
        countries=words.COUNTRIES,
    )
