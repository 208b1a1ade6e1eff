"""Offering work to Defenders: what they will see, who can be asked and who cannot and why."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session
from starlette.responses import Response

from bot.console.doors import Doors, Needs
from bot.console.preview import Preview, previews
from bot.console.records import people
from bot.console.records.found import the_case
from bot.console.visit import Visit
from bot.office import casebook
from bot.office.broadcasts import audience
from bot.office.reach.fitness import reason
from models.assignment import AssignmentKind
from models.broadcast import Exclusion
from models.case import Case, CaseState
from models.document import DocumentType
from models.facts import OfferGiven
from models.person import Person, Role, Via
from models.text import Text, _

doors = Doors()

PLACES = 3
"""Places in the line of the form. The API takes more."""


@dataclass(frozen=True)
class Candidate:
    """A Defender: the channel the offer would go by, or why it cannot."""

    person: Person
    via: Via | None
    why_not: Text | None


@dataclass(frozen=True)
class Wanted:
    """An offer as it was filled in."""

    kind: AssignmentKind
    municipality: str
    language_needed: str
    due: str
    budget: str
    details: str
    documents: tuple[DocumentType, ...]
    person_ids: tuple[int, ...]
    then_ids: tuple[int, ...]


@doors.get("/cases/{reference}/offer", Needs.ACT)
async def new(visit: Visit) -> Response:
    """Show the form to offer work."""
    visit.form.values.setdefault("kind", [AssignmentKind.FIELD_SEARCH.value])
    return await _form(visit, None)


@doors.post("/cases/{reference}/offer")
async def offer(visit: Visit) -> Response:
    """Show what the Defenders will see; send it when just that has been looked at."""
    wanted = _read(visit)
    if wanted is None:
        return await _form(visit, None)
    looked_at = visit.form.raw("looked_at") == visit.form.mark()
    if visit.form.raw("step") != "send" or not looked_at:
        return await _form(visit, wanted)

    def act(s: Session) -> int:
        case = the_case(s, visit.place("reference"))
        made = casebook.offer(
            s,
            case=case,
            kind=wanted.kind,
            municipality=wanted.municipality,
            language_needed=wanted.language_needed,
            due=wanted.due,
            budget=wanted.budget,
            details=wanted.details,
            documents=wanted.documents,
            person_ids=wanted.person_ids,
            then_ids=wanted.then_ids,
            now=visit.now,
            actor=visit.actor,
        )
        return made.id or 0

    if await visit.attempt(act) is None:
        return await _form(visit, None)
    return visit.go(f"/console/cases/{visit.place('reference').upper()}", done="offered")


def candidates(s: Session, now: datetime) -> list[Candidate]:
    """Give every Defender, those who can be asked first."""
    defenders = people.of_role(s, [Role.DEFENDER])
    seats = {
        person.id: (why, via)
        for person, why, via in audience(s, [person.id or 0 for person in defenders], now)
    }
    found = []
    for person in defenders:
        why, via = seats[person.id]
        found.append(Candidate(person, via, None if why is Exclusion.NONE else reason(person, why)))
    return sorted(found, key=lambda one: one.why_not is not None)


def _read(visit: Visit) -> Wanted | None:
    form = visit.form
    kind = form.choice("kind", AssignmentKind, need=_("Choose the kind of work."))
    today = visit.now.astimezone(visit.reader.zone).date()
    wanted = Wanted(
        kind=kind or AssignmentKind.OTHER,
        municipality=form.words("municipality", most=80),
        language_needed=form.words("language_needed", most=40),
        due=form.day("due", today=today),
        budget=form.words("budget", most=60),
        details=form.words("details"),
        documents=tuple(form.choices("documents", DocumentType)),
        person_ids=tuple(form.numbers("person_ids")),
        then_ids=tuple(form.numbers("then_ids")),
    )
    if not wanted.person_ids:
        form.wrong("person_ids", _("Choose at least one Defender to ask."))
    return wanted if form.fine else None


async def _form(visit: Visit, wanted: Wanted | None) -> Response:
    def gather(s: Session) -> tuple[Case, list[Candidate]]:
        return the_case(s, visit.place("reference")), candidates(s, visit.now)

    case, defenders = await visit.read(gather)
    if case.state is not CaseState.OPEN:
        visit.form.refuse(_("The case {code} is closed.", code=case.reference))
    known = {one.person.id: one for one in defenders}
    first = [one for one in defenders if wanted and one.person.id in wanted.person_ids]
    after = wanted.then_ids if wanted else ()
    line = [known[one] for one in after if one in known and known[one] not in first]
    chosen = [*first, *line]
    visit.form.refuse(*(one.why_not for one in chosen if one.why_not is not None))
    return visit.again(
        "offer_new.html",
        case=case,
        candidates=defenders,
        kinds=list(AssignmentKind),
        documents=list(DocumentType),
        previews=_previews(visit, case, wanted, chosen) if wanted and visit.form.fine else [],
        chosen=first,
        line=line,
        places=PLACES,
        mark=visit.form.mark(),
    )


def _previews(visit: Visit, case: Case, wanted: Wanted, chosen: list[Candidate]) -> list[Preview]:
    """Draw the offer once for each channel and language, to somebody who gets it so."""
    found: dict[tuple[str, Via], list[Preview]] = {}
    for one in chosen:
        if one.via is None:
            continue
        given = OfferGiven(
            assignment=0,
            code=case.reference,
            first_name=one.person.name.partition(" ")[0],
            kind=wanted.kind,
            municipality=wanted.municipality,
            language_needed=wanted.language_needed,
            due=wanted.due,
            budget=wanted.budget,
        )
        group = (one.person.language, one.via)
        if group not in found:
            found[group] = previews(visit.world, "offer", given, one.person.language, [one.via])
    return [preview for drawn in found.values() for preview in drawn]
