"""Only the provider's own requests come in: forged, re-cut and mangled ones leave nothing."""

import base64
import hmac
import json
import subprocess
import sys
from dataclasses import replace
from hashlib import sha1, sha256
from typing import Any
from urllib.parse import parse_qsl, quote_from_bytes, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels import _twilio_form
from channels._twilio import LARGEST_FORM, MESSAGES_PATH, Line
from channels._twilio_signature import Signatures
from channels.base import Call, Forged, Inbound, Malformed
from channels.sms import Sms
from channels.telegram import LARGEST_BODY, Telegram
from tests.channels import desk

LINE = desk.line()
BOT = desk.telegram()
SMS = Sms(LINE, "+14155550100")
TABLE = desk.payloads("sms.json")
FORM = desk.form_of(TABLE, TABLE["rows"][0])
CALL = desk.twilio_call(FORM)
STATUS = next(row for row in TABLE["rows"] if row["label"] == "Status Delivered")
STATUS_CALL = desk.twilio_call(desk.form_of(TABLE, STATUS), STATUS["query"])
UPDATE = desk.payloads("telegram.json")["rows"][0]["update"]

QUICK = settings(max_examples=300)


def header(call: Call, **headers: str | None) -> Call:
    """Give the same call with other headers; None takes one away."""
    merged = {**call.headers, **{name.replace("_", "-"): text for name, text in headers.items()}}
    return replace(call, headers={name: text for name, text in merged.items() if text is not None})


def signed(url: str, text: bytes) -> str:
    """Sign as Twilio's rule says, without its library."""
    return base64.b64encode(
        hmac.new(desk.TOKEN.encode(), url.encode() + text, sha1).digest()
    ).decode()


@QUICK
@given(data=st.data())
def test_a_signature_is_twilios_exactly_where_twilios_own_library_says_so(data: st.DataObject):
    port = data.draw(st.sampled_from(["", ":443", ":80", ":8443"]))
    scheme = data.draw(st.sampled_from(["https", "http"]))
    base = f"{scheme}://enlace.example{port}"
    query = data.draw(st.sampled_from(["", "m=k-17&a=2", "x=%C3%B1&x=1", "bodySHA256="]))
    letters = st.text("aBñ=& +%👍", max_size=4)
    pairs = data.draw(
        st.lists(st.tuples(st.sampled_from(["Body", "To", "X"]), letters), max_size=6)
    )
    body = urlencode(pairs).encode()
    if query.startswith("bodySHA256"):
        query += sha256(body).hexdigest()
    url = f"{base}/webhooks/twilio/messages"
    asked = f"{url}?{query}" if query else url
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    signing = data.draw(st.sampled_from([desk.TOKEN, "other", "old"]))
    named = data.draw(st.sampled_from([asked, asked.replace(port, "", 1) if port else asked]))
    oracle = RequestValidator(signing)
    signature = oracle.compute_signature(named, Many(found))
    accepted = any(
        RequestValidator(token).validate(asked, Many(found), signature)
        for token in (desk.TOKEN, "old")
    )
    signatures = Signatures((desk.TOKEN, "old"), (url,))
    text = _twilio_form.glued(found)
    assert signatures.cover(url, query, text, body, signature) is accepted
    assert not signatures.cover(f"{url}/", query, text, body, signature)
    if query.startswith("bodySHA256"):
        assert not signatures.cover(url, query, text, body + b"&", signature)


class Many(dict[str, list[str]]):
    """A form with names that come more than once, as the library knows them."""

    def getall(self, name: str) -> list[str]:
        """Give every value of one name."""
        return self[name]


