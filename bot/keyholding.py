"""The commands about keys: a new master key, and copies of it sealed to people."""

from collections.abc import Callable

from bot import settings
from bot.db import Database
from bot.vault import root
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
