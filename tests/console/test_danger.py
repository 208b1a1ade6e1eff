"""What protects somebody in danger, as staff do it: in the console, and by the API."""

from models.person import Person, Role
from models.task import Task, TaskKind
from tests.console.desk import Desk

TAMALES = "¿todavía venden tamales?"


async def test_it_takes_two_coordinators_to_end_a_freeze(desk: Desk):
    person = desk.person()
    path = f"/console/people/{person.id}"
    async with desk.browser("marisol") as browser:
        await browser.get("/console/")
        await browser.follow(await browser.post(f"{path}/freeze"))
        assert desk.only(Person).frozen_at == desk.clock.at
        assert desk.only(Task).kind is TaskKind.DANGER
        for _again in range(2):
            await browser.follow(await browser.post(f"{path}/thaw"))
            assert desk.only(Person).frozen_at is not None
        assert "Marisol" in browser.page
    async with desk.program(desk.token(staff_id=2)) as program:
        answer = await program.delete(f"/people/{person.id}/freeze")
        assert answer.json() == {"thawed": True}
    assert desk.only(Person).frozen_at is None


async def test_words_are_agreed_on_when_somebody_is_on_call(desk: Desk):
    marta = desk.person()
    ana = desk.person("Ana", role=Role.STAFF)
    async with desk.browser("marisol") as browser:
        await browser.get("/console/")
        refused = await browser.post(f"/console/people/{marta.id}/duress", phrases=TAMALES)
        assert refused.status_code == 422
        assert TAMALES in refused.text  # what was typed is not lost
        await browser.follow(await browser.post(f"/console/people/{ana.id}/on-call", on="yes"))
        await browser.follow(
            await browser.post(f"/console/people/{marta.id}/duress", phrases=TAMALES)
        )
        assert TAMALES in browser.page
        not_staff = await browser.post(f"/console/people/{marta.id}/on-call", on="yes")
        assert not_staff.status_code == 422
        too_long = await browser.post(f"/console/people/{marta.id}/duress", phrases="x" * 500)
        assert too_long.status_code == 422
        await browser.follow(await browser.post(f"/console/people/{ana.id}/on-call", on="no"))
    assert desk.all(Person, Person.id == marta.id)[0].duress == TAMALES
    assert not desk.all(Person, Person.id == ana.id)[0].on_call


async def test_a_program_does_the_same_in_a_human_s_name(desk: Desk):
    marta = desk.person()
    ana = desk.person("Ana", role=Role.STAFF)
    async with desk.program(desk.token(staff_id=1)) as program:
        assert (await program.put(f"/people/{ana.id}/on-call")).status_code == 204
        phrases = {"phrases": [TAMALES]}
        assert (await program.put(f"/people/{marta.id}/duress", json=phrases)).status_code == 204
        everyday = await program.put(f"/people/{marta.id}/duress", json={"phrases": ["sí"]})
        assert everyday.headers["content-type"] == "application/problem+json"
        assert (await program.put(f"/people/{marta.id}/freeze")).status_code == 204
        first = await program.delete(f"/people/{marta.id}/freeze")
        assert first.json() == {"thawed": False}
        assert (await program.delete(f"/people/{ana.id}/on-call")).status_code == 204
    async with desk.program(desk.token(staff_id=None)) as program:
        assert (await program.delete(f"/people/{marta.id}/freeze")).status_code == 403
