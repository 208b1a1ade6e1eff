"""Asking a Defender for a document."""

from sqlmodel import Session
from starlette.responses import Response

from bot.console.doors import Doors, Needs
from bot.console.pages.offers import Candidate, candidates
from bot.console.preview import previews
from bot.console.records import cases
from bot.console.records.found import the_case
from bot.console.visit import Visit
from bot.office import casebook
from bot.office.work.papers import ALIASES
from models.case import Case
from models.document import DocumentType
from models.facts import PapersGiven
from models.text import _

doors = Doors()


@doors.get("/cases/{reference}/document", Needs.ACT)
async def new(visit: Visit) -> Response:
    """Show the form to ask for a document."""
    return await _form(visit)


@doors.post("/cases/{reference}/document")
async def request_document(visit: Visit) -> Response:
    """Ask for a document; first show how it will look."""
    form = visit.form
    kind = form.choice("type", DocumentType, need=_("Choose which document is needed."))
    person_id = form.number("person_id", need=_("Choose the Defender to ask."))
    if kind is None or person_id is None or not form.fine:
        return await _form(visit)
    if form.raw("step") != "send" or form.raw("looked_at") != form.mark():
        return await _form(visit, kind, person_id)

    def act(s: Session) -> int:
        made = casebook.request_document(
            s,
            case=the_case(s, visit.place("reference")),
            person_id=person_id,
            type=kind,
            now=visit.now,
            actor=visit.actor,
        )
        return made.id or 0

    if await visit.attempt(act) is None:
        return await _form(visit)
    path = f"/console/cases/{visit.place('reference').upper()}"
    return visit.go(path, done="document-requested")


async def _form(
    visit: Visit, kind: DocumentType | None = None, person_id: int | None = None
) -> Response:
    def gather(s: Session) -> tuple[Case, list[Candidate], set[int | None]]:
        case = the_case(s, visit.place("reference"))
        mine = {work.assignment.defender_id for work in cases.sheet(s, case).work}
        return case, candidates(s, visit.now), mine

    case, defenders, mine = await visit.read(gather)
    chosen = next((one for one in defenders if one.person.id == person_id), None)
    if person_id is not None and chosen is None:
        visit.form.wrong("person_id", _("Choose one of the list."))
    elif chosen is not None and chosen.why_not is not None:
        visit.form.refuse(chosen.why_not)
    drawn = []
    if kind is not None and chosen is not None and chosen.via is not None:
        given = PapersGiven(
            request=0,
            code=case.reference,
            document=kind,
            alias=ALIASES.get((case.country, kind), ""),
        )
        drawn = previews(visit.world, "papers", given, chosen.person.language, [chosen.via])
    return visit.again(
        "paper_new.html",
        case=case,
        types=list(DocumentType),
        candidates=sorted(defenders, key=lambda one: one.person.id not in mine),
        mine=mine,
        previews=drawn,
        mark=visit.form.mark(),
    )
