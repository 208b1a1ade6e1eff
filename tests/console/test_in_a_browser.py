"""The console in a real browser: seen, used by keyboard, live, and without a script too."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.async_api import Browser, ConsoleMessage, Page, expect
from sqlmodel import Session

from bot.console import live
from bot.office import gates
from bot.post import uploads
from bot.post.media import Fetcher
from bot.vault.looks import Looker
from models.assignment import Assignment, AssignmentState, Offer
from models.case import Case
from models.conversation import Talked
from models.evidence import Evidence
from models.outbox import Outbox, OutboxState
from models.person import Person, Role, Via
from models.staff import Staff, StaffSession
from models.whereabouts import Standing, Whereabouts
from tests.console.desk import PASSWORD, URL, Desk, picture
from tests.console.story import Day

DESK_SIZE, PHONE_SIZE = (1280, 900), (390, 844)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for news more often than people need it."""
    monkeypatch.setattr(live, "LOOK_EVERY", 0.05)


@asynccontextmanager
async def page_at(
    desk: Desk,
    browser: Browser,
    url: str,
    username: str = "",
    *,
    size: tuple[int, int] = DESK_SIZE,
    script: bool = True,
) -> AsyncIterator[Page]:
    """Open a page; fail for anything the browser complains about, such as a broken policy."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=script,
        timezone_id="America/Guatemala",
        locale="es-GT",
    )
    if username:
        await context.add_cookies(
            [{"name": "enlace", "value": desk.session_of(username), "url": url}]
        )
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            complaints.append(message.text)

    page = await context.new_page()
    page.on("console", complain)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(15_000)
    yield page
    assert complaints == []
    await context.close()


def paths(day: Day) -> list[str]:
    return [
        "",
        "account",
        "broadcasts",
        "broadcasts/new",
        f"broadcasts/{day.broadcast.code}",
        f"calls/{day.call.id}",
        "cases",
        "cases/new",
        "cases/GT-0417",
        "cases/GT-0417/document",
        "cases/GT-0417/first-contact",
        "cases/GT-0417/offer",
        "cases/GT-0417/timeline",
        "conversations",
        "files/1",
        "find?q=ma",
        "nothing",
        "organisation",
        "people",
        "people/import",
        "people/new",
        f"people/{day.marta.id}",
        f"people/{day.stopped.id}",
        "post",
        "post/gates/broadcasts:sms",
        "post/gates/channel:whatsapp",
        "staff",
        "tasks",
        "tasks?show=done",
        "tasks/1",
    ]


async def judge(page: Page) -> list[str]:
    """Look for what keeps people out, and for what does not fit the screen."""
    found = await Axe().run(page)
    faults = [f"{one['id']}: {one['nodes'][0]['html']}" for one in found.response["violations"]]
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        faults.append("wider than the screen")
    return faults


@pytest.mark.parametrize("size", [DESK_SIZE, PHONE_SIZE], ids=["desk", "phone"])
async def test_every_page_lets_everybody_in_and_fits_the_screen(
    desk: Desk, day: Day, browser: Browser, free_port: int, size: tuple[int, int]
):
    faults: dict[str, list[str]] = {}
    async with (
        desk.serving(free_port) as url,
        page_at(desk, browser, url, "marisol", size=size) as page,
    ):
        for path in paths(day):
            await page.goto(f"{url}/console/{path}")
            faults[path] = await judge(page)
        await page.context.clear_cookies()
        await page.goto(f"{url}/console/sign-in")
        faults["sign-in"] = await judge(page)
        await page.click("button")
        await expect(page.locator("#problems")).to_be_focused()
        faults["sign-in, wrong"] = await judge(page)
        await page.goto(f"{url}/nada")
        faults["nowhere"] = await judge(page)
    assert {path: found for path, found in faults.items() if found} == {}


async def test_a_long_name_and_the_whole_menu_are_seen_on_a_desk_and_on_a_phone(
    desk: Desk, browser: Browser, free_port: int
):
    def rename(s: Session) -> None:
        s.get_one(Staff, 1).name = "María Fernanda de los Ángeles Ficticia Inventada"

    desk.write(rename)
    async with desk.serving(free_port) as url:
        for size, rows in (((1200, 900), 1), (PHONE_SIZE, 4)):
            async with page_at(desk, browser, url, "marisol", size=size) as page:
                await page.goto(f"{url}/console/")
                tops = set()
                for link in await page.locator(".bar a, .bar button").all():
                    box = await link.bounding_box()
                    assert box is not None
                    assert box["x"] >= 0
                    assert box["x"] + box["width"] <= size[0]
                    tops.add(round((box["y"] + box["height"] / 2) / 20))
                assert len(tops) <= rows


async def test_what_is_seen_before_sending_lets_everybody_in(
    desk: Desk, day: Day, browser: Browser, free_port: int
):
    faults: dict[str, list[str]] = {}
    async with desk.serving(free_port) as url, page_at(desk, browser, url, "marisol") as page:
        await page.goto(f"{url}/console/cases/GT-0417/offer")
        await page.click("button[value=look]")
        faults["offer, wrong"] = await judge(page)
        for box in await page.locator("input[name=person_ids]:not([disabled])").all():
            await box.check()
        await page.click("button[value=look]")
        faults["offer"] = await judge(page)
        await page.goto(f"{url}/console/cases/GT-0417/first-contact")
        await page.click("button[value=look]")
        faults["first contact"] = await judge(page)
        await page.goto(f"{url}/console/broadcasts/new")
        await page.fill("#f-title", "Taller")
        await page.fill("#f-body_es", "¿Quién va?")
        await page.click("button[value=all]")
        await page.click("button[value=look]")
        faults["broadcast"] = await judge(page)
        await page.click("button[value=draft]")
        faults["draft"] = await judge(page)
        await page.goto(f"{url}/console/people/{day.rosa.id}")
        await page.click("button[value=telegram]")
        faults["invite"] = await judge(page)
    assert {path: found for path, found in faults.items() if found} == {}


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
async def test_a_coordinator_opens_a_case_and_offers_its_work(
    desk: Desk, browser: Browser, free_port: int, *, script: bool
):
    desk.person("Marta Ficticia")
    desk.person("Rosa Inventada", Role.DEFENDER, Via.SMS)
    async with (
        desk.serving(free_port) as url,
        page_at(desk, browser, url, script=script) as page,
    ):
        await page.goto(f"{url}/console/cases/new")
        await page.fill("#f-username", "marisol")
        await page.fill("#f-password", PASSWORD)
        await page.click("button.main")
        await page.fill("#f-reference", "gt 417")
        await page.select_option("#f-program", "family_sep")
        await page.click("button.main")  # what is asked is missing
        await expect(page.locator("#e-summary")).to_be_visible()
        assert await page.input_value("#f-reference") == "gt 417"
        await page.fill("#f-summary", "Buscar a una madre.")
        await page.click("button.main")
        await page.click("text=Ofrecer trabajo")
        await page.fill("#f-municipality", "Todos Santos")
        for box in await page.locator("input[name=person_ids]").all():
            await box.check()
        await page.click("button[value=look]")
        await expect(page.locator(".phone")).to_have_count(2)
        await expect(page.locator(".phone.sms .words")).to_contain_text("1 Acepto")
        await page.click("button[value=send]")
        await expect(page.locator("h1")).to_contain_text("GT-0417")
        await expect(page.locator("[role=status]")).to_be_visible()
    assert desk.only(Case).reference == "GT-0417"
    assert len(desk.all(Offer)) == 2


async def test_news_arrives_while_somebody_types_and_takes_nothing_away(
    desk: Desk, day: Day, browser: Browser, free_port: int
):
    async with desk.serving(free_port) as url, page_at(desk, browser, url, "marisol") as page:
        await page.goto(f"{url}/console/cases/GT-0417")
        note = page.locator(f"#note-report-{day.report.id}")
        await note.fill("Hablé con la alcaldía")
        await note.press("Home")
        await note.press("ArrowRight")
        desk.heard(day.marta, "otra cosa: ella prefiere la tarde", day.case, photos=1)
        await expect(page.locator("#events")).to_contain_text("ella prefiere la tarde")
        await expect(page.locator("#record .files li")).to_have_count(4)
        await expect(note).to_be_focused()
        await page.keyboard.type("!")
        await expect(note).to_have_value("H!ablé con la alcaldía")
        await page.click(f"#decide-report-{day.report.id} button[value=confirmed]")
        await expect(page.locator("[role=status]")).to_be_visible()
    report = desk.only(Whereabouts)
    assert (report.standing, report.decision_note) == (Standing.CONFIRMED, "H!ablé con la alcaldía")


async def test_a_message_being_written_survives_the_answer_coming_in(
    desk: Desk, day: Day, browser: Browser, free_port: int
):
    async with desk.serving(free_port) as url, page_at(desk, browser, url, "marisol") as page:
        await page.goto(f"{url}/console/people/{day.marta.id}")
        await page.fill("#f-text", "Gracias, Marta. Los viáticos")
        desk.heard(day.marta, "¿me oyen?")
        await expect(page.locator("#newest")).to_contain_text("¿me oyen?")
        await expect(page.locator("#f-text")).to_have_value("Gracias, Marta. Los viáticos")
        await expect(page.locator("#f-text")).to_be_focused()
        await page.keyboard.type(" son Q 400.")
        await page.click(".compose button")
        await expect(page.locator("#newest")).to_contain_text("Los viáticos son Q 400.")
    assert desk.all(Outbox)[-1].text == "Gracias, Marta. Los viáticos son Q 400."


async def test_two_coordinators_see_each_others_decision(
    desk: Desk, day: Day, browser: Browser, free_port: int
):
    desk.hire("beatriz")
    async with (
        desk.serving(free_port) as url,
        page_at(desk, browser, url, "marisol") as one,
        page_at(desk, browser, url, "beatriz") as other,
    ):
        for page in (one, other):
            await page.goto(f"{url}/console/cases/GT-0417")
        await one.click(f"#decide-report-{day.report.id} button[value=rejected]")
        await expect(other.locator(f"#decide-report-{day.report.id}")).to_have_count(0)
        await expect(other.locator("#record")).to_contain_text("Rechazado")


async def test_deliveries_and_answers_are_counted_before_ones_eyes(
    desk: Desk, day: Day, browser: Browser, free_port: int
):
    async with desk.serving(free_port) as url, page_at(desk, browser, url, "marisol") as page:
        await page.goto(f"{url}/console/broadcasts/{day.broadcast.code}")
        failed = page.locator(".counts .bad b")
        await expect(failed).to_have_text("1")
        talks = {one.id for one in desk.all(Talked, Talked.name == "announce")}

        def fail(s: Session) -> None:
            for row in desk.all(Outbox):
                if row.conversation_id in talks:
                    s.get_one(Outbox, row.id).state = OutboxState.FAILED

        desk.write(fail)
        await expect(failed).to_have_text("3")


async def test_a_session_that_ends_says_so_and_what_was_typed_goes_on(
    desk: Desk, day: Day, browser: Browser, free_port: int
):
    async with desk.serving(free_port) as url, page_at(desk, browser, url, "marisol") as page:
        await page.goto(f"{url}/console/cases/GT-0417")
        note = f"#note-report-{day.report.id}"
        await page.fill(note, "Una nota que costó trabajo")

        def end(s: Session) -> None:
            for row in desk.all(StaffSession):
                s.get_one(StaffSession, row.id).ended_at = desk.clock.at

        desk.write(end)
        await expect(page.locator("#signed-out")).to_be_visible()
        await page.click(f"#decide-report-{day.report.id} button[value=confirmed]")
        await page.fill("#f-username", "marisol")
        await page.fill("#f-password", PASSWORD)
        await page.click("button.main")
        await page.click("button.main")  # go on with what was typed
        await expect(page.locator(note)).to_have_value("Una nota que costó trabajo")
    assert desk.only(Whereabouts).standing is Standing.REPORTED


async def test_the_keyboard_reaches_everything_and_a_slash_searches(
    desk: Desk, day: Day, browser: Browser, free_port: int
):
    async with desk.serving(free_port) as url, page_at(desk, browser, url, "marisol") as page:
        await page.goto(f"{url}/console/cases/GT-0417")
        await page.keyboard.press("Tab")
        await expect(page.locator(".skip")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.keyboard.press("/")
        await expect(page.locator("#find")).to_be_focused()
        await page.keyboard.type("gt/417")
        await expect(page.locator("#find")).to_have_value("gt/417")
        note = page.locator(f"#note-report-{day.report.id}")
        await note.focus()
        await page.keyboard.type("y/o")
        await expect(note).to_have_value("y/o")


async def test_work_is_not_withdrawn_by_one_slip_of_the_finger(
    desk: Desk, day: Day, browser: Browser, free_port: int
):
    async with desk.serving(free_port) as url, page_at(desk, browser, url, "marisol") as page:
        await page.goto(f"{url}/console/cases/GT-0417")
        button = page.locator("form[action$='/withdraw'] button")
        await expect(button).to_be_hidden()
        await page.locator(".sure summary").focus()
        await page.keyboard.press("Enter")
        await expect(button).to_be_visible()
        assert await judge(page) == []
        await button.click()
        await expect(page.locator("[role=status]")).to_be_visible()
    assert desk.only(Assignment).state is AssignmentState.WITHDRAWN
    assert day.assignment.id


async def test_a_channel_is_paused_and_resumed_by_keyboard_alone(
    desk: Desk, day: Day, browser: Browser, free_port: int
):
    async with desk.serving(free_port) as url, page_at(desk, browser, url, "marisol") as page:
        await page.goto(f"{url}/console/post")
        await page.get_by_role("link", name=re.compile(r"^Pausar ?: WhatsApp")).focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_contain_text("WhatsApp")
        await page.locator("button.main").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#problems")).to_be_focused()
        await page.locator("#f-reason").focus()
        await page.keyboard.type("Cambiamos de número.")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("[role=status]")).to_be_visible()
        await expect(page.locator("#news")).to_contain_text("Cambiamos de número.")
        assert gates.of_channel("whatsapp") in desk.read(lambda s: gates.closed(s, desk.clock.at))
        await page.get_by_role("link", name=re.compile(r"^Reanudar.*WhatsApp")).focus()
        await page.keyboard.press("Enter")
        await page.locator("button.main").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#news")).not_to_contain_text("Cambiamos de número.")
    assert gates.of_channel("whatsapp") not in desk.read(lambda s: gates.closed(s, desk.clock.at))
    assert day.marta.id


async def test_two_coordinators_see_each_other_s_decision_about_a_doubtful_message(
    desk: Desk, day: Day, browser: Browser, free_port: int
):
    desk.hire("beatriz")
    async with (
        desk.serving(free_port) as url,
        page_at(desk, browser, url, "marisol") as one,
        page_at(desk, browser, url, "beatriz") as other,
    ):
        for page in (one, other):
            await page.goto(f"{url}/console/post")
            await expect(page.locator("button[value=repeat]")).to_have_count(1)
        await one.click("button[value=repeat]")
        await expect(other.locator("button[value=repeat]")).to_have_count(0)
    assert [row for row in desk.all(Outbox) if row.state is OutboxState.UNKNOWN] == []
    assert day.marta.id


async def test_times_follow_the_readers_own_clock(
    desk: Desk, day: Day, browser: Browser, free_port: int
):
    async with desk.serving(free_port) as url:
        context = await browser.new_context(timezone_id="America/New_York")
        await context.add_cookies(
            [{"name": "enlace", "value": desk.session_of("marisol"), "url": url}]
        )
        page = await context.new_page()
        for _ in range(2):
            await page.goto(f"{url}/console/calls/{day.call.id}")
        await expect(page.locator(".foot")).to_contain_text("America/New_York")
        await context.close()


async def test_a_form_that_is_pressed_twice_is_sent_once(
    desk: Desk, browser: Browser, free_port: int
):
    async with desk.serving(free_port) as url, page_at(desk, browser, url, "marisol") as page:
        await page.goto(f"{url}/console/people/new")
        await page.fill("#f-name", "Nueva Ficticia")
        await page.check("input[value=defender]")
        await page.evaluate("""
            () => {
                const button = document.querySelector("form.sheet button");
                button.click();
                button.click();
            }
        """)
        await expect(page.locator("[role=status]")).to_be_visible()
        assert await page.evaluate("location.search") == ""
        await page.reload()
        await expect(page.locator("[role=status]")).to_have_count(0)
    assert len(desk.all(Person)) == 1


async def test_the_english_console_is_english(desk: Desk, browser: Browser, free_port: int):
    def speak(s: Session) -> None:
        s.get_one(Staff, 1).language = "eng"

    desk.write(speak)
    async with desk.serving(free_port) as url, page_at(desk, browser, url, "marisol") as page:
        await page.goto(f"{url}/console/")
        await expect(page.locator("h1")).to_have_text("Today")
        assert await page.get_attribute("html", "lang") == "en"


async def test_photos_are_uploaded_from_a_phone_without_script(
    desk: Desk, browser: Browser, free_port: int
):
    looker = Looker()
    desk.world.uploads = uploads.Uploads(desk.world, Fetcher(desk.world, looker))
    rosa = desk.person("Rosa Inventada", Role.DEFENDER, Via.SMS)
    desk.asked(desk.case("HN-0233"), rosa)
    talked = desk.only(Talked)
    link = desk.write(lambda s: uploads.link(s, desk.world, talked, desk.clock.at))
    async with desk.serving(free_port) as url:
        path = link.removeprefix(URL)
        async with page_at(desk, browser, url, size=PHONE_SIZE) as page:
            await page.goto(f"{url}{path}")
            assert await judge(page) == []
        async with page_at(desk, browser, url, size=PHONE_SIZE, script=False) as page:
            await page.goto(f"{url}{path}")
            files: list[Any] = [
                {"name": f"foto{n}.jpg", "mimeType": "image/jpeg", "buffer": picture(n)}
                for n in range(2)
            ]
            await page.set_input_files("#files", files)
            await page.click("button")
            await expect(page.locator("[role=status]")).to_contain_text("2 fotos")
    await asyncio.to_thread(looker.close)
    assert len(desk.all(Evidence)) == 2
