"""Who may open which door: every page by every kind of visitor, from the table of doors itself."""

import httpx
import pytest

from bot.console import DOORS
from bot.console.doors import Door, Needs
from models.staff import Duty, Staff
from models.trail import Trail
from tests.console.desk import URL, Desk
from tests.console.story import Day

EXPECTED = {
    "GET /": Needs.READ,
    "GET /account": Needs.READ,
    "POST /account": Needs.READ,
    "GET /broadcasts": Needs.READ,
    "GET /broadcasts/new": Needs.ACT,
    "POST /broadcasts/new": Needs.ACT,
    "GET /broadcasts/{code}": Needs.READ,
    "POST /broadcasts/{code}/confirm": Needs.ACT,
    "GET /calls/{call}": Needs.ACT,
    "POST /calls/{call}": Needs.ACT,
    "GET /cases": Needs.READ,
    "GET /cases/new": Needs.ACT,
    "POST /cases/new": Needs.ACT,
    "GET /cases/{reference}": Needs.READ,
    "POST /cases/{reference}/assignments/{assignment}/withdraw": Needs.ACT,
    "GET /cases/{reference}/document": Needs.ACT,
    "POST /cases/{reference}/document": Needs.ACT,
    "POST /cases/{reference}/documents/{request}": Needs.ACT,
    "GET /cases/{reference}/first-contact": Needs.ACT,
    "GET /cases/{reference}/recognition": Needs.ACT,
    "POST /cases/{reference}/recognition": Needs.ACT,
    "POST /cases/{reference}/first-contact": Needs.ACT,
    "GET /cases/{reference}/offer": Needs.ACT,
    "POST /cases/{reference}/offer": Needs.ACT,
    "GET /cases/{reference}/timeline": Needs.READ,
    "POST /cases/{reference}/whereabouts/{report}": Needs.ACT,
    "GET /conversations": Needs.READ,
    "GET /facts": Needs.READ,
    "POST /facts": Needs.ACT,
    "GET /files/{file}": Needs.READ,
    "GET /files/{file}/original": Needs.READ,
    "GET /files/{file}/preview": Needs.READ,
    "GET /files/{file}/thumbnail": Needs.READ,
    "GET /find": Needs.READ,
    "GET /here": Needs.READ,
    "GET /join/{token}": Needs.ANYONE,
    "POST /join/{token}": Needs.ANYONE,
    "GET /keeping": Needs.READ,
    "POST /keeping": Needs.ACT,
    "GET /cases/{reference}/keeping": Needs.READ,
    "POST /cases/{reference}/keeping": Needs.ACT,
    "GET /people/{person}/keeping": Needs.READ,
    "POST /people/{person}/keeping": Needs.ACT,
    "GET /weeks/{week}/keeping": Needs.READ,
    "POST /weeks/{week}/keeping": Needs.ACT,
    "GET /live": Needs.READ,
    "GET /organisation": Needs.READ,
    "POST /organisation": Needs.ACT,
    "GET /on-call": Needs.READ,
    "POST /on-call": Needs.ACT,
    "GET /people": Needs.READ,
    "GET /people/cards": Needs.ACT,
    "POST /people/cards": Needs.ACT,
    "GET /people/import": Needs.ACT,
    "POST /people/import": Needs.ACT,
    "GET /people/new": Needs.ACT,
    "POST /people/new": Needs.ACT,
    "GET /people/{person}": Needs.READ,
    "POST /people/{person}/addresses": Needs.ACT,
    "GET /people/{person}/consents": Needs.READ,
    "POST /people/{person}/consents": Needs.ACT,
    "POST /people/{person}/addresses/{address}": Needs.ACT,
    "GET /people/{person}/earlier": Needs.READ,
    "POST /people/{person}/duress": Needs.ACT,
    "POST /people/{person}/freeze": Needs.ACT,
    "POST /people/{person}/hold": Needs.ACT,
    "POST /people/{person}/invites": Needs.ACT,
    "POST /people/{person}/leave": Needs.ACT,
    "POST /people/{person}/messages": Needs.ACT,
    "POST /people/{person}/on-call": Needs.ACT,
    "POST /people/{person}/proof": Needs.ACT,
    "POST /people/{person}/regroupings": Needs.ACT,
    "POST /people/{person}/release": Needs.ACT,
    "POST /people/{person}/thaw": Needs.ACT,
    "GET /post": Needs.READ,
    "POST /post/envelopes/{envelope}": Needs.ACT,
    "GET /post/gates/{gate}": Needs.ACT,
    "POST /post/gates/{gate}/pause": Needs.ACT,
    "POST /post/gates/{gate}/resume": Needs.ACT,
    "POST /post/messages/{message}": Needs.ACT,
    "GET /regroupings/{regrouping}": Needs.READ,
    "POST /regroupings/{regrouping}": Needs.ACT,
    "GET /sign-in": Needs.ANYONE,
    "POST /sign-in": Needs.ANYONE,
    "POST /sign-out": Needs.READ,
    "GET /staff": Needs.ACT,
    "POST /staff/invites": Needs.ACT,
    "POST /staff/invites/{invite}/revoke": Needs.ACT,
    "POST /staff/{staff}/end": Needs.ACT,
    "POST /staff/{staff}/reopen": Needs.ACT,
    "GET /tasks": Needs.READ,
    "GET /tasks/{task}": Needs.READ,
    "POST /tasks/{task}": Needs.ACT,
    "POST /tasks/{task}/hand": Needs.ACT,
}
"""Decided by a person, door by door. A new door fails until somebody decides about it."""


