"""What one person allows, purpose by purpose: how it stands, the log, and what staff add to it."""

from datetime import UTC, date, datetime, time

from sqlmodel import Session, col, select
from starlette.responses import Response

from bot.console import words
from bot.console.doors import Doors
from bot.console.records import looks
from bot.console.records.found import the_person
from bot.console.visit import Visit
from bot.office.consents import desk, log
from models.case import Case
from models.grant import Giver, Grant, GrantAct, Medium, Purpose, Withheld
from models.person import Person
from models.text import _

doors = Doors()
ANSWERS = (GrantAct.GRANTED, GrantAct.REFUSED, GrantAct.UNCLEAR, GrantAct.REVOKED)


@doors.get("/people/{person}/consents")
async def sheet(visit: Visit) -> Response:
    """Show what a person allows."""
    number = visit.number("person")
    await visit.looks(looks.PERSON, f"person:{number}", looks.at_person(number))
    return await _page(visit)


@doors.post("/people/{person}/consents")
async def add(visit: Visit) -> Response:
    """Ask in the chat, record an answer, or keep that something is shared."""
    form, number = visit.form, visit.number("person")
    purpose = form.choice("purpose", Purpose, need=_("Choose the purpose."))
    code = form.words("case", most=16)
    wanted = desk.Wanted(
        step=form.raw("step"),
        act=form.choice("act", GrantAct),
        case=code,
        partner=form.words("partner", most=120),
        what=form.words("what", most=1000),
        reason=form.words("reason", most=1000),
        said=log.Said(
            version=form.words("version", most=40),
            language=form.raw("language") if form.raw("language") in words.LANGUAGES else "",
            medium=form.choice("medium", Medium),
            giver=form.choice("giver", Giver),
            interpreter=form.words("interpreter", most=120),
            witness=form.words("witness", most=120),
            words=form.words("words", most=1000),
            evidence_id=form.number("evidence_id"),
            withheld=form.words("withheld", most=1000),
            withheld_why=form.choice("withheld_why", Withheld),
            valid_until=_until(visit),
        ),
    )
    if purpose is None or not form.fine:
        return await _page(visit)

    def act(s: Session) -> bool:
        desk.do(s, the_person(s, number), purpose, wanted, visit.my_id, visit.now)
        return True

    if await visit.attempt(act) is None:
        return await _page(visit)
    return visit.go(f"/console/people/{number}/consents", done="consent-kept")


def _until(visit: Visit) -> datetime | None:
    day = visit.form.day("valid_until", today=visit.now.date())
    return datetime.combine(date.fromisoformat(day), time(23, 59), UTC) if day else None


async def _page(visit: Visit) -> Response:
    number = visit.number("person")

    def gather(s: Session) -> tuple[Person, dict[Purpose, object], list[tuple[Grant, str]]]:
        person = the_person(s, number)
        acts = log.history(s, number)
        about = {row.case_id for row in acts}
        cases = s.exec(select(Case).where(col(Case.id).in_(about))).all()
        codes = {case.id: case.reference for case in cases}
        rows = [(row, codes.get(row.case_id, "")) for row in acts]
        return person, dict(log.all_standing(s, number, visit.now)), rows

    person, standing, rows = await visit.read(gather)
    return visit.again(
        "consents.html",
        person=person,
        standing=standing,
        rows=rows,
        purposes=list(Purpose),
        answers=ANSWERS,
        media=list(Medium),
        givers=list(Giver),
        withheld=list(Withheld),
        languages=words.LANGUAGES,
    )
