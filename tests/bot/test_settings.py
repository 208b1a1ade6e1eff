"""Settings: each wrong value is one sentence that names it, and no secret is ever in one."""

import os
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import settings
from bot.settings import FILES, Settings, WrongSetting, load

KEY = "ab" * 32
HOOK = "a-secret-of-sixteen-letters"
GOOD = {"MASTER_KEY": KEY}


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start with no settings at all."""
    for name in Settings.model_fields:
        for variable in (name.upper(), f"{name.upper()}_FILE"):
            monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)


def read(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return load(dict(os.environ))


def refusal(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    with pytest.raises(WrongSetting) as told:
        read(monkeypatch, **values)
    return str(told.value)


def test_only_the_key_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = read(monkeypatch, **GOOD)
    assert loaded.url == "sqlite:///data/enlace.db"
    assert loaded.public_url == "http://127.0.0.1:8000"
    assert (loaded.twilio_sms_from, loaded.whatsapp_from, loaded.redis_url) == ("", "", "")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        (
            "MASTER_KEY",
            ["", "abc", "zz" * 32, "ab" * 31, "ab" * 33, "ab " * 32, f"{KEY},", f"{KEY},{KEY}"],
        ),
        (
            "DATABASE_URL",
            [
                "mysql://x",
                "enlace.db",
                "sqlite://",
                "sqlite:///",
                "sqlite:///:memory:",
                "postgresql+asyncpg://x/y",
                "postgresql://who:what@host:port/name",
            ],
        ),
        ("REDIS_URL", ["localhost:6379", "http://x", "redis://host:port/0"]),
        (
            "PUBLIC_URL",
            [
                "bot.example.org",
                "ftp://bot.example.org",
                "https://",
                "https://bot.example.org/?a=1",
                "https://bot.example.org/#x",
                "https://who:what@bot.example.org",
                "https://[::1",
                "https://bot.example.org:port",
                "https://bot example.org",
            ],
        ),
        ("TWILIO_API_URL", ["api.twilio.com"]),
        ("TELEGRAM_API_URL", ["api.telegram.org"]),
        ("TWILIO_SMS_FROM", ["14155238886", "Enlace", "+1", "+1415523888612345678"]),
        ("TWILIO_WHATSAPP_FROM", ["whatsapp:14155238886", "whatsapp:", "wa.me/14155238886"]),
        (
            "TELEGRAM_WEBHOOK_SECRET",
            ["short", "x" * 257, "with a space in it", "con-eñe-y-más-letras"],
        ),
        ("QUIET_HOURS", ["21", "9pm-8am", "21:00", "24:00-08:00", "08:00-08:00", "07:59-23:00"]),
        ("BURST_SECONDS", ["0", "-1", "soon", "nan", "inf", "3601"]),
        ("DOUBT_SECONDS", ["0", "-1", "soon", "1e9"]),
        ("METRICS_PORT", ["-1", "65536", "http"]),
        ("CONSOLE_ZONE", ["Guatemala", "America/Nowhere", "../etc", "UTC-6"]),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, values: list[str]
) -> None:
    for value in values:
        sentence = refusal(monkeypatch, **GOOD | {name: value})
        assert re.match(rf"Set {name}\b", sentence), (value, sentence)
        assert sentence.count("\n") == 0
        assert "what" not in sentence.partition(":")[2]
        assert re.search(r": it (must|should) |to 64 hexadecimal", sentence), sentence
        if value and name in settings.SECRETS:
            assert value not in sentence


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"TWILIO_SMS_FROM": "+15005550006"}, "TWILIO_ACCOUNT_SID"),
        (
            {"TWILIO_WHATSAPP_FROM": "+15005550006", "TWILIO_ACCOUNT_SID": "AC1"},
            "TWILIO_AUTH_TOKEN",
        ),
        ({"TELEGRAM_BOT_TOKEN": "1:A"}, "TELEGRAM_WEBHOOK_SECRET"),
    ],
)
def test_what_is_only_right_together_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], name: str
) -> None:
    assert refusal(monkeypatch, **GOOD, **values).startswith(f"Set {name}: ")


@pytest.mark.parametrize("name", FILES)
def test_a_secret_may_come_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    good = {
        "MASTER_KEY": KEY,
        "DATABASE_URL": "postgresql://enlace:word@host/enlace",
        "REDIS_URL": "redis://:word@host:6379/0",
        "TELEGRAM_BOT_TOKEN": "1:A",
        "TELEGRAM_WEBHOOK_SECRET": HOOK,
        "TWILIO_AUTH_TOKEN": "t" * 32,
    }
    path = tmp_path / "secret"
    path.write_text(f"{good[name]}\n")
    others = {"MASTER_KEY": KEY, "TELEGRAM_WEBHOOK_SECRET": HOOK}
    others.pop(name, None)
    loaded = read(monkeypatch, **others, **{f"{name}_FILE": str(path)})
    found = getattr(loaded, name.lower())
    assert (found.get_secret_value() if isinstance(found, SecretStr) else found) == good[name]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_gives_nothing_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / "empty").write_text("  \n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for path, why in (
        (tmp_path / "none", "cannot be read: No such file or directory"),
        (tmp_path, "cannot be read: Is a directory"),
        (tmp_path / "empty", "is empty"),
        (tmp_path / "bytes", "is no text"),
    ):
        sentence = refusal(monkeypatch, **GOOD, **{f"{name}_FILE": str(path)})
        assert sentence == f"{name}_FILE points to {path}, which {why}."


def test_the_folder_s_env_file_counts_less_than_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(KEY)
    (tmp_path / ".env").write_text(
        f"MASTER_KEY_FILE={tmp_path / 'key'}\nPUBLIC_URL=https://one.example\n"
        "TELEGRAM_WEBHOOK_SECRET=\nTWILIO_API_URL=\n"
    )
    assert read(monkeypatch).public_url == "https://one.example"
    assert read(monkeypatch, PUBLIC_URL="https://two.example/").public_url == "https://two.example"


def test_an_empty_line_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = {name.upper(): "" for name in Settings.model_fields if name != "master_key"}
    assert read(monkeypatch, **GOOD, **empty) == read(monkeypatch, **GOOD)


@pytest.mark.parametrize("given", ["+14155238886", "whatsapp:+14155238886", "+1 (415) 523-8886"])
def test_a_number_is_taken_as_people_write_it(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    loaded = read(
        monkeypatch,
        **GOOD,
        TWILIO_WHATSAPP_FROM=given,
        TWILIO_ACCOUNT_SID="AC1",
        TWILIO_AUTH_TOKEN="t",
    )
    assert loaded.whatsapp_from == "whatsapp:+14155238886"


@pytest.mark.parametrize("short", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_opened_with_its_driver(monkeypatch: pytest.MonkeyPatch, short: str) -> None:
    loaded = read(monkeypatch, **GOOD, DATABASE_URL=f"{short}://host/name")
    assert loaded.url == "postgresql+psycopg://host/name"


def test_no_secret_is_in_the_settings_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = read(monkeypatch, **GOOD, TELEGRAM_BOT_TOKEN="1:A", TELEGRAM_WEBHOOK_SECRET=HOOK)
    assert KEY not in repr(loaded)
    assert HOOK not in repr(loaded)


def test_every_setting_has_its_sentence() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
    assert set(settings.SECRETS) <= set(FILES)
