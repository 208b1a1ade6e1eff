"""Work is offered to several and taken by the first."""

import json
from typing import Any

import pytest

from bot.office import casebook
from bot.office.casebook import Covered
from bot.office.refusal import Refusal
from bot.office.work import offers
from handlers import always
from handlers.offer import VERSION
from models.assignment import (
    Assignment,
    AssignmentKind,
    AssignmentState,
    DeclineReason,
    Offer,
    OfferState,
)
from models.conversation import ConversationState, Talked
from models.document import DocumentRequest, DocumentState, DocumentType
from models.facts import Accepted, Declined, FreeNextWeek, Lapsed, OfferGiven, unpack
from models.outbox import Outbox, OutboxState
from models.person import Lockout, Role, Via
from tests.office.scene import HOUR, NOON

ASKING, CANCELLED = ConversationState.ASKING, ConversationState.CANCELLED
WAITING, READY = ConversationState.WAITING, ConversationState.READY


def given(talked: Talked) -> Any:
    return unpack(json.loads(talked.given))


def states(office):
    return [offer.state for offer in office.all(Offer)]


def test_an_offer_tells_the_work_and_nobody_of_whom(office):
    marta, rosa = office.person("Marta Ficticia"), office.person("Rosa", Role.DEFENDER, Via.SMS)
    case = office.case("GT-0417")
    assignment = office.offer(case, [rosa, marta])
    assert assignment.state is AssignmentState.OFFERED
    assert states(office) == [OfferState.OFFERED] * 2
    assert given(office.talk(marta, "offer")) == OfferGiven(
        assignment=assignment.id or 0,
        code="GT-0417",
        first_name="Marta",
        kind=AssignmentKind.FIELD_SEARCH,
        municipality="Todos Santos Cuchumatán",
        language_needed="mam",
        due="2026-12-05",
        budget="Q400",
        version=VERSION,
        details=True,
    )
    assert office.acts(case) == ["case.opened", "assignment.offered"]


def test_unfit_people_are_refused_each_with_its_reason(office):
    people = [
        office.person(name, role)
        for name, role in (
            ("Ana", Role.DEFENDER),
            ("Eva", Role.DEFENDER),
            ("Isa", Role.DEFENDER),
            ("Ines", Role.DEFENDER),
            ("Pedro", Role.PARENT),
            ("Ixchel", Role.DEFENDER),
            ("Marta", Role.DEFENDER),
        )
    ]
    people[0].stopped_at = NOON
    people[1].lockout = Lockout.UNSAFE
    people[2].frozen_at = NOON
    office.only_address(people[3]).bad_at = NOON
    people[5].language = "mam"
    nowhere = office.person("Nadia", Role.DEFENDER, None)
    with pytest.raises(Refusal) as refused:
        office.offer(office.case(), [*people, nowhere])
    assert str(refused.value) == (
        "Ana has asked for no more messages. "
        "Eva may only be reached by a human, by other means. "
        "Messages to Isa are frozen. "
        "Ines cannot be written to at any known address. "
        "Pedro is not a Defender. "
        "There are no words yet in the language of Ixchel. "
        "Nadia has no address to write to."
    )
    assert office.all(Assignment) == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"person_ids": []}, "at least one"),
        ({"person_ids": [10**6]}, "not in the record"),
        ({"due": "5 dic"}, "like 2026-12-05"),
        ({"due": "20261205"}, "like 2026-12-05"),
        ({"municipality": "con Tomasa de la Novela"}, "guards"),
        ({"budget": "aldea Xecotz"}, "guards"),
    ],
)
def test_an_offer_that_is_wrong_or_says_too_much_is_refused(office, wrong, why):
    case = office.case(guarded="Xecotz")
    with pytest.raises(Refusal, match=why):
        office.offer(case, [office.person()], **wrong)


def test_the_first_who_accepts_has_it_and_the_others_hear_that_it_is_covered(s, office):
    marta, rosa, eva, ana = (office.person(name) for name in ("Marta", "Rosa", "Eva", "Ana"))
    case = office.case("GT-0417")
    assignment = office.offer(case, [marta, rosa, eva, ana])
    office.show(office.talk(marta, "offer"))
    shown = office.show(office.talk(rosa, "offer"))
    shown.state = OutboxState.SENT
    unsent = office.show(office.talk(eva, "offer"))
    talks = {person.name: office.talk(person, "offer") for person in (marta, rosa, eva, ana)}
    fact = Accepted(assignment.id or 0)
    told = office.record(talks["Marta"], fact)
    assert [(one.person_id, one.text) for one in told] == [(rosa.id, always.covered("GT-0417"))]
    assert told[0].conversation_id == talks["Rosa"].id
    assert told[0].case_id == case.id
    assert (assignment.state, assignment.defender_id) == (AssignmentState.ACCEPTED, marta.id)
    assert states(office) == [OfferState.ACCEPTED, *[OfferState.COVERED] * 3]
    assert [talks[name].state for name in ("Rosa", "Eva", "Ana")] == [CANCELLED] * 3
    s.expire_all()
    assert s.get_one(Outbox, unsent.id).state is OutboxState.CANCELLED
    assert office.tasks(case_id=case.id) == []  # a link gives her the details
    assert ("search", READY) in office.talks(marta)
    # Told twice, it is the same.
    assert office.record(talks["Marta"], fact) == []
    assert office.talks(marta).count(("search", READY)) == 1
    # Whoever comes after hears that it is covered, never that it is hers.
    for name in ("Rosa", "Eva"):
        with pytest.raises(Covered):
            office.record(talks[name], fact)
    assert assignment.defender_id == marta.id


