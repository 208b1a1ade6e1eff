"""Each documented payload is let in, kept, and read as what it is."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.base import Channel, Kind, Odd
from channels.plain import clean
from channels.sms import Sms
from channels.whatsapp import WhatsApp
from tests.channels import desk

WHATSAPP = desk.payloads("whatsapp.json")
SMS = desk.payloads("sms.json")
TELEGRAM = desk.payloads("telegram.json")
LINE = desk.line()
BOT = desk.telegram()
CHANNELS: dict[str, Channel] = {
    "whatsapp": WhatsApp(LINE, "+14155550100"),
    "sms": Sms(LINE, "+14155550100"),
    "telegram": BOT,
}
TABLES = {"whatsapp": WHATSAPP, "sms": SMS}


def labelled(rows: Iterable[dict[str, Any]]) -> list[Any]:
    return [pytest.param(row, id=row["label"]) for row in rows]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        pytest.param(name, row, id=f"{name}: {row['label']}")
        for name, table in TABLES.items()
        for row in table["rows"]
    ],
)
def test_a_twilio_request_is_read_as_what_it_is(name: str, row: dict[str, Any]):
    form = desk.form_of(TABLES[name], row)
    envelope = LINE.admit(desk.twilio_call(form, row.get("query", "")))
    assert envelope.channel == name
    assert envelope.account == desk.ACCOUNT
    is_receipt = "MessageStatus" in form
    assert envelope.kind is (Kind.RECEIPT if is_receipt else Kind.MESSAGE)
    assert envelope.sender == form["To" if is_receipt else "From"]

    (event,) = CHANNELS[name].read(envelope.raw)
    assert (event.channel, event.account) == (name, desk.ACCOUNT)
    assert desk.told(event) == row["means"]
    assert event.event_id == envelope.event_id
    assert envelope.words == ("" if is_receipt else clean(form.get("Body", "")))


@pytest.mark.parametrize("row", labelled(TELEGRAM["rows"]))
def test_a_telegram_update_is_read_as_what_it_is(row: dict[str, Any]):
    envelope = BOT.admit(desk.telegram_call(row["update"]))
    (event,) = BOT.read(envelope.raw)
    assert (event.channel, event.account) == ("telegram", "123456")
    assert desk.told(event) == row["means"]
    assert event.event_id == envelope.event_id == "900"
    assert envelope.sender == row["means"]["sender"]
    assert envelope.kind is (Kind.MESSAGE if envelope.sender else Kind.ODD)
    # What stands in no text or caption (a phone number shared by a button) is not in its words.
    written = row["update"].get("message") or row["update"].get("edited_message") or {}
    said = row["means"].get("text", "") if {"text", "caption"} & written.keys() else ""
    assert envelope.words == said or row["means"]["is"] == "Odd"


def test_a_channel_that_cannot_read_says_so_and_keeps_the_sender():
    for name in ("whatsapp", "sms"):
        (event,) = CHANNELS[name].read(b"no line break")
        assert isinstance(event, Odd)
        assert event.why == "Not a request as we keep them: the query is missing."
    (event,) = BOT.read(b"[]")
    assert desk.told(event) == {
        "is": "Odd", "event_id": "", "sender": "", "why": "Not an update: it has no update_id.",
    }  # fmt: skip


def test_an_update_that_nests_beyond_reading_is_kept_and_shown_as_odd():
    body = b'{"update_id": 7, "message": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    call = desk.telegram_call({})
    envelope = BOT.admit(type(call)(call.url, call.headers, body))
    assert (envelope.event_id, envelope.kind, envelope.sender) == ("7", Kind.ODD, "")
    (event,) = BOT.read(body)
    assert desk.told(event) == {
        "is": "Odd",
        "event_id": "7",
        "sender": "",
        "why": "It nests too deep to be read.",
    }


def test_nested_rich_text_never_reaches_the_library():
    """At depth four the library alone needs seconds; each level multiplies that by 37."""
    text: object = "x"
    for _ in range(200):
        text = {"type": "bold", "text": text}
    update = json.loads(json.dumps(TELEGRAM["rows"][0]["update"]))
    update["message"]["rich_message"] = {"blocks": [{"type": "paragraph", "text": text}]}
    update["message"]["reply_to_message"] = {**update["message"], "quote": {"rich": text}}
    update["message"]["from"]["first_name"] = text
    (event,) = BOT.read(json.dumps(update).encode())
    assert isinstance(event, Odd)  # for want of a name; and it came back at all
    update["message"]["from"]["first_name"] = "Ixchel"
    (event,) = BOT.read(json.dumps(update).encode())
    assert desk.told(event)["text"] == "ya llegué a Nebaj"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"text": "ALTO"}, "ALTO"),
        ({"text": "/alto"}, "alto"),
        ({"text": "/start token-1"}, "start"),
        ({"caption": "alto\x00"}, "alto"),
        ({"text": ["alto"], "caption": "x"}, ""),
        ({"text": "", "caption": {}}, ""),
        ({}, ""),
    ],
)
def test_a_stop_can_be_seen_without_the_library(message: dict[str, Any], words: str):
    for kind in ("message", "edited_message"):
        chat = {"chat": {"id": 7, "type": "private"}}
        call = desk.telegram_call({"update_id": 1, kind: {**chat, **message}})
        assert BOT.admit(call).words == words
    group = {"chat": {"id": 7, "type": "group"}, **message}
    assert BOT.admit(desk.telegram_call({"update_id": 1, "message": group})).words == ""


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
QUICK = settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(data=st.data(), row=st.sampled_from(TELEGRAM["rows"]))
def test_reading_a_mangled_update_never_raises(data: st.DataObject, row: dict[str, Any]):
    update = json.loads(json.dumps(row["update"]))
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = update
        while True:
            key = data.draw(st.sampled_from(sorted(place)))
            if isinstance(place[key], dict) and place[key] and data.draw(st.booleans()):
                place = place[key]
                continue
            place[key] = data.draw(ANY_JSON)
            break
    for event in BOT.read(json.dumps(update).encode()):
        desk.told(event)


@QUICK
@given(raw=st.binary() | st.text().map(lambda text: f'{{"update_id":1,{text}'.encode()))
def test_reading_noise_never_raises(raw: bytes):
    for channel in CHANNELS.values():
        assert isinstance(channel.read(raw)[0], Odd) or raw.count(b"\n")


@QUICK
@given(
    data=st.data(),
    name=st.sampled_from(["whatsapp", "sms"]),
    query=st.binary(max_size=20).map(lambda some: some.replace(b"\n", b"")),
)
def test_reading_a_mangled_form_never_raises(data: st.DataObject, name: str, query: bytes):
    row = data.draw(st.sampled_from(TABLES[name]["rows"]))
    form: dict[str, Any] = desk.form_of(TABLES[name], row)
    for field in data.draw(st.lists(st.sampled_from(sorted(form)), max_size=3)):
        form[field] = data.draw(st.text() | st.sampled_from(["1e999", "NaN", "11", "-1"]))
    body = desk.twilio_call({}).body + "&".join(f"{k}={v}" for k, v in form.items()).encode(
        "utf-8", "surrogatepass"
    )
    for event in CHANNELS[name].read(query + b"\n" + body):
        assert "\x00" not in str(desk.told(event))
