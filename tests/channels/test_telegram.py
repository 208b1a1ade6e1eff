"""What our bot hands to Telegram, and what Telegram's refusals mean."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from channels import _telegram_update
from channels.base import (
    Attachment,
    BadAddress,
    Busy,
    Channel,
    Failure,
    MediaKind,
    Misconfigured,
    Missing,
    Option,
    Outbound,
    Refused,
    Stopped,
    TooBig,
    Uncertain,
    Unreachable,
)
from channels.telegram import Telegram, Waiting
from tests.channels import desk
from tests.channels.standins import (
    Provider,
    raw,
    says,
    serve,
    telegram_message,
    telegram_refusal,
)

HI = Outbound(key="k", attempt=1, to="77", text="¿Puede ir?")
FILE = Attachment(MediaKind.PHOTO, "F-big", size=5)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with serve(says(telegram_message())) as server:
        yield server


@pytest.fixture
async def bot(provider: Provider) -> AsyncIterator[Telegram]:
    opened = desk.telegram(api_url=provider.url + "/")
    yield opened
    await opened.close()


def ask(*labels: str) -> Outbound:
    options = tuple(Option(f"c:{n}", label) for n, label in enumerate(labels))
    return Outbound(key="k", attempt=1, to="77", text="¿Cuál?", options=options)


async def test_a_message_is_protected_and_draws_no_previews(provider: Provider, bot: Telegram):
    await bot.send(HI)
    (asked,) = provider.asked
    assert asked.path == f"/bot{desk.BOT_TOKEN}/sendMessage"
    assert json.loads(asked.form.pop("link_preview_options"))["is_disabled"] is True
    assert asked.form == {"chat_id": "77", "text": "¿Puede ir?", "protect_content": "true"}
    await bot.send(Outbound(key="k", attempt=1, to="77", text="https://a.example", private=False))
    assert provider.asked[1].form["protect_content"] == "false"


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        (("Sí", "No"), [["Sí", "No"]]),
        (("Sí", "No", "Más tarde"), [["Sí", "No", "Más tarde"]]),
        (("Sí, puedo ir mañana", "No"), [["Sí, puedo ir mañana"], ["No"]]),
        (("1", "2", "3", "4"), [["1"], ["2"], ["3"], ["4"]]),
    ],
)
async def test_short_choices_stand_beside_each_other(
    provider: Provider, bot: Telegram, labels: tuple[str, ...], rows: list[list[str]]
):
    assert bot.write(ask(*labels)).labels == labels
    await bot.send(ask(*labels))
    keyboard = json.loads(provider.asked[0].form["reply_markup"])["inline_keyboard"]
    assert [[button["text"] for button in row] for row in keyboard] == rows
    ids = [button["callback_data"] for row in keyboard for button in row]
    assert ids == [f"c:{n}" for n in range(len(labels))]


@pytest.mark.parametrize(
    "labels", [[str(n) for n in range(11)], ["x" * 61], ["Sí", " "]], ids=["Many", "Long", "Empty"]
)
async def test_choices_that_no_button_holds_are_numbers(
    provider: Provider, bot: Telegram, labels: list[str]
):
    written = bot.write(ask(*labels))
    assert written.labels == ()
    assert written.text.startswith("¿Cuál?\n1 ")
    await bot.send(ask(*labels))
    assert provider.asked[0].form["text"] == written.text
    assert "reply_markup" not in provider.asked[0].form


@pytest.mark.parametrize("payload", ["", "ñ" * 33])
async def test_a_payload_that_telegram_would_not_carry_is_refused(
    provider: Provider, bot: Telegram, payload: str
):
    with pytest.raises(Refused):
        await bot.send(Outbound("k", 1, "77", "¿Cuál?", (Option(payload, "Sí"),)))
    assert provider.asked == []


@pytest.mark.parametrize("to", ["", "@someone", "+50255512345", "7-7"])
async def test_an_address_that_is_no_number_reaches_nobody(
    provider: Provider, bot: Telegram, to: str
):
    with pytest.raises(BadAddress):
        await bot.send(Outbound("k", 1, to, "hola"))
    assert provider.asked == []


@pytest.mark.parametrize(
    ("status", "description", "parameters", "expected"),
    [
        (403, "Forbidden: user is deactivated", {}, Stopped),
        (403, "Forbidden: bot was kicked from the group chat", {}, BadAddress),
        (403, "Forbidden: bot can't initiate conversation with a user", {}, BadAddress),
        (400, "Bad Request: group chat was upgraded", {"migrate_to_chat_id": -1001}, BadAddress),
        (400, "Bad Request: PEER_ID_INVALID", {}, BadAddress),
        (400, "Bad Request: can't parse entities", {}, Refused),
        (404, "Not Found", {}, Misconfigured),
        (409, "Conflict: terminated by other getUpdates request", {}, Misconfigured),
        (413, "Request Entity Too Large", {}, Refused),
        (429, "Too Many Requests: retry after 12", {}, Busy),
        (418, "I'm a teapot", {}, Refused),
        (500, "Internal Server Error: restart", {}, Uncertain),
    ],
)
async def test_each_answer_has_its_verdict(
    provider: Provider,
    bot: Telegram,
    status: int,
    description: str,
    parameters: dict[str, int],
    expected: type[Failure],
):
    provider.will(says(telegram_refusal(status, description, **parameters), status))
    with pytest.raises(Failure) as caught:
        await bot.send(HI)
    assert type(caught.value) is expected
    if isinstance(caught.value, Busy):
        assert caught.value.wait == 12


async def test_a_server_error_without_a_description_may_have_sent(
    provider: Provider, bot: Telegram
):
    provider.will(says({"ok": False, "error_code": 500}, 500))  # the library itself stumbles here
    with pytest.raises(Uncertain):
        await bot.send(HI)


async def test_releasing_a_button_tells_telegram_once(provider: Provider, bot: Telegram):
    provider.will(says({"ok": True, "result": True}))
    await bot.release("4242")
    assert provider.asked[0].path.endswith("/answerCallbackQuery")
    assert provider.asked[0].form == {"callback_query_id": "4242"}
    provider.will(says(telegram_refusal(400, "Bad Request: query is too old"), 400))
    await bot.release("4242")


async def test_registering_asks_for_no_more_than_is_read(provider: Provider, bot: Telegram):
    provider.usual = says({"ok": True, "result": True})
    await bot.register("https://enlace.example/webhooks/telegram", desk.SECRET)
    hook, *menus = provider.asked
    assert hook.path.endswith("/setWebhook")
    assert json.loads(hook.form["allowed_updates"]) == [
        "message", "edited_message", "callback_query", "my_chat_member",
    ]  # fmt: skip
    assert {name: hook.form[name] for name in hook.form if name != "allowed_updates"} == {
        "url": "https://enlace.example/webhooks/telegram",
        "secret_token": desk.SECRET,
        "max_connections": "10",
        "drop_pending_updates": "false",
    }
    languages = [menu.form.get("language_code") for menu in menus]
    assert languages == ["es", "en", None]
    words = [[one["command"] for one in json.loads(menu.form["commands"])] for menu in menus]
    assert words == [
        ["ayuda", "persona", "idioma", "alto"],
        ["help", "person", "language", "stop"],
        ["ayuda", "persona", "idioma", "alto"],
    ]


async def test_registering_fails_as_a_send_does(provider: Provider, bot: Telegram):
    provider.will(says(telegram_refusal(401, "Unauthorized"), 401))
    with pytest.raises(Misconfigured):
        await bot.register("https://enlace.example/webhooks/telegram", desk.SECRET)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({}, Waiting(3, desk.PUBLIC)),
        (
            {"last_error_date": 1750000000, "last_error_message": "Wrong response: 503"},
            Waiting(
                3, desk.PUBLIC, "Wrong response: 503", datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC)
            ),
        ),
    ],
)
async def test_what_waits_at_telegram_is_told(
    provider: Provider, bot: Telegram, error: dict[str, Any], told: Waiting
):
    info: dict[str, Any] = {
        "url": desk.PUBLIC, "has_custom_certificate": False, "pending_update_count": 3, **error,
    }  # fmt: skip
    provider.will(says({"ok": True, "result": info}))
    waiting = await bot.pending()
    assert waiting == told
    assert str(waiting) == (f"3 ({told.last_error})" if told.last_error else "3")


@pytest.mark.parametrize(("name", "told"), [({"username": "enlace_bot"}, "enlace_bot"), ({}, "")])
async def test_the_bot_knows_its_own_name(
    provider: Provider, bot: Telegram, name: dict[str, str], told: str
):
    me = {"id": 123456, "is_bot": True, "first_name": "Enlace", **name}
    provider.will(says({"ok": True, "result": me}))
    assert await bot.username() == told


async def test_telegram_cannot_be_asked_what_it_sent(provider: Provider, bot: Telegram):
    channel: Channel = bot
    assert await channel.find("77", "hola", datetime(2026, 1, 2, tzinfo=UTC)) is None
    assert provider.asked == []


async def test_preparing_asks_nothing_of_telegram(provider: Provider, bot: Telegram):
    await bot.prepare()
    assert provider.asked == []
    await desk.telegram().close()  # before anything was opened


def found(path: str | None = "photos/1.jpg") -> Any:
    file: dict[str, Any] = {"file_id": "F-big", "file_unique_id": "U-big"}
    return says({"ok": True, "result": {**file, "file_path": path} if path else file})


async def test_a_file_is_looked_up_and_streamed(provider: Provider, bot: Telegram):
    provider.will(found(), raw(b"photo"))
    assert await desk.gathered(bot.fetch(FILE, 5)) == b"photo"
    looked, streamed = provider.asked
    assert looked.path == f"/bot{desk.BOT_TOKEN}/getFile"
    assert looked.form == {"file_id": "F-big"}
    assert streamed.path == f"/file/bot{desk.BOT_TOKEN}/photos/1.jpg"


async def test_a_file_without_a_path_is_not_there(provider: Provider, bot: Telegram):
    provider.will(found(None), raw(b"", 404))
    with pytest.raises(Missing):
        await desk.gathered(bot.fetch(FILE, 5))


async def test_a_file_known_to_be_too_big_is_not_asked_for(provider: Provider, bot: Telegram):
    with pytest.raises(TooBig):
        await desk.gathered(bot.fetch(FILE, 4))
    assert provider.asked == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (says(telegram_refusal(400, "Bad Request: file is too big"), 400), TooBig),
        (says(telegram_refusal(400, "Bad Request: wrong file_id"), 400), Missing),
        (says(telegram_refusal(502, "Bad Gateway"), 502), Unreachable),
        (says(telegram_refusal(401, "Unauthorized"), 401), Misconfigured),
        (says(telegram_refusal(429, "Too Many Requests: retry after 3"), 429), Busy),
        (raw(b"<html>"), Unreachable),
    ],
)
async def test_a_file_that_is_not_given_has_its_verdict(
    provider: Provider, bot: Telegram, answer: Any, expected: type[Failure]
):
    provider.will(answer)
    with pytest.raises(Failure) as caught:
        await desk.gathered(bot.fetch(FILE, 5))
    assert type(caught.value) is expected


def test_an_update_is_cut_down_to_what_we_use():
    update = {
        "text": {"nested": "deep"},
        "photo": [{"file_id": "a", "thumbnail": {}}, "no file", None] * 20,
        "chat": {"id": 7, "type": "private", "bio": "long"},
        "date": None,
        "voice": "no object",
        "sticker": {"file_id": "a"},
    }
    assert _telegram_update.prune(update, _telegram_update.MESSAGE) == {
        "photo": [{"file_id": "a"}] * 7,
        "chat": {"id": 7, "type": "private"},
        "voice": "no object",
    }


@pytest.mark.parametrize("edited", [None, 0, -1, 2**33, 2**70])
def test_an_impossible_time_of_editing_is_not_believed(edited: int | None):
    sent = datetime(2026, 1, 2, tzinfo=UTC)
    assert _telegram_update.moment(sent, edited) == sent
    assert _telegram_update.moment(sent, 1750000000) == datetime.fromtimestamp(1750000000, UTC)


def test_the_library_is_loaded_whole_however_many_need_it_first():
    """Threads of one process came upon it half loaded, and what waited had to be tried again."""
    program = """
from concurrent.futures import ThreadPoolExecutor
import json
import bot.app  # as in the process that serves: what aiogram itself needs is loaded already
from tests.channels import desk
raw = json.dumps(UPDATE).encode()
telegram = desk.telegram()
telegram.read(b"{}")
with ThreadPoolExecutor(4) as threads:
    opened = threads.submit(telegram._connect)
    print({type(one[0]).__name__ for one in threads.map(telegram.read, [raw] * 3)})
    opened.result()
"""
    update = {
        "update_id": 1,
        "message": {
            "message_id": 1,
            "date": 1_700_000_000,
            "chat": {"id": 5, "type": "private"},
            "from": {"id": 5, "is_bot": False, "first_name": "Marta"},
            "text": "hola",
        },
    }
    done = subprocess.run(
        [sys.executable, "-c", program.replace("UPDATE", repr(update))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("{'Inbound'}\n", "")
