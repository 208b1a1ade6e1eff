"""Documents are asked of a Defender, and only a human accepts one."""

import pytest

from bot.office import casebook
from bot.office.refusal import Refusal
from models.assignment import AssignmentKind, AssignmentState
from models.conversation import ConversationState
from models.document import DocumentRequest, DocumentState, DocumentType, Obstacle
from models.facts import Accepted, PapersSent, Unobtainable
from models.person import Role
from models.task import Task, TaskState
from tests.office.scene import HOUR, NOON, Office

ID, PASSPORT = DocumentType.NATIONAL_ID, DocumentType.PASSPORT
WAITING = ConversationState.WAITING


class Papers:
    """Rosa was asked for two documents."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.rosa = office.person("Rosa")
        self.grace = office.person("Grace", Role.LAWYER)
        self.case = office.case("HN-0233", country="HN", lawyer_id=self.grace.id)
        self.assignment = office.offer(
            self.case, [self.rosa], kind=AssignmentKind.DOCUMENTS, documents=[ID, PASSPORT]
        )
        self.talked = office.talk(self.rosa, "offer")
        office.record(self.talked, Accepted(self.assignment.id or 0))
        self.requests = office.all(DocumentRequest)

    def state(self) -> AssignmentState:
        """How far the work is."""
        return self.assignment.state

    def send(self, n: int) -> DocumentRequest:
        """She sends the photos of one."""
        request = self.requests[n]
        assert self.office.record(self.talked, PapersSent(request.id or 0, 3)) == []
        return request

    def cannot(self, n: int) -> DocumentRequest:
        """She says why one cannot be had."""
        request = self.requests[n]
        fact = Unobtainable(request.id or 0, Obstacle.DESTROYED, "se quemó el archivo")
        assert self.office.record(self.talked, fact) == []
        return request

    def decide(self, request: DocumentRequest, *, accepted: bool, note: str = "") -> list[str]:
        """A human decides."""
        ana = self.office.staff()
        told = casebook.decide_document(
            self.office.s,
            request,
            staff_id=ana.id or 0,
            accepted=accepted,
            note=note,
            now=NOON + HOUR,
        )
        assert request.decided_by == ana.id
        assert all(notice.person_id == self.rosa.id for notice in told)
        return [notice.key for notice in told]


@pytest.fixture
def papers(office):
    return Papers(office)


def test_photos_that_are_all_there_wait_for_human_eyes(papers, office):
    request = papers.send(0)
    assert (request.state, request.answered_at) == (DocumentState.RECEIVED, NOON)
    assert office.tasks(cause=f"review-{request.id}") == [("review", "")]
    assert office.talks(papers.grace) == [("ping", WAITING)]
    papers.send(0)
    assert office.acts(papers.case).count("document.received") == 1
    assert papers.state() is AssignmentState.ACCEPTED  # the passport is still to come
    papers.send(1)
    assert papers.state() is AssignmentState.SUBMITTED


def test_why_it_cannot_be_had_is_an_outcome_of_its_own(papers, office):
    request = papers.cannot(0)
    assert (request.state, request.obstacle, request.explanation) == (
        DocumentState.UNOBTAINABLE,
        Obstacle.DESTROYED,
        "se quemó el archivo",
    )
    assert office.tasks(cause=f"review-{request.id}") == [("review", "se quemó el archivo")]
    papers.cannot(0)
    assert office.acts(papers.case).count("document.unobtainable") == 1
    # Photos after all: kept as what was said first, and still in front of a human.
    papers.send(0)
    assert request.state is DocumentState.UNOBTAINABLE


def test_accepted_documents_finish_the_work_and_their_sender_is_told_once(papers, office):
    first, second = papers.send(0), papers.cannot(1)
    assert papers.decide(first, accepted=True) == [f"document-{first.id}-accepted"]
    assert first.state is DocumentState.ACCEPTED
    (task,) = office.all(Task, Task.cause == f"review-{first.id}")
    assert task.state is TaskState.DONE
    assert papers.state() is AssignmentState.SUBMITTED
    assert papers.decide(second, accepted=True) == []  # the explanation does
    assert second.state is DocumentState.UNOBTAINABLE
    assert papers.state() is AssignmentState.DONE
    with pytest.raises(Refusal, match="nothing to decide"):
        papers.decide(first, accepted=False, note="no")


@pytest.mark.parametrize("came", ["photos", "explanation"])
def test_what_is_rejected_is_asked_for_anew_with_the_reason(papers, office, came):
    request = papers.send(0) if came == "photos" else papers.cannot(0)
    with pytest.raises(Refusal, match="Say what is wrong"):
        papers.decide(request, accepted=False)
    assert papers.decide(request, accepted=False, note="Falta el reverso") == [
        f"document-{request.id}-rejected"
    ]
    again = office.all(DocumentRequest)[-1]
    assert (again.type, again.state) == (request.type, DocumentState.REQUESTED)
    assert again.assignment_id == papers.assignment.id
    assert office.talks(papers.rosa)[-1] == ("papers", WAITING)
    papers.send(1)
    assert papers.state() is AssignmentState.ACCEPTED


def test_nothing_is_decided_before_anything_came(papers):
    with pytest.raises(Refusal, match="nothing to decide"):
        papers.decide(papers.requests[0], accepted=True)


def test_what_comes_for_withdrawn_work_still_meets_a_human(papers, office):
    casebook.withdraw(office.s, papers.assignment, NOON, "staff:1")
    request = papers.send(0)
    assert request.state is DocumentState.WITHDRAWN
    assert office.tasks(cause=f"review-{request.id}") == [("review", "")]


def test_staff_ask_a_defender_for_one_more_document(office):
    marta, father = office.person("Marta"), office.person("Pedro", Role.PARENT)
    case = office.case("GT-0417")

    def ask(person: object) -> DocumentRequest:
        return casebook.request_document(
            office.s,
            case=case,
            person_id=person.id,  # type: ignore[attr-defined]
            type=ID,
            now=NOON,
            actor="staff:1",
        )

    with pytest.raises(Refusal, match="Pedro is not a Defender"):
        ask(father)
    request = ask(marta)
    assert office.talks(marta) == [("papers", WAITING)]
    assert office.acts(case)[-1] == "document.requested"
    office.record(office.talk(marta, "papers"), PapersSent(request.id or 0, 1))
    assert request.state is DocumentState.RECEIVED
