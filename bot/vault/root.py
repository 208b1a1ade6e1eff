"""The root: the first master key, which those after it wrap, and the change from one to another."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlmodel import Session, col, select

from bot.db import Database
from bot.settings import WrongSetting
from bot.vault import trail
from bot.vault.keyring import TOKEN
from bot.vault.keys import Keys, Unsealable
from models.data_key import DataKey, Subject

PAGE = 500  # keys wrapped anew in one transaction
OF_ROOT = Subject.ROOT, 0


def take(db: Database, keys: Keys) -> None:
    """Draw from the root what is drawn from it, as the record has it.

    Raises `WrongSetting` where a master key is missing that wrapped something.
    """
    try:
        root, stray = db.read_now(partial(_look, keys))
    except Unsealable as problem:
        raise WrongSetting(str(problem)) from None
    if stray is not None:
        raise WrongSetting(
            f"Keys of this record were wrapped by master key {stray}, and MASTER_KEY does not hold "
            "it. Set MASTER_KEY to the key that was in use; while it is changed, to the new one, a "
            "comma and the old one."
        )
    if root is not None:
        keys.grow(root)
    keys.sure = True


def grown(connection: Connection, keys: Keys) -> Keys:
    """Draw from the root of a record that is being brought to this version. `Unsealable`."""
    kept = connection.execute(_KEPT).first()
    if kept is not None:
        keys.grow(keys.unwrap(kept.wrapped, kept.token, kept.generation))
    return keys


_KEPT: Any = (
    sa.select(*(sa.column(name) for name in ("wrapped", "token", "generation")))
    .select_from(sa.table("data_key"))
    .where(sa.column("kind") == OF_ROOT[0].value, sa.column("subject") == OF_ROOT[1])
)


def _look(keys: Keys, s: Session) -> tuple[bytes | None, str | None]:
    strange = select(DataKey.generation).where(
        col(DataKey.wrapped).is_not(None), col(DataKey.generation).not_in(keys.generations)
    )
    stray = s.exec(strange.limit(1)).first()
    row = _row(s)
    if stray is not None or row is None:
        return None, stray
    return keys.unwrap(row.wrapped or b"", row.token, row.generation), None


def rotate(db: Database, keys: Keys, say: Callable[[str], None]) -> int:
    """Wrap every key with the newest master key. Stopped on the way, it goes on when run again.

    Nothing that is sealed is touched. Gives how many keys were wrapped anew.
    """
    db.write_now(partial(_keep_root, keys))
    total = 0
    while count := db.write_now(partial(_page, keys)):
        total += count
        say(f"{total} keys are wrapped by master key {keys.newest} now.")
    if total:
        db.write_now(partial(_tell, keys, total))
    return total


def _keep_root(keys: Keys, s: Session) -> None:
    if _row(s) is not None:
        return
    token, (kind, subject) = os.urandom(TOKEN), OF_ROOT
    s.add(
        DataKey(
            token=token,
            kind=kind,
            subject=subject,
            wrapped=keys.wrap(keys.root, token),
            generation=keys.newest,
            created_at=datetime.now(UTC),
        )
    )


def _row(s: Session) -> DataKey | None:
    kind, subject = OF_ROOT
    return s.exec(select(DataKey).where(DataKey.kind == kind, DataKey.subject == subject)).first()


def _page(keys: Keys, s: Session) -> int:
    old = select(DataKey).where(
        col(DataKey.wrapped).is_not(None), DataKey.generation != keys.newest
    )
    rows = s.exec(old.order_by(col(DataKey.id)).limit(PAGE).with_for_update()).all()
    changed = [
        {
            "number": row.id,
            "now": keys.wrap(keys.unwrap(row.wrapped or b"", row.token, row.generation), row.token),
            "by": keys.newest,
        }
        for row in rows
    ]
    if changed:
        s.connection().execute(_AGAIN, changed)
    return len(changed)


_AGAIN = (
    sa.update(DataKey)
    .where(col(DataKey.id) == sa.bindparam("number"))
    .values(wrapped=sa.bindparam("now"), generation=sa.bindparam("by"))
)


def _tell(keys: Keys, total: int, s: Session) -> None:
    now = datetime.now(UTC)
    told = f"{total} keys, {keys.newest}"
    trail.note(s, actor=trail.BOT, act="keys.rotated", detail=told, now=now)
