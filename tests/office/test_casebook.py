"""What conversations find to be so becomes part of the record, once."""

import pytest

from bot.office import casebook, organisation, talks
from models.broadcast import Broadcast, Recipient, Reply
from models.facts import Answered, Asked, Belongs, LanguageChosen, WelcomeGiven
from models.task import Task
from tests.office.scene import HOUR, NOON


@pytest.fixture
def marta(office):
    return office.person("Marta")


@pytest.fixture
def talked(office, marta):
    return talks.start(
        office.s,
        name="welcome",
        given=WelcomeGiven("Marta", "Red"),
        person_id=marta.id or 0,
        case_id=office.case("GT-0417").id,
        code="GT-0417",
        now=NOON,
    )


def test_a_question_goes_to_a_human_within_the_hours_we_promise(s, office, talked):
    organisation.describe(
        s,
        name="Red",
        phone="",
        website="",
        hours="",
        owner="Ana",
        review_by=NOON + HOUR,
        now=NOON,
        actor="staff:1",
        reply_hours=6,
    )
    for words in ("¿cuánto dan de viáticos?", "¿cuánto dan de viáticos?", "¿y el bus?"):
        assert office.record(talked, Asked("GT-0417", words)) == []
    assert office.tasks() == [("question", "¿cuánto dan de viáticos?"), ("question", "¿y el bus?")]
    task = office.all(Task)[0]
    assert (task.due_at, task.case_id, task.person_id) == (
        NOON + 6 * HOUR,
        talked.case_id,
        talked.person_id,
    )


def test_an_answer_to_a_broadcast_is_kept_and_a_later_one_takes_its_place(s, office, marta, talked):
    broadcast = Broadcast(
        code="AV-0001", title="", created_by=office.staff().id or 0, created_at=NOON
    )
    s.add(broadcast)
    s.flush()
    recipient = Recipient(broadcast_id=broadcast.id or 0, person_id=marta.id or 0)
    s.add(recipient)
    s.flush()
    number = broadcast.id or 0
    office.record(talked, Answered(number, Reply.YES, "yo puedo el viernes"))
    office.later(HOUR)
    office.record(talked, Answered(number, Reply.YES, "yo puedo el viernes"))
    assert (recipient.reply, recipient.words, recipient.replied_at) == (
        Reply.YES,
        "yo puedo el viernes",
        NOON,
    )
    office.record(talked, Answered(number, Reply.NO))
    assert (recipient.reply, recipient.words) == (Reply.NO, "")
    assert office.acts().count("broadcast.answered") == 2


def test_somebody_chooses_their_language(office, marta, talked):
    office.record(talked, LanguageChosen("eng"))
    office.record(talked, LanguageChosen("eng"))
    assert marta.language == "eng"
    assert office.acts().count("person.language") == 1


def test_where_something_belongs_is_the_turns_to_do(office, talked):
    before = office.acts()
    assert office.record(talked, Belongs(1, "GT-0417")) == []
    assert office.acts() == before


def test_a_fact_that_nobody_knows_is_refused(office, talked):
    with pytest.raises(TypeError, match="does not know the fact WelcomeGiven"):
        casebook.record(office.s, talked, WelcomeGiven("Marta", "Red"), NOON)
