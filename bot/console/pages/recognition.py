"""Recognising the person looked for: the question, what is expected, and the answers."""

from sqlmodel import Session
from starlette.responses import Response

from bot.console.doors import Doors, Needs
from bot.console.records import looks
from bot.console.records.found import the_case
from bot.console.visit import Visit
from bot.office.work import recognition
from models.person import Person

doors = Doors()


@doors.get("/cases/{reference}/recognition", Needs.ACT)
async def sheet(visit: Visit) -> Response:
    """Show what a first contact asks, what is expected, and what was answered."""
    reference = visit.place("reference")
    await visit.looks(looks.CASE, f"case:{reference}", looks.at_case(reference))
    return await _sheet(visit)


@doors.post("/cases/{reference}/recognition")
async def write(visit: Visit) -> Response:
    """Write down what is asked and expected."""
    question = visit.form.words("question", most=recognition.LONGEST)
    expected = visit.form.words("expected", most=recognition.MOST)
    if not visit.form.fine:
        return await _sheet(visit)

    def act(s: Session) -> str:
        case = the_case(s, visit.place("reference"))
        recognition.write(s, case, question, expected, visit.actor, visit.now)
        return case.reference

    done = await visit.attempt(act)
    if done is None:
        return await _sheet(visit)
    return visit.go(f"/console/cases/{done}/recognition", done="recognition-kept")


async def _sheet(visit: Visit) -> Response:
    def gather(s: Session) -> dict[str, object]:
        case = the_case(s, visit.place("reference"))
        written = recognition.of(s, case.id or 0)
        if written is not None:
            visit.form.values.setdefault("question", [written.question])
            visit.form.values.setdefault("expected", [written.expected])
        answers = recognition.answers(s, case.id or 0)
        who = {one.person_id: s.get_one(Person, one.person_id) for one in answers}
        levels = {number: recognition.level(s, case.id or 0, number) for number in who}
        return {"case": case, "answers": answers, "people": who, "levels": levels}

    found = await visit.read(gather)
    return visit.again("recognition.html", **found, longest=recognition.LONGEST)