# --- Twilio ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(header(CALL, x_twilio_signature=None), id="No Signature"),
        pytest.param(header(CALL, x_twilio_signature=""), id="Empty Signature"),
        pytest.param(header(CALL, x_twilio_signature="ñ" * 28), id="Signature Not ASCII"),
        pytest.param(header(CALL, x_twilio_signature="x" * 28), id="Wrong Signature"),
        pytest.param(desk.twilio_call(FORM, token="other"), id="Another Token"),
        pytest.param(replace(CALL, body=CALL.body + b"&Extra=1"), id="Added Field"),
        pytest.param(replace(CALL, body=CALL.body.replace(b"Body=", b"Body=x")), id="Other Words"),
        pytest.param(replace(CALL, url=CALL.url + "?x=1"), id="Other Query"),
        pytest.param(replace(CALL, url=CALL.url + "/"), id="Other Path"),
        pytest.param(replace(CALL, url=STATUS_CALL.url), id="Message As Receipt"),
        pytest.param(replace(STATUS_CALL, url=CALL.url), id="Receipt As Message"),
        pytest.param(replace(CALL, url="http" + CALL.url.removeprefix("https")), id="Plain HTTP"),
        pytest.param(replace(CALL, url="https://e:bad/webhooks/twilio/messages"), id="Bad Port"),
    ],
)
def test_a_forged_request_is_refused(call: Call):
    with pytest.raises(Forged):
        LINE.admit(call)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(header(CALL, content_type=None), id="No Type"),
        pytest.param(header(CALL, content_type="application/json"), id="JSON"),
        pytest.param(header(CALL, content_type="multipart/form-data; boundary=x"), id="Multipart"),
        pytest.param(replace(CALL, body=b""), id="Nothing"),
        pytest.param(replace(CALL, body=b"&&&"), id="Only Separators"),
        pytest.param(replace(CALL, body=b"a=1&" * 501), id="Too Many Fields"),
        pytest.param(replace(CALL, body=b"a" * (LARGEST_FORM + 1)), id="Too Large"),
    ],
)
def test_what_is_no_form_is_malformed(call: Call):
    with pytest.raises(Malformed):
        LINE.admit(call)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MessageSid", "SM123"),
        ("MessageSid", "SM" + "0" * 32 + "\n"),
        ("MessageSid", None),
        ("SmsSid", "no"),
        ("AccountSid", "AC" + "f" * 32),
        ("AccountSid", "AC"),
        ("AccountSid", None),
        ("From", "+502 5551 2345"),
        ("From", ""),
        ("From", None),
        ("To", "whatsapp:"),
        ("To", None),
        ("NumMedia", "11"),
        ("NumMedia", "-1"),
        ("NumMedia", "1"),
        ("NumMedia", None),
        ("MediaUrl0", "https://api.twilio.com/x"),
        ("ErrorCode", "a"),
        ("OptOutType", "STOPx"),
        ("Bodyguard", ""),
        ("Full Name", "x"),
        ("", "x"),
        ("OptOutTypes", "x"),
        ("ErrorCode3", "0008"),
        ("ProfileNam", "eMaria"),
        ("XButtonPayload", "x"),
    ],
)
def test_a_genuine_signature_over_the_wrong_shape_is_refused(name: str, value: str | None):
    form = {**FORM, name: value}
    with pytest.raises(Forged):
        LINE.admit(desk.twilio_call({k: v for k, v in form.items() if v is not None}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ErrorCodeMessage", "Unknown"),  # no cut of ErrorCode, whose value is digits
        ("FromCarrier", "TIGO"),
        ("BodyEncoding", "GSM-7"),
        ("TokenOfTomorrow", ""),
        ("XProfileName", "x"),
        ("unknown_field-2", "x"),
    ],
)
def test_a_field_of_the_future_is_no_reason_to_refuse(name: str, value: str):
    assert LINE.admit(desk.twilio_call({**FORM, name: value})).event_id == FORM["MessageSid"]


def test_what_comes_by_the_fallback_address_is_the_same_event():
    """Twilio says there too what went wrong, and where."""
    line = desk.line(public_url="https://fallback.example")
    form = {**FORM, "ErrorCode": "11200", "ErrorUrl": CALL.url}
    url = f"https://fallback.example{MESSAGES_PATH}"
    signature = RequestValidator(desk.TOKEN).compute_signature(url, form)
    call = Call(url, {**CALL.headers, "x-twilio-signature": signature}, urlencode(form).encode())
    envelope = line.admit(call)
    assert envelope.event_id == LINE.admit(CALL).event_id
    assert SMS.read(envelope.raw) == SMS.read(LINE.admit(CALL).raw)
    with pytest.raises(Forged):
        LINE.admit(call)  # it is signed for the other address
    with pytest.raises(Forged):
        line.admit(replace(call, body=call.body.replace(b"&ErrorUrl=", b"ErrorUrl")))


