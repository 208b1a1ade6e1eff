import io
from typing import Any

import aiohttp
import pytest
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Update
from starlette.responses import Response

from bot.simulator.remote import ClumsyError, Phone, Picture
from tests.simulator.conftest import MARTA_ID, Stand
from tests.simulator.ears import Ears

SECRET = "quetzal-417"


@pytest.fixture
async def marta(stand: Stand, ears: Ears) -> Phone:
    """Give Marta's Telegram, with Start pressed and the webhook set."""
    async with stand.bot() as bot:
        await bot.set_webhook(f"{ears.url}/webhooks/telegram", secret_token=SECRET)
    phone = stand.phones.telegram(MARTA_ID)
    await phone.presses_start("from-the-invite")
    await ears.hears(1)
    return phone


async def test_every_update_is_one_that_aiogram_reads(ears: Ears, marta: Phone):
    await marta.says("¿Hola? /ayuda")
    await marta.sends_photos("house", caption="La casa")
    await marta.sends_document("letter")
    await marta.sends_voice()
    await marta.sends_pin(15.4, -91.15)
    await marta.sends_pin(15.4, -91.15, label="Nebaj")
    mine = (await marta.says("Nebbaj"))[0]
    await marta.edits(mine["id"], "Nebaj")
    await marta.blocks()
    await marta.unblocks()
    heard = await ears.hears(11)
    assert {one.headers["x-telegram-bot-api-secret-token"] for one in heard} == {SECRET}
    numbers = [one.json["update_id"] for one in heard]
    assert len(set(numbers)) == 11
    updates = [Update.model_validate(one.json) for one in heard]
    assert {one.event_type for one in updates} == {"message", "edited_message", "my_chat_member"}
    messages = [one.message for one in updates if one.message]
    start, words, photo, document, voice, pin, venue, _ = messages
    assert start.text == "/start from-the-invite"
    assert start.from_user is not None
    assert (start.from_user.full_name, start.from_user.language_code) == ("Marta López", "es")
    assert [(one.type, one.offset, one.length) for one in words.entities or []] == [
        ("bot_command", 7, 6)
    ]
    assert (photo.caption, len(photo.photo or [])) == ("La casa", 2)
    assert document.document is not None
    assert (document.document.file_name, document.document.mime_type) == (
        "letter.pdf",
        "application/pdf",
    )
    assert voice.voice is not None
    assert voice.voice.mime_type == "audio/ogg"
    assert pin.location is not None
    assert (pin.location.latitude, pin.location.longitude) == (15.4, -91.15)
    assert venue.venue is not None
    assert venue.venue.title == "Nebaj"
    changed = next(one.edited_message for one in updates if one.edited_message)
    assert (changed.text, changed.message_id) == ("Nebaj", int(mine["key"]))
    members = [one.my_chat_member for one in updates if one.my_chat_member]
    assert [one.new_chat_member.status for one in members] == ["kicked", "member"]
    assert [one["edited"] for one in await marta.thread()][-1] is True


async def test_the_largest_size_is_the_picture_that_was_sent(
    stand: Stand, ears: Ears, marta: Phone
):
    sent = await marta.sends_photos("birth-certificate")
    await ears.hears(2)
    sizes = ears.updates("message")[1]["photo"]
    assert [one["width"] for one in sizes] == [90, 1200]
    async with stand.bot() as bot:
        file = await bot.get_file(sizes[-1]["file_id"])
        assert file.file_path is not None
        content = await bot.download_file(file.file_path)
    assert isinstance(content, io.BytesIO)
    assert len(content.getvalue()) == sent[0]["files"][0]["size"] == sizes[-1]["file_size"]


async def test_several_photos_are_an_album(ears: Ears, marta: Phone):
    await marta.sends_photos(*(["house"] * 12), caption="Doce")
    await ears.hears(13)
    photos = ears.updates("message")[1:]
    groups = [one["media_group_id"] for one in photos]
    assert (groups.count(groups[0]), groups.count(groups[-1])) == (10, 2)
    assert [one.get("caption") for one in photos] == ["Doce"] + [None] * 11
    assert len({one["photo"][-1]["file_unique_id"] for one in photos}) == 12
    await marta.sends_photos("house")
    await ears.hears(14)
    assert "media_group_id" not in ears.updates("message")[-1]


