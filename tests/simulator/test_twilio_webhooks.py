import asyncio
import hashlib
from typing import Any

import aiohttp
import pytest
from starlette.responses import Response
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]  # no types

from bot.simulator.remote import ClumsyError, Picture
from bot.simulator.twilio.rounds import Overrides
from bot.simulator.wires.postman import Outcome
from tests.simulator.conftest import ACCOUNT, MARTA, SMS, TOKEN, WHATSAPP, Stand
from tests.simulator.ears import Ears

INBOUND = "/webhooks/twilio/messages"
SMS_FIELDS = {
    "ToCountry", "ToState", "SmsMessageSid", "NumMedia", "ToCity", "FromZip", "SmsSid", "FromState",
    "SmsStatus", "FromCity", "Body", "FromCountry", "To", "ToZip", "NumSegments", "MessageSid",
    "AccountSid", "From", "ApiVersion",
}  # fmt: skip
WHATSAPP_FIELDS = {
    "SmsMessageSid", "NumMedia", "ProfileName", "MessageType", "SmsSid", "WaId", "SmsStatus",
    "Body", "To", "NumSegments", "ReferralNumMedia", "MessageSid", "AccountSid", "From",
    "ApiVersion",
}  # fmt: skip


async def test_an_sms_comes_signed_with_its_documented_fields(stand: Stand, ears: Ears):
    await stand.phones.sms(MARTA).says("Sí, ¿dónde? 😀 & más\n")
    heard = (await ears.hears(1))[0]
    assert heard.url == f"{ears.url}{INBOUND}"
    assert heard.signed_with(TOKEN)
    assert set(heard.form) == SMS_FIELDS
    assert (heard.form["From"], heard.form["To"]) == (MARTA, SMS)
    assert (heard.form["Body"], heard.form["FromCountry"]) == ("Sí, ¿dónde? 😀 & más\n", "GT")
    assert heard.form["AccountSid"] == ACCOUNT
    assert len(heard.headers["i-twilio-idempotency-token"]) == 32


async def test_a_whatsapp_message_comes_with_its_documented_fields(stand: Stand, ears: Ears):
    await stand.phones.whatsapp(MARTA).says("hola")
    heard = (await ears.hears(1))[0]
    assert heard.signed_with(TOKEN)
    assert set(heard.form) == WHATSAPP_FIELDS
    assert (heard.form["From"], heard.form["To"]) == (f"whatsapp:{MARTA}", WHATSAPP)
    assert (heard.form["ProfileName"], heard.form["WaId"]) == ("Marta López", "50255551234")


async def test_a_person_without_a_number_writes_under_a_scoped_id(stand: Stand, ears: Ears):
    phone = stand.phones.whatsapp("GT.13491208655302")
    await phone.says("hola")
    heard = (await ears.hears(1))[0]
    assert heard.form["From"] == "whatsapp:GT.13491208655302"
    assert "WaId" not in heard.form
    await asyncio.to_thread(
        stand.twilio().messages.create, to=heard.form["From"], from_=WHATSAPP, body="Buenas"
    )
    await phone.hears("Buenas")


async def test_half_a_letter_and_a_null_arrive_as_whole_text(stand: Stand, ears: Ears):
    await stand.phones.whatsapp(MARTA).says("a\ud83db\0c")
    heard = (await ears.hears(1))[0]
    assert heard.form["Body"] == "a\ufffdb\0c"
    assert heard.signed_with(TOKEN)


async def test_a_quote_names_the_message_it_answers(stand: Stand, ears: Ears):
    asked = await asyncio.to_thread(
        stand.twilio().messages.create, to=f"whatsapp:{MARTA}", from_=WHATSAPP, body="¿Puede?"
    )
    phone = stand.phones.whatsapp(MARTA)
    shown = await phone.hears("¿Puede?")
    await phone.says("sí", quoting=shown["id"])
    heard = (await ears.hears(1))[0]
    assert heard.form["OriginalRepliedMessageSid"] == asked.sid
    assert heard.form["OriginalRepliedMessageSender"] == WHATSAPP
    assert (await phone.thread())[-1]["quoted"]["text"] == "¿Puede?"


