"""First contact: proved to give nothing away, on the person's clock; then what a human heard."""

import json
from datetime import timedelta

import pytest
from sqlmodel import Session

from models.appointment import Appointment, AppointmentState, Established
from models.conversation import Talked
from models.person import Person, Role
from models.task import Task, TaskKind, TaskState
from tests.console.desk import Desk
from tests.console.story import Day

PATH = "/console/cases/GT-0417/first-contact"


async def test_the_first_message_is_seen_and_proved_before_it_goes(desk: Desk):
    tomasa = desk.person("Tomasa Novela", Role.PARENT)
    desk.case(parent_id=tomasa.id)
    async with desk.browser("marisol") as browser:
        page = (await browser.get(PATH)).text
        assert 'value="2026-11-25T09:00"' in page
        assert "América/Guatemala" in page or "America/Guatemala" in page
        typed = {"person_id": str(tomasa.id), "slot_1": "2026-11-25T17:00"}
        look = await browser.post(PATH, **typed, step="look")
        shown = look.text.partition('class="phones"')[2].partition("</section>")[0]
        assert shown.count("<figure") == 2
        assert look.text.count('<li class="good">') == 2
        for secret in ("Tomasa", "Nubes", "GT-0417"):
            assert secret not in shown.partition('class="checks"')[0]
        assert desk.all(Talked) == []
        sent = await browser.post(PATH, **typed, step="send", looked_at=browser.field("looked_at"))
        await browser.follow(sent)
    talked = desk.only(Talked)
    assert (talked.name, talked.person_id, talked.code) == ("outreach", tomasa.id, "")
    assert json.loads(talked.given)["slots"] == ["2026-11-25T23:00:00+00:00"]


async def test_the_hours_are_told_on_both_clocks(desk: Desk):
    tomasa = desk.person("Tomasa Novela", Role.PARENT)
    desk.case(parent_id=tomasa.id)
    async with desk.browser("marisol") as browser:
        browser.client.cookies.set("zone", "America/New_York")
        await browser.get(PATH)
        look = await browser.post(
            PATH, person_id=str(tomasa.id), slot_1="2026-11-25T17:00", step="look"
        )
    cells = look.text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert "17:00" in cells
    assert "18:00" in cells


async def test_the_proof_fails_when_the_message_would_tell(desk: Desk):
    tomasa = desk.person("Tomasa Novela", Role.PARENT)
    desk.case(parent_id=tomasa.id, guarded="asistente de una organización")
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        look = await browser.post(
            PATH, person_id=str(tomasa.id), slot_1="2026-11-25T17:00", step="look"
        )
    assert look.text.count('<li class="bad">') == 1


@pytest.mark.parametrize(
    "slots",
    [
        {},
        {"slot_1": "2026-11-23T17:00"},
        {"slot_2": "tomorrow"},
    ],
)
async def test_hours_that_do_not_do_are_said(desk: Desk, slots: dict[str, str]):
    tomasa = desk.person("Tomasa Novela", Role.PARENT)
    desk.case(parent_id=tomasa.id)
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        answer = await browser.post(PATH, person_id=str(tomasa.id), **slots, step="look")
    assert answer.status_code == 422
    assert 'href="#f-slot_' in answer.text


async def test_only_a_possible_parent_who_may_be_written_to_is_chosen(desk: Desk):
    tomasa = desk.person("Tomasa Novela", Role.PARENT)
    marta = desk.person()
    desk.case(parent_id=tomasa.id)

    def stop(s: Session) -> None:
        s.get_one(Person, tomasa.id).stopped_at = desk.clock.at

    desk.write(stop)
    async with desk.browser("marisol") as browser:
        page = (await browser.get(PATH)).text
        assert 'class="why"' in page
        for person_id in (str(tomasa.id), str(marta.id), "99", "x", ""):
            answer = await browser.post(
                PATH, person_id=person_id, slot_1="2026-11-25T17:00", step="look"
            )
            assert answer.status_code == 422
            assert "<figure" not in answer.text
    assert desk.all(Talked) == []


async def test_choosing_somebody_else_proposes_hours_on_their_clock(desk: Desk):
    desk.case()
    tomasa = desk.person("Tomasa Novela", Role.PARENT)
    async with desk.browser("marisol") as browser:
        page = (await browser.get(PATH)).text
        assert 'value="person"' in page
        answer = await browser.post(PATH, person_id=str(tomasa.id), step="person")
    assert answer.status_code == 200
    assert 'value="2026-11-25T09:00"' in answer.text


async def test_a_second_contact_beside_an_open_one_is_refused(desk: Desk):
    tomasa = desk.person("Tomasa Novela", Role.PARENT)
    desk.case(parent_id=tomasa.id)
    typed = {"person_id": str(tomasa.id), "slot_1": "2026-11-26T17:00"}
    async with desk.browser("marisol") as browser:
        for expected in (303, 422):
            await browser.get(PATH)
            await browser.post(PATH, **typed, step="look")
            answer = await browser.post(
                PATH, **typed, step="send", looked_at=browser.field("looked_at")
            )
            assert answer.status_code == expected
    assert len(desk.all(Talked)) == 1


async def test_without_possible_parents_the_form_says_where_to_add_them(desk: Desk):
    desk.case()
    async with desk.browser("marisol") as browser:
        assert 'class="empty"' in (await browser.get(PATH)).text


async def test_what_a_call_established_is_recorded_by_name_and_once(desk: Desk, day: Day):
    path = f"/console/calls/{day.call.id}"
    desk.clock.pass_(timedelta(days=1))
    typed = {"state": "held", "established": "is_the_person", "note": "Le dicen Chepa."}
    async with desk.browser("marisol") as browser:
        page = (await browser.get(path)).text
        assert "Tomasa Novela" in page
        assert desk.address(day.tomasa).wire in page
        await browser.follow(await browser.post(path, **typed))
        again = await browser.post(path, **typed)
        assert again.status_code == 422
        assert "Le dicen Chepa." in (await browser.get(path)).text
    call = desk.only(Appointment)
    assert (call.state, call.established, call.recorded_by) == (
        AppointmentState.HELD,
        Established.IS_THE_PERSON,
        1,
    )
    assert {task.state for task in desk.all(Task, Task.kind == TaskKind.CALL)} == {TaskState.DONE}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"state": "booked"},
        {"state": "missed", "established": "is_the_person"},
        {"state": "held", "established": "sainthood"},
    ],
)
async def test_a_record_that_makes_no_sense_is_refused(desk: Desk, day: Day, wrong: dict[str, str]):
    path = f"/console/calls/{day.call.id}"
    async with desk.browser("marisol") as browser:
        answer = await browser.post(path, **wrong, note="Mi nota larga")
    assert answer.status_code == 422
    assert "Mi nota larga" in answer.text
    assert desk.only(Appointment).state is AppointmentState.BOOKED


async def test_a_call_that_there_is_not_says_so(desk: Desk):
    async with desk.browser("marisol") as browser:
        assert (await browser.get("/console/calls/9")).status_code == 404
        assert (await browser.get("/console/calls/x")).status_code == 404
        assert (await browser.post("/console/calls/9", state="held")).status_code == 404
