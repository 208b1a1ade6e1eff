"""The commands about keys: a new master key, and copies of it sealed to people."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot import settings
from bot.db import Database
from bot.settings import WrongSetting
from bot.vault import escrow, root, trail
from bot.vault.escrow import Unfit
from bot.wiring import rooted

Say = Callable[[str], None]


def rotate(environment: dict[str, str], say: Say) -> None:
    """Wrap every key of the record with the first master key of MASTER_KEY."""
    loaded = settings.load(environment)
    keys = rooted(loaded)
    db = Database(loaded.url)
    try:
        if not root.rotate(db, keys, say):
            say(f"Every key is wrapped by master key {keys.newest} already.")
    finally:
        db.close()
    if len(keys.generations) > 1:
        say(
            "Set MASTER_KEY to the first one alone now, and start everything again. Destroy the "
            "old one when no backup needs it any more."
        )


def recipient(to: Path, say: Say) -> None:
    """Make somebody to whom copies of the keys are sealed. Their secret goes into a file."""
    public, secret = escrow.recipient()
    _fit(lambda: escrow.written(to, secret))
    say(public)
    say(f"The secret is in {to}: keep it, or print it, far from the machine with the record.")


def back_up(environment: dict[str, str], to: Path, recipients: Sequence[str], say: Say) -> None:
    """Seal MASTER_KEY to people, so that each of them alone can open it."""
    loaded = settings.load(environment)
    keys = rooted(loaded)
    masters = loaded.master_key.get_secret_value() if loaded.master_key else ""
    _fit(lambda: escrow.written(to, escrow.sealed(masters, recipients)))
    now, told = datetime.now(UTC), " ".join(recipients)
    db = Database(loaded.url)
    try:
        db.write_now(
            lambda s: trail.note(s, actor=trail.BOT, act="keys.backed_up", detail=told, now=now)
        )
    finally:
        db.close()
    say(f"{to} opens for {len(recipients)}: master key {keys.newest}. Keep a copy elsewhere.")
    say("It is worth as much as the record's own backup: without that it opens nothing.")


def restore(copy: Path, secret: Path, to: Path, say: Say) -> None:
    """Give MASTER_KEY out of a copy, into a file for MASTER_KEY_FILE."""
    try:
        texts = copy.read_text(), secret.read_text()
    except (OSError, UnicodeDecodeError):
        raise WrongSetting(f"{copy} or {secret} cannot be read.") from None
    _fit(lambda: escrow.written(to, escrow.opened(*texts)))
    say(f"MASTER_KEY is in {to}. Set MASTER_KEY_FILE={to}, and see with: python3 -m bot audit")


def _fit(act: Callable[[], None]) -> None:
    try:
        act()
    except Unfit as problem:
        raise WrongSetting(str(problem)) from None
