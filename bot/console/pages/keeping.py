"""How long things are kept: the rules, what is due, who holds what, and the two who destroy it."""

from sqlmodel import Session
from starlette.responses import Response

from bot.console.doors import Doors
from bot.console.letting_go import let_go
from bot.console.records.found import the_case, the_person, the_week
from bot.console.records.timeline import staff_names
from bot.console.visit import Visit
from bot.office.keeping import due, weeks
from bot.office.keeping.steps import Step, standing, take
from models.case import Case, Program
from models.data_key import Subject, Whose
from models.person import Person
from models.text import Text, _

doors = Doors()

STEPS = {
    Step.CLOSE: "closed",
    Step.REOPEN: "reopened",
    Step.HOLD: "must-be-kept",
    Step.RELEASE: "may-go",
    Step.ASK: "destruction-asked",
    Step.WITHDRAW: "destruction-withdrawn",
    Step.DESTROY: "destroyed",
}


@doors.get("/keeping")
async def overview(visit: Visit) -> Response:
    """Show the rules, and what is due by them."""
    return await _overview(visit)


@doors.post("/keeping")
async def rule(visit: Visit) -> Response:
    """Say how long a line of work keeps its closed cases."""
    program = visit.form.choice("program", Program, need=_("Choose a line of work."))
    days = visit.form.number("days")

    def act(s: Session) -> bool:
        due.rule(s, program or Program.LABOR, days, visit.my_id, visit.now)
        return True

    if not visit.form.fine or await visit.attempt(act) is None:
        return await _overview(visit)
    return visit.go("/console/keeping", done="keeping-set")


@doors.get("/cases/{reference}/keeping")
async def of_case(visit: Visit) -> Response:
    """Show how long a case is kept, who holds it, and whether it is to be destroyed."""
    return await _sheet(visit)


@doors.post("/cases/{reference}/keeping")
async def step_of_case(visit: Visit) -> Response:
    """Take a step about a case."""
    return await _step(visit)


@doors.get("/people/{person}/keeping")
async def of_person(visit: Visit) -> Response:
    """Show who holds somebody, and whether they are to be destroyed."""
    return await _sheet(visit)


@doors.post("/people/{person}/keeping")
async def step_of_person(visit: Visit) -> Response:
    """Take a step about a person."""
    return await _step(visit)


@doors.get("/weeks/{week}/keeping")
async def of_week(visit: Visit) -> Response:
    """Show who holds a week of raw envelopes, and whether it is to be destroyed."""
    return await _sheet(visit)


@doors.post("/weeks/{week}/keeping")
async def step_of_week(visit: Visit) -> Response:
    """Take a step about a week of raw envelopes."""
    return await _step(visit)


async def _overview(visit: Visit) -> Response:
    def gather(s: Session) -> dict[str, object]:
        return {
            "rules": due.rules(s),
            "due": due.due(s, visit.now),
            "due_weeks": due.due_weeks(s, visit.now),
        }

    return visit.again("keepings.html", **await visit.read(gather), programs=list(Program))


def _about(s: Session, visit: Visit) -> tuple[Whose, Case | Person | None, str, str]:
    """Say who the page is about: whose key, the row, where it stands and what it is called."""
    if "reference" in visit.request.path_params:
        case = the_case(s, visit.place("reference"))
        place = f"/console/cases/{case.reference}"
        return (Subject.CASE, case.id or 0), case, place, case.reference
    if "week" in visit.request.path_params:
        number = the_week(visit.place("week"))
        name = weeks.written(number)
        return (Subject.INTAKE, number), None, f"/console/weeks/{name}", name
    person = the_person(s, visit.number("person"))
    name = person.name or str(person.id)
    return (Subject.PERSON, person.id or 0), person, f"/console/people/{person.id}", name


async def _step(visit: Visit) -> Response:
    step = visit.form.choice("step", Step, need=_("Choose what is to be done."))
    reason = visit.form.words("reason", most=600)

    def act(s: Session) -> tuple[str, tuple[str, ...]]:
        who, _row, place, name = _about(s, visit)
        if step is Step.DESTROY and visit.form.raw("typed").strip() != name:
            visit.form.wrong("typed", _typed(name))
            return place, ()
        return place, take(s, who, step or Step.WITHDRAW, reason, visit.my_id, visit.now)

    done = await visit.attempt(act) if visit.form.fine else None
    if done is None or step is None or not visit.form.fine:
        return await _sheet(visit)
    place, paths = done
    if step is Step.DESTROY:
        await let_go(visit.world, paths)
    return visit.go(f"{place}/keeping", done=STEPS[step])


def _typed(name: str) -> Text:
    return _("Type «{name}», so that nothing else is destroyed by a slip.", name=name)


async def _sheet(visit: Visit) -> Response:
    def gather(s: Session) -> dict[str, object]:
        who, row, place, name = _about(s, visit)
        now = standing(s, who)
        staff = [hold.placed_by for hold in now.holds] + [now.asked.asked_by if now.asked else 0]
        return {
            "case": row if isinstance(row, Case) else None,
            "week": who[0] is Subject.INTAKE,
            "place": place,
            "name": name,
            "standing": now,
            "staff": staff_names(s, staff),
            "rules": due.rules(s),
        }

    return visit.again("keeping.html", **await visit.read(gather))
