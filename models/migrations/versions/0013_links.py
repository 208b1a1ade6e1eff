"""What a link of a person and an address holds, who is who, and who looked."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("person") as table:
        table.add_column(sa.Column("joined_into", sa.Integer(), nullable=True))
    with op.batch_alter_table("address") as table:
        table.add_column(sa.Column("beside", sa.Integer(), nullable=True))
    with op.batch_alter_table("link") as table:
        table.add_column(sa.Column("doubt", sa.String(40), nullable=False, server_default="none"))
        table.add_column(sa.Column("doubted_at", MOMENT, nullable=True))
        table.add_column(
            sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(sa.Column("quiet", sa.String(11), nullable=False, server_default=""))
        table.add_column(sa.Column("note", sa.LargeBinary(), nullable=True))
    op.create_table(
        "regrouping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("cause", sa.String(80), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("address_id", sa.Integer(), nullable=True),
        sa.Column("new_address_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.LargeBinary(), nullable=False),
        sa.Column("kept", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_by", sa.String(40), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_regrouping"),
        sa.UniqueConstraint("cause", name="uq_regrouping_cause"),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=f"fk_regrouping_{column}_{table}"
            )
            for column, table in (
                ("person_id", "person"),
                ("other_id", "person"),
                ("address_id", "address"),
                ("new_address_id", "address"),
                ("decided_by", "staff"),
                ("undone_by", "staff"),
            )
        ),
    )
    op.create_table(
        "look",
        sa.Column("actor", sa.String(40), nullable=False),
        sa.Column("object", sa.String(60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("actor", "object", name="pk_look"),
    )
    for column in ("state", "person_id", "other_id"):
        op.create_index(f"ix_regrouping_{column}", "regrouping", [column])


def downgrade() -> None:
    op.drop_table("look")
    op.drop_table("regrouping")
    with op.batch_alter_table("link") as table:
        for column in ("doubt", "doubted_at", "shared", "quiet", "note"):
            table.drop_column(column)
    with op.batch_alter_table("address") as table:
        table.drop_column("beside")
    with op.batch_alter_table("person") as table:
        table.drop_column("joined_into")
