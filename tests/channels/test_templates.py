"""Approved words go to WhatsApp as they were approved, and their state is asked for in one list."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from channels._twilio import Line
from channels._twilio_contents import Approval
from channels.base import Failure, Option, Outbound, Sent, Status, Template
from channels.sms import Sms
from channels.telegram import Telegram
from channels.whatsapp import WhatsApp
from tests.channels import desk
from tests.channels.standins import (
    CONTENT_SID,
    SID,
    Provider,
    message,
    raw,
    refusal,
    says,
    serve,
)
from tests.simulator import conftest as simulated
from tests.simulator.conftest import Stand

BODY = "Hay un mensaje sobre la solicitud {{1}}. Responda ABRIR para leerlo."
FILLED = "Hay un mensaje sobre la solicitud GT-0417. Responda ABRIR para leerlo."
OPEN = (Option("window:open", "ABRIR"),)


def nudge(to: str = "+502", **variables: str) -> Outbound:
    return Outbound("k", 1, to, FILLED, template=Template(CONTENT_SID, variables))


@pytest.fixture
async def twilio() -> AsyncIterator[Provider]:
    async with serve(says(message(), 201)) as provider:
        yield provider


@pytest.fixture
async def line(twilio: Provider) -> AsyncIterator[Line]:
    opened = desk.line(api_url=twilio.url)
    yield opened
    await opened.close()


async def test_a_template_goes_by_its_id_and_reads_as_it_was_filled(twilio: Provider, line: Line):
    whatsapp = WhatsApp(line, "+14155550100")
    assert await whatsapp.send(nudge(**{"1": "GT-0417"})) == Sent(SID, Status.QUEUED)
    (asked,) = twilio.asked
    assert asked.form["ContentSid"] == CONTENT_SID
    assert json.loads(asked.form["ContentVariables"]) == {"1": "GT-0417"}
    assert asked.form["To"] == "whatsapp:+502"
    assert "Body" not in asked.form
    written = whatsapp.write(nudge(**{"1": "GT-0417"}))
    assert (written.text, written.labels) == (FILLED, ())


async def test_a_template_shows_no_labels_of_its_own(line: Line):
    outbound = Outbound("k", 1, "+502", FILLED, OPEN, template=Template(CONTENT_SID))
    assert WhatsApp(line, "+1").write(outbound).labels == ()


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("GT-0417", "GT-0417"),
        ("  dos\nlíneas\t y     hueco ", "dos líneas y hueco"),
        ("", "–"),
        (" \n ", "–"),
        ("a\x00b", "ab"),
    ],
)
async def test_what_fills_a_template_is_as_whatsapp_takes_it(
    twilio: Provider, line: Line, value: str, cleaned: str
):
    await WhatsApp(line, "+14155550100").send(nudge(**{"1": value}))
    assert json.loads(twilio.asked[0].form["ContentVariables"]) == {"1": cleaned}


async def test_a_template_that_is_refused_goes_in_no_other_form(twilio: Provider, line: Line):
    twilio.will(says(refusal(21656), 400))
    with pytest.raises(Failure) as caught:
        await WhatsApp(line, "+14155550100").send(nudge())
    assert caught.value.code == "21656"
    assert len(twilio.asked) == 1


async def test_other_channels_say_the_same_words_without_a_template(twilio: Provider, line: Line):
    await Sms(line, "+14155550100").send(nudge(**{"1": "GT-0417"}))
    assert twilio.asked[0].form["Body"] == FILLED
    assert Telegram.write(desk.telegram(), nudge("77")).text == FILLED


async def test_a_template_is_made_and_submitted_as_json(twilio: Provider, line: Line):
    twilio.will(says({"sid": CONTENT_SID, "friendly_name": "x"}, 201), says({}, 201))
    sid = await line.create_template("open_es_1", "es", BODY, {"1": "GT-0417"}, OPEN)
    await line.submit(sid, "open_es_1")
    made, asked = twilio.asked
    assert (made.method, made.path) == ("POST", "/v1/Content")
    assert json.loads(made.body) == {
        "friendly_name": "open_es_1",
        "language": "es",
        "variables": {"1": "GT-0417"},
        "types": {
            "twilio/quick-reply": {
                "body": BODY,
                "actions": [{"type": "QUICK_REPLY", "title": "ABRIR", "id": "window:open"}],
            }
        },
    }
    assert (asked.method, asked.path) == (
        "POST",
        f"/v1/Content/{CONTENT_SID}/ApprovalRequests/whatsapp",
    )
    assert json.loads(asked.body) == {"name": "open_es_1", "category": "UTILITY"}


@pytest.mark.parametrize("answer", [says(refusal(20001), 400), raw(b"", 500), raw(b"<html>")])
async def test_a_template_that_cannot_be_made_is_a_failure(
    twilio: Provider, line: Line, answer: Any
):
    twilio.usual = answer
    with pytest.raises(Failure):
        await line.create_template("open_es_1", "es", BODY, {"1": "x"})
    with pytest.raises(Failure):
        await line.submit(CONTENT_SID, "open_es_1")
    with pytest.raises(Failure):
        await line.approvals()


async def test_approvals_come_with_their_word_and_reason(twilio: Provider, line: Line):
    kept = {"friendly_name": "open_es_1", "language": "es"}
    rejected = {"status": "rejected", "rejection_reason": "INVALID_FORMAT"}
    listed = [
        {**kept, "sid": "HX1", "approval_requests": rejected},
        {**kept, "sid": "HX2", "approval_requests": {}},
        {**kept, "sid": "HX3"},
    ]
    twilio.will(says({"meta": {"key": "contents", "next_page_url": None}, "contents": listed}))
    assert await line.approvals() == [
        Approval("open_es_1", "HX1", "es", "rejected", "INVALID_FORMAT"),
        Approval("open_es_1", "HX2", "es", "unsubmitted"),
        Approval("open_es_1", "HX3", "es", "unsubmitted"),
    ]
    assert (twilio.asked[0].path, twilio.asked[0].query) == (
        "/v1/ContentAndApprovals",
        {"PageSize": "500"},
    )


async def test_a_template_comes_to_a_phone_once_it_is_approved(stand: Stand):
    line = Line(
        simulated.ACCOUNT,
        (simulated.TOKEN,),
        public_url=stand.settings.product_url,
        api_url=stand.settings.rest_url,
    )
    plain = await line.create_template("notice_es_1", "es", BODY, {"1": "GT-0417"})
    sid = await line.create_template("open_es_1", "es", BODY, {"1": "GT-0417"}, OPEN)
    await line.submit(sid, "open_es_1")
    approvals = {one.sid: (one.name, one.language, one.status) for one in await line.approvals()}
    assert approvals[plain] == ("notice_es_1", "es", "unsubmitted")
    assert approvals[sid][:2] == ("open_es_1", "es")
    template = Template(sid, {"1": "GT-0417"})
    outbound = Outbound("k", 1, simulated.MARTA, FILLED, template=template)
    await WhatsApp(line, simulated.WHATSAPP).send(outbound)
    heard = await stand.phones.whatsapp(simulated.MARTA).hears(FILLED)
    assert heard["choices"]["rows"] == [[{"label": "ABRIR", "id": "window:open"}]]
    await line.close()