def recuts() -> list[Any]:
    blocks = (desk.PAYLOADS / "recut.txt").read_text().split("\n= ")[1:]
    cut = [
        (label, "&".join(body.split())) for label, _, body in (b.partition("\n") for b in blocks)
    ]
    return [pytest.param(cut[0][1], form, id=label) for label, form in cut[1:]]


@pytest.mark.parametrize(("genuine", "form"), recuts())
def test_a_request_cut_anew_under_its_own_signature_is_refused(genuine: str, form: str):
    call = desk.twilio_call(dict(parse_qsl(genuine)))
    LINE.admit(call)
    fields = dict(parse_qsl(form, keep_blank_values=True))
    validator = RequestValidator(desk.TOKEN)
    assert validator.validate(call.url, fields, call.headers["x-twilio-signature"])  # Twilio's own
    with pytest.raises(Forged):
        LINE.admit(replace(call, body=form.encode()))


@QUICK
@given(data=st.data())
def test_no_cut_changes_who_wrote_or_under_which_id(data: st.DataObject):
    words = data.draw(st.text("aB.From1 +", max_size=12))
    call = desk.twilio_call({**FORM, "Body": words})
    glued = _twilio_form.glued(_twilio_form.fields(call.body))
    ends = sorted(data.draw(st.sets(st.integers(1, len(glued) - 1), min_size=1, max_size=41)))
    if data.draw(st.booleans()):  # mostly at the true borders, else nothing ever looks genuine
        borders, at = [], 0
        for name in sorted({**FORM, "Body": words}):
            borders += [at + len(name), at + len(name) + len({**FORM, "Body": words}[name])]
            at = borders[-1]
        ends = sorted({*borders[:-1], *ends[:2]} - set(data.draw(st.lists(st.sampled_from(ends)))))
    pieces = [glued[a:b] for a, b in zip([0, *ends], [*ends, len(glued)], strict=True)]
    cut = dict(zip(pieces[::2], [*pieces[1::2], ""], strict=False))
    try:
        envelope = LINE.admit(replace(call, body=urlencode(cut).encode()))
    except (Forged, Malformed):
        return
    (event,) = SMS.read(envelope.raw)
    (genuine,) = SMS.read(LINE.admit(call).raw)
    assert envelope.sender == FORM["From"]
    assert event.event_id == genuine.event_id == envelope.event_id
    if isinstance(event, Inbound):
        assert (event.recipient, event.attachments) == (FORM["To"], ())
        assert words.startswith(event.text)


@QUICK
@given(data=st.data())
def test_a_mutated_request_is_never_let_in(data: st.DataObject):
    genuine = data.draw(st.sampled_from([CALL, STATUS_CALL]))
    text = bytearray(genuine.body)
    for _ in range(data.draw(st.integers(1, 4))):
        marks = [n for n, letter in enumerate(text) if letter in b"=&%"]  # where cuts are made
        at = data.draw(st.integers(0, len(text)) | st.sampled_from([0, *marks]))
        length = data.draw(st.integers(0, 2))
        text[at : at + length] = data.draw(st.binary(max_size=2) | st.sampled_from([b"=", b"&"]))
    call = replace(genuine, body=bytes(text))
    try:
        envelope = LINE.admit(call)
    except (Forged, Malformed):
        return
    # The same fields written otherwise (`%2B` for `%2b`) are the same request.
    assert _twilio_form.unpack(envelope.raw)[1] == _twilio_form.fields(genuine.body)


@QUICK
@given(
    form=st.dictionaries(
        st.text(min_size=1, max_size=9), st.lists(st.text(max_size=9), min_size=1, max_size=3)
    )
)
def test_our_signing_order_is_that_of_twilios_own_library(form: dict[str, list[str]]):
    body = urlencode(form, doseq=True).encode()
    fields = _twilio_form.fields(body) if form else {}
    assert fields == form

    class Lists(dict[str, list[str]]):
        def getlist(self, name: str) -> list[str]:
            return self[name]

    url = f"{desk.PUBLIC}/webhooks/twilio/messages"
    theirs = RequestValidator(desk.TOKEN).compute_signature(url, Lists(form))
    assert theirs == signed(url, _twilio_form.glued(fields).encode())


