"""Recognising the person: staff write the question, and see how an answer compares."""

from models.facts import IdentityTold
from models.person import Role
from models.recognition import Claim, Recognition
from models.trail import Trail
from tests.console.desk import Desk

PATH = "/console/cases/GT-0417/recognition"
TYPED = {"question": "¿Cómo le dicen en su comunidad?", "expected": "Chepe"}


async def answered(desk: Desk) -> None:
    """Let somebody who says that it is he answer a first contact."""
    tomas = desk.person("Tomás Novela", Role.PARENT)
    case = desk.case(parent_id=tomas.id)
    async with desk.program(desk.token(staff_id=1)) as program:
        put = await program.put("/cases/GT-0417/recognition", json=TYPED)
        assert put.json() == TYPED | {"answers": []}
        slots = ["2026-11-26T17:00:00-06:00"]
        body = {"person_id": tomas.id, "slots": slots}
        assert (await program.post("/cases/GT-0417/outreach", json=body)).status_code == 201
        desk.record(tomas, "outreach", IdentityTold(case.id or 0, "me dicen chepe"))
        (answer,) = (await program.get("/cases/GT-0417/recognition")).json()["answers"]
    assert answer["answer"] == "me dicen chepe"
    assert (answer["likeness"], answer["level"]) == ("likely", "provisional_match")


async def test_staff_see_what_was_answered_and_that_it_is_only_likely(desk: Desk):
    await answered(desk)
    async with desk.browser("marisol") as browser:
        for path in (PATH, "/console/cases/GT-0417"):
            page = (await browser.get(path)).text
            assert "me dicen chepe" in page
            assert "Probable" in page
        page = (await browser.get(PATH)).text
        assert "sin verificar" in page
        assert 'value="¿Cómo le dicen en su comunidad?"' in page


async def test_a_question_is_written_in_somebody_s_name_and_refused_where_it_tells(desk: Desk):
    desk.case()
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        told = await browser.post(PATH, question="¿Le dicen Chepe?", expected="Chepe")
        assert "contiene una respuesta" in told.text
        assert desk.all(Recognition) == []
        await browser.follow(await browser.post(PATH, **TYPED))
    assert desk.only(Recognition).question == TYPED["question"]
    assert [one.act for one in desk.all(Trail)].count("recognition.written") == 1
    assert desk.all(Claim) == []
