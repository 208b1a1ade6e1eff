"""One-time links by which a colleague opens her own account, with a password nobody else knows."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.office import staff
from bot.office.refusal import Refusal
from bot.vault import trail
from bot.vault.keys import Keys, new_token
from models.staff import Duty, Staff, StaffInvite
from models.text import Text, _

LIFE = timedelta(days=3)


def invite(s: Session, keys: Keys, username: str, name: str, duty: Duty, now: datetime) -> str:
    """Make a link for a new account. It is given once; the record keeps its hash.

    Refuses a user name that is taken. An earlier link for the same name holds no more.
    """
    username = staff.free_name(s, username)
    take_back(s, username, now)
    token = new_token()
    row = StaffInvite(
        token_hash=keys.token_hash(_purpose(token)),
        username=username,
        name=name,
        duty=duty,
        expires_at=now + LIFE,
        created_at=now,
    )
    s.add(row)
    s.flush()
    told = f"staff_invite:{row.id}"
    trail.note(s, actor=trail.BOT, act="staff.invited", object=told, detail=duty.value, now=now)
    return token


def take_back(s: Session, username: str, now: datetime) -> int:
    """Let no link for a user name hold any more. Gives how many there were."""
    found = s.exec(
        select(StaffInvite).where(
            StaffInvite.username == staff.folded(username),
            col(StaffInvite.used_at).is_(None),
            col(StaffInvite.revoked_at).is_(None),
        )
    ).all()
    for one in found:
        one.revoked_at = now
        s.add(one)
        told = f"staff_invite:{one.id}"
        trail.note(s, actor=trail.BOT, act="staff.invite_revoked", object=told, now=now)
    return len(found)


def invited(s: Session, keys: Keys, token: str, now: datetime) -> StaffInvite | None:
    """Give what a link stands for; nothing when it was used, taken back, or is over."""
    return s.exec(
        select(StaffInvite)
        .where(
            StaffInvite.token_hash == keys.token_hash(_purpose(token)),
            col(StaffInvite.used_at).is_(None),
            col(StaffInvite.revoked_at).is_(None),
            col(StaffInvite.expires_at) > now,
        )
        .with_for_update()
    ).first()


def join(s: Session, keys: Keys, token: str, password_hash: str, now: datetime) -> Staff:
    """Open the account of a link. Of two who use it at once, the second is refused."""
    found = invited(s, keys, token, now)
    if found is None:
        raise Refusal(lapsed())
    found.used_at = now
    s.add(found)
    return staff.open_account(s, found.username, found.name, password_hash, found.duty, now)


def lapsed() -> Text:
    """Say that a link does nothing, whatever the reason."""
    return _("This link was used, or is over. Ask whoever runs the bot for another.")


def _purpose(token: str) -> str:
    return f"staff-invite:{token}"
