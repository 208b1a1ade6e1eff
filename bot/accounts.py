"""Accounts made at a command: staff who sign in, and tokens for programs."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from sqlmodel import Session

from bot import migrate, settings
from bot.db import Database
from bot.office import staff
from bot.settings import WrongSetting
from bot.wiring import keys
from models.staff import Duty

T = TypeVar("T")


def add_staff(
    environment: dict[str, str], username: str, name: str, password: str, *, reader: bool
) -> None:
    """Add somebody who can sign in. Refuses a short password and a name that is taken."""
    duty = Duty.READER if reader else Duty.COORDINATOR
    _within(
        environment,
        lambda s: staff.add_staff(s, username, name, password, duty, datetime.now(UTC)),
    )


def make_token(environment: dict[str, str], label: str, scopes: Sequence[str]) -> str:
    """Make a token for a program. Refuses scopes that there are not."""
    drawn = keys(settings.load(environment))
    return _within(
        environment,
        lambda s: staff.make_token(s, drawn, label, tuple(scopes), datetime.now(UTC)),
    )


def _within(environment: dict[str, str], act: Callable[[Session], T]) -> T:
    loaded = settings.load(environment)
    keys(loaded)
    migrate.check(loaded.url)
    db = Database(loaded.url)
    try:
        return db.write_now(act)
    except ValueError as problem:
        raise WrongSetting(str(problem)) from None
    finally:
        db.close()
