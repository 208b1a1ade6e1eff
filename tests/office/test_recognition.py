"""What a first contact asks, and how an answer compares. Only a human verifies."""

from datetime import timedelta

import pytest

from bot.office import casebook
from bot.office.refusal import Refusal
from bot.office.work import recognition
from models.appointment import Appointment, AppointmentState, Established
from models.facts import CallBooked, IdentityTold
from models.person import Role
from models.recognition import Claim, Level, Likeness
from models.trail import Trail
from tests.office.scene import HOUR, NOON

QUESTION = "¿Cómo le dicen en su comunidad?"


@pytest.fixture
def father(office):
    return office.person("Pedro Cuento", Role.PARENT)


@pytest.fixture
def case(s, office, father):
    case = office.case("GT-0417", parent_id=father.id)
    recognition.write(s, case, QUESTION, "Chepe\nel Colocho", "staff:1", NOON)
    return case


def told(office, case, father, words):
    """Have him say that it is he, and answer."""
    talked = office.outreach(case, father)
    office.record(talked, IdentityTold(case.id or 0, words))
    return talked


@pytest.mark.parametrize(
    ("words", "likeness", "level"),
    [
        ("me dicen chepe", Likeness.LIKELY, Level.PROVISIONAL_MATCH),
        ("me dicen Juan", Likeness.POSSIBLE, Level.CLAIMS),
    ],
)
def test_an_answer_is_kept_as_likely_or_possible(s, office, case, father, words, likeness, level):
    number = case.id or 0
    assert recognition.level(s, number, father.id) is Level.UNKNOWN
    talked = told(office, case, father, words)
    office.record(talked, IdentityTold(number, words))  # once more
    (claim,) = recognition.answers(s, number, father.id)
    assert (claim.question, claim.answer, claim.likeness) == (QUESTION, words, likeness)
    assert recognition.level(s, number, father.id) is level
    (line,) = office.all(Trail, Trail.act == "identity.answered")
    assert line.detail == likeness.value
    assert words not in f"{line.object}{line.detail}"


def test_no_chat_verifies_and_a_human_s_word_goes_before_it(s, office, case, father):
    number = case.id or 0
    talked = told(office, case, father, "Chepe")
    office.record(talked, CallBooked(number, (NOON + timedelta(hours=5)).isoformat()))
    (call,) = office.all(Appointment)
    assert call.established is Established.NOTHING
    ana = office.staff().id or 0
    for established, level in (
        (Established.UNSURE, Level.PROVISIONAL_MATCH),
        (Established.IS_THE_PERSON, Level.VERIFIED),
        (Established.IS_NOT_THE_PERSON, Level.UNKNOWN),
    ):
        call.state = AppointmentState.BOOKED
        s.add(call)
        s.flush()
        casebook.record_call(
            s, call, ana, AppointmentState.HELD, established, "", office.later(HOUR)
        )
        assert recognition.level(s, number, father.id) is level


def test_what_is_asked_is_what_stood_there_when_the_contact_began(s, office, case, father):
    talked = office.outreach(case, father)
    recognition.write(s, case, "", "", "staff:1", NOON)
    office.record(talked, IdentityTold(case.id or 0, "Chepe"))
    (claim,) = office.all(Claim)
    assert (claim.question, claim.likeness) == (QUESTION, Likeness.POSSIBLE)
    office.later(timedelta(days=2))
    other = office.outreach(case, office.person("Juan Cuento", Role.PARENT))
    assert '"question": ""' in other.given


@pytest.mark.parametrize(
    ("question", "expected", "why"),
    [
        (QUESTION, "", "Write both"),
        ("", "Chepe", "Write both"),
        (f"{QUESTION} " * 5, "Chepe", "under 110 letters"),
        ("¿Cómo se llama su hijo?", "Chepe", "about children"),
        ("¿Conoce Las Nubes?", "Chepe", "this case guards"),
        ("¿Cuál es su número de DPI?", "Chepe", "full ID numbers"),
        ("¿Le dicen Chepe?", "Chepe", "holds an answer"),
    ],
)
def test_a_question_that_tells_something_is_refused(s, office, question, expected, why):
    case = office.case("GT-0417", guarded="Las Nubes")
    with pytest.raises(Refusal, match=why):
        recognition.write(s, case, question, expected, "staff:1", NOON)
