"""Who may call what: every operation of the API by every kind of token, from its route table."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from bot.console.api import api
from bot.console.api.callers import SCOPES, called
from models.staff import Staff
from models.trail import Trail
from tests.console.desk import Desk
from tests.console.story import Day

EXPECTED = {
    "GET /broadcasts": {"broadcasts:read"},
    "POST /broadcasts": {"broadcasts:write"},
    "GET /broadcasts/{code}": {"broadcasts:read"},
    "GET /broadcasts/{code}/audience": {"broadcasts:read"},
    "POST /broadcasts/{code}/confirmation": {"broadcasts:write"},
    "GET /broadcasts/{code}/recipients": {"broadcasts:read"},
    "GET /cases": {"cases:read"},
    "POST /cases": {"cases:write"},
    "GET /cases/{reference}": {"cases:read"},
    "GET /cases/{reference}/assignments": {"cases:read"},
    "POST /cases/{reference}/assignments": {"cases:write"},
    "POST /cases/{reference}/assignments/{assignment_id}/withdrawal": {"cases:write"},
    "GET /cases/{reference}/calls": {"cases:read"},
    "POST /cases/{reference}/calls/{call_id}/record": {"cases:write"},
    "GET /cases/{reference}/documents": {"cases:read"},
    "POST /cases/{reference}/documents": {"cases:write"},
    "POST /cases/{reference}/documents/{document_id}/decision": {"cases:write"},
    "GET /cases/{reference}/evidence": {"evidence:read"},
    "GET /cases/{reference}/evidence/{evidence_id}": {"evidence:read"},
    "GET /cases/{reference}/evidence/{evidence_id}/original": {"evidence:read"},
    "GET /cases/{reference}/evidence/{evidence_id}/preview": {"evidence:read"},
    "POST /cases/{reference}/outreach": {"cases:write"},
    "GET /cases/{reference}/recognition": {"cases:read"},
    "PUT /cases/{reference}/recognition": {"cases:write"},
    "GET /cases/{reference}/timeline": {"cases:read", "messages:read"},
    "GET /cases/{reference}/whereabouts": {"cases:read"},
    "POST /cases/{reference}/whereabouts/{report_id}/decision": {"cases:write"},
    "GET /envelopes": {"post:read"},
    "POST /envelopes/{envelope_id}/replay": {"post:write"},
    "GET /facts": {"facts:read"},
    "PUT /facts/{key}": {"facts:write"},
    "GET /gates": {"post:read"},
    "DELETE /gates/{gate}": {"post:write"},
    "PUT /gates/{gate}": {"post:write"},
    "GET /keeping": {"keeping:read"},
    "PUT /keeping/{program}": {"keeping:write"},
    "GET /cases/{reference}/keeping": {"keeping:read"},
    "POST /cases/{reference}/keeping": {"keeping:write"},
    "GET /people/{person_id}/keeping": {"keeping:read"},
    "POST /people/{person_id}/keeping": {"keeping:write"},
    "GET /weeks/{week}/keeping": {"keeping:read"},
    "POST /weeks/{week}/keeping": {"keeping:write"},
    "GET /messages": {"messages:read"},
    "POST /messages": {"messages:write"},
    "POST /messages/{message_id}/decision": {"post:write"},
    "GET /organisation": {"facts:read"},
    "PUT /organisation": {"facts:write"},
    "GET /on-call": {"tasks:read"},
    "PUT /on-call/phones/{staff_id}": {"tasks:write"},
    "POST /on-call/shifts": {"tasks:write"},
    "DELETE /on-call/shifts/{shift_id}": {"tasks:write"},
    "GET /people": {"people:read"},
    "POST /people": {"people:write"},
    "POST /people/import": {"people:write"},
    "GET /people/{person_id}": {"people:read"},
    "POST /people/{person_id}/addresses": {"people:write"},
    "DELETE /people/{person_id}/addresses/{address_id}/proof": {"people:write"},
    "PUT /people/{person_id}/addresses/{address_id}/proof": {"people:write"},
    "GET /people/{person_id}/consents": {"people:read"},
    "POST /people/{person_id}/consents": {"people:write"},
    "PUT /people/{person_id}/addresses/{address_id}": {"people:write"},
    "PUT /people/{person_id}/duress": {"people:write"},
    "DELETE /people/{person_id}/freeze": {"people:write"},
    "PUT /people/{person_id}/freeze": {"people:write"},
    "DELETE /people/{person_id}/hold": {"people:write"},
    "PUT /people/{person_id}/hold": {"people:write"},
    "DELETE /people/{person_id}/invites": {"people:write"},
    "POST /people/{person_id}/invites": {"people:write"},
    "POST /people/{person_id}/leave": {"people:write"},
    "DELETE /people/{person_id}/leave/{leave_id}": {"people:write"},
    "DELETE /people/{person_id}/on-call": {"people:write"},
    "PUT /people/{person_id}/on-call": {"people:write"},
    "DELETE /people/{person_id}/pin": {"people:write"},
    "POST /people/{person_id}/regroupings": {"people:write"},
    "GET /post": {"post:read"},
    "GET /post/messages": {"post:read"},
    "GET /regroupings/{regrouping_id}": {"people:read"},
    "POST /regroupings/{regrouping_id}/decision": {"people:write"},
    "GET /staff": {"staff:read"},
    "GET /staff/invites": {"staff:read"},
    "POST /staff/invites": {"staff:write"},
    "DELETE /staff/invites/{invite_id}": {"staff:write"},
    "DELETE /staff/{staff_id}": {"staff:write"},
    "POST /staff/{staff_id}/reopen": {"staff:write"},
    "GET /tasks": {"tasks:read"},
    "GET /tasks/{task_id}": {"tasks:read"},
    "PATCH /tasks/{task_id}": {"tasks:write"},
    "POST /tasks/{task_id}/done": {"tasks:write"},
    "POST /tasks/{task_id}/notes": {"tasks:write"},
}
"""Decided by a person, operation by operation. A new one fails until somebody decides about it."""

OPERATIONS = sorted(EXPECTED)


def operations(app: FastAPI) -> dict[str, set[str]]:
    """Read the route table: each operation, and the scopes it asks for."""
    found: dict[str, set[str]] = {}
    for route in routes(app):
        for method in route.methods or ():
            found[f"{method} {route.path}"] = scopes(route.dependant)
    return found


def routes(holder: Any) -> Iterator[APIRoute]:
    """Find the operations of an application, through the routers it includes."""
    for route in holder.routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from routes(route.original_router)
        else:
            assert route.path == "/openapi.json"


def scopes(dependant: Dependant) -> set[str]:
    """Find what an operation asks of its caller. Nothing, where nobody asks who calls."""
    asking = [one for one in dependant.dependencies if one.call is called]
    return {scope for one in asking for scope in one.own_oauth_scopes or ()}


def test_every_operation_is_decided_about(desk: Desk):
    assert operations(api(desk.world)) == EXPECTED


def request(operation: str, day: Day) -> tuple[str, str]:
    """Fill an operation's path with things that exist."""
    method, _, path = operation.partition(" ")
    return method, path.format(
        reference=day.case.reference,
        assignment_id=day.assignment.id,
        call_id=day.call.id,
        document_id=day.request.id,
        report_id=day.report.id,
        evidence_id=1,
        person_id=day.marta.id,
        address_id=2,  # the lawyer was written down before her
        regrouping_id=1,
        invite_id=1,
        task_id=1,
        staff_id=1,
        shift_id=day.shift,
        leave_id=day.leave,
        code=day.broadcast.code,
        envelope_id=1,
        message_id=1,
        gate="channel:sms",
        week="2026-W40",
        key="plazo",
        program="labor",
    )