POSTS = [door for door in DOORS if door.method == "POST"]


def name(door: Door) -> str:
    return f"{door.method} {door.path}"


def test_every_door_is_decided_about():
    assert {name(door): door.needs for door in DOORS} == EXPECTED


def address(door: Door, day: Day) -> str:
    """Fill a door's path with things that exist."""
    return "/console" + door.path.format(
        reference=day.case.reference,
        report=day.report.id,
        request=day.request.id,
        assignment=day.assignment.id,
        call=day.call.id,
        code=day.broadcast.code,
        person=day.marta.id,
        address=2,
        regrouping=1,
        invite=1,
        staff=1,
        file=1,
        task=1,
        envelope=1,
        gate="channel:sms",
        week="2026-W40",
        message=1,
        token="x" * 22,
    )


async def knock(desk: Desk, door: Door, day: Day, username: str) -> httpx.Response:
    """Ask for a door as somebody, with a form that is in order but empty."""
    path = address(door, day)
    if door.path == "/live":
        path += "?nothing=1"  # the door is judged before the stream is
    async with desk.browser(username) as browser:
        if door.method == "GET":
            return await browser.get(path)
        if not username:
            await browser.get("/console/sign-in")
        return await browser.post(path)


# What is refused changes nothing, so one day serves all doors.


async def test_a_stranger_is_asked_to_sign_in_and_changes_nothing(desk: Desk, day: Day):
    before = desk.all(Trail)
    for door in DOORS:
        answer = await knock(desk, door, day, "")
        if door.needs is Needs.ANYONE:
            assert answer.status_code in {200, 422}, name(door)
            assert "<form" in answer.text, name(door)
        elif door.method == "GET":
            assert answer.status_code == 303, name(door)
            assert answer.headers["location"].startswith("/console/sign-in?then="), name(door)
        else:
            assert answer.status_code == 401, name(door)
            assert 'name="password"' in answer.text, name(door)
        assert desk.all(Trail) == before, name(door)


