"""What WhatsApp and SMS hand to Twilio: the form, the buttons, and the files fetched back."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from channels import _wire
from channels._twilio import Line
from channels._twilio_verdicts import verdict
from channels.base import (
    Attachment,
    BadAddress,
    Busy,
    Failure,
    MediaKind,
    Misconfigured,
    Missing,
    Option,
    Outbound,
    Refused,
    Sent,
    Status,
    Stopped,
    TooBig,
    Uncertain,
    Unreachable,
    WindowClosed,
)
from channels.sms import Sms
from channels.whatsapp import WhatsApp
from tests.channels import desk
from tests.channels.standins import (
    CONTENT_SID,
    SID,
    Provider,
    message,
    raw,
    redirects,
    refusal,
    says,
    serve,
)

MESSAGES = f"/2010-04-01/Accounts/{desk.ACCOUNT}/Messages.json"
YES_NO = (Option("c9:yes", "Sí, puedo"), Option("c9:no", "No puedo"))
HI = Outbound(key="k-17", attempt=2, to="+50255512345", text="¿Puede ir mañana?")
ASK = Outbound(
    key="k-17", attempt=2, to="+50255512345", text="¿Puede ir?\nEs lejos.", options=YES_NO
)


@pytest.fixture
async def twilio() -> AsyncIterator[Provider]:
    async with serve(says(message(), 201)) as provider:
        yield provider


@pytest.fixture
async def line(twilio: Provider) -> AsyncIterator[Line]:
    opened = desk.line(api_url=twilio.url)
    yield opened
    await opened.close()


def contents(*names: str) -> dict[str, Any]:
    """Twilio's list of contents."""
    return {
        "meta": {"key": "contents", "page": 0, "page_size": 500, "next_page_url": None},
        "contents": [{"sid": f"HX{n:032x}", "friendly_name": name} for n, name in enumerate(names)],
    }


MADE = {"sid": CONTENT_SID, "friendly_name": "x"}


# --- the form -------------------------------------------------------------------------------------


async def test_an_sms_is_a_signed_form_in_the_sms_alphabet(twilio: Provider, line: Line):
    sms = Sms(line, "+14155550100")
    await sms.send(Outbound("k/17 ñ", 2, "+50255512345", "¿Está ahí?", YES_NO, expires_in=90_000))
    (asked,) = twilio.asked
    assert (asked.method, asked.path) == ("POST", MESSAGES)
    assert asked.headers["Authorization"].startswith("Basic ")
    assert asked.headers["User-Agent"].startswith("twilio-python/")
    callback = urlsplit(asked.form.pop("StatusCallback"))
    assert f"{callback.scheme}://{callback.netloc}{callback.path}" == (
        "https://enlace.example/webhooks/twilio/status"
    )
    assert parse_qs(callback.query) == {"m": ["k/17 ñ"], "a": ["2"]}
    assert asked.form == {
        "From": "+14155550100",
        "To": "+50255512345",
        "Body": "¿Esta ahi?\n1 Si, puedo\n2 No puedo",
        "ValidityPeriod": "36000",
    }
    assert sms.write(HI).segments == 1
    await sms.release("")


async def test_a_whatsapp_text_goes_out_as_it_is(twilio: Provider, line: Line):
    bare, prefixed = WhatsApp(line, "+14155550100"), WhatsApp(line, "whatsapp:+14155550100")
    for whatsapp in (bare, prefixed):
        sent = await whatsapp.send(Outbound("k", 1, "+5215512345678", "¿Está ahí? 👍\x00"))
        assert sent == Sent(SID, Status.QUEUED)
        form = twilio.asked.pop().form
        assert whatsapp.write(HI).text == HI.text
        assert (form["From"], form["To"]) == ("whatsapp:+14155550100", "whatsapp:+5215512345678")
        assert form["Body"] == "¿Está ahí? 👍"
        assert "ValidityPeriod" not in form
    await bare.send(Outbound("k", 1, "whatsapp:GT.1349abc", "hola", expires_in=60))
    assert twilio.asked[0].form["To"] == "whatsapp:GT.1349abc"
    assert twilio.asked[0].form["ValidityPeriod"] == "60"
    await bare.release("")


