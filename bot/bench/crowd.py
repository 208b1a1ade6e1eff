"""Many people and messages, poured into an embedded record faster than the product would make them.

Each row is what the product would have written, in the true schema, sealed with the true keys; only
the words are the same in all of them.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlmodel import SQLModel

from bot.bench import letters
from bot.office.reach.numbers import canonical
from bot.settings import Settings
from bot.wiring import keys
from models.case import Case, CaseState, Program
from models.conversation import ConversationState, Talked
from models.inbox import Heard, Inbox, InboxState, Lane
from models.outbox import Attempt, Outbox, OutboxState, Part
from models.person import Address, Link, Person, Role, Trust, Via

FIRST = 1000  # the first number of those poured in; who writes in the bench is below
MANY = 10  # messages of a person: half of them in, half of them out
_DIALECT = sqlite.dialect()


def people(settings: Settings, count: int, *, start: int = FIRST) -> list[int]:
    """Pour in Defenders with a number for SMS; give their row numbers."""
    drawn, now = keys(settings), datetime.now(UTC)
    numbers = range(start, start + count)

    def lookup(number: int) -> str:
        return drawn.lookup(Via.SMS.value, canonical(Via.SMS, letters.phone(number)))

    with record(settings) as put:
        person = Person(name="Persona", role=Role.DEFENDER, country="GT", created_at=now)
        pour(put, person, ("id",), ((number,) for number in numbers))
        address = Address(via=Via.SMS, wire="", lookup="", created_at=now)
        varying = ("id", "wire", "lookup")
        pour(put, address, varying, ((n, letters.phone(n), lookup(n)) for n in numbers))
        link = Link(
            person_id=0, address_id=0, trust=Trust.ENROLLED, confirmed_at=now, created_at=now
        )
        pour(put, link, ("person_id", "address_id"), ((n, n) for n in numbers))
    return list(numbers)


def messages(settings: Settings, count: int) -> list[int]:
    """Pour in so many messages, ten of each person, who has a case and had one talk about it."""
    drawn, now = keys(settings), datetime.now(UTC)
    found = people(settings, max(1, count // MANY))
    pairs = [(number, turn) for turn in range(MANY // 2) for number in found]
    raw = letters.letter("twilio", 1, 1, 1, "Sí, hoy llego a la aldea y pregunto.")
    with record(settings) as put:
        case = Case(
            reference="", program=Program.FAMILY_SEPARATION, country="GT", opened_at=now,
            state=CaseState.OPEN, summary="Buscar a una madre.", sought="Tomasa Novela",
        )  # fmt: skip
        numbered = ((n, f"GT-{n:04d}", n) for n in found)
        pour(put, case, ("id", "reference", "number"), numbered)
        talked = Talked(
            name="search", person_id=0, state=ConversationState.ENDED, started_at=now, ended_at=now
        )
        pour(
            put,
            talked,
            ("id", "person_id", "case_id", "code"),
            ((n, n, n, f"GT-{n:04d}") for n in found),
        )
        lanes = {n: drawn.lookup("lane", f"sms|{letters.phone(n)}") for n in found}
        pour(put, Lane(id=""), ("id",), ((lane,) for lane in lanes.values()))
        whose = [(place, number) for place, (number, _) in enumerate(pairs, FIRST)]
        inbox = Inbox(
            channel="sms", account=letters.ACCOUNT, event_id="", kind="message", lane="", raw=raw,
            state=InboxState.DONE, received_at=now, done_at=now,
        )  # fmt: skip
        rows: Iterable[Sequence[Any]] = (
            (place, event(place), lanes[number]) for place, number in whose
        )
        pour(put, inbox, ("id", "event_id", "lane"), rows)
        heard = Heard(
            inbox_id=0, person_id=0, address_id=0, via="sms", provider_id="", received_at=now,
            text="Sí, hoy llego a la aldea y pregunto.",
        )  # fmt: skip
        varying = ("id", "inbox_id", "person_id", "address_id", "conversation_id", "case_id")
        rows = ((p, p, n, n, n, n, event(p)) for p, n in whose)
        pour(put, heard, (*varying, "provider_id"), rows)
        _said(put, whose, now)
    return found


def event(place: int) -> str:
    """Name the event that was poured in at a place, as Twilio would."""
    return f"SM{0xF000_0000 + place:032x}"


def _said(put: sqlite3.Connection, whose: Sequence[tuple[int, int]], now: datetime) -> None:
    words = "¿Pudo ir a la aldea? Responda con un número."
    sent = OutboxState.DELIVERED
    said = Outbox(
        key="", person_id=0, address_id=0, via="sms", text=words, written=words, state=sent,
        attempts=1, next_at=now, expires_at=now, provider_id="", created_at=now, sent_at=now,
        changed_at=now,
    )  # fmt: skip
    varying = ("id", "key", "person_id", "address_id", "conversation_id", "case_id")
    rows: Iterable[Sequence[Any]] = ((p, f"in{p}.0", n, n, n, n, event(p)) for p, n in whose)
    pour(put, said, (*varying, "provider_id"), rows)
    part = Part(
        outbox_id=0, via="sms", address_id=0, written=words, state=sent, sent_at=now,
        changed_at=now,
    )  # fmt: skip
    rows = ((p, p, n, event(p)) for p, n in whose)
    pour(put, part, ("id", "outbox_id", "address_id", "provider_id"), rows)
    attempt = Attempt(
        outbox_id=0, n=1, fence=1, started_at=now, ended_at=now, outcome="sent",
        status="delivered",
    )  # fmt: skip
    rows = ((p, p, event(p)) for p, _ in whose)
    pour(put, attempt, ("outbox_id", "part_id", "provider_id"), rows)


@contextlib.contextmanager
def record(settings: Settings) -> Iterator[sqlite3.Connection]:
    """Open an embedded record to pour into; all of it is there at the end, or nothing."""
    connection = sqlite3.connect(sa.make_url(settings.url).database or "")
    try:
        connection.execute("PRAGMA synchronous=OFF")
        yield connection
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def pour(
    put: sqlite3.Connection,
    like: SQLModel,
    varying: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Insert rows that are like one of ours, but for some columns."""
    table: sa.Table = like.__table__  # type: ignore[attr-defined]
    fixed = {
        column.name: _kept(column, getattr(like, column.name))
        for column in table.columns
        if column.name not in varying and not (column.primary_key and column.name == "id")
    }
    wet = [_binder(table.columns[name]) for name in varying]
    names = ", ".join(f'"{name}"' for name in (*varying, *fixed))
    marks = ", ".join("?" for _ in (*varying, *fixed))
    same = tuple(fixed.values())
    put.executemany(
        f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})',  # noqa: S608 - our own names
        ((*(bind(value) for bind, value in zip(wet, row, strict=True)), *same) for row in rows),
    )


def _kept(column: sa.Column[Any], value: Any) -> Any:
    return _binder(column)(value)


def _binder(column: sa.Column[Any]) -> Any:
    made = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return made or (lambda value: value)


def counted(settings: Settings, table: str) -> Mapping[str, int]:
    """Count the rows of a table by their state."""
    with contextlib.closing(sqlite3.connect(sa.make_url(settings.url).database or "")) as look:
        return dict(look.execute(f'SELECT state, count(*) FROM "{table}" GROUP BY state'))  # noqa: S608 - our own names
