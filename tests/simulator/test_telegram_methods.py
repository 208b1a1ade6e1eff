import json
from typing import Any

import aiohttp
import pytest
from aiogram.enums import ParseMode
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)

from bot.simulator.remote import ClumsyError
from tests.simulator.conftest import BOT_TOKEN, MARTA_ID, Stand
from tests.simulator.ears import Ears

KEYBOARD = InlineKeyboardMarkup(
    inline_keyboard=[
        [
            InlineKeyboardButton(text="Acepto", callback_data="a:1"),
            InlineKeyboardButton(text="No puedo", callback_data="a:2"),
        ],
        [InlineKeyboardButton(text="Página", url="https://example.org/")],
    ]
)


async def test_the_bot_knows_itself(stand: Stand):
    async with stand.bot() as bot:
        me = await bot.get_me()
    assert (me.id, me.username, me.is_bot) == (7000000001, "enlace_bot", True)
    assert me.first_name == "Red de Defensoras"


async def test_nobody_is_written_to_before_start_nor_while_blocking(stand: Stand):
    marta = stand.phones.telegram(MARTA_ID)
    async with stand.bot() as bot:
        with pytest.raises(TelegramBadRequest, match="chat not found"):
            await bot.send_message(MARTA_ID, "Hola")
        with pytest.raises(ClumsyError, match="has not pressed Start"):
            await marta.says("hola")
        await marta.presses_start()
        assert (await bot.send_message(MARTA_ID, "Hola")).chat.id == MARTA_ID
        await marta.blocks()
        with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
            await bot.send_message(MARTA_ID, "Hola")
        await marta.unblocks()
        await bot.send_message(MARTA_ID, "Buenas")
    assert await marta.words() == ["Hola", "Buenas"]


@pytest.mark.parametrize(
    ("token", "refused"),
    [
        (f"7000000001:{'D' * 35}", TelegramUnauthorizedError),
        (f"9:{'C' * 35}", TelegramUnauthorizedError),
    ],
)
async def test_a_wrong_token_is_401(stand: Stand, token: str, refused: type[Exception]):
    async with stand.bot(token) as bot:
        with pytest.raises(refused):
            await bot.get_me()


async def test_an_unknown_method_and_a_misspelt_token_are_404(stand: Stand):
    for path in (f"bot{BOT_TOKEN}/flyToTheMoon", "botnonsense/getMe"):
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{stand.url}/telegram/{path}") as answer,
        ):
            assert answer.status == 404
            assert (await answer.json())["ok"] is False


async def test_parameters_are_understood_in_every_form(stand: Stand):
    marta = stand.phones.telegram(MARTA_ID)
    await marta.presses_start()
    url = f"{stand.url}/telegram/bot{BOT_TOKEN}/SENDMESSAGE"
    asked: dict[str, Any] = {"chat_id": MARTA_ID, "text": "x"}
    markup = {"inline_keyboard": [[{"text": "Sí", "callback_data": "y"}]]}
    async with aiohttp.ClientSession() as session:
        forms: tuple[dict[str, Any], ...] = (
            {"params": {**asked, "reply_markup": json.dumps(markup)}},
            {"json": {**asked, "reply_markup": markup}},
            {"data": {**asked, "chat_id": str(MARTA_ID), "reply_markup": json.dumps(markup)}},
        )
        for form in forms:
            async with session.post(url, **form) as answer:
                assert (await answer.json())["result"]["reply_markup"] == markup
    assert len(await marta.words()) == 3


