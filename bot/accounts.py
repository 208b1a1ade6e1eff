"""Accounts made at a command: staff who sign in, and tokens for programs."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from sqlmodel import Session, col, select

from bot import settings
from bot.console.api.callers import SCOPES
from bot.db import Database
from bot.office import hiring, leaving, staff
from bot.settings import WrongSetting
from bot.vault import trail
from bot.wiring import rooted
from models.staff import Duty, Staff

T = TypeVar("T")


def add_staff(
    environment: dict[str, str], username: str, name: str, password: str, *, reader: bool
) -> None:
    """Add somebody who can sign in. Refuses a short password and a name that is taken."""
    duty = Duty.READER if reader else Duty.COORDINATOR
    within(
        environment,
        lambda s: staff.add_staff(s, username, name, password, duty, datetime.now(UTC)),
    )


def invite_staff(
    environment: dict[str, str], username: str, name: str, *, reader: bool, back: bool = False
) -> str:
    """Make a one-time link for a new account; with `back`, only take back what there was.

    Refuses a name that is taken.
    """
    loaded = settings.load(environment)
    drawn, now = rooted(loaded), datetime.now(UTC)
    if back:
        count = within(environment, lambda s: hiring.take_back(s, username, now))
        return f"Links for {username} that hold no more: {count}."
    duty = Duty.READER if reader else Duty.COORDINATOR
    token = within(
        environment, lambda s: hiring.invite(s, drawn, username, name or username, duty, now)
    )
    return f"{loaded.public_url.rstrip('/')}/console/join/{token}"


def end_staff(environment: dict[str, str], username: str) -> None:
    """End an account, and whatever is signed in by it. Refuses the last that may act."""

    def act(s: Session) -> None:
        member = acting(s, username)
        if member is not None:
            leaving.end(s, member, datetime.now(UTC), trail.BOT)

    within(environment, act)


def make_token(
    environment: dict[str, str], label: str, scopes: Sequence[str], username: str = ""
) -> str:
    """Make a token for a program, which acts for a member of staff.

    Without a name it acts for the only coordinator there is; where there are several it acts for
    nobody, and cannot do what only a named human may. Refuses scopes that there are not.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise WrongSetting(
            f"There is no scope {', '.join(unknown)}. There are: {', '.join(SCOPES)}."
        )
    drawn = rooted(settings.load(environment))

    def act(s: Session) -> str:
        member = acting(s, username)
        staff_id = member.id if member else None
        return staff.make_token(s, drawn, label, scopes, datetime.now(UTC), staff_id)

    return within(environment, act)


def acting(s: Session, username: str) -> Staff | None:
    """Give the account of that name, or without a name the only coordinator, if there is one."""
    query = select(Staff).where(col(Staff.disabled_at).is_(None))
    if username:
        found = s.exec(query.where(Staff.username == username.strip().casefold())).first()
        if found is None:
            raise WrongSetting(
                f"There is no staff account {username}. Make one with: "
                f"python3 -m bot staff add {username} --name …"
            )
        return found
    coordinators = s.exec(query.where(Staff.duty == Duty.COORDINATOR)).all()
    return coordinators[0] if len(coordinators) == 1 else None


def within(environment: dict[str, str], act: Callable[[Session], T], *, looks: bool = False) -> T:
    """Change the record at a command, or only look. What is refused is told to whoever typed it."""
    loaded = settings.load(environment)
    rooted(loaded)
    db = Database(loaded.url)
    try:
        return db.read_now(act) if looks else db.write_now(act)
    except ValueError as problem:
        raise WrongSetting(str(problem)) from None
    finally:
        db.close()