async def test_a_quote_brings_the_message_along(stand: Stand, ears: Ears, marta: Phone):
    async with stand.bot() as bot:
        asked = await bot.send_message(MARTA_ID, "¿Puede ir?")
    shown = await marta.hears("¿Puede ir?")
    await marta.says("sí", quoting=shown["id"])
    await ears.hears(2)
    reply = ears.updates("message")[1]["reply_to_message"]
    assert (reply["message_id"], reply["text"]) == (asked.message_id, "¿Puede ir?")
    assert reply["from"]["is_bot"] is True


async def test_half_a_letter_stays_half_a_letter(ears: Ears, marta: Phone):
    await marta.says("a\ud83db")
    await ears.hears(2)
    assert ears.updates("message")[1]["text"] == "a\ud83db"
    assert (await marta.thread())[-1]["text"] == "a\ufffdb"


async def test_only_wanted_updates_come(stand: Stand, ears: Ears, marta: Phone):
    async with stand.bot() as bot:
        await bot.set_webhook(f"{ears.url}/hook", allowed_updates=["message"])
    mine = (await marta.says("uno"))[0]
    await marta.edits(mine["id"], "dos")
    await marta.says("tres")
    await ears.hears(3)
    assert ears.updates("edited_message") == []
    assert "x-telegram-bot-api-secret-token" not in ears.heard[-1].headers


async def test_a_failing_update_holds_back_its_chat_but_no_button(
    stand: Stand, ears: Ears, marta: Phone
):
    markup = InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text="Sí", callback_data="y")]]
    )
    async with stand.bot() as bot:
        await bot.send_message(MARTA_ID, "¿Sí?", reply_markup=markup)
    ears.answers = [Response("", 503, {"Retry-After": "1"})]
    await marta.says("uno")
    await ears.hears(2)
    await marta.says("dos")
    await marta.taps("Sí")
    heard = await ears.hears(5)
    words = [one.json["message"]["text"] for one in heard[1:] if "message" in one.json]
    assert words == ["uno", "uno", "dos"]
    assert "callback_query" in heard[2].json


async def test_retries_go_on_and_the_failure_is_told(stand: Stand, ears: Ears, marta: Phone):
    ears.answers = [Response("", 500) for _ in range(4)]
    await marta.says("uno")
    heard = await ears.hears(6)
    assert len({one.json["update_id"] for one in heard[1:]}) == 1
    await marta.sees_ticks("delivered")
    async with stand.bot() as bot:
        info = await bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 500"
    assert info.pending_update_count == 0


async def test_one_update_of_a_chat_is_under_way_at_a_time(ears: Ears, marta: Phone):
    ears.slow = 0.05
    for number in range(4):
        await marta.says(str(number))
    heard = await ears.hears(5)
    assert [one.json["message"]["text"] for one in heard[1:]] == ["0", "1", "2", "3"]
    assert ears.most_at_once == 1


async def test_a_blocked_bot_is_written_to_again_after_start(ears: Ears, marta: Phone):
    await marta.blocks()
    with pytest.raises(ClumsyError, match="has blocked the bot"):
        await marta.says("hola")
    await marta.presses_start()
    await ears.hears(4)
    statuses = [one["new_chat_member"]["status"] for one in ears.updates("my_chat_member")]
    assert statuses == ["kicked", "member"]
    assert ears.updates("message")[-1]["text"] == "/start"


async def test_a_damaged_photo_still_has_a_size(ears: Ears, marta: Phone):
    await marta.sends_photos(Picture("x.jpg", b"not a picture"))
    await ears.hears(2)
    sizes: list[dict[str, Any]] = ears.updates("message")[1]["photo"]
    assert sizes[-1]["file_size"] == 13
    assert sizes[-1]["width"] > 0


async def test_nothing_is_sent_before_there_is_a_webhook(stand: Stand, ears: Ears):
    phone = stand.phones.telegram(MARTA_ID)
    await phone.presses_start()
    assert (await phone.thread())[-1]["status"] == "sent"
    async with stand.bot() as bot:
        await bot.set_webhook(f"{ears.url}/hook")
    await ears.hears(1)


async def test_the_page_of_a_file_needs_the_token(stand: Stand, ears: Ears, marta: Phone):
    await marta.sends_photos("house")
    await ears.hears(2)
    async with stand.bot() as bot:
        file = await bot.get_file(ears.updates("message")[1]["photo"][-1]["file_id"])
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{stand.url}/telegram/file/bot1:abc/{file.file_path}") as answer,
    ):
        assert answer.status == 401
