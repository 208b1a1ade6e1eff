"""Tables to which rows are only added: the database itself refuses to change or delete one.

A migration that must rewrite such rows, such as one that seals them anew, takes the lock off, does
its work and puts it back.
"""

from collections.abc import Sequence


def locks(table: str, dialect: str) -> Sequence[str]:
    """Give the statements by which the database refuses every change of a row, and its deletion."""
    fixed = f"A row of {table} is never changed or deleted."
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{fixed}'); END"
            for what in ("UPDATE", "DELETE")
        ]
    return [
        (
            f"CREATE FUNCTION {table}_fixed() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{fixed}'; END $$"
        ),
        *(
            f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_fixed()"
            for what in ("UPDATE", "DELETE")
        ),
    ]


def unlocks(table: str, dialect: str) -> Sequence[str]:
    """Give the statements that take the lock off, until it is put on again."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER {table}_no_{what}" for what in ("update", "delete")]
    return [
        *(f"DROP TRIGGER {table}_no_{what} ON {table}" for what in ("update", "delete")),
        f"DROP FUNCTION {table}_fixed()",
    ]