async def test_a_pin_comes_in_degrees(stand: Stand, ears: Ears):
    await stand.phones.whatsapp(MARTA).sends_pin(15.4, -91.15, label="Nebaj")
    heard = (await ears.hears(1))[0]
    assert heard.form["MessageType"] == "location"
    assert (heard.form["Latitude"], heard.form["Longitude"]) == ("15.4", "-91.15")
    assert (heard.form["Label"], heard.form["Body"]) == ("Nebaj", "")


async def test_each_photo_of_a_burst_is_a_webhook_of_its_own(stand: Stand, ears: Ears):
    sent = await stand.phones.whatsapp(MARTA).sends_photos(
        "birth-certificate", "birth-certificate-back", "house", caption="Aquí está"
    )
    heard = await ears.hears(3)
    assert len({one.form["MessageSid"] for one in heard}) == 3
    assert [one.form["Body"] for one in heard] == ["Aquí está", "", ""]
    assert {one.form["NumMedia"] for one in heard} == {"1"}
    assert {one.form["MediaContentType0"] for one in heard} == {"image/jpeg"}
    assert all(one.signed_with(TOKEN) for one in heard)
    for one, shown in zip(heard, sent, strict=True):
        content, kind = await fetched(one.form["MediaUrl0"])
        assert kind == "image/jpeg"
        assert hashlib.sha256(content).hexdigest() == shown["files"][0]["sha256"]


async def fetched(url: str) -> tuple[bytes, str]:
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=headers) as answer,
    ):
        assert answer.status == 200
        return await answer.read(), answer.content_type


async def test_media_needs_the_token_and_is_deleted_once(stand: Stand, ears: Ears):
    await stand.phones.whatsapp(MARTA).sends_document(
        Picture("denuncia.pdf", b"%PDF-1.4 x", "application/pdf")
    )
    form = (await ears.hears(1))[0].form
    assert (form["MessageType"], form["MediaContentType0"]) == ("document", "application/pdf")
    async with aiohttp.ClientSession() as session, session.get(form["MediaUrl0"]) as answer:
        assert answer.status == 401
    assert (await fetched(form["MediaUrl0"]))[0] == b"%PDF-1.4 x"
    message = stand.twilio().messages(form["MessageSid"])
    listed = await asyncio.to_thread(message.media.list)
    assert [(one.sid, one.content_type) for one in listed] == [
        (form["MediaUrl0"].rpartition("/")[2], "application/pdf")
    ]
    media = message.media(listed[0].sid)
    assert (await asyncio.to_thread(media.fetch)).parent_sid == form["MessageSid"]
    assert await asyncio.to_thread(media.delete) is True
    with pytest.raises(TwilioRestException) as gone:
        await asyncio.to_thread(media.delete)
    assert gone.value.status == 404
    assert await asyncio.to_thread(message.media.list) == []


async def test_a_voice_note_is_audio(stand: Stand, ears: Ears):
    await stand.phones.whatsapp(MARTA).sends_voice()
    form = (await ears.hears(1))[0].form
    assert (form["MessageType"], form["MediaContentType0"]) == ("audio", "audio/ogg")
    assert (await fetched(form["MediaUrl0"]))[0].startswith(b"OggS")


async def test_a_photo_loses_what_the_camera_noted_and_a_document_does_not(
    stand: Stand, ears: Ears
):
    noted = b"\xff\xd8\xff\xe1\x00\x0bExif\0\0GPS\xff\xdb\x00\x03\x00\xff\xda\x00\x02pixels"
    phone = stand.phones.whatsapp(MARTA)
    await phone.sends_photos(noted)
    await phone.sends_document(Picture("IMG_2291.jpg", noted))
    photo, document = [one.form["MediaUrl0"] for one in await ears.hears(2)]
    assert (await fetched(photo))[0] == b"\xff\xd8\xff\xdb\x00\x03\x00\xff\xda\x00\x02pixels"
    assert (await fetched(document))[0] == noted