async def test_an_outgoing_status_already_known_is_told(twilio: Provider, line: Line):
    sms = Sms(line, "+14155550100")
    twilio.will(says(message("sent"), 201), says(message("something new"), 201))
    assert (await sms.send(HI)).status is Status.SENT
    assert (await sms.send(HI)).status is Status.QUEUED
    twilio.will(says(message("failed", error_code=21610), 201), says(message("failed"), 201))
    with pytest.raises(Stopped):
        await sms.send(HI)
    with pytest.raises(Refused):
        await sms.send(HI)
    twilio.will(says(message(sid="HX1"), 201), says(message(sid=None), 201))
    for _ in range(2):
        with pytest.raises(Uncertain):
            await sms.send(HI)


async def test_an_error_in_the_newer_form_is_read_too(twilio: Provider, line: Line):
    problem = {"type": "https://x", "title": "Opted out", "status": 400, "code": 21610}
    twilio.will(says(problem, 400))
    with pytest.raises(Stopped) as caught:
        await Sms(line, "+14155550100").send(HI)
    assert str(caught.value).endswith("(21610)")


# --- buttons and lists ----------------------------------------------------------------------------


async def test_two_choices_are_buttons_made_once(twilio: Provider, line: Line):
    whatsapp = WhatsApp(line, "+14155550100")
    assert whatsapp.write(ASK).labels == ("Sí, puedo", "No puedo")
    twilio.will(says(contents("someone else's")), says(MADE, 201))
    await whatsapp.send(ASK)
    looked, made, sent = twilio.asked
    assert (looked.method, looked.path) == ("GET", "/v1/Content")
    assert looked.query == {"PageSize": "500"}
    assert (made.method, made.path) == ("POST", "/v1/Content")
    document = json.loads(made.body)
    assert document.pop("friendly_name").startswith("enlace-quick-reply-")
    assert document == {
        "language": "es",
        "variables": {"1": "…", "2": "1", "3": "2"},
        "types": {
            "twilio/quick-reply": {
                "body": "{{1}}",
                "actions": [
                    {"type": "QUICK_REPLY", "title": "Sí, puedo", "id": "{{2}}"},
                    {"type": "QUICK_REPLY", "title": "No puedo", "id": "{{3}}"},
                ],
            }
        },
    }
    assert sent.form["ContentSid"] == CONTENT_SID
    assert json.loads(sent.form["ContentVariables"]) == {
        "1": "¿Puede ir?\nEs lejos.",
        "2": "c9:yes",
        "3": "c9:no",
    }
    assert "Body" not in sent.form

    twilio.asked.clear()
    other = (Option("c10:yes", "Sí, puedo"), Option("c10:no", "No puedo"))
    await whatsapp.send(Outbound("k", 1, "+502", "Otra cosa", other))
    assert [asked.path for asked in twilio.asked] == [MESSAGES]

    twilio.asked.clear()
    again = WhatsApp(desk.line(api_url=twilio.url), "+14155550100")  # after a restart
    name = json.loads(made.body)["friendly_name"]
    twilio.will(says(contents("x", name)))
    await again.send(ASK)
    assert [asked.path for asked in twilio.asked] == ["/v1/Content", MESSAGES]
    assert twilio.asked[1].form["ContentSid"] == f"HX{1:032x}"
    await again.close()


async def test_four_choices_are_a_list(twilio: Provider, line: Line):
    labels = ("Está muy lejos de aquí", "No es seguro", "Estoy enferma", "Otra cosa")
    options = tuple(Option(f"c9:{n}", label) for n, label in enumerate(labels))
    twilio.will(says(contents()), says(MADE, 201))
    await WhatsApp(line, "+14155550100").send(Outbound("k", 1, "+502", "¿Por qué?", options))
    drawn = json.loads(twilio.asked[1].body)["types"]["twilio/list-picker"]
    assert drawn["button"] == "☰"
    assert drawn["items"][0] == {"item": "Está muy lejos de aquí", "id": "{{2}}"}
    assert json.loads(twilio.asked[2].form["ContentVariables"])["5"] == "c9:3"


