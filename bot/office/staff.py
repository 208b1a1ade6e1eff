"""Staff accounts: passwords, sessions of a browser, and tokens of programs.

Passwords take a tenth of a second and 64 MiB to check: call `check_password` in a read, so that no
write waits for it.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlmodel import Session, col, select

from bot.office.refusal import Refusal
from bot.vault import trail
from bot.vault.keys import Keys
from models.staff import ApiToken, Duty, Staff, StaffSession
from models.text import _

SHORTEST, LONGEST = 15, 128  # characters of a password; no other rule helps
IDLE = timedelta(hours=8)  # a working day: shorten it where strangers pass the screen
ABSOLUTE = timedelta(hours=12)
FRESH = timedelta(minutes=5)  # how exactly it is kept when a session was last used

_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
_NOBODY = (  # the hash of a random word nobody kept: an unknown name takes as long as a known one
    "$argon2id$v=19$m=65536,t=3,p=4"
    "$W/Hhu5ovK5S0hFjujWiQRA$incqc6EiWvkMyi6orXmg7A7ccDc/967Hf2b4SVaT8kI"
)


@dataclass(frozen=True)
class SignedIn:
    """A browser that is signed in, and whose."""

    session: StaffSession
    staff: Staff


def add_staff(
    s: Session, username: str, name: str, password: str, duty: Duty, now: datetime
) -> Staff:
    """Open an account. Refuses a name that is taken, and a password that is too short."""
    username = free_name(s, username)
    return open_account(s, username, name, hashed(password), duty, now)


def everybody(s: Session) -> Sequence[Staff]:
    """Give all accounts, also those that were ended, in the order of their user names."""
    return s.exec(select(Staff).order_by(Staff.username)).all()


def free_name(s: Session, username: str) -> str:
    """Give a user name as it is kept. Refuses one that is taken or no name."""
    username = folded(username)
    if not username or len(username) > 80:  # noqa: PLR2004 - the column's width
        raise Refusal(_("The user name must have 1 to 80 characters."))
    if _named(s, username) is not None:
        raise Refusal(_("There is an account {username} already.", username=username))
    return username


def hashed(password: str) -> str:
    """Hash a password. Refuses one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refusal(
            _(
                "The password must have {shortest} to {longest} characters. A sentence is good.",
                shortest=str(SHORTEST),
                longest=str(LONGEST),
            )
        )
    return _HASHER.hash(password)


def open_account(
    s: Session, username: str, name: str, password_hash: str, duty: Duty, now: datetime
) -> Staff:
    """Open an account with a password that is hashed already. Refuses a name that is taken."""
    staff = Staff(
        username=free_name(s, username),
        name=name,
        duty=duty,
        password_hash=password_hash,
        created_at=now,
    )
    s.add(staff)
    s.flush()
    trail.note(
        s,
        actor=trail.BOT,
        act="staff.added",
        object=f"staff:{staff.id}",
        detail=duty.value,
        now=now,
    )
    return staff


def check_password(s: Session, username: str, password: str) -> Staff | None:
    """Give the account that name and password open. Takes as long when there is none."""
    staff = _named(s, folded(username))
    try:
        _HASHER.verify(staff.password_hash if staff else _NOBODY, password[:LONGEST])
    except VerificationError:
        return None
    return staff if staff is not None and staff.disabled_at is None else None


def sign_in(s: Session, keys: Keys, staff: Staff, now: datetime) -> tuple[str, StaffSession]:
    """Open a session. The token goes into the cookie; the record keeps its hash."""
    token = secrets.token_urlsafe(32)
    session = StaffSession(
        staff_id=staff.id or 0,
        token_hash=keys.token_hash(f"session:{token}"),
        csrf=secrets.token_urlsafe(32),
        created_at=now,
        seen_at=now,
    )
    s.add(session)
    s.flush()
    trail.note(
        s,
        actor=trail.by_staff(staff.id),
        act="staff.signed_in",
        object=f"session:{session.id}",
        now=now,
    )
    return token, session


def session_for(s: Session, keys: Keys, token: str, now: datetime) -> SignedIn | None:
    """Give who is signed in with a token. Only reads: `touch` keeps the session from idling out."""
    session = s.exec(
        select(StaffSession).where(
            StaffSession.token_hash == keys.token_hash(f"session:{token}"),
            col(StaffSession.ended_at).is_(None),
            col(StaffSession.seen_at) > now - IDLE,
            col(StaffSession.created_at) > now - ABSOLUTE,
        )
    ).first()
    if session is None:
        return None
    staff = s.get_one(Staff, session.staff_id)
    return SignedIn(session, staff) if staff.disabled_at is None else None


def is_stale(session: StaffSession, now: datetime) -> bool:
    """Tell whether it is time to `touch` a session."""
    return now - session.seen_at > FRESH


def touch(s: Session, session_id: int, now: datetime) -> None:
    """Keep that a session is in use."""
    session = s.get_one(StaffSession, session_id)
    session.seen_at = max(session.seen_at, now)
    s.add(session)


def sign_out(s: Session, keys: Keys, token: str, now: datetime) -> None:
    """End a session. One that has ended, or never was, is left as it is."""
    session = s.exec(
        select(StaffSession).where(
            StaffSession.token_hash == keys.token_hash(f"session:{token}"),
            col(StaffSession.ended_at).is_(None),
        )
    ).first()
    if session is None:
        return
    session.ended_at = now
    s.add(session)
    trail.note(
        s,
        actor=trail.by_staff(session.staff_id),
        act="staff.signed_out",
        object=f"session:{session.id}",
        now=now,
    )


def make_token(
    s: Session,
    keys: Keys,
    label: str,
    scopes: Iterable[str],
    now: datetime,
    staff_id: int | None = None,
) -> str:
    """Make a bearer token for a program. It is given once; the record keeps its hash."""
    wanted = " ".join(sorted(set(scopes)))
    if not label.strip() or not wanted:
        raise Refusal(_("A token needs a label and at least one scope."))
    token = f"enlace_{secrets.token_urlsafe(32)}"
    row = ApiToken(
        label=label.strip(),
        token_hash=keys.token_hash(f"api:{token}"),
        scopes=wanted,
        staff_id=staff_id,
        created_at=now,
    )
    s.add(row)
    s.flush()
    trail.note(
        s,
        actor=trail.by_staff(staff_id) if staff_id else trail.BOT,
        act="token.made",
        object=f"token:{row.id}",
        detail=wanted,
        now=now,
    )
    return token


def token_for(s: Session, keys: Keys, bearer: str) -> ApiToken | None:
    """Give the token a program came with, if it still holds."""
    return s.exec(
        select(ApiToken).where(
            ApiToken.token_hash == keys.token_hash(f"api:{bearer}"),
            col(ApiToken.revoked_at).is_(None),
        )
    ).first()


def _named(s: Session, username: str) -> Staff | None:
    return s.exec(select(Staff).where(Staff.username == username)).first()


def folded(username: str) -> str:
    """Give a user name as it is kept: capitals and spaces around it make no other."""
    return username.strip().casefold()
