"""What every channel promises, promised by each: one table of outcomes, three providers."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from channels import _wire, telegram
from channels._twilio_rest import TWILIO
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
    Sent,
    Status,
    Stopped,
    TooBig,
    Uncertain,
    Unreachable,
)
from channels.sms import Sms
from channels.whatsapp import WhatsApp
from tests.channels import desk, faults
from tests.channels.standins import (
    SID,
    Handler,
    Provider,
    breaks_off,
    cuts,
    message,
    raw,
    refusal,
    says,
    serve,
    silent,
    streams,
    telegram_message,
    telegram_refusal,
)

HI = Outbound(key="k-17", attempt=2, to="77", text="¿Puede ir?")
YES_NO = (Option("c9:yes", "Sí, puedo"), Option("c9:no", "No puedo"))


@dataclass
class Bench:
    """One channel before its provider, and how that provider says each thing."""

    channel: Channel
    provider: Provider
    sent: Sent
    outcomes: dict[str, list[Handler]]
    file: list[Handler] = field(default_factory=list)
    """What answers before a file's own bytes."""
    locator: str = ""


def twilio_bench(channel: type[Sms | WhatsApp], provider: Provider) -> Bench:
    provider.usual = says(message(), 201)
    return Bench(
        channel=channel(desk.line(api_url=provider.url), "+14155550100"),
        provider=provider,
        sent=Sent(SID, Status.QUEUED),
        locator=f"{provider.url}/2010-04-01/Accounts/{desk.ACCOUNT}/Messages/{SID}/Media/ME1",
        outcomes={
            "Throttled": [says(refusal(20429), 429, {"Retry-After": "7"})],
            "Stopped Contact Code": [says(refusal(21610), 400)],
            "Nobody There": [says(refusal(21211), 400)],
            "Words Refused": [says(refusal(21617), 400)],
            "Bad Credentials": [says(refusal(20003), 401)],
            "Server Error": [says(refusal(20500), 500)],
            "Server Error Without Words": [raw(b"<html>", 503)],
            "Success Without Sense": [raw(b"<html>", 201)],
            "Success Of Another Kind": [says({"ok": True}, 201)],
        },
    )


def telegram_bench(provider: Provider) -> Bench:
    provider.usual = says(telegram_message())
    wait = telegram_refusal(429, "Too Many Requests: retry after 7", retry_after=7)
    return Bench(
        channel=desk.telegram(api_url=provider.url),
        provider=provider,
        sent=Sent("77:5", Status.SENT),
        locator="F-big",
        file=[says({"ok": True, "result": {
            "file_id": "F-big", "file_unique_id": "U", "file_path": "photos/1.jpg",
        }})],
        outcomes={
            "Throttled": [says(wait, 429)],
            "Stopped Contact Code": [
                says(telegram_refusal(403, "Forbidden: bot was blocked by the user"), 403)
            ],
            "Nobody There": [says(telegram_refusal(400, "Bad Request: chat not found"), 400)],
            "Words Refused": [says(telegram_refusal(400, "Bad Request: text is too long"), 400)],
            "Bad Credentials": [says(telegram_refusal(401, "Unauthorized"), 401)],
            "Server Error": [says(telegram_refusal(502, "Bad Gateway"), 502)],
            "Server Error Without Words": [raw(b"<html>", 502)],
            "Success Without Sense": [raw(b"<html>", 200)],
            "Success Of Another Kind": [says({"ok": True, "result": {}})],
        },
    )  # fmt: skip


BENCHES: dict[str, Callable[[Provider], Bench]] = {
    "whatsapp": lambda provider: twilio_bench(WhatsApp, provider),
    "sms": lambda provider: twilio_bench(Sms, provider),
    "telegram": telegram_bench,
}


KEEPERS = pytest.mark.parametrize("bench", ["whatsapp", "sms"], indirect=True)
"""Only Twilio keeps files until it is told."""


@pytest.fixture(params=BENCHES)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(serve(says({})))
        made = BENCHES[request.param](provider)
        stack.push_async_callback(made.channel.close)
        yield made


async def failure_of(attempt: Any) -> Failure:
    """Give the failure, after a look that no secret travels with it."""
    with pytest.raises(Failure) as caught:
        await attempt
    everything = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
    chain: BaseException | None = caught.value
    while chain is not None:
        everything += f"{chain!s} {chain!r}"
        chain = chain.__cause__ or chain.__context__
    assert desk.TOKEN not in everything
    assert desk.BOT_TOKEN not in everything
    return caught.value


async def test_a_message_is_handed_over_once(bench: Bench):
    assert await bench.channel.send(HI) == bench.sent
    assert len(bench.provider.asked) == 1


