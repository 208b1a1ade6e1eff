"""What a provider gave up delivering is listed as it would have come by webhook."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from channels._twilio import Line
from channels.base import Inbound, MediaKind
from channels.sms import Sms
from channels.telegram import Telegram
from channels.whatsapp import WhatsApp
from tests.channels import desk
from tests.channels.standins import Provider, message, says, serve

SINCE = datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.fixture
async def twilio() -> AsyncIterator[Provider]:
    async with serve(says(message())) as provider:
        yield provider


@pytest.fixture
async def line(twilio: Provider) -> AsyncIterator[Line]:
    opened = desk.line(api_url=twilio.url)
    yield opened
    await opened.close()


def listed(*messages: dict[str, object]) -> dict[str, object]:
    return {"page": 0, "next_page_uri": None, "messages": list(messages)}


def arrived(end: str, body: str | None, media: int = 0, **more: str) -> dict[str, object]:
    return {
        "sid": f"SM{end:0>32}",
        "direction": "inbound",
        "from": "+50255550101",
        "to": "+14155550100",
        "body": body,
        "num_media": str(media),
        **more,
    }


async def test_sms_come_oldest_first_and_our_own_stay_out(twilio: Provider, line: Line):
    twilio.will(
        says(
            listed(
                arrived("3", "y mañana"),
                arrived("2", "nuestra", direction="outbound-api"),
                arrived("1", "sí voy"),
            )
        )
    )
    sms = Sms(line, "+14155550100")
    missed = await sms.missed(SINCE)
    (asked,) = twilio.asked
    assert asked.query["To"] == "+14155550100"
    assert asked.query["DateSent>"].startswith("2026-11-24T03:00:00")
    assert [one.event_id for one in missed] == [f"SM{1:032}", f"SM{3:032}"]
    assert {one.sender for one in missed} == {"+50255550101"}
    (first,) = sms.read(missed[0].raw)
    assert isinstance(first, Inbound)
    assert first.text == "sí voy"


async def test_the_list_is_walked_to_its_end(twilio: Provider, line: Line):
    more = f"/2010-04-01/Accounts/{desk.ACCOUNT}/Messages.json?Page=1&PageToken=x"
    newer = {"page": 0, "next_page_uri": more, "messages": [arrived("3", "c"), arrived("2", "b")]}
    twilio.will(says(newer), says(listed(arrived("1", "a"))))
    missed = await Sms(line, "+14155550100").missed(SINCE)
    assert [one.words for one in missed] == ["a", "b", "c"]
    assert twilio.asked[1].query["PageToken"] == "x"


async def test_a_photo_comes_with_its_file(twilio: Provider, line: Line):
    people = {"from": "whatsapp:+50255550101", "to": "whatsapp:+14155550100"}
    media = {
        "media_list": [
            {
                "sid": f"ME{7:032}",
                "uri": f"/2010-04-01/Accounts/{desk.ACCOUNT}/Messages/MM1/Media/ME7.json",
                "content_type": "image/jpeg",
            }
        ]
    }
    twilio.will(says(listed(arrived("9", None, 1, **people))), says(media))
    whatsapp = WhatsApp(line, "+14155550100")
    (missed,) = await whatsapp.missed(SINCE)
    assert twilio.asked[0].query["To"] == "whatsapp:+14155550100"
    (photo,) = whatsapp.read(missed.raw)
    assert isinstance(photo, Inbound)
    (attachment,) = photo.attachments
    assert attachment.kind is MediaKind.PHOTO
    assert attachment.locator.endswith("/Media/ME7")


async def test_telegram_delivers_again_by_itself():
    channel = Telegram("123456:" + "a" * 35, secret="s" * 32)
    assert await channel.missed(SINCE) == ()
