"""The engine, whole: parts of messages, gates, templates, watermarks, and copies to be erased."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEW = "state = 'new'"
PARKED = "state IN ('odd', 'dead')"
WRONG = "state IN ('failed', 'unknown', 'refused', 'expired')"
HELD = "held IS NOT NULL"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _tables()
    _columns()
    _parts_of_what_was_sent()


def _tables() -> None:
    op.create_table(
        "part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("via", sa.String(12), nullable=False),
        sa.Column("address_id", sa.Integer(), nullable=False),
        sa.Column("written", sa.LargeBinary(), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(60), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(120), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_part"),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name="fk_part_outbox_id_outbox"),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name="fk_part_address_id_address"),
        sa.UniqueConstraint("outbox_id", "leg", "n", name="uq_part_outbox_id_leg_n"),
    )
    op.create_table(
        "gate",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("shut_at", MOMENT, nullable=True),
        sa.Column("shut_until", MOMENT, nullable=True),
        sa.Column("shut_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gate"),
        sa.ForeignKeyConstraint(["shut_by"], ["staff.id"], name="fk_gate_shut_by_staff"),
    )
    op.create_table(
        "template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_sid", sa.String(40), nullable=False),
        sa.Column("approval", sa.String(40), nullable=False),
        sa.Column("category", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_template"),
        sa.UniqueConstraint("key", "language", "version", name="uq_template_key_language_version"),
    )
    op.create_table(
        "watermark",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_watermark"),
    )


def _columns() -> None:
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("leg", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("template", sa.String(40), nullable=False, server_default=""))
        table.add_column(sa.Column("variables", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("held", sa.String(40), nullable=True))
        table.drop_index("ix_outbox_state_next_at")
        table.create_index("ix_outbox_due", ["state", "via", "weight", "next_at", "id"])
        table.create_index("ix_outbox_person_id_state", ["person_id", "state"])
        table.create_index("ix_outbox_address_id_state", ["address_id", "state"])
    _partly("ix_outbox_wrong", "outbox", ["state", "id"], WRONG)
    _partly("ix_outbox_held", "outbox", ["state", "held", "via", "id"], HELD)
    with op.batch_alter_table("attempt") as table:
        table.add_column(sa.Column("part_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("status", sa.String(20), nullable=False, server_default=""))
        table.add_column(sa.Column("looks", sa.Integer(), nullable=False, server_default="0"))
        table.create_foreign_key("fk_attempt_part_id_part", "part", ["part_id"], ["id"])
        table.create_index("ix_attempt_part_id", ["part_id"])
        table.create_index("ix_attempt_provider_id", ["provider_id"])
    with op.batch_alter_table("inbox") as table:
        table.add_column(
            sa.Column("hushed", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.drop_index("ix_inbox_lane_state_id")
    _partly("ix_inbox_parked", "inbox", ["state", "id"], PARKED)
    _partly("ix_inbox_new", "inbox", ["lane", "id"], NEW)
    with op.batch_alter_table("evidence") as table:
        table.add_column(sa.Column("erase_at", MOMENT, nullable=True))
        table.add_column(sa.Column("erase_tries", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("erased_at", MOMENT, nullable=True))
        table.create_index("ix_evidence_erase_at", ["erase_at"])
    with op.batch_alter_table("address") as table:
        table.add_column(sa.Column("shut_at", MOMENT, nullable=True))
        table.add_column(sa.Column("rest_until", MOMENT, nullable=True))
        table.add_column(
            sa.Column("rewritten", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def _partly(name: str, table: str, columns: list[str], where: str) -> None:
    """Index only the few rows that are looked for: the others cost nothing."""
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def _parts_of_what_was_sent() -> None:
    """Give each message that was tried its one part, so that late news of it finds a place."""
    op.execute(
        "INSERT INTO part (outbox_id, leg, n, of, via, address_id, written, segments, template,"
        " state, tries, provider_id, code, sent_at, changed_at)"
        " SELECT id, 0, 1, 1, via, address_id, NULL, 1, '', state, tries, provider_id, code,"
        " sent_at, changed_at FROM outbox WHERE attempts > 0"
    )
    op.execute(
        "UPDATE attempt SET part_id ="
        " (SELECT part.id FROM part WHERE part.outbox_id = attempt.outbox_id)"
    )


def downgrade() -> None:
    with op.batch_alter_table("address") as table:
        for column in ("shut_at", "rest_until", "rewritten"):
            table.drop_column(column)
    with op.batch_alter_table("evidence") as table:
        table.drop_index("ix_evidence_erase_at")
        for column in ("erase_at", "erase_tries", "erased_at"):
            table.drop_column(column)
    op.drop_index("ix_inbox_parked", "inbox")
    op.drop_index("ix_inbox_new", "inbox")
    with op.batch_alter_table("inbox") as table:
        table.create_index("ix_inbox_lane_state_id", ["lane", "state", "id"])
        table.drop_column("hushed")
    with op.batch_alter_table("attempt") as table:
        table.drop_index("ix_attempt_provider_id")
        table.drop_index("ix_attempt_part_id")
        table.drop_constraint("fk_attempt_part_id_part", type_="foreignkey")
        for column in ("part_id", "status", "looks"):
            table.drop_column(column)
    op.drop_index("ix_outbox_held", "outbox")
    op.drop_index("ix_outbox_wrong", "outbox")
    with op.batch_alter_table("outbox") as table:
        table.drop_index("ix_outbox_address_id_state")
        table.drop_index("ix_outbox_person_id_state")
        table.drop_index("ix_outbox_due")
        table.create_index("ix_outbox_state_next_at", ["state", "next_at", "weight", "id"])
        for column in ("leg", "template", "variables", "held"):
            table.drop_column(column)
    for name in ("watermark", "template", "gate", "part"):
        op.drop_table(name)
