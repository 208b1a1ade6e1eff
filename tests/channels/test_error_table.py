"""Every row of the providers' tables of errors, answered by the simulator on a real socket.

The rows here are copied from the rules, not from the tables that they test: a code, the verdict,
and the remedy. Where a code can come in a status callback too, it means the same there.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.simulator import Simulator
from bot.simulator.remote import Phones
from channels import _telegram_verdicts
from channels._twilio import Line
from channels._twilio_verdicts import RULES
from channels.base import (
    Attachment,
    BadAddress,
    Busy,
    Call,
    Channel,
    Failure,
    MediaKind,
    Misconfigured,
    Outbound,
    Receipt,
    Refused,
    Remedy,
    Scope,
    Status,
    Stopped,
    Uncertain,
    Unreachable,
    WindowClosed,
)
from channels.sms import Sms
from channels.telegram import Telegram
from channels.whatsapp import WhatsApp
from tests.channels import desk
from tests.simulator import conftest as simulated
from tests.simulator.ears import Ears

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTES, HOURS = 60, 3600
CHANNEL = {"holds": Scope.CHANNEL, "alert": True}
TEMPLATE = {"holds": Scope.TEMPLATE, "alert": True}
PACIFIC = "America/Los_Angeles"
AMERICAN = "+14155550123"


@dataclass(frozen=True)
class Row:
    """What one group of codes must mean. `wait` and `everyone` are for `Busy` alone."""

    codes: str
    verdict: type[Failure]
    remedy: dict[str, Any] = field(default_factory=dict)
    wait: float = 0
    everyone: bool = True
    to: str = simulated.MARTA


TWILIO = (
    Row("20003 20404", Misconfigured, CHANNEL),
    Row("20429", Busy, wait=1),
    Row("20500 20503", Uncertain),
    Row("21211 21217", BadAddress),
    Row("21212 21606 63007 63002", Misconfigured, CHANNEL),
    Row("21408", Misconfigured, {"holds": Scope.REGION, "alert": True, "elsewhere": True}),
    Row("21602 21604 21609 21617 21623 63030 63031", Refused, {"alert": True}),
    Row("21608", Misconfigured, CHANNEL),
    Row("21610", Stopped),
    Row("21611 30001", Busy, {"holds": Scope.SENDER, "hold": 60}, wait=60),
    Row("21612", BadAddress, {"elsewhere": True}),
    Row("21614 30006", BadAddress, {"elsewhere": True}),
    Row("21620 11751 63019 63034 63037 30019", Refused),
    Row("21655 21656 63027 63028", Refused, TEMPLATE),
    Row("21703 21704", Misconfigured, CHANNEL),
    Row("30002", Misconfigured, {"holds": Scope.ACCOUNT, "alert": True}),
    Row("30003", Unreachable, {"tries": (1 * HOURS, 6 * HOURS), "elsewhere": True}),
    Row("30004 63014 63033", Stopped),
    Row("30005", BadAddress, {"tries": (24 * HOURS,)}),
    Row("30007", Refused, {"elsewhere": True}),
    Row("30008 63023 30410", Unreachable, {"tries": (15 * MINUTES,), "elsewhere": True}),
    Row("30009", Refused),
    Row("30010", Refused, {"alert": True}),
    Row("30012", Refused),
    Row("30011", Refused),
    Row("30017", Busy, {"holds": Scope.SENDER, "hold": 60}, wait=60),
    Row("30022", Busy, {"holds": Scope.SENDER, "hold": 10}, wait=10),
    Row("30018 30024", Misconfigured, CHANNEL),
    Row(
        "30023 30027",
        Busy,
        {"holds": Scope.SENDER, "until": PACIFIC, "urgent_elsewhere": True, "alert": True},
        wait=1 * HOURS,
    ),
    Row("30026", Busy, {"alert": True}, wait=60),
    Row("30032 30034", Misconfigured, CHANNEL),
    Row("63001 63008 63020 63022", Misconfigured, CHANNEL),
    Row("63003 63024", BadAddress, {"rewrite": True, "elsewhere": True}),
    Row("63005 63006 63021", Refused),
    Row("63009 63010 63012", Unreachable, {"tries": (1 * MINUTES, 5 * MINUTES, 15 * MINUTES)}),
    Row("63013 63026", Refused, {"holds": Scope.BROADCASTS, "alert": True}),
    Row("63015", BadAddress),
    Row("63016", WindowClosed, {"elsewhere": True}),
    Row("63017", Busy, {"holds": Scope.SENDER, "hold": 5}, wait=5),
    Row(
        "63018",
        Busy,
        {"holds": Scope.BROADCASTS, "hold": 1 * HOURS, "alert": True},
        wait=1 * HOURS,
        everyone=False,
    ),
    Row("63025", Unreachable, {"tries": (0,)}),
    Row("63029", Unreachable, {"tries": (1 * HOURS,), "elsewhere": True}),
    Row("63032", Refused, {"elsewhere": True, "rest": 24 * HOURS}),
    Row("63036", Refused, {"elsewhere": True}),
    Row("63038", Busy, {"holds": Scope.ACCOUNT, "until": "UTC", "alert": True}, wait=1 * HOURS),
    Row("63040 63041", Misconfigured, TEMPLATE),
    Row("63049", Unreachable, {"tries": (6 * HOURS, 24 * HOURS, 72 * HOURS)}),
    Row("63049", Refused, to=AMERICAN),
    Row("11200 11205 12300", Uncertain, {"alert": True}),
    Row("21619", Refused, {"tries": (15 * MINUTES,), "alert": True}),
)
UNKNOWN = Row("29999 63999", Refused, {"tries": (15 * MINUTES,), "alert": True})
SPEECHLESS = {"20429", "20500", "20503", "21611", "30001", "30017", "30022", "63017", "30012"}
"""Codes about which staff have nothing to do."""
IN_ANSWERS_ONLY = ("1", "20", "21")
"""How the codes begin that never stand in a status callback; 21610 does."""


@dataclass
class Bench:
    """The simulator, who hears its webhooks, and our channels before it."""

    phones: Phones
    ears: Ears
    line: Line
    sms: Sms
    whatsapp: WhatsApp
    telegram: Telegram

    def of(self, code: str) -> Sms | WhatsApp:
        """Give the channel on which a code is met."""
        return self.whatsapp if code.startswith("63") else self.sms

    async def receipt(self, channel: Channel, message_id: str) -> Receipt:
        """Wait for the last word on a message, as it comes in at our door."""
        async with asyncio.timeout(10):
            while True:
                for one in self.ears.heard:
                    if one.form.get("MessageSid") == message_id and "ErrorCode" in one.form:
                        raw = urlencode(one.form).encode()
                        envelope = self.line.admit(Call(one.url, one.headers, raw))
                        (receipt,) = channel.read(envelope.raw)
                        assert isinstance(receipt, Receipt)
                        return receipt
                await asyncio.sleep(0.01)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    ears = Ears(simulated.free())
    url = f"{ears.url}/simulator"
    settings = simulated.settings_for(tmp_path_factory.mktemp("simulator"), url, ears.url)
    simulator = Simulator(replace(settings, pace=0.005))
    app = Starlette(routes=[Mount("/simulator", simulator.app), Mount("/", ears.app())])
    account = (simulated.ACCOUNT, (simulated.TOKEN,))
    line = Line(*account, public_url=ears.url, api_url=settings.rest_url)
    bot = Telegram(simulated.BOT_TOKEN, secret=desk.SECRET, api_url=f"{url}/telegram")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(simulated.serving(app, ears.port))
        phones = await stack.enter_async_context(Phones(url))
        await simulator.start()
        stack.push_async_callback(simulator.stop)
        stack.push_async_callback(line.close)
        stack.push_async_callback(bot.close)
        await phones.telegram(simulated.MARTA_ID).presses_start()
        sms, whatsapp = Sms(line, simulated.SMS), WhatsApp(line, simulated.WHATSAPP)
        yield Bench(phones, ears, line, sms, whatsapp, bot)


def each(*rows: Row, by_callback: bool = False) -> list[Any]:
    return [
        pytest.param(code, row, id=f"{code} to {row.to[:4]}")
        for row in rows
        for code in row.codes.split()
        if not by_callback or code == "21610" or not code.startswith(IN_ANSWERS_ONLY)
    ]


def check(failure: Failure | None, code: str, row: Row) -> None:
    assert failure is not None
    assert type(failure) is row.verdict
    assert failure.code == code
    assert failure.remedy == Remedy(**row.remedy, tell=failure.remedy.tell)
    assert failure.reason.endswith(".")
    if code in SPEECHLESS:
        assert failure.remedy.tell == ""
    else:
        assert failure.remedy.tell.endswith(".")
    if isinstance(failure, Busy):
        assert (failure.wait, failure.everyone) == (row.wait, row.everyone)


async def failure_of(attempt: Any) -> Failure:
    with pytest.raises(Failure) as caught:
        await attempt
    return caught.value


async def test_no_row_of_twilios_table_is_missing_here_or_there():
    assert {code for row in TWILIO for code in row.codes.split()} == set(RULES)


@pytest.mark.parametrize(("code", "row"), each(*TWILIO, UNKNOWN))
async def test_a_refusal_of_twilio_has_its_verdict_and_remedy(bench: Bench, code: str, row: Row):
    await bench.phones.faults("twilio", refuse=int(code))
    outbound = Outbound(f"k-{code}", 1, row.to, "¿Puede ir?")
    check(await failure_of(bench.of(code).send(outbound)), code, row)


@pytest.mark.parametrize(("code", "row"), each(*TWILIO, UNKNOWN, by_callback=True))
async def test_a_status_callback_has_the_same_verdict_and_remedy(bench: Bench, code: str, row: Row):
    channel = bench.of(code)
    await bench.phones.faults("twilio")
    phone = bench.phones.whatsapp if channel is bench.whatsapp else bench.phones.sms
    await phone(row.to).meets("failed" if code.startswith("63") else "undelivered", int(code))
    sent = await channel.send(Outbound(f"k-{code}", 2, row.to, "¿Puede ir?"))
    receipt = await bench.receipt(channel, sent.message_id)
    assert (receipt.status, receipt.key, receipt.attempt, receipt.code) == (
        Status.FAILED, f"k-{code}", 2, code,
    )  # fmt: skip
    check(receipt.failure, code, row)


async def test_an_unknown_code_is_not_tried_again_where_it_may_have_been_sent(bench: Bench):
    await bench.phones.faults("twilio", fail_after=1)
    failure = await failure_of(bench.sms.send(Outbound("k", 1, simulated.MARTA, "¿Puede ir?")))
    assert type(failure) is Uncertain
    assert failure.remedy.tries == ()


@pytest.mark.parametrize(
    ("faults", "verdict"),
    [
        ({"too_many": 1, "retry_after": 7}, Busy),
        ({"unavailable": 1}, Uncertain),
        ({"fail_after": 1, "fail_how": "500"}, Uncertain),
        ({"fail_after": 1, "fail_how": "cut"}, Uncertain),
    ],
    ids=["Too Many", "Unavailable", "Server Error", "Cut"],
)
@pytest.mark.parametrize("provider", ["twilio", "telegram"])
async def test_what_both_providers_do_means_the_same(
    bench: Bench, provider: str, faults: dict[str, Any], verdict: type[Failure]
):
    await bench.phones.faults(provider, **faults)
    channel: Channel = bench.sms if provider == "twilio" else bench.telegram
    to = simulated.MARTA if provider == "twilio" else str(simulated.MARTA_ID)
    failure = await failure_of(channel.send(Outbound("k", 1, to, "¿Puede ir?")))
    assert type(failure) is verdict
    assert failure.remedy.tries == ()
    if isinstance(failure, Busy):
        assert (failure.wait, failure.everyone) == (7, True)
        assert failure.remedy.rest == (14 if provider == "telegram" else 0)


# --- Telegram -------------------------------------------------------------------------------------

ALERT = {"alert": True}
TELEGRAM: tuple[tuple[int, str, type[Failure], dict[str, Any], str], ...] = (
    (429, "Too Many Requests: retry after 12", Busy, {"rest": 24}, "asks us to wait"),
    (403, "Forbidden: bot was blocked by the user", Stopped, {}, "blocked the bot"),
    (403, "Forbidden: user is deactivated", Stopped, {}, "left Telegram"),
    (403, "Forbidden: bot was kicked from the group chat", BadAddress, ALERT, "this group"),
    (403, "Forbidden: bot is not a member of the chat", BadAddress, ALERT, "this group"),
    (403, "Forbidden: bot can't initiate conversation", BadAddress, {}, "never pressed Start"),
    (403, "Forbidden: bot can't send messages to bots", BadAddress, {}, "never pressed Start"),
    (400, "Bad Request: chat not found", BadAddress, {}, "Nobody"),
    (400, "Bad Request: PEER_ID_INVALID", BadAddress, {}, "Nobody"),
    (400, "Bad Request: can't parse entities: no end tag", Refused, ALERT, "formatting"),
    (400, "Bad Request: message is not modified", Refused, {}, "already"),
    (400, "Bad Request: message to edit not found", Refused, {}, "changed"),
    (400, "Bad Request: message to delete not found", Refused, {}, "changed"),
    (400, "Bad Request: message can't be edited", Refused, {}, "changed"),
    (400, "Bad Request: query is too old", Refused, {}, "too long ago"),
    (400, "Bad Request: query ID is invalid", Refused, {}, "too long ago"),
    (400, "Bad Request: file is too big", Refused, {}, "take this file"),
    (400, "Bad Request: file is temporarily unavailable", Unreachable, {}, "give this file now"),
    (400, "Bad Request: wrong file identifier/HTTP URL specified", Refused, {}, "take this file"),
    (400, "Bad Request: VOICE_MESSAGES_FORBIDDEN", Refused, {}, "take this file"),
    (400, "Bad Request: WEBPAGE_MEDIA_EMPTY", Refused, {}, "take this file"),
    (400, "Bad Request: text is odd", Refused, ALERT, "refused this message."),
    (401, "Unauthorized", Misconfigured, CHANNEL, "refused our bot"),
    (404, "Not Found", Misconfigured, CHANNEL, "refused our bot"),
    (409, "Conflict: terminated by other getUpdates request", Misconfigured, CHANNEL, "Another"),
    (413, "Request Entity Too Large", Refused, {}, "take this file"),
    (500, "Internal Server Error: restart", Uncertain, {}, "may have been sent"),
    (502, "Bad Gateway", Uncertain, {}, "may have been sent"),
    (418, "I'm a teapot", Refused, {"tries": (5 * MINUTES,), "alert": True}, "do not know"),
)  # fmt: skip
MOVED = (400, "Bad Request: group chat was upgraded to a supergroup chat")


async def test_no_row_of_telegrams_table_is_without_its_answer():
    reasons = {rule.reason for _, _, rule in _telegram_verdicts.RULES}
    driven = {r for r in reasons for *_, part in TELEGRAM if part in r} | {
        r for r in reasons if "another number" in r
    }
    assert driven == reasons


@pytest.mark.parametrize(
    ("status", "words", "verdict", "remedy", "reason"),
    [pytest.param(*row, id=f"{row[0]} {row[1]}") for row in TELEGRAM],
)
async def test_a_refusal_of_telegram_has_its_verdict_and_remedy(
    bench: Bench,
    status: int,
    words: str,
    verdict: type[Failure],
    remedy: dict[str, Any],
    reason: str,
):
    await bench.phones.faults("telegram", refuse=status, refuse_words=words)
    outbound = Outbound("k", 1, str(simulated.MARTA_ID), "¿Puede ir?")
    failure = await failure_of(bench.telegram.send(outbound))
    assert type(failure) is verdict
    assert reason in failure.reason
    assert failure.remedy == Remedy(**remedy, tell=failure.remedy.tell)
    assert failure.remedy.tell or "alert" not in remedy
    if isinstance(failure, BadAddress):
        assert failure.moved_to == ""


async def test_a_group_that_became_another_says_where_it_goes_on(bench: Bench):
    status, words = MOVED
    moved = -1001234567890
    await bench.phones.faults("telegram", refuse=status, refuse_words=words, moved_to=moved)
    failure = await failure_of(bench.telegram.send(Outbound("k", 1, "-77", "¿Puede ir?")))
    assert isinstance(failure, BadAddress)
    assert failure.moved_to == str(moved)
    assert failure.remedy == Remedy(rewrite=True)


async def test_a_press_that_cannot_be_answered_any_more_is_let_go(bench: Bench):
    await bench.phones.faults("telegram", refuse=400, refuse_words="Bad Request: query is too old")
    await bench.telegram.release("4242")


async def test_a_file_that_telegram_cannot_give_now_is_asked_for_again(bench: Bench):
    words = "Bad Request: the file is temporarily unavailable"
    await bench.phones.faults("telegram", refuse=400, refuse_words=words)
    file = Attachment(MediaKind.PHOTO, "F")
    assert type(await failure_of(desk.gathered(bench.telegram.fetch(file, 5)))) is Unreachable


async def test_a_person_who_never_pressed_start_is_nobody_to_telegram(bench: Bench):
    await bench.phones.faults("telegram")
    failure = await failure_of(bench.telegram.send(Outbound("k", 1, "700999", "¿Puede ir?")))
    assert type(failure) is BadAddress


async def test_a_person_who_blocked_the_bot_has_stopped(bench: Bench):
    await bench.phones.faults("telegram")
    phone = bench.phones.telegram(simulated.MARTA_ID)
    await phone.blocks()
    outbound = Outbound("k", 1, str(simulated.MARTA_ID), "¿Puede ir?")
    assert type(await failure_of(bench.telegram.send(outbound))) is Stopped
    await phone.unblocks()
