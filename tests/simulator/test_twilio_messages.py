import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]  # no types

from tests.simulator.conftest import ACCOUNT, MARTA, SMS, TOKEN, WHATSAPP, Stand
from tests.simulator.ears import Ears


async def sent(stand: Stand, **asked: Any) -> Any:
    """Send with the synchronous client, which blocks, beside the event loop."""
    return await asyncio.to_thread(stand.twilio().messages.create, **asked)


async def test_the_official_client_sends_an_sms_that_the_phone_shows(stand: Stand):
    message = await sent(stand, to=MARTA, from_=SMS, body="¿Puede ir a Nebaj?")
    assert (message.status, message.direction, message.to) == ("queued", "outbound-api", MARTA)
    assert (message.num_segments, message.num_media, message.api_version) == (
        "1",
        "0",
        "2010-04-01",
    )
    assert message.account_sid == ACCOUNT
    assert message.sid.startswith("SM")
    assert len(message.sid) == 34
    assert message.date_created <= datetime.now(UTC) + timedelta(seconds=1)
    assert (message.date_sent, message.error_code, message.price) == (None, None, None)
    phone = stand.phones.sms(MARTA)
    assert (await phone.hears("¿Puede ir a Nebaj?"))["segments"] == 1


# The twilio package hands aiohttp its credentials in a way that aiohttp means to drop.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning")
async def test_the_asynchronous_client_sends_and_fetches(stand: Stand, ears: Ears):
    async with stand.twilio_async() as client:
        message = await client.messages.create_async(
            to=f"whatsapp:{MARTA}",
            from_=WHATSAPP,
            body="Hola",
            status_callback=f"{ears.url}/webhooks/twilio/status?m=17&a=1",
        )
        await ears.hears_status("delivered")
        fetched = await client.messages(message.sid).fetch_async()
    assert (fetched.status, fetched.body) == ("delivered", "Hola")
    assert fetched.date_sent is not None


async def test_status_callbacks_are_signed_over_the_whole_address(stand: Stand, ears: Ears):
    callback = f"{ears.url}/webhooks/twilio/status?m=17&a=1"
    message = await sent(stand, to=MARTA, from_=SMS, body="Hola", status_callback=callback)
    heard = await ears.hears(2)
    assert [one.form["MessageStatus"] for one in heard] == ["sent", "delivered"]
    assert all(one.url == callback and one.signed_with(TOKEN) for one in heard)
    assert not heard[0].signed_with("another token")
    assert heard[1].form["RawDlrDoneDate"].isdigit()
    assert heard[1].form["MessageSid"] == message.sid


async def test_whatsapp_is_read_when_the_person_looks(stand: Stand, ears: Ears):
    callback = f"{ears.url}/status"
    await sent(stand, to=f"whatsapp:{MARTA}", from_=WHATSAPP, body="Hola", status_callback=callback)
    phone = stand.phones.whatsapp(MARTA)
    await phone.hears("Hola")
    await phone.reads()
    read = await ears.hears_status("read")
    assert (read.form["EventType"], read.form["ChannelPrefix"]) == ("READ", "whatsapp")
    await phone.reads()
    assert [one.form["MessageStatus"] for one in ears.heard].count("read") == 1


async def test_an_sms_is_never_read(stand: Stand, ears: Ears):
    await sent(stand, to=MARTA, from_=SMS, body="Hola", status_callback=f"{ears.url}/status")
    await ears.hears_status("delivered")
    await stand.phones.sms(MARTA).reads()
    assert (await stand.phones.sms(MARTA).thread())[0]["status"] == "delivered"


