"""Tasks that are done with a note, and the day they make up."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.office import tasks as office
from models.task import Task, TaskKind, TaskState, Urgency
from tests.console.desk import Desk
from tests.console.story import Day


async def test_today_counts_what_waits_and_what_is_late(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        page = (await browser.get("/console/")).text
    numbers = [part.partition("<")[0] for part in page.partition('"counts"')[2].split("<b>")[1:5]]
    waiting = desk.all(Task, Task.state == TaskState.OPEN)
    late = [task for task in waiting if task.due_at < desk.clock.at]
    assert numbers == [str(len(waiting)), str(len(late)), "2", "2"]
    assert day.case.reference in page


async def test_an_empty_day_says_what_would_fill_it(desk: Desk):
    async with desk.browser("marisol") as browser:
        page = (await browser.get("/console/")).text
        assert page.count('class="empty"') == 2
        for path in ("/console/tasks", "/console/tasks?show=done"):
            assert 'class="empty"' in (await browser.get(path)).text


async def test_a_task_is_done_with_a_note_and_leaves_the_list(desk: Desk, day: Day):
    task = desk.all(Task, Task.kind == TaskKind.QUESTION)[0]
    path = f"/console/tasks/{task.id}"
    async with desk.browser("marisol") as browser:
        await browser.get(path)
        silent = await browser.post(path, note=" ")
        assert silent.status_code == 422
        await browser.follow(await browser.post(path, note="Le escribí."))
        assert f'href="{path}"' not in browser.page
        assert "Le escribí." in (await browser.get(path)).text
        assert f'href="{path}"' in (await browser.get("/console/tasks?show=done")).text
    done = desk.only(Task, Task.id == task.id)
    assert (done.state, done.done_by, done.done_note) == (TaskState.DONE, 1, "Le escribí.")
    assert day.lawyer.id == done.person_id


async def test_tasks_come_the_most_pressing_first_and_by_kind(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        page = (await browser.get("/console/tasks")).text
        order = [int(part.partition('"')[0]) for part in page.split('href="/console/tasks/')[1:]]
        due = sorted(desk.all(Task, Task.state == TaskState.OPEN), key=lambda task: task.due_at)
        assert order == [task.id for task in due]
        only = (await browser.get("/console/tasks?kind=call")).text
        assert only.count('href="/console/tasks/') == 1
        assert (await browser.get("/console/tasks?kind=x")).text.count(
            'href="/console/tasks/'
        ) == len(due)
    assert day.call.id


async def test_done_tasks_go_on_where_the_list_stopped(desk: Desk):
    def act(s: Session) -> None:
        for number in range(52):
            made = office.need(s, kind=TaskKind.ODD, cause=f"c{number}", now=desk.clock.at)
            office.finish(s, made, 1, "listo", desk.clock.at)

    desk.write(act)
    async with desk.browser("marisol") as browser:
        first = (await browser.get("/console/tasks?show=done")).text
        link = first.partition('class="older"><a href="')[2].partition('"')[0]
        second = (await browser.get("/console/tasks" + link.replace("&amp;", "&"))).text
    assert first.count('class="strong"') == 50
    assert second.count('class="strong"') == 2


async def test_a_task_that_there_is_not_says_so(desk: Desk):
    async with desk.browser("marisol") as browser:
        assert (await browser.get("/console/tasks/9")).status_code == 404
        assert (await browser.post("/console/tasks/9", note="x")).status_code == 404


async def test_a_task_is_taken_given_put_off_pressed_and_written_about(desk: Desk, day: Day):
    task = desk.all(Task, Task.kind == TaskKind.QUESTION)[0]
    path = f"/console/tasks/{task.id}/hand"
    later = (desk.clock.at + timedelta(hours=3)).astimezone(ZoneInfo("America/Guatemala"))
    until = later.replace(tzinfo=None).isoformat(timespec="minutes")
    acts = {
        "take": {},
        "leave": {},
        "give": {"owner": "1"},
        "note": {"words": "Llamar <b>antes</b> de las 5."},
        "urgency": {"urgency": "soon"},
        "snooze": {"until": until},
    }
    async with desk.browser("marisol") as browser:
        await browser.get(f"/console/tasks/{task.id}")
        for act, fields in acts.items():
            await browser.follow(await browser.post(path, act=act, **fields))
        assert "Llamar &lt;b&gt;antes" in browser.page
        row = f'href="/console/tasks/{task.id}"'
        shown = {
            whose: row in (await browser.get(f"/console/tasks?whose={whose}")).text
            for whose in ("all", "mine", "nobody", "late", "later")
        }
        assert [whose for whose, there in shown.items() if there] == ["later"]
        await browser.follow(await browser.post(path, act="back"))
        assert row in (await browser.get("/console/tasks?whose=mine")).text
        for wrong in ({"act": "give"}, {"act": "urgency"}, {"act": "snooze"}, {"act": "note"}, {}):
            assert (await browser.post(path, **wrong)).status_code == 422
        past = {"act": "snooze", "until": "2020-01-01T08:00"}
        assert (await browser.post(path, **past)).status_code == 422
    kept = desk.only(Task, Task.id == task.id)
    assert (kept.owner_id, kept.urgency, kept.snoozed_until) == (1, Urgency.SOON, None)
    assert day.lawyer.id == kept.person_id


async def test_that_a_task_is_done_is_undone_and_a_program_does_the_same(desk: Desk, day: Day):
    task = desk.all(Task, Task.kind == TaskKind.QUESTION)[0]
    path = f"/console/tasks/{task.id}"
    async with desk.browser("marisol") as browser:
        await browser.get(path)
        await browser.follow(await browser.post(path, note="Por error."))
        await browser.follow(await browser.post(f"{path}/hand", act="reopen"))
        assert "La tarea está abierta otra vez." in browser.page
    async with desk.program(desk.token(staff_id=1)) as program:
        path = f"/tasks/{task.id}"
        sheet = (await program.get(path)).json()
        assert (sheet["state"], [one["words"] for one in sheet["notes"]]) == (
            "open",
            ["Por error."],
        )
        until = (desk.clock.at + timedelta(hours=1)).isoformat()
        body = {"owner_id": 1, "urgency": "soon", "snoozed_until": until}
        assert (await program.patch(path, json=body)).json()["owner_id"] == 1
        assert (await program.get("/tasks?whose=mine")).json()["items"] == []
        back = (await program.patch(path, json={"snoozed_until": None})).json()
        assert (back["snoozed_until"], back["owner_id"]) == (None, 1)
        assert len((await program.get("/tasks?whose=mine")).json()["items"]) == 1
        noted = await program.post(f"{path}/notes", json={"words": "Hecho a medias."})
        assert noted.json()["notes"][-1]["words"] == "Hecho a medias."
        await program.post(f"{path}/done", json={"note": "listo"})
        assert (await program.patch(path, json={"state": "open"})).json()["state"] == "open"
        refused = await program.patch(path, json={"urgency": "now", "snoozed_until": until})
        assert refused.headers["content-type"] == "application/problem+json"
    assert day.lawyer.id == desk.only(Task, Task.id == task.id).person_id
