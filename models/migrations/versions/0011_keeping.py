"""How long cases are kept, what must be kept, and what was asked to be destroyed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "keeping",
        sa.Column("program", sa.String(40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        _staff("keeping", "set_by", nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("program", name="pk_keeping"),
    )
    op.create_table(
        "hold",
        *_of_somebody("hold"),
        _staff("hold", "placed_by", nullable=False),
        sa.Column("placed_at", MOMENT, nullable=False),
        _staff("hold", "released_by"),
        sa.Column("released_at", MOMENT, nullable=True),
    )
    op.create_table(
        "destruction",
        *_of_somebody("destruction"),
        _staff("destruction", "asked_by", nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        _staff("destruction", "withdrawn_by"),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        _staff("destruction", "done_by"),
        sa.Column("done_at", MOMENT, nullable=True),
    )
    for name in ("hold", "destruction"):
        op.create_index(f"ix_{name}_kind_subject", name, ["kind", "subject"])
    with op.batch_alter_table("heard") as table:
        table.add_column(sa.Column("pin", sa.LargeBinary(), nullable=True))


def _of_somebody(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.Integer(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def _staff(table: str, name: str, *, nullable: bool = True) -> sa.Column[int]:
    key = sa.ForeignKey("staff.id", name=f"fk_{table}_{name}_staff")
    return sa.Column(name, sa.Integer(), key, nullable=nullable)


def downgrade() -> None:
    with op.batch_alter_table("heard") as table:
        table.drop_column("pin")
    for name in ("destruction", "hold", "keeping"):
        op.drop_table(name)
