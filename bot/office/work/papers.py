"""Documents: asked of a Defender, received in photos or not to be had, decided by a human."""

from datetime import datetime

from sqlmodel import Session, col, select

from bot.office import talks, tasks
from bot.office.notices import Notice
from bot.office.pings import ping
from bot.office.reach.fitness import choose_defenders
from bot.office.refusal import Refusal
from bot.office.work.cases import must_be_open
from bot.office.work.progress import move_on
from bot.vault import trail
from models.assignment import Assignment
from models.case import Case
from models.conversation import Talked
from models.document import DocumentRequest, DocumentState, DocumentType
from models.facts import PapersGiven, PapersSent, Unobtainable
from models.task import TaskKind
from models.text import _

ALIASES = {
    ("HN", DocumentType.BIRTH_CERTIFICATE): "copia de folio del libro de nacimientos",
    ("SV", DocumentType.BIRTH_CERTIFICATE): "partida de nacimiento",
    ("MX", DocumentType.BIRTH_CERTIFICATE): "acta de nacimiento",
    ("GT", DocumentType.NATIONAL_ID): "DPI",
    ("HN", DocumentType.NATIONAL_ID): "DNI",
    ("SV", DocumentType.NATIONAL_ID): "DUI",
    ("NI", DocumentType.NATIONAL_ID): "cédula de identidad",
    ("MX", DocumentType.NATIONAL_ID): "INE",
    ("SV", DocumentType.CRIMINAL_RECORD): "solvencia de la PNC",
    ("NI", DocumentType.CRIMINAL_RECORD): "récord de policía",
    ("MX", DocumentType.CRIMINAL_RECORD): "constancia de no antecedentes penales",
}
"""What a country calls a paper, where its people would not know it by the catalogue's name."""


def request_document(
    s: Session,
    *,
    case: Case,
    person_id: int,
    type: DocumentType,  # noqa: A002 - the column's name
    now: datetime,
    actor: str,
    assignment_id: int | None = None,
) -> DocumentRequest:
    """Ask a Defender for a document. Refuses whoever is none, or cannot be written to."""
    must_be_open(case)
    choose_defenders(s, [person_id])
    return ask(s, case, person_id, type, assignment_id, now, actor)


def ask_all(s: Session, assignment: Assignment, now: datetime) -> None:
    """Ask for each document that an assignment wants, of the Defender who took it."""
    case = s.get_one(Case, assignment.case_id)
    for name in filter(None, assignment.documents.split(",")):
        ask(
            s,
            case,
            assignment.defender_id or 0,
            DocumentType(name),
            assignment.id,
            now,
            trail.BOT,
        )


def ask(
    s: Session,
    case: Case,
    person_id: int,
    kind: DocumentType,
    assignment_id: int | None,
    now: datetime,
    actor: str,
) -> DocumentRequest:
    """Write a request down, and put its conversation in line."""
    request = DocumentRequest(
        case_id=case.id or 0,
        assignment_id=assignment_id,
        person_id=person_id,
        type=kind,
        requested_at=now,
    )
    s.add(request)
    s.flush()
    talks.start(
        s,
        name="papers",
        given=PapersGiven(
            request=request.id or 0,
            code=case.reference,
            document=kind,
            alias=ALIASES.get((case.country, kind), ""),
        ),
        person_id=person_id,
        case_id=case.id,
        code=case.reference,
        now=now,
    )
    _note(s, request, "document.requested", actor, now)
    return request


def papers_sent(s: Session, talked: Talked, fact: PapersSent, now: datetime) -> None:
    """Keep that the photos of a document are all there, and ask a human to look at them."""
    request = _lock(s, fact.request)
    if request.state is DocumentState.RECEIVED:
        return
    if request.state is DocumentState.REQUESTED:
        request.state = DocumentState.RECEIVED
        request.answered_at = now
        s.add(request)
    _answered(s, talked, request, "document.received", now)


