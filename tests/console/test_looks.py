"""Who looked: a line in the trail before anything is shown, one for the same look in a while."""

from bot.vault.readers import AGAIN
from models.trail import Trail
from tests.console.desk import Desk
from tests.console.story import Day

LOOKS = {"person.read", "case.read", "evidence.viewed", "messages.read"}


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
