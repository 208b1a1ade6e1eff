"""What the tests of faults share with those of the bot: a migrated record of each kind."""

from tests.bot.conftest import postgres_ground, sqlite_ground

__all__ = ["postgres_ground", "sqlite_ground"]
