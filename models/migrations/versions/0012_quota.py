"""Broadcasts that need so many people, and remind once."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("broadcast") as table:
        table.add_column(sa.Column("wanted", sa.Integer(), nullable=True))
        table.add_column(sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("reminded_to", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("recipient") as table:
        table.add_column(sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("recipient") as table:
        table.drop_column("late")
    with op.batch_alter_table("broadcast") as table:
        for column in ("wanted", "remind_at", "reminded_to"):
            table.drop_column(column)