NUMBERS = "¿Puede ir?\nEs lejos.\n1 Sí, puedo\n2 No puedo"


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([says(refusal(20404), 404)], id="No Content API"),
        pytest.param([raw(b"<html>")], id="A List Without Sense"),
        pytest.param([says(contents()), says(refusal(20001), 400)], id="Content Refused"),
        pytest.param([says(contents()), raw(b"", 500)], id="Content Lost"),
        pytest.param(
            [says(contents()), says(MADE, 201), says(refusal(21656), 400)], id="Buttons Refused"
        ),
    ],
)
async def test_choices_go_as_numbers_where_buttons_cannot_be_made(
    twilio: Provider, line: Line, answers: list[Any]
):
    twilio.will(*answers)
    whatsapp = WhatsApp(line, "+14155550100")
    assert (await whatsapp.send(ASK)).message_id == SID
    assert twilio.asked[-1].form["Body"] == NUMBERS
    assert len(twilio.asked) == len(answers) + 1


async def test_a_content_that_twilio_forgot_is_made_anew(twilio: Provider, line: Line):
    whatsapp = WhatsApp(line, "+14155550100")
    twilio.will(says(contents()), says(MADE, 201), says(refusal(21655), 400))
    await whatsapp.send(ASK)
    twilio.asked.clear()
    twilio.will(says(MADE, 201))
    await whatsapp.send(ASK)
    assert [asked.path for asked in twilio.asked] == ["/v1/Content", MESSAGES]


async def test_a_content_cannot_be_forgotten_before_it_is_known(line: Line):
    from channels._twilio_contents import Content  # noqa: PLC0415 - nobody else needs it

    line.contents.forget(Content("x", {}, {}))


async def test_while_twilio_asks_us_to_wait_nothing_else_is_tried(twilio: Provider, line: Line):
    twilio.will(says(refusal(20429), 429))
    with pytest.raises(Busy) as caught:
        await WhatsApp(line, "+14155550100").send(ASK)
    assert (caught.value.wait, len(twilio.asked)) == (1.0, 1)


async def test_a_window_that_closed_is_no_reason_for_numbers(twilio: Provider, line: Line):
    twilio.will(says(contents()), says(MADE, 201), says(refusal(63016), 400))
    with pytest.raises(WindowClosed):
        await WhatsApp(line, "+14155550100").send(ASK)
    assert len(twilio.asked) == 3


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(tuple(Option(str(n), f"Opción {n}") for n in range(11)), id="Too Many"),
        pytest.param((Option("a", "x" * 25),), id="Too Long"),
        pytest.param((Option("a", "Sí"), Option("b", "Sí")), id="Two Alike"),
        pytest.param((Option("a", " "),), id="No Label"),
        pytest.param((Option("", "Sí"),), id="No Id"),
    ],
)
async def test_choices_that_no_button_holds_are_numbers(
    twilio: Provider, line: Line, options: tuple[Option, ...]
):
    whatsapp = WhatsApp(line, "+14155550100")
    outbound = Outbound("k", 1, "+502", "¿Cuál?", options)
    assert whatsapp.write(outbound).labels == ()
    await whatsapp.send(outbound)
    assert twilio.asked[0].form["Body"] == whatsapp.write(outbound).text


async def test_a_text_too_long_for_buttons_carries_numbers(twilio: Provider, line: Line):
    whatsapp = WhatsApp(line, "+14155550100")
    await whatsapp.send(Outbound("k", 1, "+502", "x" * 1025, YES_NO))
    assert twilio.asked[0].form["Body"].endswith("\n1 Sí, puedo\n2 No puedo")


# --- what may have been sent ----------------------------------------------------------------------

STARTED = datetime(2026, 11, 24, 4, 0, 0, 500_000, tzinfo=UTC)


def kept(*messages: tuple[str, str, str, str]) -> dict[str, Any]:
    """Twilio's list of messages: the end of each id, its words, its status, its moment."""
    return {
        "page": 0,
        "next_page_uri": None,
        "messages": [
            {
                "sid": f"SM{end:0>32}",
                "body": body,
                "status": status,
                "date_created": f"Tue, 24 Nov 2026 {moment} +0000" if moment else None,
            }
            for end, body, status, moment in messages
        ],
    }


async def test_an_sms_of_unknown_fate_is_found_by_its_words(twilio: Provider, line: Line):
    sms = Sms(line, "+14155550100")
    written = sms.write(ASK).text
    twilio.will(
        says(
            kept(
                ("1", "Otra cosa", "sent", "04:00:02"),
                ("2", written, "delivered", "04:00:01"),
                ("3", written, "sent", "03:59:00"),
            )
        )
    )
    assert await sms.find("+502", written, STARTED) == Sent(f"SM{2:032}", Status.DELIVERED)
    (asked,) = twilio.asked
    assert (asked.method, asked.path) == ("GET", MESSAGES)
    assert asked.query == {"To": "+502", "From": "+14155550100", "PageSize": "50"}
    longer = kept(("1", "¿Puede ir?", "sent", "04:00:02"), ("2", written, "sent", ""))
    twilio.will(says(longer))
    assert await sms.find("+502", written, STARTED) is None
    twilio.will(raw(b"", 500))
    with pytest.raises(Failure):
        await sms.find("+502", written, STARTED)


