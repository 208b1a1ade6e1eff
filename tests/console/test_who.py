"""Who is who, as staff find it out: in the console, and by the API."""

import re

from models.person import Doubt, Link, Person, Role, Trust, Via
from models.regrouping import Regrouping, RegroupingState
from models.task import Task, TaskState
from models.trail import Trail
from tests.console.desk import Desk

SHY = {"shared": "yes", "quiet": "20:00-07:00", "note": "Su suegra lee."}


def mark(page: str) -> str:
    found = re.search(r'name="mark" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


async def test_what_is_known_of_an_address_is_kept_and_shown(desk: Desk):
    marta = desk.person()
    path = f"/console/people/{marta.id}/addresses/1"
    async with desk.browser("marisol") as browser:
        await browser.get("/console/")
        await browser.follow(await browser.post(path, trust="enrolled", **SHY))
        assert "Su suegra lee." in browser.page
        assert "20:00-07:00" in browser.page
        refused = await browser.post(path, trust="enrolled", quiet="nunca")
        assert refused.status_code == 422
        await browser.follow(await browser.post(path, step="doubt"))
        assert desk.only(Link).doubt is Doubt.STAFF
        assert desk.only(Task).state is TaskState.OPEN
        await browser.follow(await browser.post(path, step="confirm"))
        nobody_s = await browser.post(f"/console/people/{marta.id}/addresses/9", step="confirm")
        assert nobody_s.status_code == 404
    link = desk.only(Link)
    assert (link.doubt, link.shared, link.quiet) == (Doubt.NONE, True, "20:00-07:00")
    assert desk.only(Task).state is TaskState.DONE
    acts = [one.act for one in desk.all(Trail) if one.act.startswith("link.")]
    assert acts == ["link.changed", "link.doubted", "link.confirmed"]


async def test_two_are_joined_after_a_look_and_parted_again(desk: Desk):
    stranger = desk.person("", role=Role.UNKNOWN, via=Via.SMS)
    marta = desk.person()
    desk.heard(stranger, "soy marta")
    async with desk.browser("marisol") as browser:
        await browser.get("/console/")
        asked = f"/console/people/{stranger.id}/regroupings"
        refused = await browser.post(asked, kind="join", why="Lo dijo.", other=f"{stranger.id}")
        assert refused.status_code == 422
        assert "Lo dijo." in refused.text  # what was typed is not lost
        await browser.follow(
            await browser.post(asked, kind="join", why="Lo dijo.", other=f"{marta.id}")
        )
        path = f"/console/regroupings/{desk.only(Regrouping).id}"
        looked_at = mark(browser.page)
        desk.heard(stranger, "y escribo otra vez")
        changed = await browser.post(path, step="confirm", mark=looked_at)
        assert changed.status_code == 422
        await browser.follow(await browser.post(path, step="confirm", mark=mark(changed.text)))
        assert {one.person_id for one in desk.all(Link)} == {marta.id}
        await browser.get("/console/people")
        assert f'"/console/people/{stranger.id}"' not in browser.page
        gone = await browser.get(f"/console/people/{stranger.id}")
        assert f'href="/console/people/{marta.id}"' in gone.text
        await browser.follow(await browser.post(path, step="undo"))
    assert {one.person_id for one in desk.all(Link)} == {stranger.id, marta.id}
    assert desk.only(Regrouping).state is RegroupingState.UNDONE
    assert desk.all(Person, Person.id == stranger.id)[0].joined_into is None


async def test_who_it_is_is_found_by_name_or_number_without_any_script(desk: Desk):
    stranger = desk.person("", role=Role.UNKNOWN, via=Via.SMS)
    marta = desk.person("Marta Ficticia")
    desk.person("Márta Inventada", Role.LAWYER, country="US")
    path = f"/console/people/{stranger.id}/regroupings"
    typed = {"kind": "join", "why": "Lo dijo por teléfono."}

    def found(page: str) -> list[str]:
        return re.findall(r'name="other" value="(\d+)"', page)

    async with desk.browser("marisol") as browser:
        await browser.get(f"/console/people/{stranger.id}")
        page = (await browser.post(path, step="find", who="marta", **typed)).text
        assert len(found(page)) == 2
        assert "Lo dijo por teléfono." in page
        assert '<option value="join" selected>' in page
        page = (await browser.post(path, step="find", who="Marta Fic", **typed)).text
        assert found(page) == [str(marta.id)]
        digits = desk.address(marta).wire[-6:]
        assert found((await browser.post(path, step="find", who=digits)).text) == [str(marta.id)]
        nobody = await browser.post(path, step="find", who="Nadie", **typed)
        assert found(nobody.text) == []
        assert 'class="wrong" id="f-other"' in nobody.text
        assert (await browser.post(path, step="find", who="", **typed)).status_code == 422
        unchosen = await browser.post(path, step="propose", who="marta", **typed)
        assert unchosen.status_code == 422
        assert len(found(unchosen.text)) == 2
        assert desk.all(Regrouping) == []
        chosen = {"who": "marta", "other": str(marta.id), **typed}
        await browser.follow(await browser.post(path, step="propose", **chosen))
    assert desk.only(Regrouping).other_id == marta.id


async def test_a_program_does_the_same_in_a_human_s_name(desk: Desk):
    marta = desk.person()
    async with desk.program(desk.token(staff_id=None)) as program:
        known = {"trust": "enrolled", "shared": True, "standing": "confirmed"}
        anonymous = await program.put(f"/people/{marta.id}/addresses/1", json=known)
        assert anonymous.status_code == 403
    async with desk.program(desk.token(staff_id=1)) as program:
        told = (await program.put(f"/people/{marta.id}/addresses/1", json=known)).json()
        (address,) = told["addresses"]
        assert (address["shared"], address["kind"], address["doubt"]) == (True, "phone", "none")
        doubted = {"trust": "enrolled", "standing": "doubted"}
        await program.put(f"/people/{marta.id}/addresses/1", json=doubted)
        asked = {"kind": "change", "address_id": 1, "new_wire": "ayer", "why": "Llamó."}
        refused = await program.post(f"/people/{marta.id}/regroupings", json=asked)
        assert refused.headers["content-type"] == "application/problem+json"
        asked["new_wire"] = "+502 5555 9999"
        made = await program.post(f"/people/{marta.id}/regroupings", json=asked)
        assert made.status_code == 201
        looked = (await program.get(f"/regroupings/{made.json()['id']}")).json()
        assert looked["addresses"] == [1]
        decision = f"/regroupings/{looked['id']}/decision"
        unseen = await program.post(decision, json={"decision": "confirm", "mark": "x"})
        assert unseen.status_code == 422
        seen = {"decision": "confirm", "mark": looked["mark"]}
        assert (await program.post(decision, json=seen)).json()["state"] == "done"
        assert [one.trust for one in desk.all(Link)] == [Trust.DISPROVED, Trust.ENROLLED]
        assert (await program.post(decision, json={"decision": "undo"})).status_code == 200
        again = (await program.post(f"/people/{marta.id}/regroupings", json=asked)).json()
        dropped = f"/regroupings/{again['id']}/decision"
        assert (await program.post(dropped, json={"decision": "drop"})).json()["state"] == "dropped"
    assert [one.trust for one in desk.all(Link)] == [Trust.ENROLLED, Trust.DISPROVED]
