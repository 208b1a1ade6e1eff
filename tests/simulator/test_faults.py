import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiogram.exceptions import TelegramNetworkError, TelegramRetryAfter, TelegramServerError
from requests.exceptions import ConnectionError as BrokenConnection
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]  # no types

from bot.simulator.record.faults import Provider, Switches
from bot.simulator.record.store import Store
from bot.simulator.remote import ClumsyError
from tests.simulator.conftest import MARTA, MARTA_ID, SMS, Stand
from tests.simulator.ears import Ears


async def sent(stand: Stand, body: str = "Hola", **more: Any) -> Any:
    create = stand.twilio().messages.create
    return await asyncio.to_thread(create, to=MARTA, from_=SMS, body=body, **more)


async def test_429_says_when_and_sends_nothing(stand: Stand):
    await stand.phones.faults("twilio", too_many=1, retry_after=7, times={"too_many": 2})
    for _ in range(2):
        with pytest.raises(TwilioRestException) as refused:
            await sent(stand)
        assert (refused.value.code, refused.value.status) == (20429, 429)
    await sent(stand, "al fin")
    phone = stand.phones.sms(MARTA)
    await phone.hears("al fin")
    assert await phone.words() == ["al fin"]


async def test_telegram_429_is_aiograms_retry_after(stand: Stand):
    marta = stand.phones.telegram(MARTA_ID)
    await marta.presses_start()
    await stand.phones.faults("telegram", too_many=True, retry_after=3, times={"too_many": 1})
    async with stand.bot() as bot:
        with pytest.raises(TelegramRetryAfter) as refused:
            await bot.send_message(MARTA_ID, "Hola")
        assert refused.value.retry_after == 3
        await bot.send_message(MARTA_ID, "Hola")
    assert await marta.words() == ["Hola"]


async def test_a_message_is_kept_although_the_answer_is_500(stand: Stand):
    await stand.phones.faults("twilio", fail_after=1, times={"fail_after": 1})
    with pytest.raises(TwilioRestException) as failed:
        await sent(stand)
    assert (failed.value.code, failed.value.status) == (20500, 500)
    await stand.phones.sms(MARTA).hears("Hola")
    listed = await asyncio.to_thread(stand.twilio().messages.list, to=MARTA)
    assert [one.body for one in listed] == ["Hola"]
    answers = [one["answer"] for one in await stand.phones.log(kind="request")]
    assert answers == ["500", "200"]


async def test_a_message_is_kept_although_the_answer_breaks_off(stand: Stand):
    await stand.phones.faults("twilio", fail_after=1, fail_how="cut")
    with pytest.raises((BrokenConnection, OSError)):
        await sent(stand)
    await stand.phones.sms(MARTA).hears("Hola")


async def test_a_message_is_kept_although_no_answer_comes(stand: Stand):
    marta = stand.phones.telegram(MARTA_ID)
    await marta.presses_start()
    await stand.phones.faults("telegram", fail_after=1, fail_how="silence")
    async with stand.bot() as bot:
        with pytest.raises(TelegramNetworkError):
            await bot.send_message(MARTA_ID, "Hola", request_timeout=1)
        await stand.phones.faults("telegram", fail_after=1, fail_how="500")
        with pytest.raises(TelegramServerError):
            await bot.send_message(MARTA_ID, "Hola otra vez")
        assert (await bot.get_me()).is_bot
    assert await marta.words() == ["Hola", "Hola otra vez"]


async def test_an_unavailable_provider_keeps_nothing(stand: Stand):
    await stand.phones.faults("twilio", unavailable=1)
    with pytest.raises(TwilioRestException) as down:
        await sent(stand)
    assert (down.value.code, down.value.status) == (20503, 503)
    await stand.phones.faults("twilio")
    assert await asyncio.to_thread(stand.twilio().messages.list) == []


async def test_every_message_can_be_refused_with_a_code(stand: Stand):
    await stand.phones.faults("twilio", refuse=30002)
    with pytest.raises(TwilioRestException) as refused:
        await sent(stand)
    assert (refused.value.code, refused.value.status) == (30002, 403)


