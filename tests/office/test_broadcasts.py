"""One request to many people: each gets it once, or is shown why not."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from bot.office import broadcasts
from bot.office.duty import shifts
from bot.office.refusal import Refusal
from models.broadcast import Broadcast, BroadcastState, Exclusion, Recipient, Reply
from models.conversation import Talked
from models.facts import AnnounceGiven, Answered, unpack
from models.outbox import OutboxState
from models.person import Lockout, Person, Role, Via
from tests.office.scene import NOON, Office


def draft(office: Office, people: list[Person], **more: Any) -> Broadcast:
    return broadcasts.draft(
        office.s,
        **{
            "title": "Declaraciones",
            "body_es": "¿Quién puede tomar una declaración en q'eqchi' esta semana?",
            "body_en": "",
            "person_ids": [person.id for person in people],
            "staff_id": office.staff().id,
            "now": NOON,
            **more,
        },
    )


def announced(office):
    return office.all(Talked, Talked.name == "announce")


def test_a_draft_has_a_code_and_goes_to_nobody_yet(office):
    marta = office.person("Marta")
    broadcast = draft(office, [marta, marta])
    assert broadcast.code == f"AV-{broadcast.id:04d}"
    assert broadcast.state is BroadcastState.DRAFT
    assert len(office.all(Recipient)) == 1
    assert broadcasts.expand(office.s, broadcast.id or 0, NOON) is False
    assert announced(office) == []
    assert draft(office, [marta]).code != broadcast.code


@pytest.mark.parametrize("wrong", [{"person_ids": []}, {"body_es": " "}])
def test_a_broadcast_needs_words_and_readers(office, wrong):
    with pytest.raises(Refusal, match="needs words"):
        draft(office, [office.person()], **wrong)


def crowd(office):
    """Everybody a broadcast may meet, each with what becomes of them."""
    people = {
        Exclusion.NONE: office.person("Marta", Role.DEFENDER, Via.SMS, Via.TELEGRAM),
        Exclusion.STOPPED: office.person("Ana"),
        Exclusion.LOCKED_OUT: office.person("Eva"),
        Exclusion.FROZEN: office.person("Isa"),
        Exclusion.NO_ADDRESS: office.person("Nadia", Role.DEFENDER, None),
        Exclusion.BLOCKED: office.person("Ines"),
        Exclusion.NO_TRANSLATION: office.person("Grace", Role.LAWYER, language="eng"),
    }
    people[Exclusion.STOPPED].stopped_at = NOON
    people[Exclusion.LOCKED_OUT].lockout = Lockout.ADVERSE_PARTY
    people[Exclusion.FROZEN].frozen_at = NOON
    office.only_address(people[Exclusion.BLOCKED]).blocked_at = NOON
    office.s.flush()
    return people


def test_who_will_get_it_and_who_not_is_known_before(office):
    people = crowd(office)
    father = office.person("Pedro", Role.PARENT)
    broadcast = draft(office, [*people.values(), father])
    seats = {
        person.name: (why, via)
        for person, why, via in broadcasts.audience(office.s, broadcast, NOON)
    }
    assert seats == {
        "Marta": (Exclusion.NONE, Via.TELEGRAM),
        **{person.name: (why, None) for why, person in people.items() if why is not Exclusion.NONE},
        "Pedro": (Exclusion.LOCKED_OUT, None),
    }
    grace = people[Exclusion.NO_TRANSLATION]
    assert broadcasts.audience(office.s, [grace.id, grace.id], NOON) == [
        (grace, Exclusion.NONE, Via.WHATSAPP)
    ]


def test_confirmed_it_is_handed_over_in_parts_and_counted(office):
    people = crowd(office)
    eng = office.person("Helen", Role.LAWYER, language="eng")
    del people[Exclusion.NO_TRANSLATION]
    broadcast = draft(office, [*people.values(), eng], body_en="Who can?")
    ana = office.staff()
    broadcasts.confirm(office.s, broadcast, ana.id or 0, NOON)
    broadcasts.confirm(office.s, broadcast, ana.id or 0, NOON + timedelta(hours=1))
    assert broadcast.confirmed_at == NOON
    turns = 0
    while broadcasts.expand(office.s, broadcast.id or 0, NOON, most=2):
        turns += 1
        assert broadcast.state is BroadcastState.SENDING
    assert turns == 3
    assert broadcast.state is BroadcastState.SENT
    assert broadcasts.expand(office.s, broadcast.id or 0, NOON) is False
    assert {unpack(json.loads(one.given)) for one in announced(office)} == {
        AnnounceGiven(broadcast.id or 0, broadcast.code, broadcast.body_es),
        AnnounceGiven(broadcast.id or 0, broadcast.code, "Who can?"),
    }
    excluded = {why: 1 for why in people if why is not Exclusion.NONE}
    counts = broadcasts.counts(office.s, broadcast)
    assert counts == broadcasts.Counts(waiting=2, states={}, excluded=excluded, replies={})
    first, second = announced(office)
    office.show(first).state = OutboxState.DELIVERED
    office.message(people[Exclusion.NONE], "Gracias.", first)
    (recipient,) = office.all(Recipient, Recipient.conversation_id == first.id)
    recipient.reply = Reply.YES
    office.s.flush()
    counts = broadcasts.counts(office.s, broadcast)
    assert (counts.waiting, counts.states, counts.replies) == (
        1,
        {OutboxState.DELIVERED: 1},
        {Reply.YES: 1},
    )
    assert second.code == broadcast.code


def test_who_stops_between_is_left_out(office):
    marta, rosa = office.person("Marta"), office.person("Rosa")
    broadcast = draft(office, [marta, rosa])
    broadcasts.confirm(office.s, broadcast, office.staff().id or 0, NOON)
    broadcasts.expand(office.s, broadcast.id or 0, NOON, most=1)
    rosa.stopped_at = NOON
    office.s.flush()
    broadcasts.expand(office.s, broadcast.id or 0, NOON)
    assert [one.exclusion for one in office.all(Recipient)] == [Exclusion.NONE, Exclusion.STOPPED]
    assert len(announced(office)) == 1


def test_a_name_that_a_case_guards_is_not_broadcast(office):
    office.case("GT-0417", guarded="Xecotz")
    broadcast = draft(office, [office.person()], body_es="¿Quién conoce a Tomasa Novela?")
    with pytest.raises(Refusal, match="GT-0417 guards"):
        broadcasts.confirm(office.s, broadcast, office.staff().id or 0, NOON)
    assert broadcast.state is BroadcastState.DRAFT


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(parts=st.lists(st.integers(1, 4), max_size=8), size=st.integers(1, 6))
def test_however_it_is_cut_everybody_gets_it_once(database, parts, size):
    with database._writer.connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="rollback_only") as s:
            office = Office(s)
            whom = [office.person(f"P{n}") for n in range(size)]
            number = draft(office, whom).id or 0
            broadcasts.confirm(s, s.get_one(Broadcast, number), office.staff().id or 0, NOON)
            for most in [*parts, 100, 100]:
                s.flush()
                s.expire_all()  # a restart remembers nothing but the record
                broadcasts.expand(s, number, NOON, most)
            handed = sorted(one.person_id for one in announced(office))
            assert handed == sorted(person.id or 0 for person in whom)
        transaction.rollback()


def test_who_says_yes_when_it_is_covered_is_counted_apart_and_a_change_of_mind_makes_room(office):
    people = [office.person(name) for name in ("Marta", "Rosa", "Lucía")]
    broadcast = draft(office, people, wanted=2)
    broadcasts.confirm(office.s, broadcast, 1, NOON)
    broadcasts.expand(office.s, broadcast.id or 0, NOON)

    def says(person: Person, reply: Reply) -> bool:
        (talked,) = [one for one in announced(office) if one.person_id == person.id]
        fact = Answered(broadcast.id or 0, reply, "")
        return broadcasts.answered(office.s, talked, fact, NOON)

    marta, rosa, lucia = people
    assert [says(marta, Reply.YES), says(rosa, Reply.NO), says(lucia, Reply.YES)] == [True] * 3
    assert broadcasts.covered(office.s, broadcast)
    assert says(rosa, Reply.YES) is False
    assert [row.late for row in office.all(Recipient)] == [False, True, False]
    assert says(marta, Reply.YES) is True  # said twice, it counts once
    assert says(lucia, Reply.NO) is True
    assert not broadcasts.covered(office.s, broadcast)


def test_who_is_away_is_left_out_by_name_and_nobody_is_asked_for_what_is_covered(office):
    people = [office.person(name) for name in ("Marta", "Rosa", "Lucía")]
    marta, rosa, lucia = people
    shifts.go_away(office.s, rosa, NOON.date(), NOON.date(), NOON, "staff:1")
    broadcast = draft(office, people, wanted=1)
    seats = {one.name: why for one, why, _ in broadcasts.audience(office.s, broadcast, NOON)}
    assert seats["Rosa"] is Exclusion.ON_LEAVE
    broadcasts.confirm(office.s, broadcast, 1, NOON)
    assert broadcasts.expand(office.s, broadcast.id or 0, NOON, 1) is True
    (talked,) = announced(office)
    broadcasts.answered(office.s, talked, Answered(broadcast.id or 0, Reply.YES, ""), NOON)
    while broadcasts.expand(office.s, broadcast.id or 0, NOON, 1):
        pass
    became = {row.person_id: row.exclusion for row in office.all(Recipient)}
    assert became == {
        marta.id: Exclusion.NONE,
        rosa.id: Exclusion.ON_LEAVE,
        lucia.id: Exclusion.COVERED,
    }
