"""What somebody allows holds for one purpose, until it is taken back, and never by silence."""

from datetime import timedelta
from typing import Any

import pytest

from bot.office import casebook
from bot.office.consents import chat, desk, log, sharing, withdrawal
from bot.office.consents.log import Said
from bot.office.refusal import Refusal
from handlers.consent import VERSION
from models.consent import ConsentEvent, ConsentKind
from models.facts import ConsentAnswered
from models.grant import Giver, Grant, GrantAct, Medium, Purpose, Standing, Withheld
from models.outbox import OutboxState
from models.person import Person, Role
from tests.office.conftest import _opened
from tests.office.scene import HOUR, NOON, Office

SAID = Said(
    version="form-3",
    language="spa",
    medium=Medium.CALL,
    giver=Giver.INDIVIDUAL,
    interpreter="Ixchel Ficticia",
    words="Sí, puede verlo la licenciada.",
)
LAWYER, PARTNER = Purpose.LAWYER, Purpose.PARTNER


@pytest.fixture(scope="session", params=["sqlite"])
def database(tmp_path_factory):
    """Open one kind of record: nothing here hangs on which it is."""
    yield from _opened(f"sqlite:///{tmp_path_factory.mktemp('grants')}/enlace.db")


@pytest.fixture
def father(office: Office) -> Person:
    return office.person("Pedro Cuento", Role.PARENT)


def record(office: Office, person: Person, purpose: Purpose = LAWYER, **more: Any) -> Grant:
    act = more.pop("act", GrantAct.GRANTED)
    said = more.pop("said", SAID)
    staff_id = office.staff().id or 0
    return log.record(
        office.s, person.id or 0, purpose, act, office.now, said=said, staff_id=staff_id, **more
    )


def holds(office: Office, person: Person, purpose: Purpose = LAWYER, **more: Any) -> Standing:
    return log.standing(office.s, person.id or 0, purpose, office.now, **more)[0]


def share(office: Office, person: Person, purpose: Purpose = LAWYER, **more: Any) -> Grant:
    what = more.pop("what", "su teléfono, a Grace")
    staff_id = office.staff().id or 0
    return sharing.share(
        office.s, person.id or 0, purpose, what, office.now, staff_id=staff_id, **more
    )


def test_one_purpose_says_nothing_of_another_and_the_newest_answer_holds(office, father):
    record(office, father)
    assert holds(office, father) is Standing.GRANTED
    assert holds(office, father, Purpose.VOICE) is Standing.NOT_ASKED
    record(office, father, act=GrantAct.REFUSED)
    assert holds(office, father) is Standing.REFUSED
    assert [row.act for row in log.history(office.s, father.id or 0)] == [
        GrantAct.REFUSED,
        GrantAct.GRANTED,
    ]


def test_a_consent_for_one_case_is_none_for_another_and_one_partner_not_the_other(office, father):
    one, other = office.case(), office.case()
    record(office, father, case_id=one.id)
    assert holds(office, father, case_id=one.id) is Standing.GRANTED
    assert holds(office, father, case_id=other.id) is Standing.NOT_ASKED
    assert holds(office, father) is Standing.NOT_ASKED
    record(office, father, PARTNER, partner="Casa Ficticia")
    assert holds(office, father, PARTNER, partner="CASA FICTICIA") is Standing.GRANTED
    assert holds(office, father, PARTNER, partner="Otra") is Standing.NOT_ASKED
    record(office, father, PARTNER, act=GrantAct.REVOKED)
    assert holds(office, father, PARTNER, partner="Casa Ficticia") is Standing.REVOKED


def test_it_holds_until_its_day(office, father):
    until = NOON + timedelta(days=2)
    record(office, father, said=Said(**{**vars(SAID), "valid_until": until}))
    assert holds(office, father) is Standing.GRANTED
    office.later(timedelta(days=2))
    assert holds(office, father) is Standing.EXPIRED
    with pytest.raises(Refusal, match="expired"):
        share(office, father)


def test_nothing_is_shared_without_consent_but_by_a_human_with_a_reason(office, father):
    for act, why in (
        (None, "not asked"),
        (GrantAct.UNCLEAR, "not clear"),
        (GrantAct.REFUSED, "said no"),
        (GrantAct.REVOKED, "taken back"),
    ):
        if act is not None:
            record(office, father, act=act)
        with pytest.raises(Refusal, match=why):
            share(office, father)
    kept = share(office, father, reason="Está en peligro.")
    assert kept.act is GrantAct.OVERRIDDEN
    assert "peligro" in kept.words
    assert "grant.overridden" in office.acts()
    assert holds(office, father) is Standing.REVOKED  # an override allows nothing
    record(office, father)
    assert share(office, father).act is GrantAct.SHARED
    with pytest.raises(Refusal, match="with whom"):
        share(office, father, what=" ")


def test_what_somebody_holds_back_is_in_the_way(office, father):
    said = Said(**{**vars(SAID), "withheld": "dónde vive", "withheld_why": Withheld.FEAR})
    record(office, father, said=said)
    with pytest.raises(Refusal, match="held back: dónde vive"):
        share(office, father)