@QUICK
@given(body=st.text("ab%2C3AF+&=").map(str.encode))
def test_forms_are_read_as_the_standard_library_reads_them(body: bytes):
    standard: dict[str, list[str]] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True, errors="surrogateescape"):
        standard.setdefault(name, []).append(value)
    try:
        assert _twilio_form.fields(body) == standard
    except ValueError:
        assert standard == {}


def test_bytes_mean_the_same_quoted_or_not():
    assert _twilio_form.fields(b"a=\xc3%B3") == _twilio_form.fields(b"a=%C3%B3") == {"a": ["ó"]}


def test_a_repeated_field_counts_once_and_two_different_ones_are_refused():
    assert LINE.admit(replace(CALL, body=CALL.body + b"&Body=ya+lo+encontr%C3%A9")) == replace(
        LINE.admit(CALL), raw=b"\n" + CALL.body + b"&Body=ya+lo+encontr%C3%A9"
    )

    def twice(name: str) -> Call:
        pairs = [*FORM.items(), (name, "zz"), (name, "za")]
        text = "".join(n + v for n, v in sorted(pairs))
        headers = {**CALL.headers, "x-twilio-signature": signed(CALL.url, text.encode())}
        return Call(CALL.url, headers, urlencode(pairs).encode())

    LINE.admit(twice("Zone"))
    with pytest.raises(Forged):
        LINE.admit(twice("ToZip"))


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(b"\x00a", id="NUL"),
        pytest.param(b"a\xed\xa0\xbd", id="Lone Surrogate"),
        pytest.param(b"\xff\xfe", id="Not Unicode"),
    ],
)
def test_odd_but_genuine_words_come_in_and_are_kept_byte_for_byte(words: bytes):
    form = {name: value.encode() for name, value in FORM.items()} | {"Body": words}
    text = b"".join(name.encode() + form[name] for name in sorted(form))
    body = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in form.items()).encode()
    headers = {**CALL.headers, "x-twilio-signature": signed(CALL.url, text)}
    envelope = LINE.admit(Call(CALL.url, headers, body))
    assert envelope.raw == b"\n" + body
    (event,) = SMS.read(envelope.raw)
    assert isinstance(event, Inbound)
    event.text.encode()  # a database can keep it
    with pytest.raises(Forged):
        LINE.admit(Call(CALL.url, headers, body + b"%00"))


def test_both_tokens_count_while_one_replaces_the_other():
    line = Line(desk.ACCOUNT, ("new", "old"), public_url=desk.PUBLIC + "/")
    for token in ("new", "old"):
        assert line.admit(desk.twilio_call(FORM, token=token)).event_id == FORM["MessageSid"]
    with pytest.raises(Forged):
        line.admit(CALL)


@pytest.mark.parametrize("port", ["", ":443"])
def test_the_port_may_be_named_in_the_signed_address_or_not(port: str):
    url = f"https://enlace.example{port}/webhooks/twilio/messages"
    signature = RequestValidator(desk.TOKEN).compute_signature(url, FORM)
    assert LINE.admit(header(CALL, x_twilio_signature=signature)).event_id == FORM["MessageSid"]


@pytest.mark.parametrize("query", ["?bodySHA256={}", "?x=1&bodySHA256={}"])
def test_a_body_hash_in_the_address_is_compared(query: str):
    body = CALL.body
    url = CALL.url + query.format(sha256(body).hexdigest())
    signature = RequestValidator(desk.TOKEN).compute_signature(url, FORM)
    call = Call(url, {**CALL.headers, "x-twilio-signature": signature}, body)
    LINE.admit(call)
    with pytest.raises(Forged):  # the fields are the same and so is the signature, but not the body
        LINE.admit(replace(call, body=body.replace(b"%2B", b"%2b")))
    broken = CALL.url + "?abodySHA256"
    signature = RequestValidator(desk.TOKEN).compute_signature(broken, FORM)
    with pytest.raises(Forged):
        LINE.admit(Call(broken, {**CALL.headers, "x-twilio-signature": signature}, body))


