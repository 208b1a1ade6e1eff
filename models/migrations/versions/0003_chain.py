"""The trail becomes a chain: each line carries the hash of the one before it."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
FIXED = "A line of the trail is never changed or deleted."


def upgrade() -> None:
    with op.batch_alter_table("trail") as table:
        table.add_column(sa.Column("salt", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("digest", sa.String(64), nullable=False, server_default=""))
        table.add_column(sa.Column("seq", sa.Integer(), nullable=True))
        table.add_column(sa.Column("chain", sa.String(64), nullable=False, server_default=""))
        table.create_index("ix_trail_seq", ["seq"], unique=True)
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("chain", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("text", sa.String(300), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_checkpoint"),
    )
    _chain_what_is_there()
    _fix()


def _chain_what_is_there() -> None:
    """Chain the lines of before. No key is at hand here: what is sealed is hashed as it is."""
    connection = op.get_bind()
    trail = sa.table(
        "trail",
        *(sa.column(name) for name in _CHAINED),
        sa.column("at", MOMENT),
    )
    chain = "0" * 64
    rows = connection.execute(sa.select(trail).order_by(trail.c.id)).all()
    for seq, row in enumerate(rows, 1):
        chain = hashlib.sha256(f"{chain}\n{_line(row, seq)}".encode()).hexdigest()
        connection.execute(
            sa.update(trail)
            .where(trail.c.id == row.id)
            .values(seq=seq, chain=chain, digest=_digest(row))
        )


_CHAINED = ("id", "actor", "act", "object", "case_id", "seq", "chain", "digest", "detail")


def _digest(row: Any) -> str:
    return hashlib.sha256(row.detail).hexdigest()


def _line(row: Any, seq: int) -> str:
    at: datetime = row.at
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    told = {
        "act": row.act,
        "actor": row.actor,
        "at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "case": row.case_id,
        "digest": _digest(row),
        "object": row.object,
        "seq": seq,
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def _fix() -> None:
    """Have the database itself refuse to change a line that is in the chain."""
    if op.get_bind().dialect.name == "sqlite":
        for what, when in (("UPDATE", "WHEN OLD.chain <> ''"), ("DELETE", "")):
            op.execute(
                f"CREATE TRIGGER trail_no_{what.lower()} BEFORE {what} ON trail {when}"
                f" BEGIN SELECT RAISE(ABORT, '{FIXED}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION trail_fixed() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{FIXED}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER trail_no_update BEFORE UPDATE ON trail FOR EACH ROW"
        " WHEN (OLD.chain <> '') EXECUTE FUNCTION trail_fixed()"
    )
    op.execute(
        "CREATE TRIGGER trail_no_delete BEFORE DELETE ON trail FOR EACH ROW"
        " EXECUTE FUNCTION trail_fixed()"
    )


def downgrade() -> None:
    for what in ("update", "delete"):
        on = "" if op.get_bind().dialect.name == "sqlite" else " ON trail"
        op.execute(f"DROP TRIGGER trail_no_{what}{on}")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION trail_fixed()")
    op.drop_table("checkpoint")
    with op.batch_alter_table("trail") as table:
        table.drop_index("ix_trail_seq")
        for column in ("salt", "digest", "seq", "chain"):
            table.drop_column(column)
