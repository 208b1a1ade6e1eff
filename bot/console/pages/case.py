"""One case: its timeline and all that belongs to it, live, and what humans decide about it."""

from sqlmodel import Session
from starlette.responses import Response

from bot.console import live
from bot.console.doors import Doors
from bot.console.records import cases, looks, timeline
from bot.console.records.found import (
    NotFound,
    the_assignment,
    the_case,
    the_document,
    the_report,
)
from bot.console.visit import Visit
from bot.office import casebook
from bot.office.keeping import destroying
from models.case import Case
from models.data_key import Subject
from models.text import _
from models.whereabouts import Standing

doors = Doors()


@doors.get("/cases/{reference}")
async def sheet(visit: Visit) -> Response:
    """Show a case."""
    await _look(visit)
    return await _sheet(visit, visit.place("reference"))


@doors.get("/cases/{reference}/timeline")
async def whole_timeline(visit: Visit) -> Response:
    """Go back through a case's timeline."""
    try:
        marks = timeline.Marks.unpack(visit.asked("below")) if visit.asked("below") else None
    except ValueError:
        raise NotFound from None
    await _look(visit)

    def gather(s: Session) -> tuple[Case, timeline.Stretch]:
        case = the_case(s, visit.place("reference"))
        return case, timeline.of_case(s, case.id or 0, marks)

    case, stretch = await visit.read(gather)
    return visit.page("case_timeline.html", case=case, stretch=stretch)


async def _look(visit: Visit) -> None:
    reference = visit.place("reference")
    await visit.looks(looks.CASE, f"case:{reference}", looks.at_case(reference))


@doors.post("/cases/{reference}/whereabouts/{report}")
async def decide_whereabouts(visit: Visit) -> Response:
    """Confirm or reject a report, as the one who is signed in."""
    standing = visit.form.choice(
        "standing", Standing, need=_("Choose whether you confirm or reject the report.")
    )
    note = visit.form.words("note", most=1000)
    number = visit.number("report")

    def act(s: Session) -> Standing:
        case = the_case(s, visit.place("reference"))
        report = the_report(s, case, number)
        told = casebook.confirm_whereabouts(
            s, report, visit.my_id, standing or Standing.REPORTED, note, visit.now
        )
        visit.tell(s, told)
        return report.standing

    return await _decided(
        visit,
        await visit.attempt(act) if visit.form.fine else None,
        {Standing.CONFIRMED: "report-confirmed", Standing.REJECTED: "report-rejected"},
    )


@doors.post("/cases/{reference}/documents/{request}")
async def decide_document(visit: Visit) -> Response:
    """Accept or reject a document, as the one who is signed in."""
    verdict = visit.form.raw("verdict")
    if verdict not in {"accept", "reject"}:
        visit.form.refuse(_("Choose whether you accept or reject the document."))
    note = visit.form.words("note", most=600)
    number = visit.number("request")

    def act(s: Session) -> str:
        case = the_case(s, visit.place("reference"))
        request = the_document(s, case, number)
        told = casebook.decide_document(
            s,
            request,
            staff_id=visit.my_id,
            accepted=verdict == "accept",
            note=note,
            now=visit.now,
        )
        visit.tell(s, told)
        return verdict

    return await _decided(
        visit,
        await visit.attempt(act) if visit.form.fine else None,
        {"accept": "document-accepted", "reject": "document-rejected"},
    )


@doors.post("/cases/{reference}/assignments/{assignment}/withdraw")
async def withdraw(visit: Visit) -> Response:
    """Take work back."""
    number = visit.number("assignment")

    def act(s: Session) -> str:
        case = the_case(s, visit.place("reference"))
        assignment = the_assignment(s, case, number)
        told = casebook.withdraw(s, assignment, visit.now, visit.actor)
        visit.tell(s, told)
        return "withdrawn"

    return await _decided(visit, await visit.attempt(act), {"withdrawn": "withdrawn"})


async def _decided(visit: Visit, done: object, notices: dict[object, str]) -> Response:
    reference = visit.place("reference")
    if done is None:
        return await _sheet(visit, reference)
    return visit.go(f"/console/cases/{reference.upper()}", done=notices[done])


async def _sheet(visit: Visit, reference: str) -> Response:
    def gather(s: Session) -> dict[str, object]:
        case = the_case(s, reference)
        return {
            "case": case,
            "destroyed_at": destroying.destroyed(s, (Subject.CASE, case.id or 0)),
            "sheet": cases.sheet(s, case),
            "stretch": timeline.of_case(s, case.id or 0),
            "live": live.address(s, "case", case.reference),
        }

    return visit.again("case.html", **await visit.read(gather))