async def call(desk: Desk, token: str, operation: str, day: Day) -> Any:
    method, path = request(operation, day)
    async with desk.program(token) as program:
        return await program.request(method, path, json={} if method == "POST" else None)


# What is refused changes nothing, so one day serves all operations.


async def test_without_a_token_that_holds_nothing_is_told(desk: Desk, day: Day):
    before = desk.all(Trail)
    for operation in OPERATIONS:
        for token in ("", "enlace_nonsense"):
            answer = await call(desk, token, operation, day)
            assert answer.status_code == 401, operation
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
            assert set(answer.json()) == {"type", "title", "status", "detail"}
    assert desk.all(Trail) == before


async def test_a_token_for_everything_else_may_not(desk: Desk, day: Day):
    for missing in SCOPES:
        token = desk.token(*(scope for scope in SCOPES if scope != missing), staff_id=1)
        before = desk.all(Trail)
        for operation in OPERATIONS:
            if missing in EXPECTED[operation]:
                answer = await call(desk, token, operation, day)
                assert answer.status_code == 403, operation
                assert answer.json()["needs"] == sorted(EXPECTED[operation])
        assert desk.all(Trail) == before


async def test_a_token_for_just_this_reads(desk: Desk, day: Day):
    for operation in OPERATIONS:
        if operation.startswith("GET "):
            token = desk.token(*EXPECTED[operation], staff_id=1)
            answer = await call(desk, token, operation, day)
            assert answer.status_code in {200, 422}, f"{operation}: {answer.text}"


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if not one.startswith("GET ")])
async def test_a_token_for_just_this_may(desk: Desk, day: Day, operation: str):
    token = desk.token(*EXPECTED[operation], staff_id=1)
    answer = await call(desk, token, operation, day)
    assert answer.status_code in {200, 201, 204, 422}, answer.text


