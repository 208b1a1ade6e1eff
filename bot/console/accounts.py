"""What the console adds to staff accounts: tries that are counted, and the language it speaks."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.vault import trail
from bot.vault.keys import Keys
from models.staff import Staff
from models.trail import Trail

REFUSED = "staff.refused"
FREE_TRIES = 5  # of one name, before each further one has to wait longer
HOUSE_TRIES = 20  # a minute, of one house
LONGEST_WAIT = 42  # seconds; never a lock, or strangers could lock staff out
REMEMBERED = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
RECENT_ROWS = 20_000  # of the trail; tries are counted in its newest part


def refused(s: Session, keys: Keys, username: str, house: str, now: datetime) -> None:
    """Note a try that failed, under a name and from a house, neither of them readable."""
    trail.note(s, actor=trail.BOT, act=REFUSED, object=_try(keys, username, house), now=now)


def must_wait(s: Session, keys: Keys, username: str, house: str, now: datetime) -> int:
    """Say how many seconds the next try has to wait: longer after each that failed."""
    newest = s.exec(select(sa.func.max(col(Trail.id)))).one() or 0
    tries = s.exec(
        select(Trail.object, Trail.at)
        .where(
            col(Trail.id) > newest - RECENT_ROWS,
            Trail.act == REFUSED,
            col(Trail.at) > now - REMEMBERED,
        )
        .order_by(col(Trail.id).desc())
    ).all()
    name, _, place = _try(keys, username, house).partition("@")
    of_name = [at for what, at in tries if what.startswith(f"{name}@")]
    of_house = [at for what, at in tries if what.endswith(f"@{place}") and now - at < MINUTE]
    due = now
    if len(of_name) >= FREE_TRIES:
        pause = min(LONGEST_WAIT, 2 ** (len(of_name) - FREE_TRIES + 1))
        due = max(due, of_name[0] + timedelta(seconds=pause))
    if len(of_house) >= HOUSE_TRIES:
        due = max(due, of_house[-1] + MINUTE)
    return int((due - now).total_seconds() + 0.999)


def speak(s: Session, staff_id: int, language: str, now: datetime) -> None:
    """Choose the language an account is spoken to in."""
    staff = s.get_one(Staff, staff_id)
    staff.language = language
    s.add(staff)
    actor = trail.by_staff(staff_id)
    trail.note(s, actor=actor, act="staff.language", object=actor, detail=language, now=now)


def _try(keys: Keys, username: str, house: str) -> str:
    return f"{keys.lookup('username', username)[:28]}@{house[:28]}"
