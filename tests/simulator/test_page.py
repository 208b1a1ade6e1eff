import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from aiogram.types import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup
from axe_playwright_python.async_playwright import (  # type: ignore[import-untyped]  # no types
    Axe,
)
from playwright.async_api import Browser, FilePayload, Locator, Page, Request, expect

from tests.simulator.conftest import MARTA, MARTA_ID, SMS, TOKEN, WHATSAPP, Stand
from tests.simulator.ears import Ears
from tests.simulator.test_twilio_content import BUTTONS, ROWS, created
from tests.simulator.test_twilio_content import sent as sent_content

HELD = {"whatsapp": MARTA, "sms": MARTA, "telegram": str(MARTA_ID)}


@pytest.fixture
async def page(stand: Stand, browser: Browser) -> AsyncIterator[Page]:
    """Open the page with Marta on all three phones; a fault of the page fails the test."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    opened = await context.new_page()
    troubles: list[str] = []
    opened.on("pageerror", lambda problem: troubles.append(str(problem)))
    opened.on("request", lambda request: troubles.extend(stray(request, stand.url)))
    await opened.goto(f"{stand.url}/?{urlencode(HELD)}")
    await opened.locator("body[data-ready]").wait_for()
    yield opened
    await context.close()
    assert troubles == []


def stray(request: Request, home: str) -> list[str]:
    return [] if request.url.startswith((home, "blob:", "data:")) else [request.url]


def phone(page: Page, channel: str) -> Locator:
    return page.locator(f".stand.{channel}")


async def sms(stand: Stand, body: str, **more: Any) -> Any:
    create = stand.twilio().messages.create
    return await asyncio.to_thread(create, to=MARTA, from_=SMS, body=body, **more)


async def test_words_go_out_by_keyboard_and_answers_come_in_by_themselves(
    stand: Stand, ears: Ears, page: Page
):
    box = page.get_by_label("SMS message")
    await box.focus()
    await page.keyboard.type("Fíjese q no voy a poder")
    await expect(phone(page, "sms").locator(".parts")).to_have_text("23/70")
    await page.keyboard.press("Enter")
    heard = (await ears.hears(1))[0]
    assert (heard.form["Body"], heard.signed_with(TOKEN)) == ("Fíjese q no voy a poder", True)
    mine = phone(page, "sms").locator(".item.mine")
    await expect(mine.locator(".under")).to_contain_text("Delivered")
    await expect(box).to_be_focused()
    await sms(stand, "Gracias por avisar. Vea https://example.org/u/1 hoy")
    theirs = phone(page, "sms").locator(".item.new")
    await expect(theirs).to_contain_text("Gracias por avisar")
    await expect(theirs.locator(".under")).to_contain_text("1 part")
    link = theirs.get_by_role("link")
    await expect(link).to_have_attribute("href", "https://example.org/u/1")
    await expect(link).to_have_attribute("target", "_blank")
    await expect(phone(page, "sms").locator(".receipt")).to_contain_text("delivered")


async def test_a_message_on_an_open_whatsapp_is_read(stand: Stand, ears: Ears, page: Page):
    create = stand.twilio().messages.create
    await asyncio.to_thread(
        create,
        to=f"whatsapp:{MARTA}",
        from_=WHATSAPP,
        body="Hola",
        status_callback=f"{ears.url}/status",
    )
    await ears.hears_status("read")
    await expect(phone(page, "whatsapp").locator(".receipt")).to_contain_text("read")


async def test_buttons_and_lists_work_by_keyboard(stand: Stand, ears: Ears, page: Page):
    sid = await created(stand, BUTTONS)
    await sent_content(stand, sid, content_variables=json.dumps({"1": "GT-0417"}))
    accept = page.get_by_role("button", name="Acepto")
    await accept.focus()
    await page.keyboard.press("Enter")
    assert (await ears.hears(1))[0].form["ButtonPayload"] == "offer:yes"
    await expect(phone(page, "whatsapp").locator(".item.mine .said-before")).to_contain_text(
        "¿la toma?"
    )
    await sent_content(stand, await created(stand, ROWS))
    await page.get_by_role("button", name="Ver opciones").press("Enter")
    sheet = page.get_by_role("dialog", name="Ver opciones")
    await expect(sheet.get_by_role("radio", name="La encontré")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    assert (await ears.hears(2))[1].form["ListId"] == "moved"
    await page.get_by_role("button", name="Ver opciones").press("Enter")
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await page.get_by_label("WhatsApp message").fill("fin")
    await page.keyboard.press("Enter")
    assert [one.form["Body"] for one in await ears.hears(3)][2] == "fin"


async def test_a_telegram_button_spins_until_the_bot_answers(stand: Stand, ears: Ears, page: Page):
    await stand.phones.telegram(MARTA_ID).presses_start()
    markup = InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text="Acepto", callback_data="y")]]
    )
    async with stand.bot() as bot:
        await bot.set_webhook(f"{ears.url}/hook")
        await bot.send_message(MARTA_ID, "¿Puede?", reply_markup=markup)
        button = phone(page, "telegram").get_by_role("button", name="Acepto")
        await button.click()
        await expect(button).to_have_class("pressed")
        await ears.hears(2)
        await bot.answer_callback_query(
            ears.updates("callback_query")[0]["id"], text="Anotado, gracias"
        )
    await expect(phone(page, "telegram").locator(".toast")).to_have_text("Anotado, gracias")
    await expect(button).not_to_have_class("pressed")


async def test_several_photos_a_document_a_voice_note_and_a_pin(ears: Ears, page: Page):
    whatsapp = phone(page, "whatsapp")
    await page.get_by_label("Attach on WhatsApp").click()
    sheet = page.get_by_role("dialog", name="Send from this phone")
    await sheet.get_by_label("Birth certificate, front").check()
    await sheet.get_by_label("Birth certificate, blurred").check()
    await sheet.get_by_role("button", name="Send 2 photos").click()
    heard = await ears.hears(2)
    assert {one.form["MessageType"] for one in heard} == {"image"}
    await expect(whatsapp.get_by_alt_text("Photo that was sent")).to_have_count(2)
    await page.get_by_label("Attach on WhatsApp").click()
    picture = FilePayload(name="mía.jpg", mimeType="image/jpeg", buffer=b"\xff\xd8\xff\xd9")
    await sheet.get_by_label("Photos from this computer").set_input_files([picture, picture])
    await ears.hears(4)
    await page.get_by_label("Attach on WhatsApp").click()
    await sheet.get_by_role("button", name="A sample letter (PDF)").click()
    await page.get_by_label("Attach on WhatsApp").click()
    await sheet.get_by_role("button", name="A voice note of 3 seconds").click()
    await page.get_by_label("Attach on WhatsApp").click()
    await sheet.get_by_label("Town").select_option("La Esperanza, Intibucá, Honduras")
    await sheet.get_by_role("button", name="Send pin").click()
    heard = await ears.hears(7)
    assert [one.form["MessageType"] for one in heard[4:]] == ["document", "audio", "location"]
    assert (heard[6].form["Latitude"], heard[6].form["Label"]) == ("14.3068", "La Esperanza")
    await expect(whatsapp.locator("audio")).to_have_count(1)
    await expect(whatsapp.locator(".spot")).to_contain_text("14.3068")
    await page.get_by_label("Attach on WhatsApp").click()
    await sheet.get_by_label("Town").select_option("Somewhere else")
    await sheet.get_by_label("Latitude").fill("95")
    await sheet.get_by_label("Longitude").fill("0")
    await sheet.get_by_role("button", name="Send pin").click()
    await expect(sheet.get_by_text("There is no such place")).to_be_visible()


async def test_start_comes_from_a_pasted_invitation_and_a_block_is_taken_back(
    stand: Stand, ears: Ears, page: Page
):
    async with stand.bot() as bot:
        await bot.set_webhook(f"{ears.url}/hook")
        await bot.set_my_commands([BotCommand(command="ayuda", description="Ayuda")])
    telegram = phone(page, "telegram")
    await expect(telegram.locator(".composer")).to_be_hidden()
    link = page.get_by_label("Open an invite link on its phone")
    await link.fill("https://t.me/somebody_else?start=abc")
    await link.press("Enter")
    await expect(page.locator("#link-said")).to_contain_text("not for enlace_bot")
    await link.fill("hello")
    await link.press("Enter")
    await expect(page.locator("#link-said")).to_contain_text("no invite link")
    await link.fill("https://t.me/enlace_bot?start=Tok_en-1")
    await link.press("Enter")
    start = telegram.get_by_role("button", name="START")
    await expect(start).to_be_focused()
    await page.keyboard.press("Enter")
    await ears.hears(1)
    assert ears.updates("message")[0]["text"] == "/start Tok_en-1"
    await expect(page.get_by_label("Telegram message")).to_be_visible()
    await page.get_by_role("button", name="Telegram menu").press("Enter")
    await expect(page.get_by_role("menuitem", name="/ayuda")).to_be_focused()
    await page.keyboard.press("Enter")
    await ears.hears(2)
    assert ears.updates("message")[1]["text"] == "/ayuda"
    await page.get_by_role("button", name="Telegram menu").press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    restart = telegram.get_by_role("button", name="RESTART BOT")
    await expect(restart).to_be_visible()
    await restart.click()
    await ears.hears(5)
    statuses = [one["new_chat_member"]["status"] for one in ears.updates("my_chat_member")]
    assert statuses == ["kicked", "member"]


async def test_a_whatsapp_link_types_its_words(ears: Ears, page: Page):
    link = page.get_by_label("Open an invite link on its phone")
    await link.fill("https://wa.me/14155238886?text=Hola%20AYUDA")
    await link.press("Enter")
    box = page.get_by_label("WhatsApp message")
    await expect(box).to_have_value("Hola AYUDA")
    await expect(box).to_be_focused()
    await page.keyboard.press("Enter")
    assert (await ears.hears(1))[0].form["Body"] == "Hola AYUDA"


async def test_a_message_is_quoted_and_ones_own_is_edited(stand: Stand, ears: Ears, page: Page):
    await stand.phones.telegram(MARTA_ID).presses_start()
    async with stand.bot() as bot:
        await bot.set_webhook(f"{ears.url}/hook")
        asked = await bot.send_message(MARTA_ID, "¿Puede ir el lunes?")
    telegram = phone(page, "telegram")
    quote = telegram.get_by_role("button", name="Quote: ¿Puede ir el lunes?")
    await quote.focus()
    await page.keyboard.press("Enter")
    await expect(telegram.locator(".quoting-text")).to_have_text("¿Puede ir el lunes?")
    await page.keyboard.type("si el lunez")
    await page.keyboard.press("Enter")
    await ears.hears(2)
    reply = ears.updates("message")[1]
    assert reply["reply_to_message"]["message_id"] == asked.message_id
    await telegram.get_by_role("button", name="Edit: si el lunez").focus()
    await page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Edit message")
    await sheet.get_by_label("New words").fill("sí, el lunes")
    await sheet.get_by_role("button", name="Save").click()
    await ears.hears(3)
    assert ears.updates("edited_message")[0]["text"] == "sí, el lunes"
    await expect(telegram.get_by_text("edited")).to_be_visible()


async def test_the_page_catches_up_after_it_was_cut_off(stand: Stand, page: Page):
    marta, shown = stand.phones.sms(MARTA), phone(page, "sms")
    await page.context.set_offline(True)
    await sms(stand, "Mientras no había señal")
    await marta.hears("Mientras")
    await page.context.set_offline(False)
    await expect(shown.get_by_text("Mientras no había señal")).to_be_visible(timeout=15000)
    stand.simulator.end_streams()
    await sms(stand, "Mientras no había corriente")
    await marta.hears("corriente")
    await expect(shown.get_by_text("Mientras no había corriente")).to_be_visible(timeout=15000)


async def test_other_phones_with_something_new_are_named(stand: Stand, page: Page):
    create = stand.twilio().messages.create
    await asyncio.to_thread(create, to="+50370001111", from_=SMS, body="Buenas, Chepe")
    await asyncio.to_thread(create, to="+50299998888", from_=SMS, body="Buenas, quien sea")
    await page.get_by_role("button", name="Chepe · SMS").click()
    await expect(phone(page, "sms").get_by_text("Buenas, Chepe")).to_be_visible()
    await expect(page.get_by_role("button", name="Chepe · SMS")).to_be_hidden()
    await page.get_by_label("SMS", exact=True).select_option("+50299998888")
    await expect(phone(page, "sms").get_by_text("Buenas, quien sea")).to_be_visible()
    await page.reload()
    await page.locator("body[data-ready]").wait_for()
    await expect(page.locator("#news button")).to_have_count(0)


async def test_somebody_is_added_and_holds_the_phone(stand: Stand, page: Page):
    await page.get_by_role("button", name="Add someone to the Telegram phone").click()
    sheet = page.get_by_role("dialog", name="Add someone")
    await sheet.get_by_label("Name").fill("Rosa Ixchel")
    await sheet.get_by_label("Phone, with country code").fill("+502 4444 3333")
    await sheet.get_by_role("button", name="Add", exact=True).click()
    await expect(sheet).to_be_hidden()
    chooser = page.get_by_label("Telegram", exact=True)
    await expect(chooser.locator("option:checked")).to_contain_text("Rosa Ixchel")
    people = await stand.phones.ask("GET", "/book")
    assert (people[-1]["name"], people[-1]["phone"]) == ("Rosa Ixchel", "+50244443333")


async def test_switches_are_thrown_on_the_page(stand: Stand, page: Page):
    await page.get_by_text("When things go wrong").click()
    twilio = page.get_by_role("group", name="Twilio (WhatsApp and SMS)")
    await twilio.get_by_label("Deliver every webhook twice").check()
    await twilio.get_by_label("Hold WhatsApp to its 24 hours").check()
    await expect(page.locator("#faults-on")).to_have_text("2 on")
    faults = await stand.phones.ask("GET", "/faults")
    assert (faults["twilio"]["duplicate"], faults["twilio"]["whatsapp_window"]) == (1.0, True)
    await page.get_by_role("button", name="Let everything work again").click()
    await expect(page.locator("#faults-on")).to_have_text("")
    assert (await stand.phones.ask("GET", "/faults"))["twilio"]["duplicate"] == 0


async def test_the_wire_is_shown(stand: Stand, page: Page):
    await sms(stand, "Hola")
    await page.get_by_text("What went over the wire").click()
    row = page.get_by_role("row", name="POST /Messages.json")
    await expect(row).to_contain_text("201")
    await row.get_by_text("show").click()
    await expect(row.locator("pre")).to_contain_text('"Body": "Hola"')


@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing_and_nothing_sticks_out(
    stand: Stand, ears: Ears, page: Page, width: int
):
    await page.set_viewport_size({"width": width, "height": 900})
    await filled(stand, ears)
    await expect(phone(page, "telegram").get_by_text("¿Puede?")).to_be_visible()
    await page.evaluate("document.querySelectorAll('.panel').forEach(one => one.open = true)")
    await expect(page.get_by_role("row", name="sendMessage")).to_be_visible()
    assert await complaints(page) == []
    sticking = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(sticking) <= 0
    await page.get_by_label("Attach on WhatsApp").click()
    assert await complaints(page) == []


async def complaints(page: Page) -> list[str]:
    found = (await Axe().run(page)).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


async def filled(stand: Stand, ears: Ears) -> None:
    """Put one of everything on the phones."""
    marta, whatsapp = stand.phones.telegram(MARTA_ID), stand.phones.whatsapp(MARTA)
    await marta.presses_start()
    await whatsapp.sends_photos("house", caption="La casa")
    await whatsapp.sends_voice()
    await whatsapp.sends_document()
    await whatsapp.sends_pin(15.4, -91.1)
    await stand.phones.sms(MARTA).says("STOP")
    await sent_content(stand, await created(stand, ROWS))
    markup = InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text="Acepto", callback_data="y")]]
    )
    async with stand.bot() as bot:
        await bot.set_webhook(f"{ears.url}/hook")
        await bot.send_message(MARTA_ID, "¿Puede?", reply_markup=markup)
