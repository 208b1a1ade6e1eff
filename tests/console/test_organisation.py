"""Who we are, as staff set it: on the page, by the API, at a command, and what the doctor says."""

from datetime import timedelta
from typing import Any

import pytest

from bot import introducing
from bot.office import organisation
from bot.settings import WrongSetting
from models.organisation import Organisation
from models.trail import Trail
from tests.console.desk import NOW, Desk

PATH = "/console/organisation"
TOLD: dict[str, Any] = {
    "name": "la Casa Ficticia",
    "phone": "+502 2222 9999",
    "website": "https://casa.example.org",
    "owner": "Ana",
    "review_by": "2027-06-30",
    "reply_hours": "12",
}


def unsay(desk: Desk) -> None:
    """Leave the deployment as it is when nobody has said who we are."""
    desk.write(lambda s: s.delete(s.get_one(Organisation, 1)))


async def test_a_fresh_deployment_says_what_is_missing_and_staff_say_who_we_are(desk: Desk):
    unsay(desk)
    async with desk.browser("marisol") as browser:
        await browser.get("/console/")
        assert "«Enlace»" in browser.page
        await browser.get(PATH)
        assert "Puede preguntar por nosotros" in browser.page
        await browser.post(PATH, step="look", **TOLD)
        assert "Somos la Casa Ficticia." in browser.page
        assert "llame usted al +502 2222 9999" in browser.page
        assert desk.all(Organisation) == [], "looking keeps nothing"
        await browser.follow(await browser.post(PATH, step="keep", **TOLD))
        assert "llame usted al +502 2222 9999" in browser.page
        kept = desk.only(Organisation)
        assert (kept.name, kept.reply_hours, kept.owner) == ("la Casa Ficticia", 12, "Ana")
        (line,) = desk.all(Trail, Trail.act == "organisation.described", Trail.actor == "staff:1")
        assert line.object == "organisation:1"
        await browser.get(f"{PATH}?language=eng")
        assert "We are la Casa Ficticia." in browser.page
        await browser.get("/console/")
        assert "«Enlace»" not in browser.page


WRONG = [
    ("name", " "),
    ("name", "a" * 81),
    ("phone", "llámenos"),
    ("phone", "123"),
    ("website", "nuestra página"),
    ("owner", ""),
    ("review_by", "2026-11-01"),
    ("review_by", "mañana"),
    ("reply_hours", "0"),
    ("reply_hours", ""),
]


async def test_what_nobody_could_check_us_by_is_refused_and_stays_typed(desk: Desk):
    before = desk.only(Organisation)
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        for field, typed in WRONG:
            answer = await browser.post(PATH, step="keep", **{**TOLD, field: typed})
            assert answer.status_code == 422, (field, typed)
            assert 'value="la Casa Ficticia"' in answer.text or field == "name"
        looked = await browser.post(PATH, step="look", **{**TOLD, "phone": "123"})
        assert looked.status_code == 422
    assert desk.only(Organisation) == before


async def test_a_name_that_tells_too_much_is_pointed_out_before_it_is_kept(desk: Desk):
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        await browser.post(PATH, step="look", **{**TOLD, "name": "Amigos de los deportados"})
        assert "nunca saldría" in browser.page
        await browser.post(PATH, step="look", **TOLD)
        assert "nunca saldría" not in browser.page


async def test_a_reader_sees_it_and_a_program_sets_it(desk: Desk):
    async with desk.browser("lector") as browser:
        await browser.get(PATH)
        assert "+502 2222 0000" in browser.page
        assert 'name="phone"' not in browser.page
    body = {**TOLD, "review_by": "2027-06-30T00:00:00Z", "reply_hours": 12}
    async with desk.program(desk.token("facts:read", "facts:write", staff_id=1)) as program:
        kept = (await program.put("/organisation", json=body)).json()
        assert "+502 2222 9999" in kept["texts"][0]["words"]
        assert kept["lacks"] == ""
        wrong = await program.put("/organisation", json={**body, "phone": "x"})
        assert wrong.status_code == 422
        read = (await program.get("/organisation")).json()
        assert (read["phone"], read["texts"]) == ("+502 2222 9999", kept["texts"])


def test_a_command_says_who_we_are_and_what_is_left_out_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DATABASE_URL", desk.world.settings.url)
    monkeypatch.setenv("MASTER_KEY", "31" * 32)
    monkeypatch.chdir(desk.world.settings.data_dir)
    unsay(desk)
    told: list[str] = []

    def command(day: str = "", **given: str | int | None) -> None:
        introducing.introduce({}, told.append, given, review_by=day, by="")

    command()
    assert told[-1].startswith("Nobody has said who we are")
    with pytest.raises(WrongSetting, match="review date"):
        command(name="la Casa")
    with pytest.raises(WrongSetting, match="--review-by"):
        command("mañana", name="la Casa")
    command("2027-06-30", name="la Casa", phone="+502 2222 9999", owner="Ana")
    command(phone="+502 2222 8888")
    kept = desk.only(Organisation)
    assert (kept.name, kept.phone) == ("la Casa", "+502 2222 8888")
    assert told[-1] == "Ana answers for it until 2027-06-30."
    assert "llame usted al +502 2222 8888" in told[-3]


def test_what_somebody_in_doubt_cannot_learn_is_said(desk: Desk):
    ours = desk.read(organisation.ours)
    assert organisation.lacks(ours, NOW) is None
    late = organisation.lacks(ours, NOW + timedelta(days=400))
    ours = desk.write(lambda s: s.merge(Organisation(**{**ours.model_dump(), "phone": ""})))
    silent = organisation.lacks(ours, NOW)
    assert late is not None
    assert silent is not None
    assert late != silent
