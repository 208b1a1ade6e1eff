"""Titles of broadcasts are sealed: staff write in them what nobody else should read."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    titles = _titles(sa.String(120))
    rows = op.get_bind().execute(sa.select(titles)).all()
    _anew(sa.LargeBinary(), b"")
    for row in rows:
        sealed = context.config.attributes["seal"](row.title, "broadcast.title")
        _put(_titles(sa.LargeBinary()), row.id, sealed)


def downgrade() -> None:
    """Take the titles away: what was sealed is not written down in the open again."""
    rows = op.get_bind().execute(sa.select(_titles(sa.LargeBinary()).c.id)).all()
    _anew(sa.String(120), "")
    for row in rows:
        _put(_titles(sa.String(120)), row.id, "▒▒▒")


def _titles(kind: sa.types.TypeEngine[Any]) -> sa.TableClause:
    return sa.table("broadcast", sa.column("id", sa.Integer), sa.column("title", kind))


def _anew(kind: sa.types.TypeEngine[Any], empty: object) -> None:
    with op.batch_alter_table("broadcast") as table:
        table.drop_column("title")
    with op.batch_alter_table("broadcast") as table:
        table.add_column(sa.Column("title", kind, nullable=True))
    titles = _titles(kind)
    op.get_bind().execute(sa.update(titles).values(title=empty))
    with op.batch_alter_table("broadcast") as table:
        table.alter_column("title", existing_type=kind, nullable=False)


def _put(titles: sa.TableClause, number: int, title: object) -> None:
    put = sa.update(titles).where(titles.c.id == number).values(title=title)
    op.get_bind().execute(put)
