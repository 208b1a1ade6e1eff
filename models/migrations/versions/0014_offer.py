"""Offers: from which day somebody can who had no time."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("offer") as table:
        table.add_column(sa.Column("free_from", sa.String(10), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("offer") as table:
        table.drop_column("free_from")
