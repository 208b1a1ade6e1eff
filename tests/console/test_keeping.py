"""Keeping and destroying in the console and by the API: two of staff, a hold, what is due."""

from datetime import timedelta

from sqlmodel import select

from bot.post.ageing import Ageing
from models.case import CaseState
from models.keeping import Destruction
from models.task import Task, TaskKind
from models.trail import Trail
from tests.console.desk import Desk

SAID = "Vive en Nebaj"


async def test_two_of_staff_destroy_a_case_on_its_page(desk: Desk):
    case = desk.case(summary=SAID)
    desk.hire("luis")
    place = f"/console/cases/{case.reference}"
    async with desk.browser("marisol") as one, desk.browser("luis") as other:
        refused = await one.post(f"{place}/keeping", step="ask", reason="El plazo")
        assert refused.status_code == 422
        assert "Ciérrelo primero" in refused.text
        for form, said in (
            ({"step": "close"}, "El caso está cerrado"),
            ({"step": "hold", "reason": "Una orden del juez"}, "Queda retenido"),
            ({"step": "release"}, "Ya no está retenido"),
            ({"step": "ask", "reason": "El plazo pasó"}, "otra persona del equipo"),
        ):
            done = await one.follow(await one.post(f"{place}/keeping", **form))
            assert said in done.text
        mine = await one.post(f"{place}/keeping", step="destroy", typed=case.reference)
        assert "Hacen falta dos" in mine.text
        slip = await other.post(f"{place}/keeping", step="destroy", typed="GT-9999")
        assert slip.status_code == 422
        assert SAID in (await other.get(place)).text
        sent = await other.post(f"{place}/keeping", step="destroy", typed=case.reference)
        done = await other.follow(sent)
        assert "Está destruido" in done.text
        for page in (place, f"{place}/timeline", f"{place}/keeping", "/console/cases"):
            shown = await other.get(page)
            assert shown.status_code == 200
            assert SAID not in shown.text
        assert "Destruido" in (await other.get(place)).text
    assert [row.done_by for row in desk.all(Destruction)] == [3]


async def test_a_program_does_the_same_in_the_name_of_two_humans(desk: Desk):
    marta, luis = desk.person(), desk.hire("luis")
    assert luis.id is not None
    path = f"/people/{marta.id}/keeping"
    first = desk.token("keeping:read", "keeping:write", staff_id=1)
    second = desk.token("keeping:write", staff_id=luis.id)
    async with desk.program(first) as one, desk.program(second) as other:
        closed = await one.post(path, json={"step": "close"})
        assert closed.status_code == 422
        held = await one.post(path, json={"step": "hold", "reason": "Una orden"})
        assert held.json()["holds"][0]["reason"] == "Una orden"
        assert (await one.post(path, json={"step": "ask", "reason": "x"})).status_code == 422
        await one.post(path, json={"step": "release"})
        asked = await one.post(path, json={"step": "ask", "reason": "Lo pidió"})
        assert asked.json()["asked"]["asked_by"] == 1
        await one.post(path, json={"step": "withdraw"})
        assert (await other.post(path, json={"step": "destroy"})).status_code == 422
        await one.post(path, json={"step": "ask", "reason": "Lo pidió"})
        assert (await one.post(path, json={"step": "destroy"})).status_code == 422
        assert (await other.post(path, json={"step": "destroy"})).json()["destroyed_at"]
        assert (await one.get(path)).json()["destroyed_at"]
    async with desk.browser("marisol") as browser:
        for page in (f"/console/people/{marta.id}", "/console/people", "/console/conversations"):
            shown = await browser.get(page)
            assert shown.status_code == 200
            assert "Marta Ficticia" not in shown.text


async def test_what_was_kept_long_enough_is_shown_and_made_a_task_once(desk: Desk):
    case, held = desk.case(), desk.case(reference="GT-0999")
    token = desk.token("keeping:read", "keeping:write", staff_id=1)
    ageing = Ageing(desk.world)
    async with desk.program(token) as program, desk.browser("marisol") as browser:
        path = f"/cases/{held.reference}/keeping"
        for closed in (f"/cases/{case.reference}/keeping", path):
            assert (await program.post(closed, json={"step": "close"})).status_code == 200
        await program.post(path, json={"step": "hold", "reason": "Una orden"})
        few = await browser.post("/console/keeping", program=case.program.value, days="3")
        assert few.status_code == 422
        await browser.post("/console/keeping", program=case.program.value, days="90")
        await ageing.work()
        assert (await program.get("/keeping")).json()["due"] == []
        desk.clock.at += timedelta(days=91)
        await ageing.work()
        desk.clock.at += timedelta(hours=2)
        await ageing.work()
        tasks = [task for task in desk.all(Task) if task.kind is TaskKind.DUE]
        assert [task.case_id for task in tasks] == [case.id]
        due = (await program.get("/keeping")).json()["due"]
        assert [(one["reference"], one["held"]) for one in due] == [
            (case.reference, False),
            ("GT-0999", True),
        ]
        async with desk.browser("marisol") as later:
            assert case.reference in (await later.get("/console/keeping")).text
        for days in (None, None, 400):
            answer = await program.put(f"/keeping/{case.program.value}", json={"days": days})
            assert answer.status_code == 204
        assert (await program.get("/keeping")).json()["rules"] == [
            {"program": case.program.value, "days": 400}
        ]
        await program.post(f"/cases/{case.reference}/keeping", json={"step": "reopen"})
    assert desk.read(lambda s: s.get_one(type(case), case.id)).state is CaseState.OPEN
    acts = desk.read(lambda s: s.exec(select(Trail.act)).all())
    assert acts.count("keeping.set") == 3
