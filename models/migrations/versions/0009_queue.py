"""Tasks with an owner and a ladder, hours on call, leave, and who has a talk."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# What was open before is told to nobody but in the list, as it was before; danger is the exception.
URGENT = (
    "UPDATE task SET urgency = 'now', ring_at = due_at WHERE kind = 'danger' AND state = 'open'"
)


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    with op.batch_alter_table("person") as table:
        table.add_column(sa.Column("held_by", sa.Integer(), nullable=True))
    with op.batch_alter_table("staff") as table:
        table.add_column(sa.Column("person_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_staff_person_id_person", "person", ["person_id"], ["id"])
        table.create_unique_constraint("uq_staff_person_id", ["person_id"])
    with op.batch_alter_table("task") as table:
        table.add_column(
            sa.Column("urgency", sa.String(40), nullable=False, server_default="waits")
        )
        table.add_column(sa.Column("owner_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("told_by", moment, nullable=True))
        table.add_column(sa.Column("snoozed_until", moment, nullable=True))
        table.add_column(sa.Column("rung", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("ring_at", moment, nullable=True))
        table.create_foreign_key("fk_task_owner_id_staff", "staff", ["owner_id"], ["id"])
        table.create_index("ix_task_owner_id", ["owner_id"])
        table.create_index("ix_task_ring_at", ["ring_at"])
    op.execute(URGENT)
    op.create_table(
        "task_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_task_note_task_id_task"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_task_note_staff_id_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_task_note"),
    )
    op.create_index("ix_task_note_task_id", "task_note", ["task_id"])
    op.create_table(
        "shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(40), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_shift_staff_id_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_shift"),
    )
    op.create_index("ix_shift_staff_id", "shift", ["staff_id"])
    op.create_table(
        "leave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.String(10), nullable=False),
        sa.Column("last", sa.String(10), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_leave_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_leave"),
    )
    op.create_index("ix_leave_person_id", "leave", ["person_id"])


def downgrade() -> None:
    for name in ("leave", "shift", "task_note"):
        op.drop_table(name)
    with op.batch_alter_table("task") as table:
        table.drop_index("ix_task_ring_at")
        table.drop_index("ix_task_owner_id")
        table.drop_constraint("fk_task_owner_id_staff", type_="foreignkey")
        for column in ("urgency", "owner_id", "told_by", "snoozed_until", "rung", "ring_at"):
            table.drop_column(column)
    with op.batch_alter_table("staff") as table:
        table.drop_constraint("uq_staff_person_id", type_="unique")
        table.drop_constraint("fk_staff_person_id_person", type_="foreignkey")
        table.drop_column("person_id")
    with op.batch_alter_table("person") as table:
        table.drop_column("held_by")
