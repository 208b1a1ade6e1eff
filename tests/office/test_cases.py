"""A case's reference names the request, never a person."""

import pytest

from bot.office import casebook
from bot.office.refusal import Refusal
from models.case import Case, CaseState
from models.person import Role
from models.text import Text
from tests.office.scene import HOUR, NOON


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("GT-0417", "GT-0417"),
        ("gt0417", "GT-0417"),
        (" gt 417 ", "GT-0417"),
        ("MX-12345", "MX-12345"),
    ],
)
def test_a_reference_is_kept_in_one_form(office, typed, kept):
    case = office.case(typed, country="gt")
    assert (case.reference, case.country, case.state) == (kept, "GT", CaseState.OPEN)
    assert office.acts(case) == ["case.opened"]


@pytest.mark.parametrize("typed", ["", "417", "GT", "GTX-1", "AV-0001", "GT-1234567", "GT-0417b"])
def test_what_is_no_reference_is_refused(office, typed):
    with pytest.raises(Refusal, match="like GT-0417"):
        office.case(reference=typed)


def test_a_taken_reference_is_refused(office):
    office.case("GT-0417")
    with pytest.raises(Refusal, match="There is a case GT-0417 already") as refused:
        office.case("gt 417")
    assert isinstance(refused.value.reasons[0], Text)
    assert len(office.all(Case)) == 1


def test_everybody_on_a_case_has_the_right_role_and_all_that_is_wrong_is_said(office):
    defender = office.person("Marta")
    with pytest.raises(Refusal) as refused:
        office.case("417", lawyer_id=defender.id, parent_id=10**6)
    assert len(refused.value.reasons) == 3
    lawyer = office.person("Grace", Role.LAWYER)
    unknown = office.person("?", Role.UNKNOWN)
    case = office.case("GT-0417", lawyer_id=lawyer.id, parent_id=unknown.id)
    assert (case.lawyer_id, case.parent_id) == (lawyer.id, unknown.id)


def test_the_next_reference_is_one_after_the_highest_of_its_country(office):
    assert casebook.next_reference(office.s, "gt") == "GT-0001"
    office.case("GT-0412")
    office.case("GT-0007")
    office.case("HN-9999")
    assert casebook.next_reference(office.s, "GT") == "GT-0413"
    assert casebook.next_reference(office.s, "HN") == "HN-10000"
    office.case("HN-10000")
    assert casebook.next_reference(office.s, "HN") == "HN-10001"


def test_nothing_is_asked_for_on_a_closed_case(office):
    case = office.case("GT-0417")
    case.state = CaseState.CLOSED
    case.closed_at = NOON + HOUR
    marta = office.person("Marta")
    father = office.person("Pedro", Role.PARENT)
    with pytest.raises(Refusal, match="GT-0417 is closed"):
        office.offer(case, [marta])
    with pytest.raises(Refusal, match="closed"):
        office.outreach(case, father)