async def test_a_webhook_comes_twice(stand: Stand, ears: Ears):
    await stand.phones.faults("twilio", duplicate=1, times={"duplicate": 1})
    phone = stand.phones.whatsapp(MARTA)
    await phone.says("uno")
    await ears.hears(2)
    await phone.says("dos")
    heard = await ears.hears(3)
    assert [one.form["Body"] for one in heard] == ["uno", "uno", "dos"]
    assert len({one.form["MessageSid"] for one in heard}) == 2
    async with stand.bot() as bot:
        await bot.set_webhook(f"{ears.url}/hook")
    await stand.phones.faults("telegram", duplicate=1)
    await stand.phones.telegram(MARTA_ID).presses_start()
    updates = [one.json["update_id"] for one in (await ears.hears(5))[3:]]
    assert len(set(updates)) == 1


async def test_a_shuffled_burst_comes_in_another_order_and_the_same_each_time(
    stand: Stand, ears: Ears
):
    orders = []
    for _ in range(2):
        await stand.phones.faults("twilio", reorder=1, seed=17)
        before = len(ears.heard)
        sent = await stand.phones.whatsapp(MARTA).sends_photos(*["house"] * 5)
        heard = (await ears.hears(before + 5))[before:]
        came = [one.form["MessageSid"] for one in heard]
        orders.append([came.index(one["key"]) for one in sent])
    assert orders[0] == orders[1]
    assert orders[0] != [0, 1, 2, 3, 4]
    assert sorted(orders[0]) == [0, 1, 2, 3, 4]


async def test_a_lost_webhook_is_found_by_asking(stand: Stand, ears: Ears):
    await stand.phones.faults("twilio", drop_inbound=1, times={"drop_inbound": 1})
    phone = stand.phones.sms(MARTA)
    await phone.says("perdido")
    await phone.says("llegado")
    assert (await ears.hears(1))[0].form["Body"] == "llegado"
    listed = await asyncio.to_thread(stand.twilio().messages.list, to=SMS)
    assert [one.body for one in listed] == ["llegado", "perdido"]
    lost = (await stand.phones.log(kind="webhook"))[0]
    assert (lost["answer"], lost["detail"]["fields"]["Body"]) == ("dropped", "perdido")


async def test_a_lost_status_is_found_by_asking(stand: Stand, ears: Ears):
    await stand.phones.faults("twilio", drop_status=1)
    message = await sent(stand, status_callback=f"{ears.url}/status")
    await stand.phones.sms(MARTA).hears("Hola")
    assert (await asyncio.to_thread(stand.twilio().messages(message.sid).fetch)).status == (
        "delivered"
    )
    assert ears.heard == []


async def test_answers_and_webhooks_can_be_late(stand: Stand, ears: Ears):
    await stand.phones.faults("twilio", delay=0.4, webhook_delay=0.4)
    began = time.monotonic()
    await sent(stand)
    assert time.monotonic() - began >= 0.4
    began = time.monotonic()
    await stand.phones.sms(MARTA).says("hola")
    await ears.hears(1)
    assert time.monotonic() - began >= 0.4


async def test_a_switch_that_does_not_exist_is_refused(stand: Stand):
    with pytest.raises(ClumsyError, match="No such switch: dely"):
        await stand.phones.faults("twilio", dely=1)
    with pytest.raises(ClumsyError, match="fail_how"):
        await stand.phones.faults("twilio", fail_how="softly")
    with pytest.raises(ClumsyError, match="duplicate cannot be"):
        await stand.phones.faults("twilio", duplicate="often")
    async with (
        aiohttp.ClientSession() as session,
        session.put(f"{stand.url}/api/faults/carrier-pigeon", json={}) as answer,
    ):
        assert answer.status == 400


def struck(folder: Path, seed: int) -> list[bool]:
    switches = Switches(Store(folder))
    switches.reset(Provider.TWILIO)
    switches.set(Provider.TWILIO, {"seed": seed, "duplicate": 0.5})
    return [switches.strikes(Provider.TWILIO, "duplicate") for _ in range(40)]


def test_chance_is_the_same_for_the_same_seed(tmp_path: Path):
    first = struck(tmp_path / "a", 1)
    assert struck(tmp_path / "b", 1) == struck(tmp_path / "a", 1) == first
    assert struck(tmp_path / "c", 2) != first
    assert 8 < sum(first) < 32


def test_switches_outlive_a_restart(tmp_path: Path):
    Switches(Store(tmp_path)).set(Provider.TWILIO, {"too_many": 0.5, "regions_off": ["+505"]})
    faults = Switches(Store(tmp_path))[Provider.TWILIO]
    assert (faults.too_many, faults.regions_off) == (0.5, ("+505",))