async def test_a_whatsapp_of_unknown_fate_is_found_without_its_buttons(
    twilio: Provider, line: Line
):
    whatsapp = WhatsApp(line, "+14155550100")
    written = "¿Puede ir?\nEs lejos.\nSí, puedo\nNo puedo"
    buttons = ("1", "¿Puede ir?\nEs lejos.", "queued", "04:00:01")
    numbers = ("2", NUMBERS, "failed", "04:00:00")
    twilio.will(says(kept(buttons)), says(kept(buttons, numbers)), says(kept(("3", "", "", ""))))
    assert await whatsapp.find("+502", written, STARTED) == Sent(f"SM{1:032}", Status.QUEUED)
    assert await whatsapp.find("+502", written, STARTED) == Sent(f"SM{2:032}", Status.FAILED)
    assert await whatsapp.find("+502", written, STARTED) is None
    assert twilio.asked[0].query["To"] == "whatsapp:+502"
    twilio.will(says(kept(("4", "", "sent", "04:00:01"), ("5", "¿Otra?", "sent", "04:00:01"))))
    assert await whatsapp.find("+502", written, STARTED) is None


# --- verdicts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("21610", 400, Stopped),
        ("63016", 400, WindowClosed),
        ("63003", 400, BadAddress),
        ("20500", 500, Uncertain),
        ("30003", 400, Unreachable),
        ("99999", 400, Refused),
        ("99999", 500, Uncertain),
        ("99999", 429, Busy),
        ("", 401, Misconfigured),
        ("", 403, Misconfigured),
        ("", 404, Misconfigured),
        ("", 307, Misconfigured),
        ("", 400, Refused),
    ],
)
def test_a_code_counts_before_the_status(code: str, status: int, expected: type[Failure]):
    failure = verdict(code, status)
    assert type(failure) is expected
    assert failure.code == code


async def test_a_full_queue_is_told_from_too_many_requests(twilio: Provider, line: Line):
    twilio.will(says(refusal(21611), 429), raw(b"slow down", 429), says([], 429))
    for code, wait in (("21611", 60.0), ("", 1.0), ("", 1.0)):
        with pytest.raises(Busy) as caught:
            await Sms(line, "+14155550100").send(HI)
        assert (caught.value.code, caught.value.wait) == (code, wait)


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), ("", None), ("Wed, 21 Oct", None), ("-1", None), ("²", None)]
)
def test_only_whole_seconds_are_a_time_to_wait(value: str, seconds: float | None):
    assert _wire.retry_after({"Retry-After": value}) == seconds


# --- where requests go ----------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["api", "content", "messaging.dublin.ie1"])
def test_nothing_goes_past_the_configured_address(host: str):
    line = desk.line(api_url="http://127.0.0.1:9/twilio/")
    assert (
        line._rest.reroute(f"https://{host}.twilio.com/v1/X?a=1")
        == "http://127.0.0.1:9/twilio/v1/X?a=1"
    )
    own = f"https://{host}.twilio.com/v1/X"
    assert desk.line()._rest.reroute(own) == own
    assert line._rest.reroute("http://127.0.0.1:9/twilio/v1/X") == "http://127.0.0.1:9/twilio/v1/X"


def at(url: str) -> Attachment:
    return Attachment(MediaKind.PHOTO, url)


async def test_a_file_of_twilios_own_address_is_fetched_with_our_name(twilio: Provider, line: Line):
    twilio.usual = raw(b"photo")
    url = f"https://api.twilio.com/2010-04-01/Accounts/{desk.ACCOUNT}/Messages/{SID}/Media/ME1"
    assert await desk.gathered(Sms(line, "+1").fetch(at(url), 5)) == b"photo"
    assert twilio.asked[0].headers["Authorization"].startswith("Basic ")


