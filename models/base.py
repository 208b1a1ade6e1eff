"""What every table shares: names of constraints, moments in UTC, sealed columns."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlmodel import Field, SQLModel

from models.seal import GONE, Destroyed, House, Owned, OwnedBytes, Sealer, here

E = TypeVar("E", bound=Enum)

# Constraints have names, so that a migration made on one machine fits every database.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


@cache
def know_all() -> None:
    """Load every table: they speak of each other, and a row of one needs those it speaks of."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)], "models."):
        importlib.import_module(module.name)


class Moment(sa.types.TypeDecorator[datetime]):
    """An instant. Goes in aware, comes out in UTC, also on SQLite, which keeps no zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone: it would be read differently on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"The time {value!r} has no zone; give an aware one.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Give every time its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _Seals:
    """The sealer in use. The composition root sets it once, before the first row is touched."""

    sealer: House | None = None

    @classmethod
    def get(cls) -> House:
        if cls.sealer is None:
            raise RuntimeError("No sealer is set. Call models.base.use_sealer before the database.")
        return cls.sealer


def use_sealer(sealer: House) -> None:
    """Say who seals. Nothing sealed can be read or written before."""
    _Seals.sealer = sealer


def blind(kind: str, value: str) -> str:
    """Mark a value so that the same one of its kind is found again, and a thief reads nothing."""
    return house().lookup(kind, value)


def sealer() -> Sealer:
    """Who seals and opens now: the keyring of the act that runs, or the keys of the house."""
    return here() or _Seals.get()


def house() -> House:
    """Give the keys of the house, whatever act runs."""
    return _Seals.get()


class SealedBytes(sa.types.TypeDecorator[bytes]):
    """Bytes that are unreadable on disk. `place` is the table and column they belong to."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Seal on the way in."""
        if value is None:
            return None
        by = value.by if isinstance(value, OwnedBytes) else sealer()
        return by.seal(value, self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Open on the way out; nothing is left of what was destroyed."""
        if value is None:
            return None
        try:
            return sealer().open(value, self.place)
        except Destroyed:
            return b""


class SealedText(sa.types.TypeDecorator[str]):
    """Words that are unreadable on disk. Lone surrogates survive."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, place: str, gone: str = GONE) -> None:
        super().__init__()
        self.place = place
        self.gone = gone

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Seal on the way in."""
        if value is None:
            return None
        by = value.by if isinstance(value, Owned) else sealer()
        return by.seal(value.encode("utf-8", "surrogatepass"), self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Open on the way out; `gone` stands where words were destroyed."""
        if value is None:
            return None
        try:
            return sealer().open(value, self.place).decode("utf-8", "surrogatepass")
        except Destroyed:
            return self.gone


class Choice(sa.types.TypeDecorator[E]):
    """An enum kept by its value, so that the record reads the same in any tool."""

    impl = sa.String(40)
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Keep the value."""
        return None if value is None else str(value.value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Find the member again."""
        return None if value is None else self.kind(value)


def moment(*, index: bool = False) -> Any:
    """Declare a column for an instant that is always known."""
    return Field(sa_type=Moment, nullable=False, index=index)


def maybe_moment(*, index: bool = False) -> Any:
    """Declare a column for an instant that may not have come yet."""
    return Field(default=None, sa_type=Moment, nullable=True, index=index)


def sealed(place: str, *, default: str | None = "", gone: str = "") -> Any:
    """Declare a column for words that no thief may read.

    Whose key they are sealed with follows from the row: see `models.data_key.whose`. What was
    destroyed is read as `gone`, or as the default where that is JSON: it is read as such.
    """
    kind: Any = SealedText(place, gone or default or GONE)
    return Field(default=default, sa_type=kind, nullable=default is None)


def sealed_bytes(place: str) -> Any:
    """Declare a column for bytes that no thief may read."""
    return Field(sa_type=_typed(SealedBytes, place), nullable=False)


def choice(kind: type[Enum], default: Enum | None = None, *, index: bool = False) -> Any:
    """Declare a column for one of a closed list."""
    made = _typed(Choice, kind)
    if default is None:
        return Field(sa_type=made, nullable=False, index=index)
    return Field(default=default, sa_type=made, nullable=False, index=index)


def maybe_choice(kind: type[Enum]) -> Any:
    """Declare a column for one of a closed list, or nothing yet."""
    return Field(default=None, sa_type=_typed(Choice, kind), nullable=True)


def among(column: Any, members: Iterable[Enum]) -> sa.ColumnElement[bool]:
    """Say that a column is one of these, with their values written out in the statement.

    An index of only some rows is used by no statement that keeps its values apart.
    """
    values = sa.bindparam(
        column.key, list(members), column.type, expanding=True, unique=True, literal_execute=True
    )
    found: sa.ColumnElement[bool] = column.in_(values)
    return found


def _typed(make: Callable[[Any], Any], argument: object) -> Any:
    # SQLModel wants a type object; an instance works as well and carries our argument.
    return make(argument)