def unobtainable(s: Session, talked: Talked, fact: Unobtainable, now: datetime) -> None:
    """Keep why a document cannot be had: a lawyer may file that. A human looks at it."""
    request = _lock(s, fact.request)
    if request.state is not DocumentState.REQUESTED:
        return
    request.state = DocumentState.UNOBTAINABLE
    request.obstacle = fact.obstacle
    request.explanation = fact.explanation
    request.answered_at = now
    s.add(request)
    _answered(s, talked, request, "document.unobtainable", now, fact.explanation)


def decide_document(
    s: Session,
    request: DocumentRequest,
    *,
    staff_id: int,
    accepted: bool,
    note: str,
    now: datetime,
) -> list[Notice]:
    """Decide as a named human: these photos do, or why they do not. The sender is told once.

    Where a document could not be had, accepting means that the explanation does; then it stays
    unobtainable and nobody is told anything. What is rejected is asked for anew.
    """
    request = _lock(s, request.id or 0)
    if request.decided_at is not None or request.state in (
        DocumentState.REQUESTED,
        DocumentState.WITHDRAWN,
    ):
        raise Refusal(_("There is nothing to decide about this document."))
    if not accepted and not note:
        raise Refusal(_("Say what is wrong with the document, so that it can be mended."))
    had = request.state is DocumentState.RECEIVED
    if had:
        request.state = DocumentState.ACCEPTED if accepted else DocumentState.REJECTED
    request.decided_by = staff_id
    request.decided_at = now
    s.add(request)
    verdict = "accepted" if accepted else "rejected"
    _note(s, request, f"document.{verdict}", trail.by_staff(staff_id), now, note)
    tasks.settle(s, f"review-{request.id}", staff_id, note, now)
    case = s.get_one(Case, request.case_id)
    if accepted:
        text = _("{code}: the document you sent is accepted. Thank you.", code=case.reference)
    else:
        actor = trail.by_staff(staff_id)
        ask(s, case, request.person_id, request.type, request.assignment_id, now, actor)
        text = _("{code}: the document is still needed. {why}", code=case.reference, why=note)
    move_on(s, request.assignment_id, now)
    if accepted and not had:
        return []
    return [
        Notice(
            person_id=request.person_id,
            text=text,
            conversation_id=None,
            case_id=request.case_id,
            key=f"document-{request.id}-{verdict}",
        )
    ]


def withdraw_papers(s: Session, assignment: Assignment) -> set[int]:
    """Want the documents of an assignment no more, as far as they have not come."""
    waiting = s.exec(
        select(DocumentRequest)
        .where(
            DocumentRequest.assignment_id == assignment.id,
            DocumentRequest.state == DocumentState.REQUESTED,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for request in waiting:
        request.state = DocumentState.WITHDRAWN
        s.add(request)
    return {request.id or 0 for request in waiting}


def _answered(
    s: Session,
    talked: Talked,
    request: DocumentRequest,
    act: str,
    now: datetime,
    detail: str = "",
) -> None:
    _note(s, request, act, trail.by_person(talked.person_id), now)
    tasks.need(
        s,
        kind=TaskKind.REVIEW,
        cause=f"review-{request.id}",
        now=now,
        person_id=talked.person_id,
        case_id=request.case_id,
        detail=detail,
    )
    move_on(s, request.assignment_id, now)
    ping(s, s.get_one(Case, request.case_id), now)


def _lock(s: Session, request_id: int) -> DocumentRequest:
    return s.exec(
        select(DocumentRequest)
        .where(col(DocumentRequest.id) == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _note(
    s: Session, request: DocumentRequest, act: str, actor: str, now: datetime, detail: str = ""
) -> None:
    trail.note(
        s,
        actor=actor,
        act=act,
        object=f"document:{request.id}",
        case_id=request.case_id,
        detail=detail,
        now=now,
    )
