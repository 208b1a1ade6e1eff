"""Words agreed on for danger, who is on call, and the two who end a freeze."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person") as table:
        table.add_column(sa.Column("duress", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("thaw_by", sa.Integer(), nullable=True))
        table.add_column(
            sa.Column("on_call", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    with op.batch_alter_table("person") as table:
        for column in ("duress", "thaw_by", "on_call"):
            table.drop_column(column)
