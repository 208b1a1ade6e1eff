"""The log: what happened, by ids. No number, name, word or token is ever in it."""

import logging
from collections.abc import Iterator

import pytest
import structlog
import uvicorn

from bot import log

PHONES = [
    "+50255551234",
    "50255551234",
    "whatsapp:+5215512345678",
    "+1 (415) 523-8886",
    "55 51 23 45",
    "5555.1234",
]
SECRETS = [
    "1234567890:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr",
    "ab" * 32,
    "0123456789abcdef0123456789abcdef",
    "AC0123456789abcdef0123456789abcdef",
    "SM0123456789abcdef0123456789abcdef",
    "QUMwMTIzOnRva2Vu",
    "k3Yw0Rd",
    "marta@example.org",
    "w3X9qLkT0aZs-1_bCdEfGh",
]
LINES = [
    "GET https://api.telegram.org/bot1234567890:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/getMe",
    "token 1234567890:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr",
    f"MASTER_KEY={'ab' * 32}",
    "auth 0123456789abcdef0123456789abcdef",
    "/Accounts/AC0123456789abcdef0123456789abcdef/SM0123456789abcdef0123456789abcdef.json",
    "Authorization: Basic QUMwMTIzOnRva2Vu",
    "authorization=Bearer w3X9qLkT0aZs-1_bCdEfGh",
    "could not open postgresql://enlace:k3Yw0Rd@localhost/enlace",
    "redis://:k3Yw0Rd@10.0.0.1:6379/0",
    "mail to marta@example.org",
    "POST https://bot.example.org/u/w3X9qLkT0aZs-1_bCdEfGh",
    "GET /l/w3X9qLkT0aZs-1_bCdEfGh",
    *(f"message from {phone} failed" for phone in PHONES),
]


@pytest.fixture
def _alone() -> Iterator[None]:
    """Put the log back as the suite had it."""
    root = logging.getLogger()
    handlers, level, loud = list(root.handlers), root.level, logging.raiseExceptions
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = loud
    structlog.reset_defaults()


def written(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def clean(text: str) -> None:
    for planted in (*PHONES, *SECRETS):
        assert planted not in text
        assert planted.removeprefix("whatsapp:").lstrip("+") not in text


@pytest.mark.usefixtures("_alone")
def test_planted_numbers_and_tokens_never_appear(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up("DEBUG")
    own = structlog.get_logger("enlace")
    for line in LINES:
        logging.getLogger("aiogram.event").warning(line)
        logging.getLogger("aiogram.event").warning("saw %s", line)
        own.error("send.failed", error=line, url=line, outbox=7)
    text = written(capsys)
    clean(text)
    assert text.count("send.failed") == len(LINES)
    assert text.count("aiogram.event") == 2 * len(LINES)


@pytest.mark.usefixtures("_alone")
def test_only_what_is_allowed_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up()
    structlog.get_logger("enlace").info(
        "turn.done", person=7, name="lanes", text="me dicen Chepe", sought="Kevin", phone="5"
    )
    text = written(capsys)
    assert "person=7" in text
    assert "name=lanes" in text
    for word in ("Chepe", "Kevin", "phone"):
        assert word not in text


@pytest.mark.usefixtures("_alone")
def test_a_traceback_tells_its_kind_and_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    uvicorn.Config(None, log_level="critical")  # type: ignore[arg-type]  # one that ran here before
    log.set_up()
    try:
        int("me dicen Chepe")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    text = written(capsys)
    assert "[ValueError]" in text
    assert "Chepe" not in text


@pytest.mark.usefixtures("_alone")
def test_a_line_that_cannot_be_put_together_does_not_print_its_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.set_up()
    logging.getLogger("library").warning("number %d of %s", *["Chepe"])
    text = written(capsys)
    assert "library" in text
    assert "Chepe" not in text


@pytest.mark.usefixtures("_alone")
def test_a_redacted_line_keeps_its_time_and_leaves_the_record_to_others(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    log.set_up()
    logging.getLogger().addHandler(caplog.handler)
    logging.getLogger("library").warning("call %s", PHONES[0])
    line = written(capsys)
    assert line[:10].count("-") == 2, line
    assert line[:4].isdigit()
    structlog.get_logger("enlace").info(
        "x", error="bot/post/turns.py:97", url="http://localhost:8000/ready"
    )
    own = written(capsys)
    assert "timestamp=20" in own
    assert "bot/post/turns.py:97" in own
    assert "http://localhost:8000/ready" in own
    assert caplog.records[0].args == (PHONES[0],)


@pytest.mark.usefixtures("_alone")
@pytest.mark.parametrize("library", ["httpx", "aiohttp", "aiogram", "twilio", "uvicorn.access"])
def test_libraries_do_not_tell_each_address_they_call(
    capsys: pytest.CaptureFixture[str], library: str
) -> None:
    log.set_up()
    logging.getLogger(library).info("HTTP Request: GET https://api.telegram.org/…")
    assert written(capsys) == ""
