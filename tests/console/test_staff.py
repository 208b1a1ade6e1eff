"""Colleagues, as staff bring them in: a link that works once, for so long, and is taken back."""

import re
from datetime import timedelta

import pytest

from models.staff import Duty, Staff, StaffInvite
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
