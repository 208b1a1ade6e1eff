"""The settings, each with one sentence, from the environment, `.env` or a secret's file."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    from bot.office.hours import Hours


class WrongSetting(Exception):  # noqa: N818 - a verdict for the person who starts us
    """A setting is missing or wrong. The message says which, and what to set."""


def _address(value: str) -> str:
    value = value.strip()
    parts = _split(value)
    wrong = parts is None or parts.scheme not in {"http", "https"} or not parts.hostname
    if wrong or set(value) & set("?#@ "):  # a signature is over the address as it stands here
        raise ValueError("must be an address like https://bot.example.org")
    return value.rstrip("/")


def _database(value: str) -> str:
    value = value.strip()
    if value in {"sqlite:///", "sqlite:///:memory:"}:
        raise ValueError("must name a file after sqlite:///, or everything is lost at the end")
    kinds = ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")
    if value and (not value.startswith(kinds) or _split(value) is None):
        raise ValueError("must be sqlite:///path or postgresql://user:password@host/name")
    return value


def _redis(value: str) -> str:
    value = value.strip()
    kinds = ("redis://", "rediss://", "unix://")
    if value and (not value.startswith(kinds) or _split(value) is None):
        raise ValueError("must be an address like redis://127.0.0.1:6379/0")
    return value


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - a port that is none is found only by looking at it
    except ValueError:
        return None
    return parts


def _number(value: str) -> str:
    value = re.sub(r"[ ().-]", "", value)
    if value and not re.fullmatch(r"(whatsapp:)?\+[1-9][0-9]{6,14}|[0-9]{3,8}", value):
        raise ValueError("must be a number with its country, like +14155238886")
    return value


def _quiet(value: str) -> str:
    from bot.office import hours  # noqa: PLC0415 - see `quiet`

    value = value.strip()
    hours.read(value)  # says what is wrong with it
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone like America/Guatemala") from None
    return value


def _master_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    masters = text.split(",")
    if len(set(masters)) < len(masters) or not all(map(_is_key, masters)):
        raise ValueError(
            "must be 64 hexadecimal characters; make one with: "
            'python3 -c "import secrets; print(secrets.token_hex(32))"'
        )
    return SecretStr(text)


def _is_key(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{64}", text) is not None


def _webhook_secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
    if not 16 <= len(text) <= 256 or any(letter not in allowed for letter in text):  # noqa: PLR2004 - Telegram's own limits, and ours below
        raise ValueError("must be 16 to 256 of A-Z a-z 0-9 _ and -")
    return value


class Settings(BaseSettings):
    """What a deployment decides. Secrets may be given as NAME_FILE, a path to read them from."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,  # NAME= with nothing behind it is as good as no line
        extra="ignore",
        hide_input_in_errors=True,
    )

    database_url: Annotated[str, AfterValidator(_database)] = Field(
        "", description="Where the record is: sqlite:///path or postgresql://…"
    )
    redis_url: Annotated[str, AfterValidator(_redis)] = Field(
        "", description="Redis or Valkey, to wake workers at once; without it they look each second"
    )
    public_url: Annotated[str, AfterValidator(_address)] = Field(
        "http://127.0.0.1:8000",
        description="The address providers and people reach us at; signatures are checked over it",
    )
    data_dir: Path = Field(Path("data"), description="Where sealed files are kept")
    spool_dir: Path | None = Field(
        None,
        description="A durable folder for what comes in while the database is away, best on "
        "another disk; empty: Twilio is told to come again",
    )
    master_key: Annotated[SecretStr, AfterValidator(_master_key)] | None = Field(
        None,
        description="64 hexadecimal characters that seal everything, the new and the old with a "
        "comma between while they are rotated; keep a copy off-site",
    )
    twilio_account_sid: str = Field("", description="Twilio account, AC…")
    twilio_auth_token: SecretStr = Field(
        SecretStr(""), description="Twilio's token; two with a comma between while it is rotated"
    )
    twilio_api_url: Annotated[str, AfterValidator(_address)] = Field(
        "https://api.twilio.com", description="Twilio's REST API"
    )
    twilio_sms_from: Annotated[str, AfterValidator(_number)] = Field(
        "", description="The number SMS leave from, +…; empty: no SMS"
    )
    twilio_whatsapp_from: Annotated[str, AfterValidator(_number)] = Field(
        "", description="The WhatsApp sender, with or without whatsapp:; empty: no WhatsApp"
    )
    telegram_bot_token: SecretStr = Field(
        SecretStr(""), description="The bot's token from @BotFather; empty: no Telegram"
    )
    telegram_api_url: Annotated[str, AfterValidator(_address)] = Field(
        "https://api.telegram.org", description="Telegram's Bot API"
    )
    telegram_webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_secret)] | None = Field(
        None, description="What Telegram sends with each update so that we know it is Telegram"
    )

    burst_seconds: float = Field(
        30.0,
        gt=0,
        le=3600,
        description="Seconds of quiet after the last photo before the bot thanks",
    )
    doubt_seconds: float = Field(
        120.0,
        gt=0,
        le=86400,
        description="Seconds to wait for news of a message whose sending was cut off, before "
        "Twilio is asked about it",
    )
    erase_after_hours: float = Field(
        24.0,
        ge=0,
        le=8760,
        description="Hours after which a stored file is deleted at Twilio, once what we have of it "
        "was read back",
    )
    blank_after_days: float = Field(
        7.0,
        ge=3,  # longer than the sweep looks back, and than two looks for what is in doubt
        le=3650,
        description="Days after which the words of a message that came in or is over are taken "
        "away at Twilio",
    )
    metrics_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="The port where a worker of its own shows /metrics; 0: nowhere",
    )
    metrics_host: str = Field(
        "127.0.0.1", description="The address of this machine where a worker shows /metrics"
    )
    console_zone: Annotated[str, AfterValidator(_zone)] = Field(
        "America/Guatemala",
        description="The time zone of the console's clock, where a reader's browser names none",
    )

    sms_sender_kind: str = Field(
        "long_code",
        description="What kind of number sends SMS, which says how fast: a row of "
        "bot/post/limits.toml",
    )
    whatsapp_sender_kind: str = Field(
        "standard", description="How fast WhatsApp may go: standard, raised or sandbox"
    )
    whatsapp_tier: str = Field(
        "250",
        description="How many people WhatsApp lets us write to first in 24 hours, a number "
        "of Meta's, or unlimited",
    )
    limits_file: Path | None = Field(
        None, description="A file with what differs from bot/post/limits.toml"
    )
    processes: int = Field(
        1,
        ge=1,
        le=1000,
        description="How many processes send; without Redis each keeps to its part of the limits",
    )

    quiet_hours: Annotated[str, AfterValidator(_quiet)] = Field(
        "21:00-08:00",
        description="When nobody is written to who did not just write, by the clock where they "
        "live; none: no such hours",
    )

    @property
    def quiet(self) -> "Hours | None":
        """The quiet hours; nothing where there are none."""
        from bot.office import hours  # noqa: PLC0415 - it brings the models, which settings need not

        return hours.read(self.quiet_hours)

    @property
    def url(self) -> str:
        """The database's address in the form the driver wants."""
        for short in ("postgresql://", "postgres://"):
            if self.database_url.startswith(short):
                return "postgresql+psycopg://" + self.database_url.removeprefix(short)
        return self.database_url or f"sqlite:///{self.data_dir / 'enlace.db'}"

    @property
    def whatsapp_from(self) -> str:
        """The WhatsApp sender as Twilio wants it, or nothing."""
        number = self.twilio_whatsapp_from.removeprefix("whatsapp:")
        return f"whatsapp:{number}" if number else ""

    def check(self) -> None:
        """Refuse settings that only make sense together. Raises `WrongSetting`."""
        if self.master_key is None:
            raise WrongSetting(
                "Set MASTER_KEY to 64 hexadecimal characters; make one with: "
                'python3 -c "import secrets; print(secrets.token_hex(32))"'
            )
        if self.twilio_sms_from or self.twilio_whatsapp_from:
            for name, value in (
                ("TWILIO_ACCOUNT_SID", self.twilio_account_sid),
                ("TWILIO_AUTH_TOKEN", self.twilio_auth_token.get_secret_value()),
            ):
                if not value:
                    raise WrongSetting(f"Set {name}: a Twilio sender is set and needs it.")
        if self.telegram_bot_token.get_secret_value() and self.telegram_webhook_secret is None:
            raise WrongSetting(
                "Set TELEGRAM_WEBHOOK_SECRET: TELEGRAM_BOT_TOKEN is set and needs it. Make one "
                'with: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
            )


SECRETS = ("MASTER_KEY", "TWILIO_AUTH_TOKEN", "TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET")
FILES = (*SECRETS, "DATABASE_URL", "REDIS_URL")


def load(environment: dict[str, str], **overrides: Any) -> Settings:
    """Read the settings. Raises `WrongSetting` with one sentence that says what to set."""
    named = {**dotenv_values(".env"), **environment}
    paths = {name: named.get(f"{name}_FILE") or "" for name in FILES}
    given = {name.lower(): _secret(name, Path(path)) for name, path in paths.items() if path}
    try:
        settings = Settings(**(given | overrides))
    except ValidationError as problem:
        first = problem.errors()[0]
        name = str(first["loc"][0]).upper()
        why = str(first["msg"]).removeprefix("Value error, ").removeprefix("Input ")
        raise WrongSetting(f"Set {name}: it {why}.") from None
    settings.check()
    return settings


def _secret(name: str, path: Path) -> str:
    try:
        value = path.read_text("utf-8").strip()
    except OSError as problem:
        why = f"cannot be read: {problem.strerror}"
    except UnicodeDecodeError:
        why = "is no text"
    else:
        if value:
            return value
        why = "is empty"
    raise WrongSetting(f"{name}_FILE points to {path}, which {why}.")
