"""Facts that age, as staff keep them and as messages tell them."""

from datetime import timedelta

from models.dated import DatedFact
from models.outbox import Outbox
from tests.console.desk import NOW, Desk

FACT = {"key": "plazo", "spanish": "el 11 de diciembre", "owner": "Ana", "review_by": "2026-12-01"}


async def test_a_fact_is_kept_used_and_refused_once_its_date_has_passed(desk: Desk):
    marta = desk.person()
    to = f"/console/people/{marta.id}/messages"
    async with desk.browser("marisol") as browser:
        await browser.get("/console/facts")
        wrong = await browser.post("/console/facts", **{**FACT, "owner": ""})
        assert wrong.status_code == 422
        assert "el 11 de diciembre" in wrong.text  # what was typed is not lost
        await browser.follow(await browser.post("/console/facts", **FACT))
        page = (await browser.get("/console/facts?key=plazo")).text
        assert 'value="plazo"' in page
        assert "2026-12-01" in page
        desk.heard(marta, "hola")
        sent = await browser.post(to, text="Es [[plazo]].")
        assert sent.status_code == 303
        assert desk.only(Outbox).text == "Es [[plazo]]."
        desk.write(lambda s: setattr(s.get_one(DatedFact, 1), "review_by", NOW))
        refused = await browser.post(to, text="Es [[plazo]]!")
        assert refused.status_code == 422
        assert "Ana" in refused.text


async def test_a_program_keeps_facts_too(desk: Desk):
    body = {"spanish": "a", "english": "b", "owner": "Ana"}
    later = (NOW + timedelta(days=3)).isoformat()
    async with desk.program(desk.token(staff_id=1)) as program:
        kept = await program.put("/facts/plazo", json={**body, "review_by": later})
        assert kept.json()["key"] == "plazo"
        refused = await program.put("/facts/PLAZO", json={**body, "review_by": later})
        assert refused.headers["content-type"] == "application/problem+json"
        listed = (await program.get("/facts")).json()
    assert [(one["key"], one["english"]) for one in listed] == [("plazo", "b")]
