"""Broadcasts: written, seen, confirmed by a typed number, watched."""

import pytest
from sqlmodel import Session

from models.broadcast import Broadcast, BroadcastState, Recipient
from models.person import Person, Role, Via
from tests.console.desk import Desk
from tests.console.story import Day

PATH = "/console/broadcasts/new"
WORDS = {"title": "Taller", "body_es": "¿Quién acompaña el taller del viernes?", "body_en": ""}


async def test_a_broadcast_is_seen_kept_confirmed_and_goes_out_once(desk: Desk):
    marta = desk.person()
    rosa = desk.person("Rosa Inventada", Role.DEFENDER, Via.SMS)
    helen = desk.person("Helen Sample", Role.LAWYER, Via.TELEGRAM, language="eng", country="US")
    stopped = desk.person("Irma Leyenda")

    def stop(s: Session) -> None:
        s.get_one(Person, stopped.id).stopped_at = desk.clock.at

    desk.write(stop)
    ids = [str(person.id) for person in (marta, rosa, helen, stopped)]
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        look = await browser.post(PATH, **WORDS, person_ids=ids, step="look")
        assert look.status_code == 200
        assert look.text.count("<figure") == 2  # nobody gets it in English
        assert "<b>2</b>" in look.text
        assert desk.all(Broadcast) == []
        kept = await browser.post(
            PATH, **WORDS, person_ids=ids, step="draft", looked_at=browser.field("looked_at")
        )
        page = await browser.follow(kept)
        assert desk.only(Broadcast).state is BroadcastState.DRAFT
        for why in ("Pidió que no le escribamos", "Falta el texto"):
            assert why in page.text
        path = "/console/broadcasts/AV-0001/confirm"
        for wrong in ("", "3", "two", "4"):
            refused = await browser.post(path, number=wrong)
            assert refused.status_code == 422
        assert desk.only(Broadcast).state is BroadcastState.DRAFT
        await browser.follow(await browser.post(path, number="2"))
        assert desk.only(Broadcast).state is BroadcastState.SENDING
        twice = await browser.post(path, number="2")
        assert twice.status_code == 422
    assert len(desk.all(Recipient)) == 4


async def test_what_changed_after_it_was_seen_is_shown_again(desk: Desk):
    marta = desk.person()
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        await browser.post(PATH, **WORDS, person_ids=str(marta.id), step="look")
        answer = await browser.post(
            PATH,
            **{**WORDS, "body_es": "Otra cosa"},
            person_ids=str(marta.id),
            step="draft",
            looked_at=browser.field("looked_at"),
        )
    assert answer.status_code == 200
    assert "Otra cosa" in answer.text
    assert desk.all(Broadcast) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"body_es": ""}, "body_es"),
        ({"body_en": "x" * 1001}, "body_en"),
        ({"person_ids": []}, "person_ids"),
    ],
)
async def test_what_is_missing_is_said_and_the_words_stay(
    desk: Desk, wrong: dict[str, str], field: str
):
    marta = desk.person()
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        typed = {**WORDS, "person_ids": str(marta.id), **wrong}
        answer = await browser.post(PATH, **typed, step="look")
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert (WORDS["title"] in answer.text) is (field != "title")


async def test_filtering_loses_neither_words_nor_ticks(desk: Desk):
    marta = desk.person("Marta Ficticia", country="GT")
    rosa = desk.person("Rosa Inventada", Role.DEFENDER, Via.SMS, country="HN")
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        answer = await browser.post(
            PATH, **WORDS, person_ids=str(marta.id), country="HN", step="people"
        )
        assert answer.status_code == 200
        assert WORDS["body_es"] in answer.text
        assert f'type="hidden" name="person_ids" value="{marta.id}"' in answer.text
        assert f'type="checkbox" name="person_ids" value="{rosa.id}"' in answer.text
        ticked = await browser.post(
            PATH, **WORDS, person_ids=str(marta.id), country="HN", step="all"
        )
        assert f'value="{rosa.id}" checked' in ticked.text
        nobody = await browser.post(PATH, **WORDS, country="NI", step="people")
        assert 'class="empty"' in nobody.text


