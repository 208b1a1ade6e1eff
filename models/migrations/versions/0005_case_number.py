"""The number of a case stands apart from its reference, so that «417» finds it through an index."""

import sqlalchemy as sa
from alembic import op

from models.case import number_in

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BATCH = 1000


def upgrade() -> None:
    with op.batch_alter_table("case") as table:
        table.add_column(sa.Column("number", sa.Integer(), nullable=False, server_default="0"))
        table.create_index("ix_case_number", ["number"])
    record = op.get_bind()
    case = sa.table("case", sa.column("id"), sa.column("reference"), sa.column("number"))
    last = 0
    while some := record.execute(
        sa.select(case.c.id, case.c.reference)
        .where(case.c.id > last)
        .order_by(case.c.id)
        .limit(BATCH)
    ).all():
        record.execute(
            sa.update(case)
            .where(case.c.id == sa.bindparam("row"))
            .values(number=sa.bindparam("found")),
            [{"row": number, "found": number_in(reference)} for number, reference in some],
        )
        last = some[-1][0]


def downgrade() -> None:
    with op.batch_alter_table("case") as table:
        table.drop_index("ix_case_number")
        table.drop_column("number")
