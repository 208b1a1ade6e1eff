"""Words at providers: which messages they have none of any more, and when the others are tried."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORDED = {
    "attempt": ("started_at", "blanked_at IS NULL AND provider_id <> ''"),
    "inbox": ("received_at", "blanked_at IS NULL AND kind = 'message' AND state = 'done'"),
}


def upgrade() -> None:
    for table, (since, which) in WORDED.items():
        for column in ("blank_at", "blanked_at"):
            op.add_column(table, sa.Column(column, MOMENT, nullable=True))
        worded = sa.text(which)
        op.create_index(
            f"ix_{table}_worded",
            table,
            ["blank_at", since],
            sqlite_where=worded,
            postgresql_where=worded,
        )


def downgrade() -> None:
    for table in WORDED:
        op.drop_index(f"ix_{table}_worded", table)
        with op.batch_alter_table(table) as batch:
            for column in ("blanked_at", "blank_at"):
                batch.drop_column(column)
