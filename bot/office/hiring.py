"""One-time links by which a colleague opens her own account, with a password nobody else knows."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.office import staff
from bot.office.refusal import Refusal
from bot.vault import trail
from bot.vault.keys import Keys, new_token
from models.staff import Duty, Staff, StaffInvite
from models.text import Text, _

LIVES = (1, 3, 7)  # days that a link may last
LIFE = 3


def invite(
    s: Session,
    keys: Keys,
    username: str,
    name: str,
    duty: Duty,
    now: datetime,
    *,
    days: int = LIFE,
    actor: str = trail.BOT,
) -> str:
    """Make a link for a new account. It is given once; the record keeps its hash.

    Refuses a user name that is taken, and days that a link may not last. An earlier link for the
    same name holds no more.
    """
    username = staff.free_name(s, username)
    if days not in LIVES:
        raise Refusal(_("Choose how long the link works."))
    take_back(s, username, now, actor)
    token = new_token()
    row = StaffInvite(
        token_hash=keys.token_hash(_purpose(token)),
        username=username,
        name=name.strip() or username,
        duty=duty,
        expires_at=now + timedelta(days=days),
        created_at=now,
    )
    s.add(row)
    s.flush()
    told = f"staff_invite:{row.id}"
    trail.note(s, actor=actor, act="staff.invited", object=told, detail=duty.value, now=now)
    return token


def take_back(s: Session, username: str, now: datetime, actor: str = trail.BOT) -> int:
    """Let no link for a user name hold any more. Gives how many there were."""
    found = s.exec(
        select(StaffInvite).where(
            StaffInvite.username == staff.folded(username),
            col(StaffInvite.used_at).is_(None),
            col(StaffInvite.revoked_at).is_(None),
        )
    ).all()
    for one in found:
        revoke(s, one, now, actor)
    return len(found)


def revoke(s: Session, invite: StaffInvite, now: datetime, actor: str) -> None:
    """Let one link hold no more. One that was used, or holds no more, is left as it is."""
    if invite.used_at is not None or invite.revoked_at is not None:
        return
    invite.revoked_at = now
    s.add(invite)
    told = f"staff_invite:{invite.id}"
    trail.note(s, actor=actor, act="staff.invite_revoked", object=told, now=now)


def waiting(s: Session, now: datetime) -> Sequence[StaffInvite]:
    """Give the links that still work, the newest first."""
    return s.exec(
        select(StaffInvite)
        .where(
            col(StaffInvite.used_at).is_(None),
            col(StaffInvite.revoked_at).is_(None),
            col(StaffInvite.expires_at) > now,
        )
        .order_by(col(StaffInvite.id).desc())
    ).all()


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
