"""Keeping and destroying in the console and by the API: two of staff, a hold, what is due."""

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office.keeping import destroying
from bot.post.ageing import Ageing
from bot.vault.owning import raw_of
from models.case import CaseState
from models.data_key import Subject
from models.inbox import Inbox, InboxState
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


def envelope(desk: Desk, state: InboxState = InboxState.DONE) -> int:
    """Let something have come in now, sealed with the key of its week; give its number."""

    def act(s: Session) -> int:
        row = {
            "channel": "sms",
            "account": "AC1",
            "event_id": f"{state.value}-{desk.clock.at}",
            "kind": "message",
            "lane": "x",
            "state": state,
            "raw": raw_of(s, SAID.encode(), desk.clock.at),
            "hushed": False,
            "attempts": 0,
            "error": "",
            "received_at": desk.clock.at,
        }
        put = sa.insert(Inbox).values(row).returning(col(Inbox.id))
        return s.connection().execute(put).scalar_one() or 0

    return desk.write(act)


async def test_two_of_staff_destroy_a_week_of_raw_envelopes_on_its_page(desk: Desk):
    desk.hire("luis")
    number = envelope(desk, InboxState.ODD)
    place = "/console/weeks/2026-W48/keeping"
    async with desk.browser("marisol") as one:
        early = await one.post(place, step="ask", reason="El plazo")
        assert early.status_code == 422
        assert "30 días" in early.text
        assert "2026-W48" not in (await one.get("/console/keeping")).text
        assert (await one.get("/console/weeks/2026-W54/keeping")).status_code == 404
    desk.clock.at += timedelta(days=60)
    other = envelope(desk)
    async with desk.browser("marisol") as one, desk.browser("luis") as two:
        assert f'href="{place}"' in (await one.get("/console/keeping")).text
        asked = await one.follow(await one.post(place, step="ask", reason="El plazo pasó"))
        assert "otra persona del equipo" in asked.text
        assert (await one.post(place, step="destroy", typed="2026-W48")).status_code == 422
        assert (await two.post(place, step="destroy", typed="202648")).status_code == 422
        done = await two.follow(await two.post(place, step="destroy", typed="2026-W48"))
        assert "Está destruido" in done.text
        assert place not in (await one.get("/console/keeping")).text
        assert "destruido" in (await one.get("/console/post")).text
        again = await one.post(f"/console/post/envelopes/{number}")
        assert again.status_code == 422
        assert "se destruyó" in again.text
    raw = [desk.only(Inbox, Inbox.id == one).raw for one in (number, other)]
    assert raw == [b"", SAID.encode()]


async def test_a_program_destroys_a_week_in_the_name_of_two_humans(desk: Desk):
    envelope(desk, InboxState.ODD)  # of which no task is open any more
    luis = desk.hire("luis")
    path = "/weeks/2026-W48/keeping"
    first = desk.token("keeping:read", "keeping:write", "post:read", staff_id=1)
    second = desk.token("keeping:write", staff_id=luis.id)
    desk.clock.at += timedelta(days=60)
    async with desk.program(first) as one, desk.program(second) as other:
        assert (await one.get("/weeks/2026-48/keeping")).status_code == 404
        assert (await one.post(path, json={"step": "close"})).status_code == 422
        await one.post(path, json={"step": "hold", "reason": "Una orden"})
        due = (await one.get("/keeping")).json()["due_weeks"]
        assert [(week["week"], week["held"], week["asked"]) for week in due] == [
            ("2026-W48", True, False)
        ]
        assert (await one.post(path, json={"step": "ask", "reason": "x"})).status_code == 422
        await one.post(path, json={"step": "release"})
        await one.post(path, json={"step": "ask", "reason": "El plazo pasó"})
        assert (await one.post(path, json={"step": "destroy"})).status_code == 422
        odd = [(await one.get("/envelopes")).json()["items"]]
        assert (await other.post(path, json={"step": "destroy"})).json()["destroyed_at"]
        assert (await one.get("/keeping")).json()["due_weeks"] == []
        odd.append((await one.get("/envelopes")).json()["items"])
        assert [row["destroyed"] for rows in odd for row in rows] == [False, True]
    week = Subject.INTAKE, 202648
    assert desk.read(lambda s: destroying.destroyed(s, week)) is not None
