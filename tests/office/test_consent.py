"""Stop wins over everything, per person; an address is spared for everybody."""

import pytest
import sqlalchemy as sa

from bot.office import people
from bot.office.consents import withdrawal
from models.assignment import Assignment, Offer, OfferState
from models.consent import ConsentEvent, ConsentKind
from models.conversation import ConversationState
from models.facts import Accepted
from models.outbox import Outbox, OutboxState, Weight
from models.person import Link, Role, Trust, Via
from tests.office.scene import HOUR, KEYS, NOON, Office

CANCELLED, PENDING = OutboxState.CANCELLED, OutboxState.PENDING


def events(office, person):
    return [
        (event.kind, event.words)
        for event in office.all(ConsentEvent, ConsentEvent.person_id == person.id)
    ]


def states(office: Office, *rows: Outbox) -> list[OutboxState]:
    office.s.flush()
    office.s.expire_all()
    return [office.s.get_one(Outbox, row.id).state for row in rows]


def test_a_stop_ends_all_talk_on_every_channel(s, office):
    marta = office.person("Marta", Role.DEFENDER, Via.WHATSAPP, Via.SMS)
    address = office.only_address(marta)
    office.offer(office.case(), [marta, office.person("Eva")])
    question = office.show(office.talk(marta, "offer"))
    confirmation = office.message(marta, "Listo.", weight=Weight.STOP)
    flying = office.message(marta)
    flying.state = OutboxState.SENDING
    assert people.stop(s, marta, address, Via.WHATSAPP, "ya no me escriban", None, NOON) is True
    assert marta.stopped_at == NOON
    assert states(office, question, confirmation, flying) == [
        CANCELLED,
        PENDING,
        OutboxState.SENDING,
    ]
    assert office.talks(marta) == [("offer", ConversationState.CANCELLED)]
    assert events(office, marta) == [(ConsentKind.STOP, "ya no me escriban")]
    assert office.tasks() == []  # nobody must go on: another Defender is still asked
    # Said again it is kept again, and not confirmed again.
    assert people.stop(s, marta, address, Via.SMS, "ALTO", None, NOON + HOUR) is False
    assert marta.stopped_at == NOON
    assert events(office, marta)[1:] == [(ConsentKind.STOP, "ALTO")]


def test_the_last_defender_asked_stops_and_a_human_hears_that_nobody_is_left(s, office):
    marta = office.person("Marta")
    office.offer(office.case(), [marta])
    people.stop(s, marta, office.only_address(marta), Via.WHATSAPP, "alto", None, NOON)
    assert [offer.state for offer in office.all(Offer)] == [OfferState.LAPSED]
    assert office.tasks() == [("nobody_left", "")]


def test_whoever_has_work_and_stops_is_handed_to_a_human(s, office):
    marta = office.person("Marta")
    case = office.case()
    office.offer(case, [marta])
    (assignment,) = office.all(Assignment)
    office.record(office.talk(marta, "offer"), Accepted(assignment.id or 0))
    people.stop(s, marta, office.only_address(marta), Via.WHATSAPP, "alto", None, NOON)
    assert ("person_wanted", "alto") in office.tasks(case_id=case.id)
    assert office.talks(marta) == [
        ("offer", ConversationState.CANCELLED),
        ("search", ConversationState.CANCELLED),
    ]


def test_only_their_own_word_brings_them_back(s, office):
    marta = office.person("Marta")
    address = office.only_address(marta)
    people.stop(s, marta, address, Via.WHATSAPP, "alto", None, NOON)
    people.start_again(s, marta, address, Via.WHATSAPP, "volver", None, NOON + HOUR)
    assert marta.stopped_at is None
    assert events(office, marta) == [(ConsentKind.STOP, "alto"), (ConsentKind.START, "volver")]


def test_who_blocks_us_goes_on_where_we_are_not_blocked(s, office):
    elena = office.person("Elena", Role.DEFENDER, Via.TELEGRAM, Via.SMS)
    telegram = office.only_address(elena)
    office.offer(office.case(), [elena])
    here = office.show(office.talk(elena, "offer"))
    people.block(s, telegram, NOON)
    elsewhere = office.message(elena)
    assert office.only_address(elena).via is Via.SMS
    assert states(office, here, elsewhere) == [CANCELLED, PENDING]
    assert office.talks(elena) == [("offer", ConversationState.ASKING)]
    people.block(s, telegram, NOON + HOUR)  # told twice
    people.unblock(s, telegram, NOON + HOUR)
    people.unblock(s, telegram, NOON + HOUR)
    assert telegram.blocked_at is None
    assert events(office, elena) == [(ConsentKind.BLOCKED, ""), (ConsentKind.UNBLOCKED, "")]


def test_who_blocks_us_everywhere_is_handed_to_a_human(s, office):
    father = office.person("Pedro", Role.PARENT)
    case = office.case(parent_id=father.id)
    office.outreach(case, father)
    people.block(s, office.only_address(father), NOON)
    assert office.talks(father) == [("outreach", ConversationState.CANCELLED)]
    assert office.tasks(case_id=case.id) == [("person_wanted", "")]


def test_never_here_spares_the_address_for_everybody(s, office):
    father = office.person("Pedro", Role.PARENT)
    wife = office.person("Juana", Role.PARENT, Via.SMS)
    address = office.only_address(father)
    people.add_address(s, KEYS, wife, Via.WHATSAPP, address.wire, NOON, "staff:1")
    to_her = office.message(wife, address=address)
    by_sms = office.message(wife, address=office.all(type(address))[-1])
    people.never_here(s, father, address, "no me escriba aquí", NOON)
    assert address.unsafe_at == NOON
    assert states(office, to_her, by_sms) == [CANCELLED, PENDING]
    assert office.tasks() == [("person_wanted", "no me escriba aquí")]
    people.never_here(s, father, address, "¡no!", NOON + HOUR)
    assert address.unsafe_at == NOON


def test_a_wrong_number_is_not_theirs_any_more(s, office):
    father = office.person("Pedro", Role.PARENT)
    case = office.case(parent_id=father.id)
    office.outreach(case, father)
    address = office.only_address(father)
    reminder = office.message(father)
    people.disprove(s, father, address, None, NOON)
    (link,) = office.all(Link, Link.person_id == father.id)
    assert (link.trust, link.confirmed_at) == (Trust.DISPROVED, NOON)
    assert people.best_address(s, father) is None
    assert states(office, reminder) == [CANCELLED]
    assert office.talks(father) == [("outreach", ConversationState.CANCELLED)]
    assert events(office, father) == [(ConsentKind.NOT_HERE, "")]  # a stranger's words
    with pytest.raises(Exception, match="No row"):
        people.disprove(s, office.person("Ana"), address, None, NOON)


@pytest.mark.parametrize("table", ["consent_grant", "consent_event"])
def test_the_database_itself_refuses_to_change_what_was_said(s, office, table):
    marta = office.person("Marta")
    people.stop(s, marta, office.only_address(marta), Via.WHATSAPP, "alto", None, NOON)
    withdrawal.take(s, marta, "borren mis datos", None, NOON)
    for change in ("UPDATE {} SET at = at", "DELETE FROM {}"):
        with pytest.raises(sa.exc.DBAPIError, match="never changed or deleted"), s.begin_nested():
            s.connection().execute(sa.text(change.format(table)))
