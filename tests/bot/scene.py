"""People and messages for the tests of bot/, made in one word."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, col, select

from bot.db import Database
from bot.office import people
from bot.post import attempts, outbox, remedies
from bot.post.attempts import Outcome
from bot.post.outbox import Claim
from bot.post.remedies import Remedies, Try
from bot.vault.keys import Keys
from channels.base import Failure, Sent
from models.outbox import Attempt, Outbox, OutboxState, Part, Weight
from models.person import Address, Link, Role, Via
from models.task import Task

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
KEYS = Keys(b"1" * 32)
MARTA = "+50255551234"
CHEPE = "+50370001111"


def later(**time: float) -> datetime:
    """A moment after the scene's."""
    return NOW + timedelta(**time)


def somebody(
    db: Database,
    name: str = "Marta",
    wire: str = MARTA,
    via: Via = Via.WHATSAPP,
    role: Role = Role.DEFENDER,
) -> int:
    """Enrol a person with one address, and give the person's number."""

    def act(s: Session) -> int:
        person = people.enrol(
            s,
            KEYS,
            name=name,
            role=role,
            via=via,
            wire=wire,
            now=NOW,
            country="GT",
            language="spa",
            zone="America/Guatemala",
            actor="staff:1",
        )
        return person.id or 0

    return db.write_now(act)


def address_of(s: Session, person_id: int, via: Via | None = None) -> Address:
    """Somebody's address, also one that may not be written to."""
    query = select(Address).join(Link, col(Link.address_id) == col(Address.id))
    query = query.where(Link.person_id == person_id).order_by(col(Address.id))
    return next(one for one in s.exec(query) if via in (None, one.via))


def put(
    db: Database,
    person_id: int,
    key: str,
    *,
    text: str = "Hola",
    weight: Weight = Weight.REPLY,
    via: Via | None = None,
    repeatable: bool = False,
    now: datetime = NOW,
    expires_at: datetime | None = None,
) -> int:
    """Put a message in the outbox, and give its number; 0 when it was there."""

    def act(s: Session) -> int:
        row = outbox.put(
            s,
            person_id=person_id,
            address=address_of(s, person_id, via),
            text=text,
            key=key,
            weight=weight,
            now=now,
            repeatable=repeatable,
            expires_at=expires_at,
        )
        return row or 0

    return db.write_now(act)


def take(
    s: Session,
    *,
    now: datetime = NOW,
    off: str = "",
    most: int = 16,
) -> list[Claim]:
    """Take what is due, as a sender does, and write a try of each down."""
    vias = tuple(one.value for one in Via if one.value != off)
    due = outbox.due(s, now=now, vias=vias, most=most)[:most]
    claims = []
    for row in outbox.claim(s, [one.outbox_id for one in due], now=now):
        parts = attempts.legs(s, row)
        if not parts:
            parts = [Part(outbox_id=row.id or 0, via=row.via, address_id=row.address_id)]
            s.add_all(parts)
            s.flush()
        claims.extend(attempts.begin(s, [attempts.Going(row, parts[0])], now))
    return claims


def judged(s: Session, claim: Claim, result: Sent | Failure, now: datetime = NOW) -> Outcome:
    """Judge how a try ended."""
    (flight,) = attempts.flights(s, [claim])
    tried = Try(flight.row, flight.part, flight.address, now)
    return remedies.judged(s, Remedies({}), tried, result)


def land(s: Session, claim: Claim, outcome: Outcome, now: datetime = NOW) -> bool:
    """Write down how a try ended. False when it was not ours to say any more."""
    (flight,) = attempts.flights(s, [claim])
    early = attempts.early(s, [outcome.provider_id]).get(outcome.provider_id, [])
    return attempts.land(s, claim, flight, outcome, now, early=early)


def ends(db: Database, claim: Claim, result: Sent | Failure | Outcome, now: datetime = NOW) -> bool:
    """Write down how a try ended, in a transaction of its own."""

    def act(s: Session) -> bool:
        outcome = result if isinstance(result, Outcome) else judged(s, claim, result, now)
        return land(s, claim, outcome, now)

    return db.write_now(act)


def ends_in(s: Session, claim: Claim, name: str, state: OutboxState, provider_id: str = "") -> None:
    """End a try in a state."""
    land(s, claim, Outcome(name, state, provider_id=provider_id))


def message(db: Database, number: int) -> Outbox:
    """A message of the outbox, as it is now."""
    return db.read_now(lambda s: _loose(s, s.get_one(Outbox, number)))


def messages(db: Database) -> list[Outbox]:
    """All messages, in the order in which they were put."""

    def act(s: Session) -> list[Outbox]:
        found = list(s.exec(select(Outbox).order_by(col(Outbox.id))))
        s.expunge_all()
        return found

    return db.read_now(act)


def tries(db: Database, number: int) -> list[Attempt]:
    """The tries to send a message."""

    def act(s: Session) -> list[Attempt]:
        found = list(
            s.exec(select(Attempt).where(Attempt.outbox_id == number).order_by(col(Attempt.n)))
        )
        s.expunge_all()
        return found

    return db.read_now(act)


def tasks(db: Database) -> list[Task]:
    """What waits for a human."""

    def act(s: Session) -> list[Task]:
        found = list(s.exec(select(Task).order_by(col(Task.id))))
        s.expunge_all()
        return found

    return db.read_now(act)


def change(db: Database, number: int, change: Callable[[Outbox], None]) -> None:
    """Change a message by hand."""

    def act(s: Session) -> None:
        row = s.get_one(Outbox, number)
        change(row)
        s.add(row)

    db.write_now(act)


def _loose(s: Session, row: Outbox) -> Outbox:
    s.expunge(row)
    return row