EXPECTED: dict[str, type[Failure]] = {
    "Throttled": Busy,
    "Stopped Contact Code": Stopped,
    "Nobody There": BadAddress,
    "Words Refused": Refused,
    "Bad Credentials": Misconfigured,
    "Server Error": Uncertain,
    "Server Error Without Words": Uncertain,
    "Success Without Sense": Uncertain,
    "Success Of Another Kind": Uncertain,
}


@pytest.mark.parametrize("outcome", EXPECTED)
async def test_each_refusal_has_its_verdict_and_is_not_tried_again(bench: Bench, outcome: str):
    bench.provider.will(*bench.outcomes[outcome])
    failure = await failure_of(bench.channel.send(HI))
    assert type(failure) is EXPECTED[outcome]
    assert str(failure).startswith(failure.reason)
    assert len(bench.provider.asked) == 1
    if isinstance(failure, Busy):
        assert (failure.wait, failure.everyone) == (7, True)


@pytest.mark.parametrize("handler", [cuts, breaks_off, faults.resets, silent, faults.dribbles])
async def test_no_whole_answer_means_that_it_may_have_been_sent(
    bench: Bench, handler: Handler, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(_wire, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(telegram, "ANSWER_SECONDS", 0.3)
    bench.provider.will(handler)
    assert type(await failure_of(bench.channel.send(HI))) is Uncertain
    assert len(bench.provider.asked) == 1


@pytest.mark.parametrize("way", faults.NEVER_LEFT, ids=lambda way: way.__name__)
async def test_a_way_that_breaks_before_a_request_means_that_it_was_not_sent(
    bench: Bench,
    way: Callable[[Path], faults.Way],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(_wire, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(telegram, "CONNECT_SECONDS", 0.3)
    async with way(tmp_path) as url:
        broken = BENCHES[bench.channel.name](Provider(url=url))
        assert type(await failure_of(broken.channel.send(HI))) is Unreachable
        fetching = desk.gathered(broken.channel.fetch(file(broken), 9))
        assert type(await failure_of(fetching)) is Unreachable
        await broken.channel.close()


async def test_what_is_too_late_or_says_nothing_is_not_sent(bench: Bench):
    for outbound in (
        Outbound(key="k", attempt=1, to="77", text="tarde", expires_in=0),
        Outbound(key="k", attempt=1, to="77", text=""),
        Outbound(key="k", attempt=1, to="77", text="x" * (bench.channel.abilities.text_limit + 1)),
    ):
        assert type(await failure_of(bench.channel.send(outbound))) is Refused
    assert bench.provider.asked == []


async def test_writing_shows_what_will_appear_and_sends_nothing(bench: Bench):
    outbound = Outbound(key="k", attempt=1, to="77", text="¿Puede ir mañana?", options=YES_NO)
    written = bench.channel.write(outbound)
    if bench.channel.abilities.buttons:
        assert (written.text, written.labels) == ("¿Puede ir mañana?", ("Sí, puedo", "No puedo"))
    else:
        assert (written.text, written.labels) == ("¿Puede ir mañana?\n1 Si, puedo\n2 No puedo", ())
    many = tuple(Option(f"c:{n}", f"Municipio número {n}") for n in range(1, 12))
    numbers = bench.channel.write(Outbound("k", 1, "77", "¿Dónde?", many))
    assert numbers.labels == ()
    assert numbers.text.endswith("11 Municipio número 11".replace("ú", bench_u(bench)))
    assert bench.provider.asked == []


def bench_u(bench: Bench) -> str:
    return "u" if bench.channel.abilities.gsm7 else "ú"


def file(bench: Bench) -> Attachment:
    return Attachment(MediaKind.PHOTO, bench.locator)


async def test_a_file_is_streamed_byte_for_byte(bench: Bench):
    picture = bytes(range(256)) * 700
    bench.provider.will(*bench.file, raw(picture))
    assert await desk.gathered(bench.channel.fetch(file(bench), len(picture))) == picture


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        pytest.param(raw(b"x" * 1001), TooBig, id="Too Big"),
        pytest.param(streams(1001), TooBig, id="Too Big Without Saying So"),
        pytest.param(raw(b"", 404), Missing, id="Not There"),
        pytest.param(raw(b"", 503), Unreachable, id="Server Error"),
        pytest.param(cuts, Unreachable, id="Cut"),
        pytest.param(breaks_off, Unreachable, id="Broken Off"),
    ],
)
async def test_each_way_a_file_can_fail_has_its_verdict(
    bench: Bench, handler: Handler, expected: type[Failure]
):
    # Reading is repeated by the HTTP library on a cut connection; so every answer is the same.
    bench.provider.will(*bench.file)
    bench.provider.usual = handler
    failure = await failure_of(desk.gathered(bench.channel.fetch(file(bench), 1000)))
    assert type(failure) is expected


async def test_telegram_keeps_nothing_for_us_that_could_be_erased():
    async with serve(says({})) as provider:
        bench = telegram_bench(provider)
        await bench.channel.erase(file(bench))
        assert provider.asked == []


@KEEPERS
async def test_a_file_that_is_safely_kept_is_erased_at_the_provider(bench: Bench):
    """A file that is gone already is as good as erased."""
    bench.provider.will(raw(b"", 204), raw(b"", 404))
    await bench.channel.erase(file(bench))
    await bench.channel.erase(file(bench))
    path = urlsplit(bench.locator).path
    assert [(one.method, one.path) for one in bench.provider.asked] == [("DELETE", path)] * 2


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        pytest.param(raw(b"", 401), Misconfigured, id="Bad Credentials"),
        pytest.param(raw(b"", 429), Busy, id="Throttled"),
        pytest.param(raw(b"", 500), Uncertain, id="Server Error"),
        pytest.param(cuts, Uncertain, id="Cut"),
    ],
)
@KEEPERS
async def test_a_file_that_may_still_be_there_is_a_failure(
    bench: Bench, handler: Handler, expected: type[Failure]
):
    bench.provider.usual = handler
    assert type(await failure_of(bench.channel.erase(file(bench)))) is expected


