"""A search is reported by a Defender and confirmed by a named human, never by the bot."""

from dataclasses import replace

import pytest

from bot.office import casebook
from bot.office.refusal import Refusal
from models.assignment import Assignment, AssignmentState
from models.conversation import ConversationState
from models.document import DocumentRequest, DocumentType
from models.facts import Accepted, PapersSent, SearchReported
from models.person import Role, Via
from models.task import Task, TaskState
from models.whereabouts import Certainty, Finding, Source, Standing, Whereabouts
from tests.office.scene import HOUR, NOON, Office

READY = ConversationState.READY
PAPERS = [DocumentType.BIRTH_CERTIFICATE]


class Search:
    """Marta has a search; Grace is the lawyer."""

    def __init__(self, office: Office, **more: object) -> None:
        self.office = office
        self.marta = office.person("Marta")
        self.grace = office.person("Grace", Role.LAWYER, Via.SMS, language="eng")
        self.case = office.case("GT-0417", lawyer_id=self.grace.id)
        self.assignment = office.offer(self.case, [self.marta], **more)
        offer = office.talk(self.marta, "offer")
        office.record(offer, Accepted(self.assignment.id or 0))
        offer.state = ConversationState.ENDED
        self.talked = office.talk(self.marta, "search")

    def state(self) -> AssignmentState:
        """How far the work is."""
        return self.assignment.state

    def found(self, **more: object) -> SearchReported:
        """What she says."""
        fact = SearchReported(
            self.assignment.id or 0,
            Finding.FOUND,
            place="aldea Tuipat",
            latitude=15.5,
            longitude=-91.25,
            source=Source.FAMILY,
            certainty=Certainty.LIKELY,
            note="lives with her aunt",
        )
        return replace(fact, **more)  # type: ignore[arg-type]

    def report(self, fact: SearchReported) -> Whereabouts:
        """She reports, and the conversation is over."""
        assert self.office.record(self.talked, fact) == []
        self.talked.state = ConversationState.ENDED
        return self.office.all(Whereabouts)[-1]


@pytest.fixture
def search(office):
    return Search(office, documents=PAPERS)


def test_a_report_is_kept_as_reported_and_a_human_is_asked(search, office):
    office.heard(search.marta, "la encontré")
    report = search.report(search.found())
    assert (report.finding, report.place, report.pin) == (
        Finding.FOUND,
        "aldea Tuipat",
        "15.5,-91.25",
    )
    assert (report.source, report.certainty) == (Source.FAMILY, Certainty.LIKELY)
    assert (report.reported_by, report.via) == (search.marta.id, "whatsapp")
    assert (report.standing, report.decided_by) == (Standing.REPORTED, None)
    assert search.state() is AssignmentState.SUBMITTED
    assert ("confirm", "aldea Tuipat\nlives with her aunt") in office.tasks()
    assert office.talks(search.marta)[-1] == ("papers", ConversationState.WAITING)
    assert office.talks(search.grace) == [("ping", ConversationState.WAITING)]
    assert [act for act in office.acts(search.case) if "search" in act] == ["search.reported"]


def test_a_report_without_a_pin_from_nowhere_has_neither(search):
    report = search.report(search.found(latitude=None, longitude=None))
    assert (report.pin, report.via) == ("", "")


def test_a_report_told_twice_is_one_and_a_correction_is_another(search, office):
    search.report(search.found())
    search.report(search.found())
    assert len(office.all(Whereabouts)) == 1
    search.report(search.found(place="Todos Santos"))
    assert [one.place for one in office.all(Whereabouts)] == ["aldea Tuipat", "Todos Santos"]
    assert len(office.all(DocumentRequest)) == 1
    assert len(office.tasks(kind=office.all(Task)[-1].kind)) == 2


def test_what_is_found_after_the_work_was_withdrawn_is_not_lost(search, office):
    casebook.withdraw(office.s, search.assignment, NOON, "staff:1")
    report = search.report(search.found())
    assert report.standing is Standing.REPORTED
    assert search.state() is AssignmentState.WITHDRAWN
    assert "confirm" in dict(office.tasks())


def test_a_human_confirms_and_that_is_final(office):
    search = Search(office)
    report = search.report(search.found())
    ana = office.staff()

    def decide(standing: Standing) -> list[casebook.Notice]:
        return casebook.confirm_whereabouts(
            office.s, report, ana.id or 0, standing, "called the aunt", NOON + HOUR
        )

    with pytest.raises(Refusal, match="decided already"):
        decide(Standing.REPORTED)
    assert decide(Standing.CONFIRMED) == []
    assert (report.standing, report.decided_by, report.decision_note) == (
        Standing.CONFIRMED,
        ana.id,
        "called the aunt",
    )
    (task,) = office.all(Task, Task.cause == f"confirm-{report.id}")
    assert (task.state, task.done_by) == (TaskState.DONE, ana.id)
    assert search.state() is AssignmentState.DONE
    with pytest.raises(Refusal, match="needs a new report"):
        decide(Standing.REJECTED)
    assert report.standing is Standing.CONFIRMED


def test_work_is_done_only_when_its_documents_are_decided_too(search, office):
    report = search.report(search.found())
    ana = office.staff().id or 0
    casebook.confirm_whereabouts(office.s, report, ana, Standing.CONFIRMED, "", NOON)
    assert search.state() is AssignmentState.SUBMITTED
    assert search.assignment.closed_at is None


def test_a_rejected_report_can_be_made_again(search, office):
    ana = office.staff().id or 0
    report = search.report(search.found())
    (told,) = casebook.confirm_whereabouts(office.s, report, ana, Standing.REJECTED, "?", NOON)
    assert told.person_id == search.marta.id
    assert dict(told.text.values) == {"code": "GT-0417"}
    assert search.state() is AssignmentState.ACCEPTED
    assert office.talks(search.marta)[-1] == ("search", READY)
    office.later(HOUR)
    search.talked = office.talk(search.marta, "search")
    again = search.report(search.found())  # the same words, in another conversation
    assert again.id != report.id
    assert search.state() is AssignmentState.SUBMITTED
    assert len(office.all(DocumentRequest)) == 1  # asked for once


def test_documents_do_not_make_up_for_a_rejected_report(search, office):
    report = search.report(search.found())
    ana = office.staff().id or 0
    casebook.confirm_whereabouts(office.s, report, ana, Standing.REJECTED, "", NOON)
    (request,) = office.all(DocumentRequest)
    office.record(office.talk(search.marta, "papers"), PapersSent(request.id or 0, 2))
    assert search.state() is AssignmentState.ACCEPTED


def test_rejecting_a_second_report_or_one_of_old_work_opens_nothing(search, office):
    ana = office.staff().id or 0
    first, second = search.report(search.found()), search.report(search.found(place="Tuipat"))
    casebook.confirm_whereabouts(office.s, first, ana, Standing.REJECTED, "", NOON)
    assert casebook.confirm_whereabouts(office.s, second, ana, Standing.REJECTED, "", NOON) == []
    assert office.talks(search.marta).count(("search", READY)) == 1
    loose = Whereabouts(
        case_id=search.case.id or 0,
        reported_by=search.marta.id or 0,
        finding=Finding.MOVED,
        reported_at=NOON,
    )
    office.s.add(loose)
    office.s.flush()
    assert casebook.confirm_whereabouts(office.s, loose, ana, Standing.REJECTED, "", NOON) == []
    assert len(office.all(Assignment)) == 1