@pytest.mark.parametrize(
    ("purpose", "said", "why"),
    [
        (LAWYER, Said(), "who allowed it"),
        (LAWYER, Said(**{**vars(SAID), "words": ""}), "by what it can be shown"),
        (LAWYER, Said(**{**vars(SAID), "medium": Medium.CHAT}), "chat cannot allow"),
        (PARTNER, SAID, "Name the partner"),
        (LAWYER, Said(**{**vars(SAID), "valid_until": NOON}), "still to come"),
        (LAWYER, Said(**{**vars(SAID), "withheld": "todo"}), "why something is held back"),
    ],
)
def test_a_consent_that_nobody_could_stand_by_is_not_recorded(office, father, purpose, said, why):
    with pytest.raises(Refusal, match=why):
        record(office, father, purpose, said=said)
    assert holds(office, father, purpose) is Standing.NOT_ASKED


def test_a_chat_asks_for_two_things_only_and_keeps_the_answer_once(office, father):
    ana = office.staff().id or 0
    with pytest.raises(Refusal, match="chat cannot allow"):
        chat.ask(office.s, father, LAWYER, staff_id=ana, now=NOON)
    talked = chat.ask(office.s, father, Purpose.DOCUMENTS, staff_id=ana, now=NOON)
    assert holds(office, father, Purpose.DOCUMENTS) is Standing.ASKED
    with pytest.raises(Refusal, match="already"):
        chat.ask(office.s, father, Purpose.DOCUMENTS, staff_id=ana, now=NOON)
    heard = office.heard(father, "sí")
    fact = ConsentAnswered(Purpose.DOCUMENTS, GrantAct.GRANTED)
    for _again in range(2):
        casebook.record(office.s, talked, fact, NOON)
    assert holds(office, father, Purpose.DOCUMENTS) is Standing.GRANTED
    (kept,) = office.all(Grant, Grant.act == GrantAct.GRANTED)
    assert (kept.version, kept.language, kept.medium) == (VERSION, "spa", Medium.CHAT)
    assert (kept.giver, kept.staff_id) == (Giver.INDIVIDUAL, ana)
    assert (kept.words, kept.inbox_id) == ("sí", heard.inbox_id)


def test_what_is_not_clear_goes_to_a_human(office, father):
    talked = chat.ask(office.s, father, Purpose.CONTACT, staff_id=office.staff().id or 0, now=NOON)
    office.heard(father, "¿y para qué?")
    casebook.record(office.s, talked, ConsentAnswered(Purpose.CONTACT, GrantAct.UNCLEAR), NOON)
    assert office.tasks(person_id=father.id) == [("question", "¿y para qué?")]


def test_at_their_own_word_use_ends_and_staff_have_a_deadline(office, father):
    case = office.case(parent_id=father.id)
    record(office, father, case_id=case.id)
    office.outreach(case, father)
    waiting = office.message(father)
    withdrawal.take(office.s, father, "borren mis datos", None, NOON)
    assert set(log.all_standing(office.s, father.id or 0, NOON, case.id).values()) == {
        Standing.REVOKED
    }
    office.s.refresh(waiting)
    assert waiting.state is OutboxState.CANCELLED
    assert office.tasks(person_id=father.id) == [("forget", "borren mis datos")]
    with pytest.raises(Refusal, match="taken back"):
        office.outreach(case, father, NOON + 48 * HOUR)
    marta = office.person("Marta")
    hers = office.message(marta)
    withdrawal.take(office.s, marta, "borren mis datos", None, NOON)
    office.s.refresh(hers)
    assert hers.state is OutboxState.PENDING  # of a Defender a human decides


def test_staff_record_that_somebody_wants_to_be_written_to_again(office, father):
    father.stopped_at = NOON
    ana = office.staff().id or 0
    yes = desk.Wanted(step="record", act=GrantAct.GRANTED, said=SAID)
    desk.do(office.s, father, LAWYER, yes, ana, NOON)
    assert father.stopped_at == NOON  # another purpose lifts nothing
    desk.do(office.s, father, Purpose.CONTACT, yes, ana, NOON)
    assert father.stopped_at is None
    (event,) = office.all(ConsentEvent)
    assert (event.kind, event.staff_id, event.words) == (ConsentKind.START, ana, SAID.words)


def test_a_case_or_a_file_that_is_not_there_is_refused(office, father):
    ana = office.staff().id or 0
    for wanted, why in (
        (desk.Wanted(step="share", case="GT-9999", what="x"), "no case GT-9999"),
        (desk.Wanted(step="record", said=Said(evidence_id=7)), "no such file"),
        (desk.Wanted(step="record", said=SAID), "what the person answered"),
    ):
        with pytest.raises(Refusal, match=why):
            desk.do(office.s, father, LAWYER, wanted, ana, NOON)


def test_who_is_found_to_be_the_same_person_has_said_what_both_said(office, father):
    again, third = office.person("Pedro C.", Role.PARENT), office.person("P.", Role.UNKNOWN)
    record(office, third, act=GrantAct.REVOKED)
    assert holds(office, father) is Standing.NOT_ASKED
    third.joined_into, again.joined_into = again.id, father.id
    office.s.flush()
    assert holds(office, father) is Standing.REVOKED
    assert len(log.history(office.s, father.id or 0)) == 1
    again.joined_into = None  # it was a mistake, and is undone
    office.s.flush()
    assert holds(office, father) is Standing.NOT_ASKED
