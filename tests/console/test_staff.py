"""Colleagues, as staff bring them in: a link that works once, for so long, and is taken back."""

import re
from datetime import timedelta

import pytest
from sqlmodel import Session

from bot.office import leaving, tasks
from bot.office.refusal import Refusal
from models.person import Person, Role
from models.staff import Duty, Staff, StaffInvite
from models.task import Task, TaskKind
from models.trail import Trail
from tests.console.desk import PASSWORD, URL, Desk

HIRE = {"username": " Noe ", "name": "Noé Ficticio", "duty": "reader", "days": "1"}
INVITES = "/console/staff/invites"


async def test_a_coordinator_makes_a_link_and_the_colleague_comes_in_by_it(desk: Desk):
    async with desk.browser("marisol") as browser:
        await browser.get("/console/staff")
        made = await browser.post(INVITES, **HIRE)
        assert made.status_code == 201
        (link,) = re.findall(rf"{URL}/console/join/[\w-]+", made.text)
        kept = desk.only(StaffInvite)
        assert (kept.username, kept.duty) == ("noe", Duty.READER)
        assert kept.expires_at == desk.clock.at + timedelta(days=1)
        (line,) = desk.all(Trail, Trail.act == "staff.invited")
        assert line.actor == "staff:1"
        page = (await browser.get("/console/staff")).text
        assert "Noé Ficticio" in page
        assert link not in page, "it is shown once"
    async with desk.browser() as noe:
        await noe.get(link.removeprefix(URL))
        await noe.post(link.removeprefix(URL), password=PASSWORD, again=PASSWORD)
    assert desk.only(Staff, Staff.username == "noe").duty is Duty.READER
    async with desk.browser("marisol") as browser:
        page = (await browser.get("/console/staff")).text
        assert "Ningún enlace espera" in page


async def test_a_link_is_taken_back_once_in_a_colleagues_name(desk: Desk):
    async with desk.browser("marisol") as browser:
        await browser.get("/console/staff")
        await browser.post(INVITES, **HIRE)
        number = desk.only(StaffInvite).id
        for _twice in range(2):
            await browser.follow(await browser.post(f"{INVITES}/{number}/revoke"))
        missing = await browser.post(f"{INVITES}/99/revoke")
    assert missing.status_code == 404
    assert desk.only(StaffInvite).revoked_at == desk.clock.at
    (line,) = desk.all(Trail, Trail.act == "staff.invite_revoked")
    assert (line.actor, line.object) == ("staff:1", f"staff_invite:{number}")


@pytest.mark.parametrize(
    ("field", "typed"),
    [("username", "marisol"), ("username", ""), ("name", ""), ("duty", "chief"), ("days", "30")],
)
async def test_what_makes_no_link_is_said_and_stays_typed(desk: Desk, field: str, typed: str):
    async with desk.browser("marisol") as browser:
        await browser.get("/console/staff")
        answer = await browser.post(INVITES, **{**HIRE, field: typed})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert desk.all(StaffInvite) == []


async def test_a_program_does_the_same_in_a_humans_name(desk: Desk):
    body = {"username": "noe", "name": "Noé", "duty": "reader"}
    async with desk.program(desk.token("staff:read", "staff:write", staff_id=1)) as program:
        made = await program.post("/staff/invites", json=body)
        assert made.json()["link"].startswith(f"{URL}/console/join/")
        (waiting,) = (await program.get("/staff/invites")).json()
        assert (waiting["username"], "link" in waiting) == ("noe", False)
        assert (await program.delete(f"/staff/invites/{waiting['id']}")).status_code == 204
        assert (await program.get("/staff/invites")).json() == []
        names = [one["username"] for one in (await program.get("/staff")).json()]
        assert names == ["lector", "marisol"]
        refused = await program.post("/staff/invites", json={**body, "username": "marisol"})
        assert refused.status_code == 422


async def test_who_leaves_is_out_everywhere_and_what_she_had_waits_for_others(desk: Desk):
    noe = desk.hire("noe")
    father = desk.person("Tono Ficticio", Role.PARENT)
    had = desk.write(lambda s: needs(s, desk, noe))
    token = desk.token("people:read", staff_id=noe.id)
    desk.write(lambda s: setattr(s.get_one(Person, father.id), "held_by", noe.id))
    async with desk.browser("noe") as hers, desk.browser("marisol") as browser:
        assert (await hers.get("/console/staff")).status_code == 200
        await browser.get("/console/staff")
        done = await browser.follow(await browser.post(f"/console/staff/{noe.id}/end"))
        assert "Dejar entrar otra vez" in done.text
        assert (await hers.get("/console/staff")).status_code in {303, 401}
        assert (await hers.sign_in("noe")).status_code == 422
        async with desk.program(token) as program:
            assert (await program.get("/people")).status_code == 401
        assert desk.only(Task, Task.id == had).owner_id is None
        assert desk.only(Person, Person.id == father.id).held_by is None
        (line,) = desk.all(Trail, Trail.act == "staff.ended")
        assert (line.actor, line.object) == ("staff:1", f"staff:{noe.id}")
        for _twice in range(2):  # undone, by somebody else
            await browser.follow(await browser.post(f"/console/staff/{noe.id}/reopen"))
        assert (await hers.get("/console/staff")).status_code in {303, 401}
        assert (await hers.sign_in("noe")).status_code == 303
        async with desk.program(token) as program:
            assert (await program.get("/people")).status_code == 401
    assert len(desk.all(Trail, Trail.act == "staff.reopened")) == 1


def needs(s: Session, desk: Desk, owner: Staff) -> int:
    task = tasks.need(
        s, kind=TaskKind.QUESTION, cause="question:1", now=desk.clock.at, owner_id=owner.id
    )
    return task.id or 0


async def test_nobody_ends_her_own_account_nor_the_last_that_may_act(desk: Desk):
    noe = desk.hire("noe")
    async with desk.browser("marisol") as browser:
        await browser.get("/console/staff")
        refused = await browser.post("/console/staff/1/end")
        assert refused.status_code == 422
        assert "su propia cuenta" in refused.text
        assert (await browser.post("/console/staff/99/end")).status_code == 404
    async with desk.program(desk.token("staff:write", staff_id=1)) as program:
        assert (await program.delete(f"/staff/{noe.id}")).status_code == 204
        assert (await program.delete(f"/staff/{noe.id}")).status_code == 204
        assert (await program.post(f"/staff/{noe.id}/reopen")).status_code == 204
    desk.write(lambda s: setattr(s.get_one(Staff, 1), "disabled_at", desk.clock.at))
    with pytest.raises(Refusal):
        desk.write(lambda s: leaving.end(s, s.get_one(Staff, noe.id), desk.clock.at, "bot"))
    assert desk.only(Staff, Staff.id == noe.id).disabled_at is None
