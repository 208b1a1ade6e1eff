"""Who answers when: told on a page, said in the console and by the API alike."""

from models.duty import Leave, Shift
from models.person import Person, Role
from models.staff import Staff
from tests.console.desk import Desk

HOURS = {"act": "shift", "account": "1", "days": "1", "begins": "08:00", "ends": "17:00"}


async def test_the_page_tells_plainly_who_answers_and_when_nobody_does(desk: Desk):
    async with desk.browser("marisol") as browser:
        page = (await browser.get("/console/on-call")).text
        assert "Nadie ha dicho a qué horas atendemos." in page
        await browser.follow(await browser.post("/console/on-call", **HOURS))
        # It is Tuesday noon; on the six days after it nobody answers.
        assert "Atiende ahora: Marisol Ficticia." in browser.page
        assert browser.page.count("no atiende nadie") == 6
        assert "08:00–17:00" in browser.page
        shift = desk.only(Shift)
        await browser.follow(await browser.post("/console/on-call", act="end", shift=str(shift.id)))
        assert "Nadie ha dicho a qué horas atendemos." in browser.page


async def test_what_cannot_be_is_said_and_nothing_typed_is_lost(desk: Desk):
    marta = desk.person()
    refused = [
        {**HOURS, "account": ""},
        {**HOURS, "days": ""},
        {**HOURS, "begins": "ocho"},
        {**HOURS, "ends": "08:00"},
        {"act": "end"},
        {"act": "phone", "account": ""},
        {"act": "phone", "account": "1", "person": str(marta.id)},
        {"act": "dance"},
    ]
    async with desk.browser("marisol") as browser:
        await browser.get("/console/on-call")
        for fields in refused:
            assert (await browser.post("/console/on-call", **fields)).status_code == 422, fields
    assert desk.all(Shift) == []


async def test_a_phone_is_joined_to_an_account_and_days_of_leave_are_written_down(desk: Desk):
    ana = desk.person("Ana Ficticia", Role.STAFF)
    path = f"/console/people/{ana.id}/leave"
    async with desk.browser("marisol") as browser:
        await browser.get("/console/on-call")
        await browser.follow(await browser.post("/console/on-call", **HOURS))
        await browser.follow(
            await browser.post("/console/on-call", act="phone", account="1", person=str(ana.id))
        )
        assert "Ana Ficticia" in browser.page
        assert desk.all(Staff)[0].person_id == ana.id
        assert (await browser.post(path, first="2026-11-25", last="")).status_code == 422
        assert (await browser.post(path, first="2026-11-26", last="2026-11-25")).status_code == 422
        await browser.follow(await browser.post(path, first="2026-11-24", last="2026-11-24"))
        page = (await browser.get("/console/on-call")).text
        assert "A esta hora no atiende nadie." in page
        leave = desk.only(Leave)
        await browser.follow(await browser.post(path, end=str(leave.id)))
        assert "Atiende ahora" in (await browser.get("/console/on-call")).text


async def test_a_program_does_the_same(desk: Desk):
    ana = desk.person("Ana Ficticia", Role.STAFF)
    async with desk.program(desk.token(staff_id=1)) as program:
        body = {"staff_id": 1, "weekdays": [1, 2], "begins": 480, "ends": 1020}
        made = (await program.post("/on-call/shifts", json=body)).json()["items"]
        assert [one["zone"] for one in made] == ["America/Guatemala"] * 2
        phone = await program.put("/on-call/phones/1", json={"person_id": ana.id})
        assert phone.status_code == 204
        roster = (await program.get("/on-call")).json()
        assert (roster["now"], len(roster["nobody_on"])) == ([1], 5)
        assert roster["accounts"][0]["person_id"] == ana.id
        days = {"first": "2026-11-24", "last": "2026-11-24"}
        leave = (await program.post(f"/people/{ana.id}/leave", json=days)).json()
        away = (await program.get("/on-call")).json()
        assert (away["now"], away["next"], away["leave"]) == ([], [1], [leave])
        back = await program.delete(f"/people/{ana.id}/leave/{leave['id']}")
        assert back.status_code == 204
        assert (await program.delete(f"/on-call/shifts/{made[0]['id']}")).status_code == 204
        assert len((await program.get("/on-call")).json()["shifts"]) == 1
        nobody = await program.put("/on-call/phones/1", json={"person_id": None})
        assert nobody.status_code == 204
    assert desk.only(Person).on_call is False
