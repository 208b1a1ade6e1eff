"""Runs migrations inside a transaction that somebody else opened, or over an address given to it.

To write the next one, on a database that has all the others:

    alembic -x url=sqlite:///data/enlace.db revision --autogenerate -m "what it brings"
"""  # noqa: INP001 - alembic loads this file by its path

import importlib
import pkgutil

import sqlalchemy as sa
from alembic import context
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

import models


def run(connection: Connection) -> None:
    """Run what was asked for. SQLite changes tables by copying them; all is one transaction."""
    for module in pkgutil.iter_modules(models.__path__):
        importlib.import_module(f"models.{module.name}")
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = sa.create_engine(context.get_x_argument(as_dictionary=True)["url"])
    with engine.begin() as opened:
        run(opened)
    engine.dispose()
