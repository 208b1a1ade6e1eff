"""The composition root: the only place that knows everyone."""

import errno
import fcntl
import os
from datetime import timedelta
from pathlib import Path

from bot import migrate
from bot.db import Database
from bot.doorbell import Doorbell
from bot.log import log
from bot.post import limits
from bot.post.spool import Spool
from bot.post.webhooks import TWILIO
from bot.settings import Settings, WrongSetting
from bot.vault import root
from bot.vault.evidence import Files
from bot.vault.keys import Keys
from bot.world import Rhythm, World
from channels._twilio import Line
from channels.base import Channel, Door
from channels.sms import Sms
from channels.telegram import Telegram
from channels.whatsapp import WhatsApp
from models.base import know_all, use_sealer

FULL = (errno.ENOSPC, errno.EDQUOT)


class Alone:
    """The lock that keeps a second process away from an embedded database."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(folder / "enlace.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise WrongSetting(
                f"Another Enlace is using {folder}. Stop it first, or set DATABASE_URL to a "
                "PostgreSQL database, which several processes can share."
            ) from None

    def release(self) -> None:
        """Let others in."""
        os.close(self._file)


def keys(settings: Settings) -> Keys:
    """Draw the keys, let the models seal with them, and know all of their tables."""
    know_all()
    return _keys(settings)


def _keys(settings: Settings) -> Keys:
    if settings.master_key is None:
        raise WrongSetting("Set MASTER_KEY to 64 hexadecimal characters.")
    drawn = Keys.from_hex(settings.master_key.get_secret_value())
    use_sealer(drawn)
    return drawn


def rooted(settings: Settings) -> Keys:
    """Draw the keys as the record has their root. Refuses a master key that is not the record's."""
    drawn = keys(settings)
    migrate.check(settings.url)
    db = Database(settings.url)
    try:
        root.take(db, drawn)
    finally:
        db.close()
    return drawn


def spool(settings: Settings, drawn: Keys) -> Spool | None:
    """Open the folder beside the record, where one is set. Refuses one that takes no files."""
    if settings.spool_dir is None:
        return None
    made = Spool(settings.spool_dir, drawn)
    try:
        made.prepare()
    except OSError as problem:
        if problem.errno not in FULL:
            raise WrongSetting(
                f"SPOOL_DIR is {settings.spool_dir}, which takes no files ({problem.strerror}). "
                "Make it a folder that this user may write to, or leave SPOOL_DIR empty."
            ) from None
        log.error("spool.full")  # what lies there can be brought in all the same
    return made


def lines(settings: Settings) -> tuple[dict[str, Channel], dict[str, Door]]:
    """Make the channels that are set up, and the doors their providers call at."""
    try:
        return _lines(settings)
    except ValueError as problem:
        raise WrongSetting(str(problem)) from None


def _lines(settings: Settings) -> tuple[dict[str, Channel], dict[str, Door]]:
    channels: dict[str, Channel] = {}
    doors: dict[str, Door] = {}
    if settings.twilio_sms_from or settings.whatsapp_from:
        line = Line(
            settings.twilio_account_sid,
            tuple(settings.twilio_auth_token.get_secret_value().split(",")),
            api_url=settings.twilio_api_url,
            public_url=settings.public_url,
        )
        doors |= {"twilio/messages": line, "twilio/status": line}
        if settings.twilio_sms_from:
            channels["sms"] = Sms(line, settings.twilio_sms_from)
        if settings.whatsapp_from:
            channels["whatsapp"] = WhatsApp(line, settings.whatsapp_from)
    if settings.telegram_bot_token.get_secret_value() and settings.telegram_webhook_secret:
        telegram = Telegram(
            settings.telegram_bot_token.get_secret_value(),
            api_url=settings.telegram_api_url,
            secret=settings.telegram_webhook_secret.get_secret_value(),
        )
        channels["telegram"] = telegram
        doors["telegram"] = telegram
    return channels, doors


def world(settings: Settings) -> World:
    """Make the world of one process. Refuses a database that is older or newer than this code."""
    know_all()
    return early(settings)


def early(settings: Settings) -> World:
    """Make such a world before the tables are known that keeping messages does without.

    Whoever goes on from there calls `models.base.know_all`.
    """
    drawn = _keys(settings)
    migrate.check(settings.url)
    made = _world(settings, drawn)
    root.take(made.db, drawn)
    return made


def keeping(settings: Settings) -> World:
    """Make the world of a process that only keeps what Twilio brings. Its database may be away."""
    made = _world(settings, keys(settings))
    made.doors = {name: door for name, door in made.doors.items() if name.startswith(TWILIO)}
    if not made.doors:
        raise WrongSetting(
            "Only Twilio calls a fallback address, and it is off: set TWILIO_SMS_FROM or "
            "TWILIO_WHATSAPP_FROM."
        )
    if made.db.embedded and made.spool is None:
        raise WrongSetting(
            "On SQLite, a process that only keeps needs SPOOL_DIR, the same folder as that of the "
            "process that serves. Or set DATABASE_URL to a PostgreSQL database."
        )
    made.keys.sure = made.db.embedded  # else it is asked for the root as soon as it answers
    return made


def _world(settings: Settings, drawn: Keys) -> World:
    channels, doors = lines(settings)
    return World(
        settings=settings,
        db=Database(settings.url),
        keys=drawn,
        bell=Doorbell(settings.redis_url),
        channels=channels,
        doors=doors,
        files=Files(settings.data_dir, drawn),
        spool=spool(settings, drawn),
        limits=limits.of(settings),
        rhythm=Rhythm(
            burst_quiet=timedelta(seconds=settings.burst_seconds),
            doubt=timedelta(seconds=settings.doubt_seconds),
        ),
    )