async def test_bytes_that_are_no_picture_are_sent_as_they_are(stand: Stand, ears: Ears):
    await stand.phones.whatsapp(MARTA).sends_photos(b"\xff\xd8\xff\xe1\xff")
    url = (await ears.hears(1))[0].form["MediaUrl0"]
    assert (await fetched(url))[0] == b"\xff\xd8\xff\xe1\xff"


async def test_an_sms_phone_sends_only_words(stand: Stand):
    phone = stand.phones.sms(MARTA)
    for act in (
        phone.sends_photos("house"),
        phone.sends_voice(),
        phone.sends_pin(0, 0),
        phone.says("x", quoting=1),
        phone.edits(1, "x"),
    ):
        with pytest.raises(ClumsyError):
            await act
    assert await phone.thread() == []


async def test_an_outgoing_picture_is_fetched_and_shown(stand: Stand, ears: Ears):
    picture = f"{stand.url}/static/samples/house.jpg"
    message = await asyncio.to_thread(
        stand.twilio().messages.create,
        to=f"whatsapp:{MARTA}",
        from_=WHATSAPP,
        body="Mire",
        media_url=[picture],
    )
    assert message.sid.startswith("MM")
    shown = await stand.phones.whatsapp(MARTA).hears("Mire")
    assert shown["files"][0]["type"] == "image/jpeg"
    await asyncio.to_thread(
        stand.twilio().messages.create,
        to=f"whatsapp:{MARTA}",
        from_=WHATSAPP,
        body="Y esta",
        media_url=[f"{stand.url}/static/nothing.jpg"],
        status_callback=f"{ears.url}/status",
    )
    assert (await ears.hears_status("failed")).form["ErrorCode"] == "63019"


async def test_a_failed_webhook_is_tried_again_with_the_same_token(stand: Stand, ears: Ears):
    ears.answers = [Response("", 500), Response("", 429)]
    await stand.phones.whatsapp(MARTA).says("hola")
    heard = await ears.hears(3)
    assert len({one.headers["i-twilio-idempotency-token"] for one in heard}) == 1
    assert len({one.form["MessageSid"] for one in heard}) == 1
    assert (await stand.phones.whatsapp(MARTA).sees_ticks("delivered"))["text"] == "hola"


async def test_a_status_callback_is_not_tried_again_unless_its_address_says_so(
    stand: Stand, ears: Ears
):
    ears.answers = [Response("", 500), Response("", 500)]
    asked: dict[str, Any] = {"to": MARTA, "from_": SMS, "body": "x"}
    create = stand.twilio().messages.create
    await asyncio.to_thread(create, **asked, status_callback=f"{ears.url}/plain")
    await ears.hears(2)
    ears.answers = [Response("", 500)]
    await asyncio.to_thread(create, **asked, status_callback=f"{ears.url}/keen#rc=2&rp=5xx")
    heard = await ears.hears(5)
    assert sorted(one.form["MessageStatus"] for one in heard if one.url.endswith("/plain")) == [
        "delivered",
        "sent",
    ]
    keen = [one for one in heard if "/keen" in one.url]
    assert len(keen) == 3
    assert all(one.url == f"{ears.url}/keen" and one.signed_with(TOKEN) for one in keen)


@pytest.mark.parametrize(
    ("fragment", "outcome", "worth"),
    [
        ("", Outcome(problem="ct"), True),
        ("", Outcome(status=500), False),
        ("", Outcome(problem="rt"), False),
        ("rp=5xx,rt", Outcome(status=503), True),
        ("rp=5xx,rt", Outcome(problem="rt"), True),
        ("rp=5xx,rt", Outcome(status=403), False),
        ("rp=4xx", Outcome(status=429), True),
        ("rp=all", Outcome(status=302), True),
    ],
)
def test_what_is_worth_a_retry(fragment: str, outcome: Outcome, *, worth: bool):
    assert Overrides.read_from(fragment).worth(outcome) is worth


def test_overrides_are_cut_to_their_bounds():
    wild = Overrides.read_from("ct=1&rt=99999&tt=0&rc=77")
    assert (wild.connect, wild.read, wild.total, wild.retries) == (0.1, 15.0, 0.1, 5)
    assert Overrides.read_from("rc=x") == Overrides()
