"""People: added, found by name or number, reached, held, written to as a human."""

import pytest
from sqlmodel import Session

from models.inbox import Heard
from models.outbox import Held, Outbox, OutboxState
from models.person import Address, Invite, Link, Lockout, Person, Role, Trust, Via
from tests.console.desk import NOW, Desk
from tests.console.story import Day

PERSON = {
    "name": "Nueva Ficticia",
    "role": "defender",
    "country": "HN",
    "language": "spa",
    "via": "sms",
    "wire": "+504 5555-9999",
}


async def test_somebody_is_added_with_a_number(desk: Desk):
    async with desk.browser("marisol") as browser:
        await browser.get("/console/people/new")
        page = await browser.follow(await browser.post("/console/people/new", **PERSON))
    person = desk.only(Person)
    assert (person.name, person.role, person.zone) == (
        "Nueva Ficticia",
        Role.DEFENDER,
        "America/Tegucigalpa",
    )
    assert desk.only(Link).trust is Trust.ENROLLED
    assert "+50455559999" in page.text


async def test_somebody_is_added_without_a_number_to_be_invited(desk: Desk):
    async with desk.browser("marisol") as browser:
        await browser.get("/console/people/new")
        typed = {**PERSON, "via": "", "wire": ""}
        page = await browser.follow(await browser.post("/console/people/new", **typed))
        assert 'class="empty"' in page.text
        shown = ""
        for via, start in (("telegram", "https://t.me/"), ("whatsapp", "https://wa.me/")):
            invite = await browser.post("/console/people/1/invites", via=via)
            assert invite.status_code == 201
            assert f'href="{start}' in invite.text
            assert "<svg" in invite.text
            shown += invite.text
    first, second = desk.all(Invite)
    assert first.token_hash != second.token_hash
    assert first.token_hash not in shown


async def test_an_invite_needs_a_channel_that_is_on(desk: Desk):
    person = desk.person()
    desk.world.bot_name = ""
    async with desk.browser("marisol") as browser:
        await browser.get("/console/people/1")
        for via in ("telegram", "", "pigeon"):
            answer = await browser.post(f"/console/people/{person.id}/invites", via=via)
            assert answer.status_code == 422
    assert desk.all(Invite) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"role": ""}, "role"),
        ({"country": "XX"}, "country"),
        ({"language": "klingon"}, "language"),
        ({"via": ""}, "via"),
        ({"wire": ""}, "wire"),
    ],
)
async def test_what_is_wrong_with_a_person_is_said(desk: Desk, wrong: dict[str, str], field: str):
    async with desk.browser("marisol") as browser:
        await browser.get("/console/people/new")
        answer = await browser.post("/console/people/new", **{**PERSON, **wrong})
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert desk.all(Person) == []


async def test_a_number_that_is_none_is_refused_and_stays_typed(desk: Desk):
    async with desk.browser("marisol") as browser:
        await browser.get("/console/people/new")
        answer = await browser.post("/console/people/new", **{**PERSON, "wire": "12"})
        assert answer.status_code == 422
        assert 'value="12"' in answer.text
        assert desk.all(Person) == []
        person = desk.person()
        wrong = await browser.post(f"/console/people/{person.id}/addresses", via="sms", wire="12")
        assert wrong.status_code == 422
        right = await browser.post(
            f"/console/people/{person.id}/addresses", via="sms", wire="+50255551234"
        )
        await browser.follow(right)
    assert {address.via for address in desk.all(Address)} == {Via.WHATSAPP, Via.SMS}


async def test_people_are_found_by_part_of_a_name_and_by_digits(desk: Desk):
    lucia = desk.person("Lucía Imaginaria de Ñandú")
    marta = desk.person("Marta Ficticia")
    digits = desk.address(marta).wire[-4:]
    async with desk.browser("marisol") as browser:
        for text, found, hidden in (
            ("lucia", lucia, marta),
            ("NANDU imagin", lucia, marta),
            (digits, marta, lucia),
            (desk.address(marta).wire, marta, lucia),
        ):
            for path in ("/console/people", "/console/find"):
                page = (await browser.client.get(path, params={"q": text})).text
                assert f'href="/console/people/{found.id}"' in page
                assert f'href="/console/people/{hidden.id}"' not in page
        nobody = (await browser.get("/console/people?q=nadie")).text
        assert 'class="empty"' in nobody


async def test_the_filter_of_people_narrows(desk: Desk):
    desk.person("Marta Ficticia")
    desk.person("Grace Example", Role.LAWYER, Via.SMS, language="eng", country="US")
    async with desk.browser("marisol") as browser:
        for query in ("role=lawyer", "country=US", "language=eng"):
            page = (await browser.get(f"/console/people?{query}")).text
            assert "Grace Example" in page
            assert "Marta Ficticia" not in page
        page = (await browser.get("/console/people?role=x&country=yy&language=z")).text
        assert "Grace Example" in page
        assert "Marta Ficticia" in page