@KEEPERS
async def test_only_a_file_at_the_provider_is_erased(bench: Bench):
    elsewhere = Attachment(MediaKind.PHOTO, "https://elsewhere.example/photo")
    assert type(await failure_of(bench.channel.erase(elsewhere))) is Refused
    assert bench.provider.asked == []


class Rerouted(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """The library's own way out, which goes to another address."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Ask there."""
        return super().request(method, url.replace(TWILIO, self.url), *args, **kwargs)


async def test_telegram_keeps_no_words_for_us_that_could_be_taken_away():
    async with serve(says({})) as provider:
        await telegram_bench(provider).channel.blank("77:5")
        assert provider.asked == []


@KEEPERS
async def test_words_are_taken_away_as_twilio_s_own_library_asks_for_it(bench: Bench):
    bench.provider.usual = says(message(), 200)
    await bench.channel.blank(SID)
    library = Client(desk.ACCOUNT, desk.TOKEN, http_client=Rerouted(bench.provider.url))
    await asyncio.to_thread(library.messages(SID).update, body="")
    ours, theirs = bench.provider.asked
    assert (ours.method, ours.path, ours.body) == (theirs.method, theirs.path, theirs.body)
    assert (theirs.method, theirs.body) == ("POST", b"Body=")
    for name in ("Authorization", "Content-Type"):
        assert ours.headers[name] == theirs.headers[name]


@KEEPERS
async def test_a_message_that_is_gone_has_no_words(bench: Bench):
    bench.provider.will(says(refusal(20404), 404))
    await bench.channel.blank(SID)


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        pytest.param(says(refusal(20009), 409), Refused, id="On Its Way"),
        pytest.param(raw(b"", 401), Misconfigured, id="Bad Credentials"),
        pytest.param(raw(b"", 429), Busy, id="Throttled"),
        pytest.param(raw(b"", 500), Uncertain, id="Server Error"),
        pytest.param(cuts, Uncertain, id="Cut"),
    ],
)
@KEEPERS
async def test_words_that_may_still_be_there_are_a_failure(
    bench: Bench, handler: Handler, expected: type[Failure]
):
    bench.provider.usual = handler
    assert type(await failure_of(bench.channel.blank(SID))) is expected


@KEEPERS
async def test_only_a_message_of_the_provider_is_asked_for(bench: Bench):
    assert type(await failure_of(bench.channel.blank("../../Accounts"))) is Refused
    assert bench.provider.asked == []


async def test_releasing_a_button_never_fails(bench: Bench):
    bench.provider.usual = raw(b"", 500)
    await bench.channel.release("4242")


async def test_nothing_of_a_message_or_a_secret_is_logged(
    bench: Bench, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    await bench.channel.send(HI)
    bench.provider.will(*bench.outcomes["Bad Credentials"])
    await failure_of(bench.channel.send(HI))
    for secret in (desk.TOKEN, desk.BOT_TOKEN, HI.text):
        assert secret not in caplog.text


async def test_closing_twice_does_no_harm(bench: Bench):
    await bench.channel.close()
    await bench.channel.send(HI)
    await bench.channel.close()
    await bench.channel.close()