@pytest.mark.parametrize(
    ("code", "status", "asked"),
    [
        (21604, 400, {"to": "", "from_": SMS, "body": "x"}),
        (21211, 400, {"to": "12345", "from_": SMS, "body": "x"}),
        (21603, 400, {"to": MARTA, "body": "x"}),
        (21606, 400, {"to": MARTA, "from_": "+15005550001", "body": "x"}),
        (63007, 400, {"to": f"whatsapp:{MARTA}", "from_": "whatsapp:+15005550001", "body": "x"}),
        (21910, 400, {"to": f"whatsapp:{MARTA}", "from_": SMS, "body": "x"}),
        (21619, 400, {"to": MARTA, "from_": SMS, "body": ""}),
        (21617, 400, {"to": MARTA, "from_": SMS, "body": "x" * 1601}),
        (21609, 400, {"to": MARTA, "from_": SMS, "body": "x", "status_callback": "http://a_b.org"}),
        (20001, 400, {"to": MARTA, "from_": SMS, "body": "x", "validity_period": 99999}),
        (21655, 400, {"to": MARTA, "from_": SMS, "content_sid": f"HX{'0' * 32}"}),
        (21654, 400, {"to": MARTA, "from_": SMS, "content_variables": "{}"}),
    ],
)  # fmt: skip
async def test_what_twilio_refuses_is_refused(
    stand: Stand, code: int, status: int, asked: dict[str, Any]
):
    with pytest.raises(TwilioRestException) as refused:
        await sent(stand, **asked)
    assert (refused.value.code, refused.value.status) == (code, status)
    assert await stand.phones.sms(MARTA).thread() == []


async def test_a_wrong_token_is_20003(stand: Stand):
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(
            stand.twilio(token="wrong").messages.create, to=MARTA, from_=SMS, body="x"
        )
    assert (refused.value.code, refused.value.status) == (20003, 401)


async def test_a_region_that_is_off_is_21408_until_it_is_on(stand: Stand):
    await stand.phones.faults("twilio", regions_off=["+505"])
    with pytest.raises(TwilioRestException) as refused:
        await sent(stand, to="+50588887777", from_=SMS, body="x")
    assert refused.value.code == 21408
    assert (await sent(stand, to=MARTA, from_=SMS, body="x")).status == "queued"
    await stand.phones.faults("twilio")
    assert (await sent(stand, to="+50588887777", from_=SMS, body="x")).status == "queued"


async def test_stop_by_sms_is_answered_by_the_carrier_and_blocks_until_start(
    stand: Stand, ears: Ears
):
    phone = stand.phones.sms(MARTA)
    await phone.says(" Stop ")
    assert (await ears.hears(1))[0].form["Body"] == " Stop "
    assert "OptOutType" not in ears.heard[0].form
    await phone.hears("You have successfully been unsubscribed")
    with pytest.raises(TwilioRestException) as refused:
        await sent(stand, to=MARTA, from_=SMS, body="x")
    assert refused.value.code == 21610
    on_whatsapp = await sent(stand, to=f"whatsapp:{MARTA}", from_=WHATSAPP, body="x")
    assert on_whatsapp.status == "queued"
    await phone.says("START")
    await phone.hears("re-subscribed")
    assert (await sent(stand, to=MARTA, from_=SMS, body="x")).status == "queued"


@pytest.mark.parametrize("words", ["ALTO", "stop please", "YES", "no"])
async def test_the_carrier_keeps_quiet_about_other_words(stand: Stand, ears: Ears, words: str):
    phone = stand.phones.sms(MARTA)
    await phone.says(words)
    await ears.hears(1)
    assert [one["author"] for one in await phone.thread()] == ["person"]


async def test_a_phone_that_is_off_ends_undelivered_with_its_code(stand: Stand, ears: Ears):
    await stand.phones.sms(MARTA).meets("undelivered", 30003)
    message = await sent(stand, to=MARTA, from_=SMS, body="x", status_callback=f"{ears.url}/s")
    heard = await ears.hears_status("undelivered")
    assert (heard.form["ErrorCode"], heard.form["ErrorMessage"]) == (
        "30003",
        "Unreachable destination handset",
    )
    fetched = await asyncio.to_thread(stand.twilio().messages(message.sid).fetch)
    assert (fetched.status, fetched.error_code) == ("undelivered", 30003)
    assert await stand.phones.sms(MARTA).thread() == []