async def test_one_box_finds_a_case_and_goes_there(desk: Desk):
    desk.case("GT-0417")
    async with desk.browser("marisol") as browser:
        answer = await browser.get("/console/find?q=gt417")
        assert answer.headers["location"] == "/console/cases/GT-0417"
        assert 'class="empty"' in (await browser.get("/console/find?q=")).text


async def test_a_long_list_of_people_goes_on(desk: Desk):
    for number in range(53):
        desk.person(f"Persona {number}")
    async with desk.browser("marisol") as browser:
        first = (await browser.get("/console/people?q=persona")).text
        link = first.partition('class="older"><a href="')[2].partition('"')[0]
        second = (await browser.get("/console/people" + link.replace("&amp;", "&"))).text
    assert first.count('class="strong"') == 50
    assert second.count('class="strong"') == 3


async def test_a_person_that_there_is_not_says_so(desk: Desk):
    async with desk.browser("marisol") as browser:
        for path in ("9", "x", "99999999999999999999", "0/earlier", "1/earlier?below=x"):
            assert (await browser.get(f"/console/people/{path}")).status_code == 404
        for act in ("hold", "release", "messages", "addresses", "invites"):
            answer = await browser.post(
                f"/console/people/9/{act}", text="x", via="sms", wire="+50255551111"
            )
            assert answer.status_code == 404


async def test_a_human_takes_the_talk_over_and_hands_it_back(desk: Desk):
    person = desk.person()
    async with desk.browser("marisol") as browser:
        await browser.get("/console/")
        for act in ("hold", "hold"):
            await browser.follow(await browser.post(f"/console/people/{person.id}/{act}"))
        assert desk.only(Person).held_at == desk.clock.at
        assert "/release" in browser.page
        for act in ("release", "release"):
            await browser.follow(await browser.post(f"/console/people/{person.id}/{act}"))
        assert desk.only(Person).held_at is None
        assert "/hold" in browser.page


async def test_a_human_writes_once_in_her_own_name(desk: Desk):
    marta = desk.person()
    desk.heard(marta, "¿cuánto dan de viáticos?")
    path = f"/console/people/{marta.id}"
    async with desk.browser("marisol") as browser:
        await browser.get(path)
        typed = {"text": "Son Q 400.\r\nSaludos.", "key": browser.field("key")}
        await browser.post(f"{path}/messages", **typed)
        page = await browser.follow(await browser.post(f"{path}/messages", **typed))
    row = desk.only(Outbox)
    assert (row.text, row.written_by, row.via) == ("Son Q 400.\nSaludos.", 1, "whatsapp")
    assert "Son Q 400." in page.text


async def test_a_message_that_may_not_go_is_refused_and_stays_typed(desk: Desk):
    tomasa = desk.person("Tomasa Novela", Role.PARENT)
    desk.heard(tomasa, "hola")
    path = f"/console/people/{tomasa.id}"
    async with desk.browser("marisol") as browser:
        await browser.get(path)
        for text in ("Su hija está en un albergue.", ""):
            answer = await browser.post(f"{path}/messages", text=text)
            assert answer.status_code == 422
            assert text in answer.text
    assert desk.all(Outbox) == []


async def test_what_is_written_after_whatsapps_day_is_kept_and_said_to_wait(desk: Desk):
    marta = desk.person("Marta Ficticia", Role.DEFENDER, Via.WHATSAPP, Via.SMS)
    path = f"/console/people/{marta.id}"
    sms = next(one for one in desk.all(Address) if one.via is Via.SMS)
    async with desk.browser("marisol") as browser:
        page = (await browser.get(path)).text
        assert "24 horas" in page
        assert "cerrada: espera respuesta al aviso" in page
        kept = await browser.follow(await browser.post(f"{path}/messages", text="Hola"))
        assert "Su mensaje está guardado." in kept.text
        sent = await browser.follow(
            await browser.post(f"{path}/messages", text="Hola", address_id=str(sms.id))
        )
        assert "Su mensaje está guardado." not in sent.text
        waits = desk.only(Outbox, Outbox.via == "whatsapp")

        def hold(s: Session) -> None:
            s.get_one(Outbox, waits.id).held = Held.WINDOW

        desk.write(hold)
        page = (await browser.get(path)).text
    assert "espera a que la persona escriba por WhatsApp" in page
    assert "Marisol Ficticia a" in page
    assert (waits.written_by, waits.state) == (1, OutboxState.PENDING)


@pytest.mark.parametrize(
    "columns",
    [{"stopped_at": NOW}, {"frozen_at": NOW}, {"lockout": Lockout.MINOR}],
    ids=["stopped", "frozen", "locked"],
)
async def test_who_may_not_be_written_to_is_offered_no_form_for_it(
    desk: Desk, columns: dict[str, object]
):
    marta = desk.person()
    path = f"/console/people/{marta.id}"

    def change(s: Session) -> None:
        for name, value in columns.items():
            setattr(s.get_one(Person, marta.id), name, value)

    async with desk.browser("marisol") as browser:
        assert f'action="{path}/messages"' in (await browser.get(path)).text
        desk.write(change)
        page = (await browser.get(path)).text
        assert f'action="{path}/messages"' not in page
        assert "no se le puede escribir" in page
        refused = await browser.post(f"{path}/messages", text="Hola")
    assert refused.status_code == 422
    assert desk.all(Outbox) == []


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("button", "Tocó un botón"),
        ("pin 15.66000,-91.71000", "Un lugar en el mapa: 15.66000,-91.71000"),
        ("voice", "Un mensaje de voz"),
        ("{who}", "{who}"),
    ],
)
async def test_what_is_no_words_is_said_in_words(desk: Desk, note: str, said: str):
    marta = desk.person()
    desk.heard(marta, "", note=note)
    async with desk.browser("marisol") as browser:
        for path in (f"/console/people/{marta.id}", "/console/conversations"):
            assert said in (await browser.get(path)).text


