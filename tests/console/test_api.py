"""The API's acts: the same as the console's, once each, a page at a time, and every error alike."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import Session

from bot.db import Database
from models.appointment import Appointment, AppointmentState
from models.assignment import Assignment, AssignmentState
from models.broadcast import Broadcast, BroadcastState
from models.case import Case
from models.conversation import Talked
from models.document import DocumentRequest, DocumentState
from models.evidence import Evidence
from models.outbox import Outbox
from models.person import Invite, Person, Role
from models.staff import Creation
from models.task import Task, TaskState
from models.trail import Trail
from models.whereabouts import Standing, Whereabouts
from tests.console.desk import Desk, picture
from tests.console.story import Day

CASE = {"program": "sij", "country": "HN", "summary": "Copia de folio.", "sought": "Pedro"}
PERSON = {
    "name": "Nueva Ficticia",
    "role": "defender",
    "country": "HN",
    "address": {"via": "sms", "wire": "+504 5555-9999"},
}


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Read an error as RFC 9457 has it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["type"].startswith("urn:enlace:problem:")
    assert told["title"]
    assert told["detail"]
    return told


async def test_a_person_is_added_reached_invited_and_held(desk: Desk):
    async with desk.program(desk.token(staff_id=1)) as program:
        made = await program.post("/people", json=PERSON)
        assert made.status_code == 201
        person = made.json()
        assert person["zone"] == "America/Tegucigalpa"
        assert [one["wire"] for one in person["addresses"]] == ["+50455559999"]
        path = f"/people/{person['id']}"
        more = await program.post(f"{path}/addresses", json={"via": "telegram", "wire": "700123"})
        assert [one["via"] for one in more.json()["addresses"]] == ["sms", "telegram"]
        invite = await program.post(f"{path}/invites", json={"via": "telegram"})
        assert invite.json()["link"].startswith("https://t.me/")
        assert (await program.put(f"{path}/hold")).status_code == 204
        assert (await program.get(path)).json()["held_at"] is not None
        assert (await program.delete(f"{path}/hold")).status_code == 204
        assert (await program.get(path)).json()["held_at"] is None
    assert desk.only(Invite).person_id == person["id"]
    assert {row.actor for row in desk.all(Trail, Trail.act == "person.added")} == {"staff:1"}


async def test_a_token_without_a_human_leaves_its_own_name(desk: Desk):
    async with desk.program(desk.token()) as program:
        await program.post("/people", json=PERSON)
    assert desk.only(Trail, Trail.act == "person.added").actor == "token:1"


async def test_people_are_listed_a_page_at_a_time_and_found(desk: Desk):
    people = [desk.person(f"Persona {number}") for number in range(5)]
    lawyer = desk.person("Grace Example", Role.LAWYER, language="eng", country="US")
    async with desk.program(desk.token()) as program:
        seen: list[int] = []
        cursor = None
        while True:
            params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
            page = (await program.get("/people", params=params)).json()
            seen += [one["id"] for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == [lawyer.id, *(person.id for person in reversed(people))]
        for params in (
            {"role": "lawyer"},
            {"country": "US"},
            {"language": "eng"},
            {"search": "example"},
        ):
            found = (await program.get("/people", params=params)).json()["items"]
            assert [one["id"] for one in found] == [lawyer.id]


async def test_a_case_is_opened_and_found(desk: Desk):
    async with desk.program(desk.token()) as program:
        made = await program.post("/cases", json=CASE)
        assert made.json()["reference"] == "HN-0001"
        named = await program.post("/cases", json={**CASE, "reference": "hn 417"})
        assert named.json()["reference"] == "HN-0417"
        assert (await program.get("/cases/hn-0417")).json() == named.json()
        found = (await program.get("/cases", params={"code": "417"})).json()
        assert [one["reference"] for one in found["items"]] == ["HN-0417"]
        taken = problem(await program.post("/cases", json={**CASE, "reference": "HN-0417"}), 422)
        assert "HN-0417" in taken["reasons"][0]
    assert len(desk.all(Case)) == 2


async def test_work_is_offered_seen_and_withdrawn(desk: Desk):
    desk.case()
    marta, rosa = desk.person(), desk.person("Rosa Inventada")
    body = {
        "kind": "field_search",
        "municipality": "Todos Santos",
        "due": "2026-12-05",
        "documents": ["birth_cert"],
        "person_ids": [marta.id, rosa.id],
    }
    async with desk.program(desk.token()) as program:
        made = await program.post("/cases/GT-0417/assignments", json=body)
        assert made.status_code == 201
        assert [one["person_id"] for one in made.json()["offers"]] == [marta.id, rosa.id]
        listed = (await program.get("/cases/GT-0417/assignments")).json()
        assert listed == {"items": [made.json()], "next": None}
        back = await program.post(f"/cases/GT-0417/assignments/{made.json()['id']}/withdrawal")
        assert back.json()["state"] == "withdrawn"
        refused = await program.post(
            "/cases/GT-0417/assignments", json={**body, "municipality": "Aldea Las Nubes"}
        )
        problem(refused, 422)
        other = await program.post(f"/cases/GT-0417/assignments/{99}/withdrawal")
        problem(other, 404)
    assert desk.only(Assignment).state is AssignmentState.WITHDRAWN
    assert len(desk.all(Talked, Talked.name == "offer")) == 2


async def test_a_named_human_decides_about_reports_documents_and_calls(desk: Desk, day: Day):
    case = f"/cases/{day.case.reference}"
    async with desk.program(desk.token(staff_id=1)) as program:
        reports = (await program.get(f"{case}/whereabouts")).json()["items"]
        assert reports[0]["standing"] == "reported"
        decided = await program.post(
            f"{case}/whereabouts/{reports[0]['id']}/decision",
            json={"standing": "confirmed", "note": "Hablé."},
        )
        assert decided.json()["standing"] == "confirmed"
        assert decided.json()["decided_by"] == 1
        documents = (await program.get(f"{case}/documents")).json()["items"]
        answer = await program.post(
            f"{case}/documents/{documents[0]['id']}/decision", json={"accepted": True}
        )
        assert answer.json()["state"] == "accepted"
        calls = (await program.get(f"{case}/calls")).json()["items"]
        call = await program.post(
            f"{case}/calls/{calls[0]['id']}/record",
            json={"state": "held", "established": "unsure", "note": "Otra vez."},
        )
        assert call.json()["established"] == "unsure"
        reported = await program.post(
            f"{case}/whereabouts/{reports[0]['id']}/decision", json={"standing": "reported"}
        )
        problem(reported, 422)
        for path in (
            f"whereabouts/{reports[0]['id']}/decision",
            f"documents/{documents[0]['id']}/decision",
            f"calls/{calls[0]['id']}/record",
        ):
            body = {"standing": "confirmed"} if "where" in path else {"accepted": True}
            body = {"state": "held"} if "calls" in path else body
            problem(await program.post(f"/cases/HN-0233/{path}", json=body), 404)
    assert desk.only(Whereabouts).standing is Standing.CONFIRMED
    assert desk.all(DocumentRequest)[0].state is DocumentState.ACCEPTED
    assert desk.only(Appointment).state is AppointmentState.HELD


async def test_a_rejected_report_is_told_to_the_defender(desk: Desk, day: Day):
    before = len(desk.all(Outbox))
    async with desk.program(desk.token(staff_id=1)) as program:
        await program.post(
            f"/cases/{day.case.reference}/whereabouts/{day.report.id}/decision",
            json={"standing": "rejected"},
        )
    assert [row.person_id for row in desk.all(Outbox)[before:]] == [day.marta.id]


async def test_a_document_is_asked_for_and_a_first_contact_begun(desk: Desk):
    marta, tomasa = desk.person(), desk.person("Tomasa Novela", Role.PARENT)
    desk.case(parent_id=tomasa.id)
    async with desk.program(desk.token()) as program:
        made = await program.post(
            "/cases/GT-0417/documents", json={"type": "passport", "person_id": marta.id}
        )
        assert made.json()["state"] == "requested"
        body = {"person_id": tomasa.id, "slots": ["2026-11-26T17:00:00-06:00"]}
        begun = await program.post("/cases/GT-0417/outreach", json=body)
        assert begun.status_code == 201
        zoneless = {"person_id": tomasa.id, "slots": ["2026-11-26T17:00:00"]}
        problem(await program.post("/cases/GT-0417/outreach", json=zoneless), 422)
        nobody = {"person_id": 99, "slots": ["2026-11-26T17:00:00-06:00"]}
        problem(await program.post("/cases/GT-0417/outreach", json=nobody), 404)
    assert [talked.name for talked in desk.all(Talked)] == ["papers", "outreach"]


async def test_a_timeline_is_read_to_its_beginning(desk: Desk, day: Day):
    seen: list[tuple[str, int]] = []
    async with desk.program(desk.token()) as program:
        cursor = None
        while True:
            params = {"limit": "7", **({"cursor": cursor} if cursor else {})}
            answer = await program.get(f"/cases/{day.case.reference}/timeline", params=params)
            page = answer.json()
            seen += [(one["kind"], one["id"]) for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        whole = await program.get(f"/cases/{day.case.reference}/timeline", params={"limit": "200"})
        assert seen == [(one["kind"], one["id"]) for one in whole.json()["items"]]
        assert len(set(seen)) == len(seen)
        photos = next(one for one in whole.json()["items"] if one["evidence"])
        assert photos["evidence"] == [1, 2, 3]
        for wrong in ("x", "W10="):
            bad = await program.get(
                f"/cases/{day.case.reference}/timeline", params={"cursor": wrong}
            )
            problem(bad, 400)


async def test_messages_are_listed_by_person_and_by_case_and_written(desk: Desk, day: Day):
    desk.clock.pass_(timedelta(minutes=1))
    desk.heard(day.marta, "media \ud83d letra")
    async with desk.program(desk.token(staff_id=1)) as program:
        everything = (await program.get("/messages", params={"limit": "200"})).json()["items"]
        hers = (await program.get("/messages", params={"person_id": day.marta.id})).json()["items"]
        case = (await program.get("/messages", params={"case": day.case.reference})).json()["items"]
        assert {one["person_id"] for one in hers} == {day.marta.id}
        assert hers[0]["what"] == "media ? letra"
        assert 0 < len(hers) < len(everything)
        assert 0 < len(case) < len(everything)
        body = {"person_id": day.marta.id, "text": "Son Q 400.", "case": "GT-0417"}
        sent = await program.post("/messages", json=body)
        assert sent.status_code == 201
        guarded = {"person_id": day.tomasa.id, "text": "Su hija está en un albergue."}
        problem(await program.post("/messages", json=guarded), 422)
        elsewhere = {**body, "address_id": desk.address(day.rosa).id}
        problem(await program.post("/messages", json=elsewhere), 422)
    row = desk.only(Outbox, Outbox.id == sent.json()["id"])
    assert (row.text, row.written_by, row.case_id) == ("Son Q 400.", 1, day.case.id)


async def test_files_are_listed_told_of_and_given_whole(desk: Desk, day: Day):
    path = f"/cases/{day.case.reference}/evidence"
    async with desk.program(desk.token("evidence:read")) as program:
        first = (await program.get(path, params={"limit": "2"})).json()
        rest = (await program.get(path, params={"cursor": first["next"]})).json()
        assert [one["id"] for one in first["items"] + rest["items"]] == [3, 2, 1]
        assert rest["next"] is None
        sheet = (await program.get(f"{path}/1")).json()
        assert sheet["sha256"] == hashlib.sha256(picture(0)).hexdigest()
        original = await program.get(f"{path}/1/original")
        assert original.content == picture(0)
        assert original.headers["content-disposition"].startswith("attachment")
        assert (await program.get(f"{path}/1/preview")).headers["content-type"] == "image/jpeg"
        for missing in ("/cases/HN-0233/evidence/1", f"{path}/99", f"{path}/99/original"):
            problem(await program.get(missing), 404)
    looks = desk.all(Trail, Trail.act == "evidence.downloaded")
    assert [row.object for row in looks] == ["evidence:1"]


async def test_a_file_that_is_gone_says_so(desk: Desk, day: Day):
    def lose(s: Session) -> None:
        s.get_one(Evidence, 1).path = "originals/00/gone"
        s.get_one(Evidence, 2).path = ""

    desk.write(lose)
    async with desk.program(desk.token("evidence:read")) as program:
        for number in (1, 2):
            path = f"/cases/{day.case.reference}/evidence/{number}/original"
            problem(await program.get(path), 404)


async def test_tasks_are_listed_and_done(desk: Desk, day: Day):
    async with desk.program(desk.token(staff_id=1)) as program:
        waiting = (await program.get("/tasks", params={"state": "open", "limit": "200"})).json()
        assert len(waiting["items"]) == len(desk.all(Task, Task.state == TaskState.OPEN))
        number = waiting["items"][0]["id"]
        done = await program.post(f"/tasks/{number}/done", json={"note": "Le escribí."})
        assert (done.json()["state"], done.json()["done_note"]) == ("done", "Le escribí.")
        problem(await program.post("/tasks/999/done", json={"note": "x"}), 404)
        part = (await program.get("/tasks", params={"limit": "1"})).json()
        rest = (await program.get("/tasks", params={"cursor": part["next"]})).json()
        assert part["items"][0]["id"] > rest["items"][0]["id"]
    assert day.case.id


async def test_a_broadcast_is_written_confirmed_by_its_number_and_watched(desk: Desk):
    marta = desk.person()
    tomasa = desk.person("Tomasa Novela", Role.PARENT)
    body = {"title": "Taller", "body_es": "¿Quién va?", "person_ids": [marta.id, tomasa.id]}
    async with desk.program(desk.token(staff_id=1)) as program:
        made = (await program.post("/broadcasts", json=body)).json()
        assert made["state"] == "draft"
        path = f"/broadcasts/{made['code']}"
        room = (await program.get(f"{path}/audience")).json()
        assert room["gets"] == 1
        assert {one["exclusion"] for one in room["items"]} == {"none", "locked_out"}
        problem(await program.post(f"{path}/confirmation", json={"number": 2}), 422)
        sent = await program.post(f"{path}/confirmation", json={"number": 1})
        assert sent.json()["state"] == "sending"
        problem(await program.post(f"{path}/confirmation", json={"number": 1}), 422)
        board = (await program.get(path)).json()
        assert set(board) >= {"waiting", "states", "excluded", "replies"}
        assert len((await program.get(f"{path}/recipients")).json()["items"]) == 2
        assert [one["code"] for one in (await program.get("/broadcasts")).json()["items"]] == [
            made["code"]
        ]
    assert desk.only(Broadcast).state is BroadcastState.SENDING


async def test_the_board_of_a_lived_broadcast_adds_up(desk: Desk, day: Day):
    async with desk.program(desk.token("broadcasts:read")) as program:
        board = (await program.get(f"/broadcasts/{day.broadcast.code}")).json()
        people = (await program.get(f"/broadcasts/{day.broadcast.code}/recipients")).json()["items"]
    assert board["waiting"] + sum(board["states"].values()) + sum(board["excluded"].values()) == 4
    assert [one["reply"] for one in people if one["reply"]] == ["yes"]


async def test_a_repeated_request_makes_nothing_new_and_gives_the_same_answer(desk: Desk):
    key = {"idempotency-key": "one-and-only"}
    async with desk.program(desk.token()) as program:
        first = await program.post("/people", json=PERSON, headers=key)
        again = await program.post("/people", json=PERSON, headers=key)
        assert first.json() == again.json()
        assert again.status_code == 201
        other = await program.post("/people", json={**PERSON, "name": "Otra"}, headers=key)
        assert problem(other, 422)["type"] == "urn:enlace:problem:key-reused"
        elsewhere = await program.post("/cases", json=CASE, headers=key)
        assert elsewhere.status_code == 201
        short = await program.post("/people", json=PERSON, headers={"idempotency-key": "x"})
        problem(short, 422)
    async with desk.program(desk.token()) as another:
        await another.post("/people", json=PERSON, headers=key)
    assert len(desk.all(Person)) == 2
    assert all("Ficticia" not in row.key_hash for row in desk.all(Creation))


async def test_a_refused_request_may_be_mended_under_its_key(desk: Desk):
    key = {"idempotency-key": "one-and-only"}
    wrong = {**PERSON, "address": {"via": "sms", "wire": "12345"}}
    async with desk.program(desk.token()) as program:
        problem(await program.post("/people", json=wrong, headers=key), 422)
        assert (await program.post("/people", json=PERSON, headers=key)).status_code == 201


async def test_two_requests_with_one_key_at_once_make_one(desk: Desk):
    key = {"idempotency-key": "one-and-only"}
    async with desk.program(desk.token()) as program:
        answers = await asyncio.gather(
            *(program.post("/people", json=PERSON, headers=key) for _ in range(8))
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(desk.all(Person)) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/people", {**PERSON, "role": "queen"}),
        ("POST", "/people", {**PERSON, "surprise": 1}),
        ("POST", "/people", {**PERSON, "name": ""}),
        ("POST", "/people", {**PERSON, "country": "XX"}),
        ("GET", "/people?limit=0", None),
        ("GET", "/people?limit=201", None),
        ("GET", "/people?role=queen", None),
        ("GET", "/people/0", None),
        ("GET", "/people/99999999999999999999", None),
        ("GET", "/people/somebody", None),
        ("POST", "/cases", {**CASE, "lawyer_id": 2**40}),
    ],
)
async def test_what_does_not_fit_is_named_and_not_repeated(
    desk: Desk, method: str, path: str, body: Any
):
    async with desk.program(desk.token()) as program:
        answer = await program.request(method, path, json=body)
    told = problem(answer, 422)
    assert told["errors"][0]["at"]
    assert "queen" not in answer.text
    assert "Nueva Ficticia" not in answer.text


async def test_every_error_has_one_shape(desk: Desk):
    async with desk.program(desk.token()) as program:
        problem(await program.get("/nothing"), 404)
        problem(await program.get("/people/9"), 404)
        problem(await program.get("/cases/GT-9999"), 404)
        problem(await program.delete("/cases"), 405)
        problem(await program.post("/people", content=b"{", headers=JSON), 422)
        problem(await program.post("/people", content=b"\xff", headers=JSON), 400)
        problem(await program.get("/people?cursor=x"), 400)
        problem(await program.get("/people?cursor=djI6MQ=="), 400)
        large = await program.post("/people", content=b"x" * 1_048_577, headers=JSON)
        problem(large, 413)

        async def endless() -> Any:
            yield b"{}"

        problem(await program.post("/people", content=endless(), headers=JSON), 411)


JSON = {"content-type": "application/json"}


async def test_a_record_that_is_closed_and_our_own_mistakes_are_problems_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    async with desk.program(desk.token()) as program:
        desk.world.db._stopped = True
        closed = problem(await program.post("/people", json=PERSON), 503)
        desk.world.db._stopped = False
        assert "Nothing was changed" in closed["detail"]

        async def broken(_self: Database, _act: object) -> None:
            raise ZeroDivisionError("Marta")

        monkeypatch.setattr(Database, "read", broken)
        ours = await program.get("/people")
        problem(ours, 500)
        assert "Marta" not in ours.text


async def test_the_api_describes_itself_without_a_token_and_names_its_errors(desk: Desk):
    async with desk.program() as program:
        told = (await program.get("/openapi.json")).json()
        assert (await program.get("/docs")).status_code == 404
    assert told["openapi"].startswith("3.")
    for resource in (
        "/people",
        "/cases",
        "/cases/{reference}/assignments",
        "/cases/{reference}/timeline",
        "/cases/{reference}/evidence",
        "/cases/{reference}/whereabouts",
        "/messages",
        "/tasks",
        "/broadcasts",
    ):
        assert resource in told["paths"]
    for path in told["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["security"]
            assert "4XX" in operation["responses"]
