"""The rows that speak of somebody: found by what they refer to, and written over."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, SQLModel, col, select

from bot.office.keeping import weeks
from bot.vault.keyring import VERSION, Key
from bot.vault.owning import sealed_columns
from models.base import SealedBytes, SealedText
from models.data_key import Subject, Whose
from models.evidence import Evidence
from models.inbox import Heard
from models.outbox import Outbox


def theirs(who: Whose, model: type[SQLModel]) -> sa.ColumnElement[bool]:
    """Say which rows are somebody's."""
    which = of(who, model.__table__)  # type: ignore[attr-defined]  # SQLModel gives it one
    return which if which is not None else sa.false()


def of(who: Whose, table: sa.Table) -> sa.ColumnElement[bool] | None:
    """Say which rows of a table are somebody's; nothing where none can be.

    What was said about a case is the case's, also where a person said it. A week's are only the
    envelopes that came in it.
    """
    kind, number = who
    columns = table.columns
    if kind is Subject.INTAKE:
        if table.name != "inbox":
            return None
        came = columns["received_at"]
        return (came >= weeks.begins(number)) & (came < weeks.ends(number))
    if table.name == kind.value:
        return columns["id"] == number
    if kind is Subject.CASE and "case_id" in columns:
        return columns["case_id"] == number
    if kind is Subject.PERSON and "person_id" in columns:
        mine = columns["person_id"] == number
        return mine & columns["case_id"].is_(None) if "case_id" in columns else mine
    if table.name == "part":
        return columns["outbox_id"].in_(sa.select(col(Outbox.id)).where(theirs(who, Outbox)))
    if table.name == "inbox":
        return columns["id"].in_(sa.select(col(Heard.inbox_id)).where(theirs(who, Heard)))
    return None


def rescue(s: Session, who: Whose, key: Key) -> None:
    """Seal anew what is somebody else's now and still opens only with this key.

    Rows move between people who are found to be one, and their seals are not looked at then.
    """
    start = VERSION + key.token
    for mapper in SQLModel._sa_registry.mappers:  # noqa: SLF001 - it has no other name
        model: Any = mapper.class_
        names = sealed_columns(model)
        raw = [sa.type_coerce(getattr(model, name), sa.LargeBinary) for name in names]
        if not raw:
            continue
        query = select(model).where(
            sa.or_(*(sa.func.substr(one, 1, len(start)) == start for one in raw)),
            sa.not_(theirs(who, model)),
        )
        for row in s.exec(query):
            for name in names:
                flag_modified(row, name)
            s.add(row)
    s.flush()


def blot_out(s: Session, who: Whose) -> None:
    """Write over everything sealed in somebody's rows.

    What was sealed with their own key is gone with it; this takes what was sealed before they had
    one. A table that refuses to be changed keeps what only their key opened.
    """
    for table in SQLModel.metadata.tables.values():
        which, values = of(who, table), dict(_over(table))
        if which is None or not values:
            continue
        try:
            with s.begin_nested():
                s.connection().execute(sa.update(table).where(which).values(values))
        except DBAPIError:
            continue


def files(s: Session, who: Whose) -> list[Evidence]:
    """Give the files that came for a case, or from a person for none."""
    return list(s.exec(select(Evidence).where(theirs(who, Evidence))))


def forget_files(s: Session, rows: Sequence[Evidence]) -> tuple[str, ...]:
    """Give where files are, and speak of them no more but to delete them at their provider.

    For that their provider's address is sealed anew, with nobody's key.
    """
    paths = [path for row in rows for path in (row.path, row.preview_path) if path]
    for row in rows:
        row.path = row.preview_path = ""
        row.next_at = None
        if row.locator:
            flag_modified(row, "locator")
        s.add(row)
    s.flush()
    return tuple(paths)


def _over(table: sa.Table) -> Iterator[tuple[str, Any]]:
    for column in table.columns:
        if f"{table.name}.{column.name}" in KEPT:
            continue
        if isinstance(column.type, SealedText):
            yield column.name, None if column.nullable else column.type.gone
        elif isinstance(column.type, SealedBytes):
            yield column.name, b""
    if table.name == "heard":  # of before: a place on the map was not sealed
        yield "note", sa.case((col(Heard.note).startswith("pin "), "pin"), else_=col(Heard.note))


KEPT = frozenset({"evidence.locator"})
"""What is seen to apart: where a provider keeps a file, until it is deleted there."""
