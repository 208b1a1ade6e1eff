"""The page with the details: opened once, by a button, by who has the work."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from bot.office import casebook
from bot.post import details
from bot.tongues import render
from models.assignment import Assignment
from models.case import Case
from models.conversation import Talked
from models.document import UploadPass
from models.facts import Accepted
from models.person import Lockout, Person
from models.trail import Trail
from tests.console.desk import URL, Desk


@pytest.fixture
def link(desk: Desk) -> str:
    """Give the link that Marta got when she took work."""
    marta = desk.person()
    assignment = desk.offered(desk.case(), marta)
    fact = Accepted(assignment.id or 0)
    desk.record(marta, "offer", fact)
    talked = desk.only(Talked, Talked.name == "offer")

    def make(s: Session) -> str:
        (words,) = details.link(s, desk.world, talked, [fact], desk.clock.at)
        return render(words, "spa").rpartition(" ")[2]

    return desk.write(make).removeprefix(URL)


async def test_the_page_opens_by_its_button_once_and_to_look_costs_nothing(desk: Desk, link: str):
    async with desk.browser() as browser:
        for _ in range(3):
            shut = await browser.client.get(link)
            assert shut.status_code == 200
            assert "GT-0417" in shut.text
            assert "alcald" not in shut.text
            assert "<script" not in shut.text
        opened = await browser.client.post(link)
        assert opened.status_code == 200
        for words in ("Preguntar en la alcaldía auxiliar.", "Todos Santos", "mam"):
            assert words in opened.text
        assert "Tomasa" not in opened.text
        assert opened.headers["referrer-policy"] == "no-referrer"
        assert opened.headers["cache-control"] == "no-store"
        for answer in (await browser.client.post(link), await browser.client.get(link)):
            assert answer.status_code == 410
            assert "alcald" not in answer.text
    assert desk.only(UploadPass).used_at == desk.clock.at
    assert len(desk.all(Trail, Trail.act == "details.read")) == 1


def withdrawn(s: Session, desk: Desk) -> None:
    casebook.withdraw(s, s.get_one(Assignment, 1), desk.clock.at, "staff:1")


def frozen(s: Session, desk: Desk) -> None:
    s.get_one(Person, s.get_one(Assignment, 1).defender_id).frozen_at = desk.clock.at


def locked_out(s: Session, _desk: Desk) -> None:
    s.get_one(Person, s.get_one(Assignment, 1).defender_id).lockout = Lockout.UNSAFE


def guarded(s: Session, _desk: Desk) -> None:
    s.get_one(Case, s.get_one(Assignment, 1).case_id).guarded = "Preguntar en la alcaldía"


def late(_s: Session, desk: Desk) -> None:
    desk.clock.pass_(timedelta(days=4))


@pytest.mark.parametrize("change", [withdrawn, frozen, locked_out, guarded, late])
async def test_what_is_not_hers_to_read_any_more_is_not_shown(desk: Desk, link: str, change):
    desk.write(lambda s: change(s, desk))
    async with desk.browser() as browser:
        for answer in (await browser.client.get(link), await browser.client.post(link)):
            assert answer.status_code == 410
            assert "PERSONA" in answer.text
            assert "alcald" not in answer.text
    assert desk.only(UploadPass).used_at is None


async def test_a_link_that_is_none_opens_nothing_nor_does_one_for_photos(desk: Desk, link: str):
    async with desk.browser() as browser:
        for wrong in ("/d/nothing", link.replace("/d/", "/u/")):
            assert (await browser.client.get(wrong)).status_code == 410
