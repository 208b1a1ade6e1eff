"""Words agreed on for danger, and the two who end a freeze."""

import pytest

from bot.office import people
from bot.office.reach import freezing
from bot.office.refusal import Refusal
from models.outbox import OutboxState
from models.person import Role, Via
from models.task import Task, TaskKind
from tests.office.scene import NOON, Office

TAMALES = "¿Todavía venden tamales?"


@pytest.fixture
def marta(office: Office):
    woken = office.person("Ana", Role.STAFF, Via.WHATSAPP, Via.SMS)
    freezing.call_on(office.s, woken, 1, NOON, on=True)
    return office.person()


@pytest.mark.parametrize(
    "said",
    [
        TAMALES,
        "todavia benden tamales",
        "Buenas, todabia venden tamaless hoy?",
        "TODAVÍA VENDEN\u200b TAMALES",
    ],
)
def test_the_agreed_words_are_heard_as_a_frightened_thumb_writes_them(office, marta, said):
    freezing.agree(office.s, marta, [TAMALES], 1, NOON)
    assert people.in_danger(marta, said)


@pytest.mark.parametrize(
    "said", ["venden tamales todavía", "todavía venden", "todavía vendemos tamales", "tamales", ""]
)
def test_other_words_are_not(office, marta, said):
    freezing.agree(office.s, marta, [TAMALES, "¿A cómo la docena de huevos?"], 1, NOON)
    assert not people.in_danger(marta, said)


@pytest.mark.parametrize("phrase", ["tamales", "sí", "no puedo", "ya no me escriban", "ayuda"])
def test_words_that_are_said_every_day_are_refused(office, marta, phrase):
    with pytest.raises(Refusal, match="by accident"):
        freezing.agree(office.s, marta, [phrase], 1, NOON)
    assert not marta.duress


def test_no_words_are_agreed_on_while_nobody_would_be_woken(office):
    marta = office.person()
    with pytest.raises(Refusal, match="on call"):
        freezing.agree(office.s, marta, [TAMALES], 1, NOON)


def test_they_can_be_dropped(office, marta):
    freezing.agree(office.s, marta, [TAMALES], 1, NOON)
    freezing.agree(office.s, marta, [], 1, NOON)
    assert not people.in_danger(marta, TAMALES)


def test_a_freeze_cancels_what_waits_and_asks_for_a_human(office, marta):
    row = office.message(marta, "Hola")
    assert people.freeze(office.s, marta, NOON, "staff:1")
    office.s.refresh(row)
    assert row.state is OutboxState.CANCELLED
    (task,) = office.all(Task, Task.kind == TaskKind.DANGER)
    assert task.person_id == marta.id
    assert not people.freeze(office.s, marta, NOON, "staff:1")


def test_two_of_staff_end_a_freeze_and_one_alone_never(office, marta):
    people.freeze(office.s, marta, NOON, "staff:1")
    assert not freezing.thaw(office.s, marta, 1, NOON)
    assert not freezing.thaw(office.s, marta, 1, NOON)
    assert marta.frozen_at == NOON
    assert freezing.thaw(office.s, marta, 2, NOON)
    assert marta.frozen_at is None
    people.freeze(office.s, marta, NOON, "staff:1")
    assert not freezing.thaw(office.s, marta, 2, NOON)  # what was asked before counts no more
    assert freezing.thaw(office.s, marta, 1, NOON)
    assert not freezing.thaw(office.s, marta, 1, NOON)  # nothing is frozen


def test_only_staff_who_can_be_reached_are_on_call(office, marta):
    with pytest.raises(Refusal, match="not of staff"):
        freezing.call_on(office.s, marta, 1, NOON, on=True)
    nowhere = office.person("Luz", Role.STAFF, None)
    with pytest.raises(Refusal, match="any known address"):
        freezing.call_on(office.s, nowhere, 1, NOON, on=True)
    (ana,) = freezing.on_call(office.s)
    address = freezing.alarm_address(office.s, ana)
    assert address is not None
    assert address.via is Via.SMS
    freezing.call_on(office.s, ana, 1, NOON, on=False)
    assert freezing.on_call(office.s) == []
