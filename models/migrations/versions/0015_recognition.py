"""By what the person looked for would be recognised, and what somebody answered."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "recognition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column("expected", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recognition"),
        sa.UniqueConstraint("case_id", name="uq_recognition_case_id"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_recognition_case_id_case"),
    )
    op.create_table(
        "claim",
        sa.Column("id", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("case_id", "person_id", "conversation_id")
        ),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("likeness", sa.String(40), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_claim"),
        sa.UniqueConstraint("conversation_id", name="uq_claim_conversation_id"),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"], [f"{name}.id"], name=f"fk_claim_{name}_id_{name}"
            )
            for name in ("case", "person", "conversation")
        ),
    )
    for column in ("case_id", "person_id"):
        op.create_index(f"ix_claim_{column}", "claim", [column])


def downgrade() -> None:
    op.drop_table("claim")
    op.drop_table("recognition")