async def test_a_message_with_everything(stand: Stand):
    marta = stand.phones.telegram(MARTA_ID)
    asked = (await marta.presses_start("invite-token"))[0]
    async with stand.bot() as bot:
        message = await bot.send_message(
            MARTA_ID,
            "Solicitud GT-0417. Vea https://example.org/x",
            reply_markup=KEYBOARD,
            reply_parameters=ReplyParameters(message_id=int(asked["key"])),
            protect_content=True,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
    assert message.reply_to_message is not None
    assert message.reply_to_message.text == "/start invite-token"
    assert message.has_protected_content
    assert same(message.reply_markup)
    assert message.entities is not None
    assert [one.type for one in message.entities] == ["url"]
    shown = await marta.hears("Solicitud GT-0417")
    assert shown["quoted"]["text"] == "/start invite-token"
    assert shown["protected"] is True
    assert [[one["label"] for one in row] for row in shown["choices"]["rows"]] == [
        ["Acepto", "No puedo"],
        ["Página"],
    ]


async def test_html_is_read_and_wrong_html_refused(stand: Stand):
    marta = stand.phones.telegram(MARTA_ID)
    await marta.presses_start()
    async with stand.bot() as bot:
        message = await bot.send_message(
            MARTA_ID, "😀 <b>Uno</b> &amp; <i>dos</i>", parse_mode=ParseMode.HTML
        )
        assert message.text == "😀 Uno & dos"
        assert [(one.type, one.offset, one.length) for one in message.entities or []] == [
            ("bold", 3, 3),
            ("italic", 9, 3),
        ]
        for wrong in ("<b>x", "x</b>", "<h1>x</h1>"):
            with pytest.raises(TelegramBadRequest, match="can't parse entities"):
                await bot.send_message(MARTA_ID, wrong, parse_mode=ParseMode.HTML)
        with pytest.raises(TelegramBadRequest, match="parse_mode"):
            await bot.send_message(MARTA_ID, "*x*", parse_mode=ParseMode.MARKDOWN_V2)


@pytest.mark.parametrize(
    ("words", "more", "refusal"),
    [
        (" ", {}, "message text is empty"),
        ("x" * 4097, {}, "message is too long"),
        ("x", {"reply_parameters": ReplyParameters(message_id=99)}, "replied not found"),
        (
            "x",
            {
                "reply_markup": InlineKeyboardMarkup(
                    inline_keyboard=[[InlineKeyboardButton(text="a", callback_data="é" * 33)]]
                )
            },
            "BUTTON_DATA_INVALID",
        ),
    ],
)
async def test_what_telegram_refuses_is_refused(
    stand: Stand, words: str, more: dict[str, Any], refusal: str
):
    marta = stand.phones.telegram(MARTA_ID)
    await marta.presses_start()
    async with stand.bot() as bot:
        with pytest.raises(TelegramBadRequest, match=refusal):
            await bot.send_message(MARTA_ID, words, **more)
    assert await marta.words() == []


async def test_edits_change_the_phone_and_an_edit_of_nothing_is_refused(stand: Stand):
    marta = stand.phones.telegram(MARTA_ID)
    theirs = (await marta.presses_start())[0]
    async with stand.bot() as bot:
        message = await bot.send_message(MARTA_ID, "¿Puede?", reply_markup=KEYBOARD)
        with pytest.raises(TelegramBadRequest, match="message is not modified"):
            await edit(message, "¿Puede?", KEYBOARD)
        edited = await edit(message, "Asignada.", None)
        assert isinstance(edited, Message)
        assert (edited.text, edited.reply_markup) == ("Asignada.", None)
        assert edited.edit_date is not None
        assert await marta.words() == ["Asignada."]
        again = await message.edit_reply_markup(reply_markup=KEYBOARD)
        assert isinstance(again, Message)
        assert same(again.reply_markup)
        with pytest.raises(TelegramBadRequest, match="message to edit not found"):
            await bot.edit_message_text("x", chat_id=MARTA_ID, message_id=999)
        with pytest.raises(TelegramBadRequest, match="can't be edited"):
            await bot.edit_message_text("x", chat_id=MARTA_ID, message_id=int(theirs["key"]))
    shown = (await marta.thread())[-1]
    assert shown["edited"] is True


def same(markup: InlineKeyboardMarkup | None) -> bool:
    """Compare keyboards by what is written on them: aiogram's also know their bot."""
    return markup is not None and markup.model_dump() == KEYBOARD.model_dump()


async def edit(message: Message, words: str, keyboard: InlineKeyboardMarkup | None) -> Any:
    return await message.edit_text(words, reply_markup=keyboard)


async def test_a_deleted_message_leaves_the_phone(stand: Stand):
    marta = stand.phones.telegram(MARTA_ID)
    await marta.presses_start()
    async with stand.bot() as bot:
        message = await bot.send_message(MARTA_ID, "Se borra")
        assert await message.delete() is True
        with pytest.raises(TelegramBadRequest, match="message to delete not found"):
            await message.delete()
    assert await marta.words() == []


async def test_a_press_is_answered_once(stand: Stand, ears: Ears):
    marta = stand.phones.telegram(MARTA_ID)
    await marta.presses_start()
    async with stand.bot() as bot:
        await bot.set_webhook(f"{ears.url}/webhooks/telegram")
        await bot.send_message(MARTA_ID, "¿Puede?", reply_markup=KEYBOARD)
        await marta.taps("No puedo")
        assert (await marta.thread())[-1]["pressed"] == "No puedo"
        await ears.hears(2)
        press = ears.updates("callback_query")[0]
        assert (press["data"], press["from"]["id"]) == ("a:2", MARTA_ID)
        assert press["message"]["text"] == "¿Puede?"
        assert await bot.answer_callback_query(press["id"], text="Anotado") is True
        shown = await marta.shows()
        assert (shown["messages"][-1]["pressed"], shown["notice"]["text"]) == (None, "Anotado")
        with pytest.raises(TelegramBadRequest, match="query is too old"):
            await bot.answer_callback_query(press["id"])


async def test_files_go_out_and_can_be_sent_again_by_their_id(stand: Stand):
    marta = stand.phones.telegram(MARTA_ID)
    await marta.presses_start()
    async with stand.bot() as bot:
        first = await bot.send_document(
            MARTA_ID, BufferedInputFile(b"%PDF-1.4 x", "guia.pdf"), caption="La guía"
        )
        assert first.document is not None
        assert (first.document.file_name, first.document.file_size) == ("guia.pdf", 10)
        again = await bot.send_document(MARTA_ID, first.document.file_id)
        assert again.document is not None
        assert again.document.file_unique_id == first.document.file_unique_id
        photo = await bot.send_photo(MARTA_ID, BufferedInputFile(png(40, 30), "x.png"))
        assert [(one.width, one.height) for one in photo.photo or []] == [(90, 90), (40, 30)]
        voice = await bot.send_voice(MARTA_ID, BufferedInputFile(b"OggS", "mam.ogg"), duration=4)
        assert voice.voice is not None
        assert voice.voice.duration == 4
        with pytest.raises(TelegramBadRequest, match="wrong file identifier"):
            await bot.send_photo(MARTA_ID, "nothing")
        with pytest.raises(TelegramBadRequest, match="non-empty"):
            await bot.send_document(MARTA_ID, BufferedInputFile(b"", "x.pdf"))
    thread = await marta.thread()
    assert [one["kind"] for one in thread[1:]] == ["document", "document", "photo", "voice"]
    assert thread[1]["text"] == "La guía"


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08"


async def test_the_webhook_is_set_told_and_taken_away(stand: Stand, ears: Ears):
    async with stand.bot() as bot:
        assert (await bot.get_webhook_info()).url == ""
        await bot.set_webhook(
            f"{ears.url}/hook",
            secret_token="S-1_x",
            allowed_updates=["message", "callback_query"],
            max_connections=5,
        )
        info = await bot.get_webhook_info()
        assert (info.url, info.max_connections) == (f"{ears.url}/hook", 5)
        assert info.allowed_updates == ["message", "callback_query"]
        await bot.set_webhook(f"{ears.url}/hook2")
        assert (await bot.get_webhook_info()).allowed_updates == ["message", "callback_query"]
        with pytest.raises(TelegramBadRequest, match="unallowed characters"):
            await bot.set_webhook(f"{ears.url}/hook", secret_token="no spaces")
        with pytest.raises(TelegramBadRequest, match="bad webhook"):
            await bot.set_webhook("ftp://example.org")
        await bot.delete_webhook()
        await stand.phones.telegram(MARTA_ID).presses_start()
        assert (await bot.get_webhook_info()).pending_update_count == 1
        await bot.delete_webhook(drop_pending_updates=True)
        assert (await bot.get_webhook_info()).pending_update_count == 0


async def test_commands_are_kept_and_typing_ends_with_the_message(stand: Stand):
    marta = stand.phones.telegram(MARTA_ID)
    await marta.presses_start()
    async with stand.bot() as bot:
        await bot.set_my_commands([BotCommand(command="ayuda", description="Ayuda")])
        spanish = BotCommand(command="alto", description="No me escriban")
        await bot.set_my_commands([spanish], language_code="es")
        assert [one.command for one in await bot.get_my_commands()] == ["ayuda"]
        assert [one.command for one in await bot.get_my_commands(language_code="es")] == ["alto"]
        assert (await marta.shows())["commands"][0]["command"] == "alto"
        await bot.send_chat_action(MARTA_ID, "typing")
        assert (await marta.shows())["typing"] > 0
        await bot.send_message(MARTA_ID, "Hola")
        assert (await marta.shows())["typing"] == 0


async def test_a_file_above_20_mb_is_not_handed_out(stand: Stand, ears: Ears):
    from bot.simulator.remote import Picture  # noqa: PLC0415 - only here

    marta = stand.phones.telegram(MARTA_ID)
    await marta.presses_start()
    await marta.sends_document(Picture("a.bin", bytes(20 * 2**20 + 1), "application/zip"))
    async with stand.bot() as bot:
        await bot.set_webhook(f"{ears.url}/hook")
        await ears.hears(2)
        document = ears.updates("message")[1]["document"]
        with pytest.raises(TelegramBadRequest, match="file is too big"):
            await bot.get_file(document["file_id"])
        with pytest.raises(TelegramBadRequest, match="wrong file_id"):
            await bot.get_file("nothing")
        with pytest.raises((TelegramNotFound, aiohttp.ClientResponseError)):
            await bot.download_file("documents/nothing.pdf")