async def test_redirects_at_home_are_followed_three_times(twilio: Provider, line: Line):
    twilio.will(redirects("/b%2Fc?x=%2B"), redirects(f"{twilio.url}/d"), redirects("e"))
    twilio.usual = raw(b"photo")
    assert await desk.gathered(line.fetch(at(f"{twilio.url}/a"), 5)) == b"photo"
    assert [asked.path for asked in twilio.asked] == ["/a", "/b/c", "/d", "/e"]
    assert twilio.asked[1].query == {"x": "+"}
    twilio.usual = redirects("/again")
    with pytest.raises(Refused):
        await desk.gathered(line.fetch(at(f"{twilio.url}/a"), 5))
    assert len(twilio.asked) == 8


async def test_our_name_stays_at_home(
    twilio: Provider, line: Line, monkeypatch: pytest.MonkeyPatch
):
    async with serve(raw(b"photo")) as cousin:
        host = urlsplit(cousin.url).netloc
        twilio.usual = redirects(f"{cousin.url}/signed?key=a%2Bb")
        with pytest.raises(Refused):  # not among the hosts that Twilio keeps files on
            await desk.gathered(line.fetch(at(f"{twilio.url}/a"), 5))
        assert cousin.asked == []
        # Twilio's hosts speak TLS; here a cousin is allowed to be plain, to be looked at.
        monkeypatch.setattr(_wire, "_is_cousin", lambda url, _: urlsplit(url).netloc == host)
        assert await desk.gathered(line.fetch(at(f"{twilio.url}/a"), 5)) == b"photo"
        assert "Authorization" not in cousin.asked[0].headers
        assert cousin.asked[0].query == {"key": "a+b"}


@pytest.mark.parametrize(
    "location",
    [
        "http://mms.twiliocdn.com/x",
        "https://mms.twiliocdn.com.evil.example/x",
        "https://mms.twiliocdn.com@evil.example/x",
        "https://mms.twiliocdn.com:8443/x",
        "https://evil.example/x",
        "http://169.254.169.254/latest/meta-data",
        "http://[64:ff9b::7f00:1]/",
        "http://127.0.0.1:1/",
        "file:///etc/passwd",
        "//evil.example/x",
        "/a b",
        "/é",
    ],
)
async def test_a_redirect_elsewhere_is_refused(twilio: Provider, line: Line, location: str):
    twilio.usual = redirects(location)
    with pytest.raises(Refused):
        await desk.gathered(line.fetch(at(f"{twilio.url}/a"), 5))
    assert len(twilio.asked) == 1


def test_twilios_own_hosts_are_cousins_by_tls_alone():
    assert _wire._is_cousin("https://mms.twiliocdn.com/x", {"mms.twiliocdn.com"})
    assert not _wire._is_cousin("http://mms.twiliocdn.com/x", {"mms.twiliocdn.com"})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://evil.example/2010-04-01/x",
        "http://127.0.0.1:1/x",
        "{home}.evil.example/x",
        "{home}@evil.example/x",
        "{home}/a\r\nHost: evil.example",
    ],
)
async def test_only_twilios_own_files_are_fetched(twilio: Provider, line: Line, url: str):
    with pytest.raises(Refused):
        await desk.gathered(line.fetch(at(url.format(home=twilio.url)), 5))
    assert twilio.asked == []


async def test_a_redirect_to_no_address_at_all_is_a_file_that_cannot_be_fetched(
    twilio: Provider, line: Line
):
    twilio.usual = redirects("http://[")
    with pytest.raises(Unreachable):
        await desk.gathered(line.fetch(at(f"{twilio.url}/a"), 5))


@pytest.mark.parametrize(
    ("status", "expected"),
    [(410, Missing), (401, Misconfigured), (429, Busy), (206, Misconfigured)],
)
async def test_a_file_that_is_kept_from_us_has_its_verdict(
    twilio: Provider, line: Line, status: int, expected: type[Failure]
):
    twilio.usual = raw(b"photo", status, {"Retry-After": "3"})
    with pytest.raises(Failure) as caught:
        await desk.gathered(line.fetch(at(f"{twilio.url}/a"), 5))
    assert type(caught.value) is expected


async def test_a_file_of_exactly_the_limit_is_not_too_big(twilio: Provider, line: Line):
    twilio.usual = raw(b"photo")
    assert await desk.gathered(line.fetch(at(f"{twilio.url}/a"), 5)) == b"photo"
    with pytest.raises(TooBig):
        await desk.gathered(line.fetch(at(f"{twilio.url}/a"), 4))