async def test_who_has_no_words_that_open_whatsapp_again_must_be_called(desk: Desk):
    marta = desk.person("Marta Ficticia", Role.DEFENDER, Via.WHATSAPP, language="mam")
    path = f"/console/people/{marta.id}"
    async with desk.browser("marisol") as browser:
        await browser.get(path)
        refused = await browser.post(f"{path}/messages", text="Hola")
        assert refused.status_code == 422
        assert "Elija otro canal, o llame." in refused.text
        desk.heard(marta, "hola")
        await browser.follow(await browser.post(f"{path}/messages", text="Hola"))
    assert desk.only(Outbox).text == "Hola"


async def test_nobody_is_written_to_at_somebody_elses_address(desk: Desk):
    marta, rosa = desk.person(), desk.person("Rosa Inventada", Role.DEFENDER, Via.SMS)
    theirs = desk.address(rosa)
    async with desk.browser("marisol") as browser:
        await browser.get("/console/")
        answer = await browser.post(
            f"/console/people/{marta.id}/messages", text="Hola", address_id=str(theirs.id)
        )
    assert answer.status_code == 422
    assert desk.all(Outbox) == []


async def test_where_nobody_can_be_reached_the_page_says_so(desk: Desk):
    marta = desk.person()

    def block(s: Session) -> None:
        address = s.get_one(Address, 1)
        address.blocked_at = desk.clock.at
        address.unsafe_at = desk.clock.at
        address.bad_at = desk.clock.at
        person = s.get_one(Person, marta.id)
        person.stopped_at = person.frozen_at = desk.clock.at

    desk.write(block)
    async with desk.browser("marisol") as browser:
        page = (await browser.get(f"/console/people/{marta.id}")).text
    assert 'id="f-text"' not in page
    assert page.count('class="note bad"') == 3  # stopped, frozen, and the one for signed out


async def test_the_talk_is_read_back_to_its_beginning(desk: Desk):
    marta = desk.person()
    for number in range(90):
        desk.heard(marta, f"mensaje {number}.")
    seen: list[str] = []
    async with desk.browser("marisol") as browser:
        page = (await browser.get(f"/console/people/{marta.id}")).text
        while True:
            talk = page.partition('class="timeline"')[2].partition("</ol>")[0]
            seen += [part.partition(".")[0] for part in talk.split("mensaje ")[1:]]
            link = page.partition('class="older"><a href="')[2].partition('"')[0]
            if not link:
                break
            page = (await browser.get(link)).text
    assert seen == [str(number) for number in reversed(range(90))]


async def test_the_inbox_shows_whoever_wrote_last_first_and_each_once(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        page = (await browser.get("/console/conversations")).text
        order = [part.partition("<")[0] for part in page.split('#newest">')[1:]]
        assert order == [
            "Marta Ficticia",
            "Lucía Imaginaria",
            "Tomasa Novela",
            "Rosa Inventada",
        ]
        waiting = (await browser.get("/console/conversations?show=waiting")).text
        assert "Tomasa Novela" in waiting
        assert "Rosa Inventada" not in waiting
        failed = (await browser.get("/console/conversations?show=failed")).text
        assert failed.count("#newest") == len(
            {
                row.person_id
                for row in desk.all(Outbox, Outbox.state == OutboxState.FAILED)
                if desk.all(Heard, Heard.person_id == row.person_id)
            }
        )
        held = (await browser.get("/console/conversations?show=held")).text
        assert 'class="empty"' in held
        assert "#newest" in (await browser.get("/console/conversations?show=nonsense")).text
    assert day.tomasa.id


async def test_an_empty_inbox_says_what_would_fill_it(desk: Desk):
    async with desk.browser("marisol") as browser:
        for show in ("all", "waiting", "held", "failed"):
            page = (await browser.get(f"/console/conversations?show={show}")).text
            assert 'class="empty"' in page


async def test_a_long_inbox_goes_on(desk: Desk):
    for number in range(43):
        desk.heard(desk.person(f"Persona {number}"), "hola")
    async with desk.browser("marisol") as browser:
        first = (await browser.get("/console/conversations")).text
        link = first.partition('class="older"><a href="')[2].partition('"')[0]
        second = (await browser.get("/console/conversations" + link.replace("&amp;", "&"))).text
    assert first.count("#newest") == 40
    assert second.count("#newest") == 3
    assert "data-live" not in second
