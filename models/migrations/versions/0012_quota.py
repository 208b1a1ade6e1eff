"""Broadcasts that need so many people, and remind once; whose the note of a task is."""

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
    with op.batch_alter_table("task_note") as table:
        for name in ("person", "case"):
            table.add_column(sa.Column(f"{name}_id", sa.Integer(), nullable=True))
            table.create_foreign_key(f"fk_task_note_{name}_id_{name}", name, [f"{name}_id"], ["id"])
            table.create_index(f"ix_task_note_{name}_id", [f"{name}_id"])
    for name in ("person", "case"):
        op.execute(
            f"UPDATE task_note SET {name}_id = "  # noqa: S608 - two names of our own
            f"(SELECT task.{name}_id FROM task WHERE task.id = task_note.task_id)"
        )


def downgrade() -> None:
    with op.batch_alter_table("task_note") as table:
        for name in ("person", "case"):
            table.drop_index(f"ix_task_note_{name}_id")
            table.drop_constraint(f"fk_task_note_{name}_id_{name}", type_="foreignkey")
            table.drop_column(f"{name}_id")
    with op.batch_alter_table("recipient") as table:
        table.drop_column("late")
    with op.batch_alter_table("broadcast") as table:
        for column in ("wanted", "remind_at", "reminded_to"):
            table.drop_column(column)