async def test_a_number_that_is_no_mobile_is_refused_at_once(stand: Stand):
    await stand.phones.sms(MARTA).meets("refused", 21614)
    with pytest.raises(TwilioRestException) as refused:
        await sent(stand, to=MARTA, from_=SMS, body="x")
    assert refused.value.code == 21614


async def test_free_text_outside_the_window_fails_only_when_the_window_is_on(
    stand: Stand, ears: Ears
):
    asked = {
        "to": f"whatsapp:{MARTA}",
        "from_": WHATSAPP,
        "body": "Hola",
        "status_callback": f"{ears.url}/s",
    }
    await sent(stand, **asked)
    await ears.hears_status("delivered")
    await stand.phones.faults("twilio", whatsapp_window=True)
    await sent(stand, **asked)
    assert (await ears.hears_status("undelivered")).form["ErrorCode"] == "63016"
    await stand.phones.whatsapp(MARTA).says("hola")
    inside = await sent(stand, **asked)
    await ears.hears(7)
    fetched = await asyncio.to_thread(stand.twilio().messages(inside.sid).fetch)
    assert fetched.status == "delivered"


async def test_the_list_pages_through_both_directions(stand: Stand, ears: Ears):
    began = datetime.now(UTC) - timedelta(seconds=1)
    for number in range(5):
        await sent(stand, to=MARTA, from_=SMS, body=f"{number}")
    for number in range(3):
        await stand.phones.sms(MARTA).says(f"respuesta {number}")
    await ears.hears(3)
    client = stand.twilio()
    everything = await asyncio.to_thread(client.messages.list, page_size=2)
    assert len(everything) == 8
    incoming = await asyncio.to_thread(
        client.messages.list, to=SMS, date_sent_after=began, page_size=2
    )
    assert [one.body for one in incoming] == ["respuesta 2", "respuesta 1", "respuesta 0"]
    assert {(one.direction, one.status) for one in incoming} == {("inbound", "received")}
    later = datetime.now(UTC) + timedelta(hours=1)
    assert await asyncio.to_thread(client.messages.list, to=SMS, date_sent_after=later) == []
    assert await asyncio.to_thread(client.messages.list, date_sent_before=began) == []
    today = await asyncio.to_thread(client.messages.list, date_sent=datetime.now(UTC).date())
    assert len(today) == 8
    first = await asyncio.to_thread(client.messages.page, page_size=3)
    second = await asyncio.to_thread(first.next_page)
    assert len({one.sid for one in [*first, *second]}) == 6


async def test_a_message_that_is_not_there_is_20404(stand: Stand):
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(stand.twilio().messages(f"SM{'0' * 32}").fetch)
    assert (refused.value.code, refused.value.status) == (20404, 404)


async def test_text_is_blanked_and_a_message_deleted_only_once_finished(stand: Stand, ears: Ears):
    message = await sent(stand, to=MARTA, from_=SMS, body="secreto", status_callback=f"{ears.url}/")
    one = stand.twilio().messages(message.sid)
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(one.delete)
    assert (refused.value.code, refused.value.status) == (20009, 409)
    await ears.hears_status("delivered")
    assert (await asyncio.to_thread(one.update, body="")).body == ""
    assert await asyncio.to_thread(one.delete) is True
    with pytest.raises(TwilioRestException) as gone:
        await asyncio.to_thread(one.fetch)
    assert gone.value.code == 20404
    assert (await stand.phones.sms(MARTA).thread())[0]["text"] == "secreto"


async def test_a_messaging_service_accepts_before_it_has_a_sender(stand: Stand, ears: Ears):
    service = f"MG{'d' * 32}"
    message = await sent(
        stand,
        to=MARTA,
        messaging_service_sid=service,
        body="Hola",
        status_callback=f"{ears.url}/s",
    )
    assert (message.status, message.from_, message.num_segments) == ("accepted", None, "0")
    delivered = await ears.hears_status("delivered")
    assert (delivered.form["From"], delivered.form["MessagingServiceSid"]) == (SMS, service)