async def test_ticking_all_leaves_out_who_cannot_be_reached(desk: Desk):
    marta, stopped = desk.person(), desk.person("Irma Leyenda")

    def stop(s: Session) -> None:
        s.get_one(Person, stopped.id).stopped_at = desk.clock.at

    desk.write(stop)
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        page = (await browser.post(PATH, **WORDS, step="all")).text
    assert f'value="{marta.id}" checked' in page
    assert f'value="{stopped.id}" checked' not in page


async def test_a_possible_parent_is_never_offered_as_a_recipient(desk: Desk):
    tomasa = desk.person("Tomasa Novela", Role.PARENT)
    async with desk.browser("marisol") as browser:
        page = (await browser.get(PATH)).text
        assert "Tomasa Novela" not in page
        await browser.post(PATH, **WORDS, person_ids=str(tomasa.id), step="look")
        kept = await browser.post(
            PATH,
            **WORDS,
            person_ids=str(tomasa.id),
            step="draft",
            looked_at=browser.field("looked_at"),
        )
        await browser.follow(kept)
        answer = await browser.post("/console/broadcasts/AV-0001/confirm", number="0")
    assert answer.status_code == 422
    assert desk.only(Broadcast).state is BroadcastState.DRAFT


async def test_words_that_a_case_guards_do_not_go_out(desk: Desk):
    desk.case(guarded="Aldea Las Nubes")
    marta = desk.person()
    words = {**WORDS, "body_es": "¿Quién va a Aldea Las Nubes?", "person_ids": str(marta.id)}
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        await browser.post(PATH, **words, step="look")
        await browser.follow(
            await browser.post(PATH, **words, step="draft", looked_at=browser.field("looked_at"))
        )
        answer = await browser.post("/console/broadcasts/AV-0001/confirm", number="1")
    assert answer.status_code == 422
    assert desk.only(Broadcast).state is BroadcastState.DRAFT


async def test_the_board_counts_deliveries_answers_and_reasons(desk: Desk, day: Day):
    path = f"/console/broadcasts/{day.broadcast.code}"
    async with desk.browser("marisol") as browser:
        page = (await browser.get(path)).text
        blocks = page.split('class="counts"')[1:]
        delivered = [part.partition("<")[0] for part in blocks[0].split("<b>")[1:]]
        answered = [part.partition("<")[0] for part in blocks[1].split("<b>")[1:]]
        assert delivered == ["0", "2", "1", "1"]  # waiting, delivered, failed, left out
        assert answered == ["1", "0", "0", "2"]
        assert "El teléfono está apagado o sin señal." in page
        for show, who in (
            ("yes", ["Lucía Imaginaria"]),
            ("failed", ["Lucía Imaginaria"]),
            ("silent", ["Rosa Inventada", "Marta Ficticia"]),
            ("excluded", ["Irma Leyenda"]),
            ("no", []),
            ("later", []),
        ):
            narrowed = (await browser.get(f"{path}?show={show}")).text
            names = [part.partition("<")[0] for part in narrowed.split('#newest">')[1:]]
            assert names == who
            assert ('class="empty"' in narrowed) is (who == [])


async def test_broadcasts_are_listed_and_found_by_their_code(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        assert day.broadcast.code in (await browser.get("/console/broadcasts")).text
        assert (await browser.get("/console/broadcasts/av-0001")).status_code == 200
        assert (await browser.get("/console/broadcasts/AV-9999")).status_code == 404
        answer = await browser.post("/console/broadcasts/AV-9999/confirm", number="1")
        assert answer.status_code == 404


async def test_an_empty_list_says_what_a_broadcast_is_for(desk: Desk):
    async with desk.browser("marisol") as browser:
        assert 'class="empty"' in (await browser.get("/console/broadcasts")).text
