"""What somebody allows, as staff keep it: in the console, and by the API."""

from models.grant import Grant, GrantAct, Purpose
from models.person import Role
from tests.console.desk import Desk

ANSWER = {
    "step": "record",
    "purpose": "share_with_lawyer",
    "act": "granted",
    "giver": "individual",
    "medium": "in_person",
    "version": "form-3",
    "language": "spa",
    "words": "Sí, puede verlo.",
}


async def test_an_answer_is_recorded_in_a_humans_name_and_shown_for_good(desk: Desk):
    father = desk.person("Pedro", Role.PARENT)
    desk.case(parent_id=father.id)
    path = f"/console/people/{father.id}/consents"
    async with desk.browser("marisol") as browser:
        await browser.get(path)
        shared = {"step": "share", "purpose": "share_with_lawyer", "what": "su número"}
        refused = await browser.post(path, **shared)
        assert refused.status_code == 422
        assert "su número" in refused.text  # what was typed is not lost
        unproved = await browser.post(path, **{**ANSWER, "words": "", "case": "GT-0417"})
        assert unproved.status_code == 422
        await browser.follow(await browser.post(path, **ANSWER))
        await browser.follow(await browser.post(path, **shared))
        asked = {"step": "ask", "purpose": "store_documents"}
        await browser.follow(await browser.post(path, **asked))
        assert "Sí, puede verlo." in browser.page
        assert (await browser.post(path, step="ask")).status_code == 422
    rows = desk.all(Grant)
    assert [row.act for row in rows] == [GrantAct.GRANTED, GrantAct.SHARED, GrantAct.ASKED]
    assert {row.staff_id for row in rows} == {1}


async def test_a_program_does_the_same(desk: Desk):
    father = desk.person("Pedro", Role.PARENT)
    path = f"/people/{father.id}/consents"
    async with desk.program(desk.token(staff_id=1)) as program:
        made = await program.post(path, json=ANSWER)
        assert made.json()["standing"][Purpose.LAWYER.value] == "granted"
        refused = await program.post(path, json={**ANSWER, "purpose": "record_voice", "words": ""})
        assert refused.headers["content-type"] == "application/problem+json"
        sheet = (await program.get(path)).json()
    assert sheet["standing"][Purpose.VOICE.value] == "not_asked"
    assert [one["words"] for one in sheet["acts"]] == ["Sí, puede verlo."]
