"""Databases of ours for the bench: brought to this version, with people in them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from bot import migrate
from bot import settings as given
from bot.bench import letters, load
from bot.db import Database
from bot.office import organisation, people
from bot.settings import Settings
from bot.vault import trail
from bot.vault.keys import Keys
from bot.wiring import keys
from models.person import Role, Via

YEAR = timedelta(days=365)


def settle(environment: dict[str, str]) -> Settings:
    """Make the database of these settings ready, with Defenders who write by SMS and Telegram."""
    settings = read(environment)
    Path(settings.data_dir).mkdir(parents=True, exist_ok=True)
    drawn = keys(settings)
    migrate.upgrade(settings.url, drawn)
    db = Database(settings.url)
    try:
        db.write_now(lambda s: _enrol(s, drawn))
    finally:
        db.close()
    return settings


def read(environment: dict[str, str]) -> Settings:
    """Read the settings of something that is measured."""
    return given.load({}, **{name.lower(): value for name, value in environment.items()})


def _enrol(s: Session, drawn: Keys) -> None:
    now = datetime.now(UTC)
    organisation.describe(
        s,
        name="Red de Prueba",
        phone="+502 2222 0000",
        website="https://red.example.org",
        hours="Lunes a viernes",
        owner="Coordinación",
        review_by=now + YEAR,
        now=now,
        actor=trail.BOT,
    )
    for number in range(load.PEOPLE):
        person = people.enrol(
            s,
            drawn,
            name=f"Persona {number}",
            role=Role.DEFENDER,
            via=Via.SMS,
            wire=letters.phone(number),
            now=now,
            country="GT",
            language="spa",
            zone="America/Guatemala",
            actor=trail.BOT,
        )
        user = letters.user(number)
        people.add_address(s, drawn, person, Via.TELEGRAM, user, now, trail.BOT)