@pytest.mark.parametrize("words", ["", " \n", "Buscar a Tomasa de la Novela."])
def test_details_that_are_none_or_name_somebody_are_a_humans_to_give(office, words: str):
    marta = office.person("Marta")
    case = office.case("GT-0417")
    assignment = office.offer(case, [marta], details=words)
    talked = office.talk(marta, "offer")
    assert not given(talked).details
    office.record(talked, Accepted(assignment.id or 0))
    assert office.tasks(case_id=case.id) == [("details", "")]


def test_who_has_no_time_but_can_next_week_stays_declined_with_the_monday_after(office):
    marta, rosa = office.person("Marta"), office.person("Rosa")
    case = office.case("HN-0233")
    assignment = office.offer(case, [marta, rosa])
    hers = office.talk(marta, "offer")
    office.record(hers, Declined(assignment.id or 0, DeclineReason.TIME, "Talvez Lic. Reyes"))
    office.record(hers, FreeNextWeek(assignment.id or 0))
    mine, other = office.all(Offer)
    assert (mine.state, mine.free_from) == (OfferState.DECLINED, "2026-11-30")
    assert mine.note == "Talvez Lic. Reyes"
    assert (other.state, other.free_from) == (OfferState.OFFERED, "")
    assert office.acts(case)[-2:] == ["offer.declined", "offer.next_week"]


def test_work_without_a_search_asks_for_its_documents_at_once(office):
    marta = office.person("Marta")
    assignment = office.offer(
        office.case("HN-0233", country="HN"),
        [marta],
        kind=AssignmentKind.DOCUMENTS,
        documents=[DocumentType.BIRTH_CERTIFICATE, DocumentType.PASSPORT],
    )
    office.record(office.talk(marta, "offer"), Accepted(assignment.id or 0))
    assert office.talks(marta)[1:] == [("papers", WAITING)] * 2
    papers = [given(talked) for talked in office.all(Talked, Talked.name == "papers")]
    assert [paper.alias for paper in papers] == ["copia de folio del libro de nacimientos", ""]
    assert all(one.assignment_id == assignment.id for one in office.all(DocumentRequest))


def test_declining_is_kept_for_staff_and_the_last_one_calls_a_human(office):
    marta, rosa = office.person("Marta"), office.person("Rosa")
    case = office.case()
    assignment = office.offer(case, [marta, rosa])
    fact = Declined(assignment.id or 0, DeclineReason.TIME, "ando en audiencia")
    hers = office.talk(marta, "offer")
    office.record(hers, fact)
    office.record(hers, Declined(assignment.id or 0, DeclineReason.OTHER, "again"))
    offer = office.all(Offer)[0]
    assert (offer.state, offer.reason, offer.note) == (
        OfferState.DECLINED,
        DeclineReason.TIME,
        "ando en audiencia",
    )
    assert office.tasks() == []
    office.record(office.talk(rosa, "offer"), Lapsed(assignment.id or 0))
    office.record(office.talk(rosa, "offer"), Lapsed(assignment.id or 0))
    assert states(office) == [OfferState.DECLINED, OfferState.LAPSED]
    assert office.tasks(case_id=case.id) == [("nobody_left", "")]
    assert office.acts(case).count("offer.declined") == 1
    # A late «sí» to an offer that was closed answers nothing.
    with pytest.raises(Covered):
        office.record(hers, Accepted(assignment.id or 0))
    assert assignment.state is AssignmentState.OFFERED


def test_a_line_is_asked_one_by_one_and_who_cannot_be_asked_is_passed_over(office):
    marta, rosa, eva, ines, ana = (
        office.person(name) for name in ("Marta", "Rosa", "Eva", "Ines", "Ana")
    )
    case = office.case()
    line = [ana.id, eva.id, ines.id, rosa.id, marta.id]
    assignment = office.offer(case, [marta], then_ids=line)
    number = assignment.id or 0
    assert [office.talks(one) for one in (ana, eva, ines, rosa)] == [[]] * 4
    eva.stopped_at, ines.held_at = NOON, NOON
    office.record(office.talk(marta, "offer"), Declined(number, DeclineReason.TIME, "Talvez Rosa"))
    assert office.talks(ana) == [("offer", WAITING)]
    assert office.talks(rosa) == []
    assert "Marta" not in office.talk(ana, "offer").given
    office.record(office.talk(ana, "offer"), Lapsed(number))
    assert [office.talks(one) for one in (eva, ines)] == [[]] * 2
    assert office.talks(rosa) == [("offer", WAITING)]
    assert office.tasks() == []
    office.record(office.talk(rosa, "offer"), Declined(number, DeclineReason.DISTANCE))
    assert [(offer.person_id, offer.state) for offer in office.all(Offer)] == [
        (marta.id, OfferState.DECLINED),
        (ana.id, OfferState.LAPSED),
        (eva.id, OfferState.PASSED_OVER),
        (ines.id, OfferState.PASSED_OVER),
        (rosa.id, OfferState.DECLINED),
    ]
    assert office.tasks(case_id=case.id) == [("nobody_left", "")]
    assert office.acts(case).count("offer.next") == 2


