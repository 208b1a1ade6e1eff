"""Who looked: a line in the trail before anything is shown, one for the same look in a while."""

from bot.vault.readers import AGAIN
from models.trail import Trail
from tests.console.desk import Desk
from tests.console.story import Day

LOOKS = {
    *("person.read", "case.read", "evidence.viewed", "messages.read"),
    *("task.read", "list.read", "evidence.listed"),
}


def lines(desk: Desk, actor: str) -> list[tuple[str, str]]:
    return [
        (one.act, one.object) for one in desk.all(Trail, Trail.actor == actor) if one.act in LOOKS
    ]


async def test_a_look_leaves_one_line_for_a_quarter_of_an_hour(desk: Desk):
    marta = desk.person()
    path = f"/console/people/{marta.id}"
    seen = ("person.read", f"person:{marta.id}")
    async with desk.browser("lector") as browser:
        for where in (path, path, f"{path}/earlier"):
            assert (await browser.get(where)).status_code == 200
        assert lines(desk, "staff:2") == [seen]
        desk.clock.pass_(AGAIN)
        await browser.get(path)
        assert (await browser.get("/console/people/9999")).status_code == 404
    assert lines(desk, "staff:2") == [seen, seen]
    async with desk.browser("marisol") as browser:
        await browser.get(path)  # another reader looks for herself
    assert lines(desk, "staff:1") == [seen]


async def test_pages_and_programs_leave_the_same_lines(desk: Desk, day: Day):
    reference, marta = day.case.reference, day.marta.id
    async with desk.browser("lector") as browser:
        for path in (f"cases/{reference}", f"cases/{reference}/timeline", f"people/{marta}"):
            page = (await browser.get(f"/console/{path}")).text
            assert "looked at" not in page  # who looked would bury what was done
        await browser.get("/console/files/1")
    told = [("case.read", f"case:{day.case.id}"), ("person.read", f"person:{marta}")]
    told += [("evidence.viewed", "evidence:1")]
    assert lines(desk, "staff:2") == told
    async with desk.program(desk.token(staff_id=None)) as program:
        for path in (
            f"/cases/{reference}",
            f"/cases/{reference}/timeline",
            f"/messages?case={reference}",
            f"/people/{marta}",
            f"/messages?person_id={marta}",
            f"/cases/{reference}/evidence/1",
            "/messages",
        ):
            assert (await program.get(path)).status_code == 200
    assert lines(desk, "token:1") == [*told, ("messages.read", "messages")]


async def test_a_list_leaves_one_line_whatever_is_looked_for_in_it(desk: Desk, day: Day):
    async with desk.browser("lector") as browser:
        for path in ("people", "people?q=marta", "people?before=3", "cases", "tasks", "find?q=ma"):
            for _again in range(2):
                assert (await browser.get(f"/console/{path}")).status_code == 200
        for path in ("", "conversations", "post", f"people/{day.marta.id}/consents", "tasks/1"):
            assert (await browser.get(f"/console/{path}")).status_code == 200
        told = [("list.read", f"list:{name}") for name in ("people", "cases", "tasks", "find")]
        told += [("list.read", "list:today"), ("messages.read", "messages")]
        told += [("list.read", "list:post"), ("person.read", f"person:{day.marta.id}")]
        told += [("task.read", "task:1")]
        assert lines(desk, "staff:2") == told
        desk.clock.pass_(AGAIN)
        await browser.get("/console/people?q=marta")
    assert lines(desk, "staff:2") == [*told, told[0]]


async def test_a_page_of_small_pictures_is_one_look_and_so_is_one_that_is_guessed(
    desk: Desk, day: Day
):
    async with desk.browser("lector") as browser:
        for number in (1, 2, 3, 1):
            answer = await browser.client.get(f"/console/files/{number}/thumbnail")
            assert answer.status_code == 200
        assert (await browser.client.get("/console/files/99/thumbnail")).status_code == 404
    assert lines(desk, "staff:2") == [("evidence.listed", f"files:case:{day.case.id}")]
    async with desk.browser("marisol") as browser:
        page = (await browser.get(f"/console/cases/{day.case.reference}/timeline")).text
    assert "miró imágenes pequeñas" not in page, "who looked would bury what was done"


async def test_a_program_s_lists_leave_the_same_lines(desk: Desk, day: Day):
    case = f"/cases/{day.case.reference}"
    async with desk.program(desk.token(staff_id=None)) as program:
        for path in ("/people", "/people?search=ma", "/cases", "/tasks", "/post/messages"):
            assert (await program.get(path)).status_code == 200
        for part in ("assignments", "calls", "documents", "whereabouts", "evidence"):
            assert (await program.get(f"{case}/{part}")).status_code == 200
        assert (await program.get("/tasks/1")).status_code == 200
        assert (await program.get("/cases/GT-9999/whereabouts")).status_code == 404
    lists = [("list.read", f"list:{name}") for name in ("people", "cases", "tasks", "post")]
    assert lines(desk, "token:1") == [
        *lists,
        ("case.read", f"case:{day.case.id}"),
        ("task.read", "task:1"),
    ]
