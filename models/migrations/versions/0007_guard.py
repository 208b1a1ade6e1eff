"""The words that cases hold, as keyed marks that one look-up finds; and facts that age."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No key is at hand here. A case without marks is marked when a text is next held against it.
    with op.batch_alter_table("case") as table:
        table.add_column(sa.Column("worded", sa.Integer(), nullable=False, server_default="0"))
        table.create_index("ix_case_worded", ["worded"])
    op.create_table(
        "case_word",
        sa.Column("mark", sa.String(32), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_case_word_case_id_case"),
        sa.PrimaryKeyConstraint("mark", "case_id", "whole", name="pk_case_word"),
    )
    op.create_index("ix_case_word_case_id", "case_word", ["case_id"])
    op.create_table(
        "dated_fact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("spanish", sa.String(300), nullable=False),
        sa.Column("english", sa.String(300), nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("review_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dated_fact"),
        sa.UniqueConstraint("key", name="uq_dated_fact_key"),
    )


def downgrade() -> None:
    op.drop_table("dated_fact")
    op.drop_table("case_word")
    with op.batch_alter_table("case") as table:
        table.drop_index("ix_case_worded")
        table.drop_column("worded")
