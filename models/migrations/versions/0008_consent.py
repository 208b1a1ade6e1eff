"""Consent by purpose; and the logs of what people allowed and forbade cannot be rewritten."""

import sqlalchemy as sa
from alembic import op

from models.locked import locks, unlocks

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORDS = ("partner", "interpreter", "witness", "words", "withheld")
LOCKED = ("consent_event", "consent_grant")


def upgrade() -> None:
    op.create_table(
        "consent_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in WORDS),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        *(sa.Column(name, sa.String(40), nullable=True) for name in ("medium", "giver")),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("inbox_id", sa.Integer(), nullable=True),
        sa.Column("evidence_id", sa.Integer(), nullable=True),
        sa.Column("conversation_id", sa.Integer(), nullable=True),
        sa.Column("withheld_why", sa.String(40), nullable=True),
        sa.Column("valid_until", MOMENT, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent_grant"),
        *(
            sa.ForeignKeyConstraint(
                [f"{one}_id"], [f"{one}.id"], name=f"fk_consent_grant_{one}_id_{one}"
            )
            for one in ("person", "case", "staff", "inbox", "evidence", "conversation")
        ),
    )
    op.create_index("ix_consent_grant_person_id", "consent_grant", ["person_id"])
    op.create_index("ix_consent_grant_case_id", "consent_grant", ["case_id"])
    for table in LOCKED:
        for statement in locks(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    for table in LOCKED:
        for statement in unlocks(table, op.get_bind().dialect.name):
            op.execute(statement)
    op.drop_table("consent_grant")
