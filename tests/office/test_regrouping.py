"""Who is who: proposed, looked at, confirmed by a human, and undone."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, SQLModel

from bot.office import people
from bot.office.consents import log
from bot.office.reach.addresses import addresses_of
from bot.office.reach.consent import stop
from bot.office.refusal import Refusal
from bot.office.who import belongings, confirming, doubts, links, regrouping, undoing
from bot.office.who.links import Facts
from models.case import Case
from models.conversation import Talked
from models.grant import GrantAct, Purpose, Standing
from models.inbox import Heard
from models.outbox import OutboxState
from models.person import Address, Doubt, Link, Lockout, Person, Role, Trust, Via
from models.regrouping import Regrouping, RegroupingKind, RegroupingState
from models.task import Task, TaskState
from models.trail import Trail
from tests.office.scene import HOUR, KEYS, NOON

WIRE = "+50255559001"
DAY = timedelta(days=1)


def link_of(s: Session, person: Person, address: Address) -> Link:
    link = links.of(s, person.id or 0, address.id or 0)
    assert link is not None
    return link


def found(s: Session, wire: str) -> tuple[Person, Address]:
    known = people.find(s, KEYS, Via.SMS, wire)
    assert known is not None
    return known


@pytest.fixture
def stranger(s):
    return people.meet(s, KEYS, Via.SMS, WIRE, "", NOON)[0]


@pytest.fixture
def ana(office):
    return office.staff().id


def propose(s: Session, kind: RegroupingKind, person: Person, **more: Any) -> Regrouping:
    return regrouping.propose(
        s, kind=kind, person=person, why="Lo dijo ella.", now=NOON, actor="staff:1", **more
    )


def done(s, row, staff_id, at=NOON + HOUR):
    return confirming.confirm(s, row, regrouping.preview(s, row, NOON).mark, staff_id, at)


def everything(office):
    """All that joining may touch, as it is now."""
    office.s.flush()
    office.s.expire_all()
    return (
        [(one.id, one.person_id, one.trust, one.shared) for one in office.all(Link)],
        [(one.id, one.person_id) for one in office.all(Heard)],
        [(one.id, one.person_id) for one in office.all(Talked)],
        [(one.id, one.parent_id) for one in office.all(Case)],
        [(one.id, one.stopped_at, one.lockout, one.joined_into) for one in office.all(Person)],
    )


def test_every_column_that_names_a_person_is_decided_about():
    """A new table fails here until somebody says what becomes of it when two people are joined."""
    named = {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if any(key.column.table.name == "person" for key in column.foreign_keys)
    }
    decided = {*belongings.MOVES, *belongings.STAYS, *belongings.OWN}
    assert named == decided, "Say in bot/office/who/belongings.py whether it moves or stays."


def test_the_bot_only_proposes_and_asks_once(s, office, stranger):
    marta = office.person()
    before = everything(office)
    rows = [
        regrouping.propose(
            s,
            kind=RegroupingKind.JOIN,
            person=stranger,
            other=marta,
            why="One account.",
            cause="join:1:2",
            now=NOON,
            actor="bot",
        )
        for _twice in range(2)
    ]
    assert rows[0] is rows[1]
    assert rows[0].state is RegroupingState.PROPOSED
    assert len(office.all(Task)) == 1
    assert everything(office) == before


def test_two_who_are_one_become_one_and_two_again(s, office, ana):
    father = office.person("Pedro", Role.PARENT)
    case = office.case(parent_id=father.id)
    talked = office.outreach(case, father)
    again = office.person("Pedro Cuento", Role.PARENT, Via.SMS)
    office.heard(father, "¿quién es?")
    office.heard(again, "soy yo")
    before = everything(office)
    row = propose(s, RegroupingKind.JOIN, father, other=again)
    looked = regrouping.preview(s, row, NOON)
    assert {name: len(rows) for name, rows in looked.moves.items()} == {
        "heard.person_id": 1,
        "conversation.person_id": 1,
        "case.parent_id": 1,
    }
    assert [link.address_id for link in looked.links] == [office.only_address(father).id]
    assert everything(office) == before  # looking changes nothing
    done(s, row, ana)
    assert father.joined_into == again.id
    assert (talked.person_id, case.parent_id) == (again.id, again.id)
    wire = office.all(Link, Link.person_id == again.id)
    assert len(wire) == 2
    assert {one.person_id for one in office.all(Heard)} == {again.id}
    with pytest.raises(Refusal, match="decided already"):
        done(s, row, ana)
    undoing.undo(s, row, ana, NOON + 2 * HOUR)
    assert everything(office) == before
    acts = [one.act for one in office.all(Trail, Trail.object == f"regrouping:{row.id}")]
    assert acts == ["regrouping.proposed", "regrouping.confirmed", "regrouping.undone"]
    with pytest.raises(Refusal, match="nothing to undo"):
        undoing.undo(s, row, ana, NOON + 2 * HOUR)


def test_only_what_was_looked_at_is_done(s, office, stranger, ana):
    marta = office.person()
    row = propose(s, RegroupingKind.JOIN, stranger, other=marta)
    mark = regrouping.preview(s, row, NOON).mark
    office.heard(stranger, "soy marta")
    with pytest.raises(Refusal, match="changed since you looked"):
        confirming.confirm(s, row, mark, ana, NOON)
    regrouping.drop(s, row, ana, NOON)
    with pytest.raises(Refusal, match="decided already"):
        done(s, row, ana)


@pytest.mark.parametrize("stopped_first", [True, False])
def test_the_stricter_of_both_wins_and_consent_is_asked_for_again(
    s, office, stranger, ana, stopped_first
):
    marta = office.person()
    one, other = (stranger, marta) if stopped_first else (marta, stranger)
    one.stopped_at, other.lockout = NOON - DAY, Lockout.UNSAFE
    s.add_all([one, other])
    waiting = office.message(marta)
    row = done(s, propose(s, RegroupingKind.JOIN, stranger, other=marta), ana)
    assert (marta.stopped_at, marta.lockout) == (NOON - DAY, Lockout.UNSAFE)
    s.refresh(waiting)
    assert waiting.state is OutboxState.CANCELLED
    (task,) = office.all(Task, Task.cause == f"consent:{row.id}")
    assert "The stricter holds" in task.detail
    undoing.undo(s, row, ana, NOON + 2 * HOUR)
    assert (one.stopped_at, other.stopped_at) == (NOON - DAY, None)
    assert (one.lockout, other.lockout) == (Lockout.NONE, Lockout.UNSAFE)
    assert task.state is TaskState.DONE


def test_a_stop_that_came_while_they_were_one_stays_with_both(s, office, stranger, ana):
    marta = office.person()
    row = done(s, propose(s, RegroupingKind.JOIN, stranger, other=marta), ana)
    address = office.only_address(marta)
    stop(s, marta, address, address.via, "alto", None, NOON + 2 * HOUR)
    undoing.undo(s, row, ana, NOON + 3 * HOUR)
    assert marta.stopped_at == stranger.stopped_at == NOON + 2 * HOUR


def test_an_address_both_had_keeps_what_makes_it_safer(s, office, ana):
    rosa = office.person("Rosa", Role.DEFENDER, None)
    people.add_address(s, KEYS, rosa, Via.WHATSAPP, "+50255559002", NOON, "staff:1")
    eva = office.person("Eva", Role.DEFENDER, None)
    shared = people.add_address(s, KEYS, eva, Via.WHATSAPP, "+50255559002", NOON, "staff:1")
    hers = link_of(s, eva, shared)
    links.change(s, hers, Facts(Trust.ENROLLED, shared=True, note="No de noche."), NOON, "staff:1")
    before = everything(office)
    row = done(s, propose(s, RegroupingKind.JOIN, eva, other=rosa), ana)
    link = link_of(s, rosa, shared)
    assert (link.shared, link.note) == (True, "No de noche.")
    assert people.find(s, KEYS, Via.WHATSAPP, "+50255559002") == (rosa, shared)
    undoing.undo(s, row, ana, NOON + 2 * HOUR)
    assert everything(office) == before


def test_somebody_known_is_not_lost_in_somebody_unknown(s, office, stranger):
    marta, father = office.person(), office.person("Pedro", Role.PARENT)
    with pytest.raises(Refusal, match="into somebody known"):
        propose(s, RegroupingKind.JOIN, marta, other=stranger)
    with pytest.raises(Refusal, match="something different"):
        propose(s, RegroupingKind.JOIN, marta, other=father)
    with pytest.raises(Refusal, match="Say who else"):
        propose(s, RegroupingKind.JOIN, marta, other=marta)
    with pytest.raises(Refusal, match="Choose an address"):
        propose(s, RegroupingKind.PART, marta, address=office.only_address(father))


def test_a_recycled_number_goes_to_whom_it_is_now_with_what_was_said_in_doubt(s, office, ana):
    marta = office.person("Marta", Role.DEFENDER, Via.SMS, Via.WHATSAPP)
    number = next(one for one in addresses_of(s, marta) if one.via is Via.SMS)
    office.heard(marta, "de antes", number)
    link = link_of(s, marta, number)
    doubts.doubt(s, link, Doubt.SILENCE, office.later(40 * DAY))
    strange = office.heard(marta, "¿quién es?", number)
    waiting = office.message(marta, address=number)
    before = everything(office)
    row = propose(s, RegroupingKind.PART, marta, address=number)
    looked = regrouping.preview(s, row, NOON)
    assert looked.moves == {"heard.person_id": [strange.id]}
    assert looked.stays == 1
    done(s, row, ana, office.now)
    other = s.get_one(Person, row.other_id)
    assert (other.role, strange.person_id) == (Role.UNKNOWN, other.id)
    assert found(s, number.wire) == (other, number)
    s.refresh(waiting)
    assert waiting.state is OutboxState.CANCELLED
    undoing.undo(s, row, ana, office.later(HOUR))
    assert found(s, number.wire) == (marta, number)
    assert everything(office)[1:4] == before[1:4]
    assert other.joined_into == marta.id  # it was made for this, and is nobody


def test_a_number_that_was_moved_takes_the_stop_said_there_along(s, office, ana):
    marta, rosa = office.person(), office.person("Rosa")
    address = office.only_address(marta)
    stop(s, marta, address, address.via, "alto", None, NOON)
    row = done(s, propose(s, RegroupingKind.MOVE, marta, other=rosa, address=address), ana)
    assert rosa.stopped_at == NOON
    undoing.undo(s, row, ana, NOON + 2 * HOUR)
    assert (marta.stopped_at, rosa.stopped_at) == (NOON, None)


def test_a_changed_number_replaces_the_old_one(s, office, stranger, ana):
    marta = office.person()
    old = office.only_address(marta)
    new = found(s, WIRE)[1]
    stranger.stopped_at = NOON
    s.add(stranger)
    row = propose(s, RegroupingKind.CHANGE, marta, address=old, new_address=new)
    done(s, row, ana)
    assert found(s, WIRE) == (marta, new)
    assert addresses_of(s, marta) == [new]
    assert marta.stopped_at == NOON  # whoever wrote from there asked for no more
    undoing.undo(s, row, ana, NOON + 2 * HOUR)
    assert addresses_of(s, marta) == [old]
    assert found(s, WIRE) == (stranger, new)
    assert marta.stopped_at is None


def test_what_was_found_untrue_since_stays_so_when_it_is_undone(s, office, stranger, ana):
    marta = office.person()
    row = done(s, propose(s, RegroupingKind.JOIN, stranger, other=marta), ana)
    address = found(s, WIRE)[1]
    people.disprove(s, marta, address, None, NOON + 2 * HOUR)
    undoing.undo(s, row, ana, NOON + 3 * HOUR)
    assert link_of(s, stranger, address).trust is Trust.DISPROVED


def test_what_one_of_two_refused_is_refused_by_both_and_asked_again(s, office, stranger, ana):
    father = office.person("Pedro", Role.PARENT)
    for who, purpose, act in (
        (stranger, Purpose.CONTACT, GrantAct.REFUSED),
        (father, Purpose.CONTACT, GrantAct.GRANTED),
        (father, Purpose.DOCUMENTS, GrantAct.REVOKED),
        (stranger, Purpose.DOCUMENTS, GrantAct.GRANTED),
    ):
        log.write(s, who.id or 0, purpose, act, NOON, actor="staff:1")
    row = done(s, propose(s, RegroupingKind.JOIN, stranger, other=father), ana)
    held = log.all_standing(s, father.id or 0, NOON)
    assert {held[Purpose.CONTACT], held[Purpose.DOCUMENTS]} == {Standing.REFUSED}
    assert [one.cause for one in office.all(Task)] == [f"consent:{row.id}"]
    undoing.undo(s, row, ana, NOON + HOUR)
    assert log.all_standing(s, father.id or 0, NOON)[Purpose.CONTACT] is Standing.UNCLEAR