async def test_a_reader_reads_and_changes_nothing(desk: Desk, day: Day):
    for door in DOORS:
        answer = await knock(desk, door, day, "lector")
        if door.needs is Needs.ACT:
            assert answer.status_code == 403, name(door)
        else:
            assert answer.status_code in {200, 204, 303, 404, 422}, name(door)
    acts = {row.act for row in desk.all(Trail, Trail.actor == f"staff:{READER}")}
    assert acts <= {
        "staff.signed_in",
        "staff.signed_out",
        "staff.language",
        "evidence.viewed",
        "evidence.downloaded",
        "person.read",
        "case.read",
        "task.read",
        "messages.read",
        "list.read",
        "evidence.listed",
    }


async def test_a_coordinator_sees_every_page(desk: Desk, day: Day):
    for door in DOORS:
        if door.method == "GET":
            answer = await knock(desk, door, day, "marisol")
            allowed = {404} if door.path == "/live" else {200, 204, 303}
            assert answer.status_code in allowed, f"{name(door)}: {answer.text}"


@pytest.mark.parametrize("door", POSTS, ids=name)
async def test_a_coordinator_may_act(desk: Desk, day: Day, door: Door):
    answer = await knock(desk, door, day, "marisol")
    assert answer.status_code in {201, 303, 422}, answer.text


async def test_an_act_without_its_code_is_refused(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        before = desk.all(Trail)
        for door in POSTS:
            for forged in ("", "another-code"):
                answer = await browser.client.post(address(door, day), data={"csrf": forged})
                assert answer.status_code == 403, name(door)
        assert desk.all(Trail) == before


async def test_an_act_from_elsewhere_is_refused(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        del browser.client.headers["origin"]
        for door in POSTS:
            for origin in ("https://evil.example", "null", "http://127.0.0.1:9", ""):
                headers = {"origin": origin} if origin else {}
                data = {"csrf": browser.csrf}
                answer = await browser.client.post(address(door, day), data=data, headers=headers)
                assert answer.status_code == 403, name(door)


async def test_every_answer_tells_the_browser_to_run_nothing_foreign(desk: Desk):
    paths = ["/console/", "/console/nothing", "/console/sign-in", "/u/nothing", "/api/v1/nothing"]
    async with desk.browser() as browser:
        for path in paths:
            headers = (await browser.client.get(path)).headers
            policy = headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert "strict-transport-security" not in headers


async def test_a_form_that_is_far_too_long_is_refused_in_words(desk: Desk):
    async with desk.browser("marisol") as browser:
        answer = await browser.post("/console/people/new", name="x" * 1_100_000)
        assert answer.status_code == 413
        many = "&".join(["person_ids=1"] * 20_001)
        answer = await browser.client.post("/console/people/new", content=many)
        assert answer.status_code == 413


async def test_a_record_that_is_closed_is_said_in_words(desk: Desk):
    async with desk.browser("marisol") as browser:
        desk.world.db._stopped = True
        answer = await browser.post("/console/people/new", **PERSON)
        desk.world.db._stopped = False
    assert answer.status_code == 503
    assert "Nada cambió" in answer.text or "Nothing was changed" in answer.text


async def test_the_console_without_a_slash_leads_home(desk: Desk):
    async with desk.browser("marisol") as browser:
        answer = await browser.get("/console")
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/")


async def test_static_files_may_be_kept_and_nothing_else_is_served(desk: Desk):
    async with desk.browser() as browser:
        kept = await browser.client.get("/console/static/console.css")
        assert kept.status_code == 200
        assert "immutable" in kept.headers["cache-control"]
        for path in ("/console/static/", "/console/static/../doors.py", "/console/static/%2e%2e/x"):
            assert (await browser.client.get(path)).status_code == 404


READER = 2
PERSON = {
    "name": "Nueva Ficticia",
    "role": "defender",
    "country": "GT",
    "language": "spa",
    "via": "sms",
    "wire": "+50255559999",
}


def test_the_reader_of_these_tests_is_a_reader(desk: Desk):
    assert desk.world.settings.public_url == URL
    assert desk.only(Staff, Staff.id == READER).duty is Duty.READER