def test_a_line_waits_until_all_who_were_asked_at_once_have_answered(office):
    marta, rosa, ana = (office.person(name) for name in ("Marta", "Rosa", "Ana"))
    assignment = office.offer(office.case(), [marta, rosa], then_ids=[ana.id])
    office.record(office.talk(marta, "offer"), Lapsed(assignment.id or 0))
    assert office.talks(ana) == []
    office.record(office.talk(rosa, "offer"), Lapsed(assignment.id or 0))
    assert office.talks(ana) == [("offer", WAITING)]


def test_whoever_waits_in_line_never_hears_of_what_is_taken_or_withdrawn(office):
    marta, ana = office.person("Marta"), office.person("Ana")
    taken = office.offer(office.case("GT-0417"), [marta], then_ids=[ana.id])
    assert office.record(office.talk(marta, "offer"), Accepted(taken.id or 0)) == []
    withdrawn = office.offer(office.case("GT-0418"), [marta], then_ids=[ana.id])
    told = casebook.withdraw(office.s, withdrawn, NOON, "staff:1")
    assert [one.person_id for one in told if one.person_id == ana.id] == []
    assert office.talks(ana) == []
    assert [offer.state for offer in office.all(Offer) if offer.person_id == ana.id] == [
        OfferState.COVERED,
        OfferState.WITHDRAWN,
    ]


def test_who_stops_while_asked_makes_room_for_the_next(office):
    marta, ana = office.person("Marta"), office.person("Ana")
    assignment = office.offer(office.case(), [marta], then_ids=[ana.id])
    marta.stopped_at = NOON
    offers.let_go(office.s, marta, NOON)
    assert states(office) == [OfferState.LAPSED, OfferState.OFFERED]
    assert given(office.talk(ana, "offer")).assignment == assignment.id


def test_an_unfit_person_is_refused_in_line_too(office):
    marta, ana = office.person("Marta"), office.person("Ana")
    ana.stopped_at = NOON
    with pytest.raises(Refusal, match="Ana has asked for no more messages"):
        office.offer(office.case(), [marta], then_ids=[ana.id])


def test_an_offer_is_withdrawn_from_everybody(office):
    marta, rosa = office.person("Marta"), office.person("Rosa")
    assignment = office.offer(office.case("GT-0417"), [marta, rosa])
    office.show(office.talk(marta, "offer")).state = OutboxState.DELIVERED
    talked = office.talk(rosa, "offer")
    told = casebook.withdraw(office.s, assignment, NOON, "staff:1")
    assert [(one.person_id, one.text) for one in told] == [(marta.id, always.withdrawn("GT-0417"))]
    assert states(office) == [OfferState.WITHDRAWN] * 2
    assert (assignment.state, assignment.closed_at) == (AssignmentState.WITHDRAWN, NOON)
    assert casebook.withdraw(office.s, assignment, NOON + HOUR, "staff:1") == []
    with pytest.raises(Covered):
        office.record(talked, Accepted(assignment.id or 0))


def test_work_is_taken_from_whoever_has_it(office):
    marta = office.person("Marta")
    case, other = office.case("GT-0417"), office.case("GT-0418")
    kept = office.offer(other, [marta])
    first = office.talk(marta, "offer")
    office.record(first, Accepted(kept.id or 0))
    first.state = ConversationState.ENDED
    assignment = office.offer(
        case, [marta], kind=AssignmentKind.DOCUMENTS, documents=[DocumentType.PASSPORT]
    )
    office.record(office.talk(marta, "offer"), Accepted(assignment.id or 0))
    told = casebook.withdraw(office.s, assignment, NOON, "staff:1")
    assert [(one.person_id, one.text) for one in told] == [(marta.id, always.withdrawn("GT-0417"))]
    assert [one.state for one in office.all(DocumentRequest)] == [DocumentState.WITHDRAWN]
    assert office.talks(marta)[1:] == [
        ("search", READY),
        ("offer", WAITING),
        ("papers", CANCELLED),
    ]


def test_work_that_is_done_stays_done(office):
    assignment = office.offer(office.case(), [office.person()])
    assignment.state = AssignmentState.DONE
    office.s.flush()
    with pytest.raises(Refusal, match="done already"):
        casebook.withdraw(office.s, assignment, NOON, "staff:1")