def test_a_replay_has_the_same_event_id_and_each_status_its_own():
    assert LINE.admit(CALL).event_id == LINE.admit(CALL).event_id == FORM["MessageSid"]
    sid = FORM["MessageSid"]
    form = desk.form_of(TABLE, STATUS)
    assert LINE.admit(STATUS_CALL).event_id == f"{sid}.delivered."
    failed = {**form, "MessageStatus": "undelivered", "ErrorCode": "30003"}
    assert LINE.admit(desk.twilio_call(failed)).event_id == f"{sid}.undelivered.30003"


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"account_sid": "AC1"}, "TWILIO_ACCOUNT_SID"),
        ({"auth_tokens": ()}, "TWILIO_AUTH_TOKEN"),
        ({"auth_tokens": ("",)}, "TWILIO_AUTH_TOKEN"),
    ],
)
def test_a_line_without_a_secret_is_never_opened(settings: dict[str, Any], names: str):
    given_settings = {"account_sid": desk.ACCOUNT, "auth_tokens": (desk.TOKEN,), **settings}
    with pytest.raises(ValueError, match=names):
        Line(public_url=desk.PUBLIC, **given_settings)


# --- Telegram -------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", "s3cret", desk.SECRET + "x", "ñ", "\udcff"])
def test_an_update_without_the_secret_is_refused(secret: str):
    with pytest.raises(Forged):
        BOT.admit(desk.telegram_call(UPDATE, secret))
    with pytest.raises(Forged):
        BOT.admit(header(desk.telegram_call(UPDATE), x_telegram_bot_api_secret_token=None))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="Nothing"),
        pytest.param(b"{", id="Truncated"),
        pytest.param(b"\xff", id="Not Unicode"),
        pytest.param(b"[1]", id="A List"),
        pytest.param(b"{}", id="No Number"),
        pytest.param(b'{"update_id": true}', id="A Truth For A Number"),
        pytest.param(b'{"update_id": -1}', id="A Negative Number"),
        pytest.param(b'{"update_id": 1e3}', id="A Fraction"),
        pytest.param(b'{"update_id": 9' + b"9" * 5000 + b"}", id="An Endless Number"),
        pytest.param(b'{"update_id": 1, "x": NaN}', id="Not A Number"),
        pytest.param(b'{"x":' * 100_000, id="Too Deep Without A Number"),
        pytest.param(b" " * (LARGEST_BODY + 1), id="Too Large"),
    ],
)
def test_what_is_no_update_is_malformed(body: bytes):
    with pytest.raises(Malformed):
        BOT.admit(replace(desk.telegram_call(UPDATE), body=body))


def test_a_genuine_update_is_kept_as_it_came():
    call = desk.telegram_call(UPDATE)
    envelope = BOT.admit(call)
    assert (envelope.raw, envelope.sender) == (call.body, "77")


def test_a_chat_without_a_usable_number_is_nobodys():
    update = json.loads(json.dumps(UPDATE))
    update["message"]["chat"]["id"] = "77"
    assert BOT.admit(desk.telegram_call(update)).sender == ""
    update["message"]["chat"] = None
    assert BOT.admit(desk.telegram_call(update)).sender == ""


@pytest.mark.parametrize(
    ("token", "secret", "names"),
    [
        ("", desk.SECRET, "TELEGRAM_BOT_TOKEN"),
        ("abc:def", desk.SECRET, "TELEGRAM_BOT_TOKEN"),
        (desk.BOT_TOKEN, "", "TELEGRAM_WEBHOOK_SECRET"),
        (desk.BOT_TOKEN, "not allowed", "TELEGRAM_WEBHOOK_SECRET"),
    ],
)
def test_a_bot_without_a_secret_is_never_opened(token: str, secret: str, names: str):
    with pytest.raises(ValueError, match=names):
        Telegram(token, secret=secret)


def test_webhooks_come_in_without_the_heavy_libraries():
    program = """
import sys
from tests.channels import desk
desk.telegram().admit(desk.telegram_call({"update_id": 1}))
desk.line().admit(desk.twilio_call(dict(FORM)))
print(sorted({"aiogram", "aiohttp", "twilio.rest", "pydantic"} & set(sys.modules)))
""".replace("FORM", repr(FORM))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