async def test_a_token_ends_with_its_staff_account_and_with_itself(desk: Desk):
    token = desk.token("people:read", staff_id=1)
    async with desk.program(token) as program:
        assert (await program.get("/people")).status_code == 200
        desk.write(lambda s: setattr(s.get_one(Staff, 1), "disabled_at", desk.clock.at))
        assert (await program.get("/people")).status_code == 401


DECISIONS = {
    "POST /broadcasts": {"title": "x", "body_es": "x", "person_ids": [2]},
    "POST /broadcasts/{code}/confirmation": {"number": 1},
    "POST /cases/{reference}/calls/{call_id}/record": {"state": "held"},
    "POST /cases/{reference}/documents/{document_id}/decision": {"accepted": True},
    "POST /cases/{reference}/whereabouts/{report_id}/decision": {"standing": "confirmed"},
    "POST /people/{person_id}/consents": {"step": "ask", "purpose": "store_documents"},
    "POST /messages": {"person_id": 2, "text": "x"},
    "POST /messages/{message_id}/decision": {"decision": "repeat"},
    "POST /envelopes/{envelope_id}/replay": {},
    "PUT /gates/{gate}": {"reason": "x"},
    "DELETE /gates/{gate}": {},
    "POST /staff/invites": {"username": "noe", "name": "Noé", "duty": "reader"},
    "DELETE /staff/{staff_id}": {},
    "POST /staff/{staff_id}/reopen": {},
    "PATCH /tasks/{task_id}": {"owner_id": 1},
    "POST /tasks/{task_id}/done": {"note": "x"},
    "POST /tasks/{task_id}/notes": {"words": "x"},
}


@pytest.mark.parametrize("operation", sorted(DECISIONS))
async def test_only_a_named_human_decides_and_writes(desk: Desk, day: Day, operation: str):
    method, path = request(operation, day)
    nobody = desk.token()
    before = desk.all(Trail)
    async with desk.program(nobody) as program:
        answer = await program.request(method, path, json=DECISIONS[operation])
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:enlace:problem:no-human"
    assert desk.all(Trail) == before
