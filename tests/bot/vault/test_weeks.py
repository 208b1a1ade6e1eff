"""A week of raw envelopes: destroyed by two of staff, never too early, and nothing else with it."""

from datetime import datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.db import Database
from bot.office.keeping import destroying, due, holds, weeks
from bot.post import inbox
from bot.vault import audit
from channels.base import Envelope, Kind
from models.data_key import Subject
from models.inbox import Heard, Inbox, InboxState
from models.keeping import Destruction
from models.person import Person
from models.proof import Unproved
from models.staff import Staff
from models.task import Task, TaskKind, TaskState
from models.trail import Trail
from tests.bot import scene
from tests.bot.scene import KEYS, NOW, later
from tests.bot.vault.test_destroying import ANA, LUIS, readable, refused
from tests.bot.vault.test_keyring import holder, on_disk, opened

WEEK = Subject.INTAKE, 202645  # of the scene's now
THEN = later(days=60)


def staffed(db: Database) -> None:
    def act(s: Session) -> None:
        for name in ("ana", "luis"):
            s.add(Staff(username=name, password_hash="", created_at=NOW))

    db.write_now(act)


def comes(db: Database, key: str, at: datetime = NOW) -> int:
    """Let an envelope come in and be worked; give its number."""
    sent = Envelope("sms", "AC1", key, Kind.MESSAGE, "+50255551234", f"Body={key}".encode(), key)

    def act(s: Session) -> int:
        inbox.insert(s, [inbox.kept(sent, KEYS, at)], KEYS)
        row = s.exec(select(Inbox).where(Inbox.event_id == key)).one()
        row.state = InboxState.DONE
        s.add(row)
        return row.id or 0

    return db.write_now(act)


def heard(db: Database, envelope: int, person: int, case: int | None = None) -> int:
    """Write down who said something in an envelope."""

    def act(s: Session) -> int:
        address = scene.address_of(s, person)
        row = Heard(inbox_id=envelope, person_id=person, address_id=address.id or 0, case_id=case,
                    via="sms", provider_id="SM1", text="Vive en Nebaj",
                    received_at=NOW)  # fmt: skip
        s.add(row)
        s.flush()
        return row.id or 0

    return db.write_now(act)


def ask(db: Database, now: datetime = THEN) -> int:
    return db.write_now(lambda s: destroying.ask(s, WEEK, "El plazo pasó", ANA, now).id or 0)


def carry_out(db: Database, number: int, by: int = LUIS) -> tuple[str, ...]:
    return db.write_now(lambda s: destroying.carry_out(s, s.get_one(Destruction, number), by, THEN))


def due_then(db: Database, now: datetime = THEN) -> list[tuple[str, bool, bool]]:
    return db.read_now(
        lambda s: [(one.written, one.held, one.asked) for one in due.due_weeks(s, now)]
    )


def test_two_of_staff_destroy_a_week_and_nothing_else_goes_with_it(db: Database) -> None:
    staffed(db)
    person = scene.somebody(db)
    monday, sunday = comes(db, "lunes"), comes(db, "domingo", later(days=6, hours=8, minutes=59))
    before = comes(db, "antes", later(hours=-16))
    comes(db, "despues", later(days=6, hours=9))
    heard(db, monday, person)

    def of_before(s: Session) -> None:  # sealed with the key of the house, as it was done once
        s.add(Inbox(channel="sms", account="AC1", event_id="casa", kind="message", lane="x",
                    raw=b"Body=casa", state=InboxState.DONE, received_at=NOW))  # fmt: skip

    db.write_now(of_before)
    assert holder(db, on_disk(db, Inbox.raw, before)) == (Subject.INTAKE, 202644)
    number = ask(db)
    assert due_then(db) == [("2026-W44", False, False), ("2026-W45", False, True),
                            ("2026-W46", False, False)]  # fmt: skip
    assert "somebody else" in refused(lambda: carry_out(db, number, by=ANA))
    sealed = on_disk(db, Inbox.raw, sunday)
    carry_out(db, number)
    left = readable(db)
    assert not any(f"Body={one}" in left for one in ("lunes", "domingo", "casa"))
    assert all(one in left for one in ("Body=antes", "Body=despues", "Vive en Nebaj", "Marta"))
    put_back = sa.text("UPDATE inbox SET raw = :raw WHERE id = :id")  # whoever kept the bytes
    kept = {"raw": sealed, "id": sunday}
    db.write_now(lambda s: s.connection().execute(put_back, kept) and None)
    assert on_disk(db, Inbox.raw, sunday) == sealed
    assert "Body=domingo" not in readable(db)
    assert due_then(db) == [("2026-W44", False, False), ("2026-W46", False, False)]
    last = db.read_now(lambda s: s.exec(select(Trail).order_by(col(Trail.id).desc())).first())
    assert last is not None
    assert (last.act, last.object, last.actor) == ("intake.destroyed", "intake:202645", "staff:2")
    assert db.read_now(lambda s: audit.verify(s, KEYS)).broken is None
    assert "already" in refused(lambda: ask(db))
    late = comes(db, "tarde")  # what is still found of that week is read as any other
    assert holder(db, on_disk(db, Inbox.raw, late)) is None


def test_a_week_is_kept_for_thirty_days_after_its_end(db: Database) -> None:
    staffed(db)
    comes(db, "lunes")
    over = weeks.ends(202645)
    for now in (NOW, over, over + timedelta(days=30, seconds=-1)):
        assert "too early" in refused(partial(ask, db, now))
        assert due_then(db, now) == []
    assert due_then(db, over + timedelta(days=30)) == [("2026-W45", False, False)]
    assert ask(db, over + timedelta(days=30))


def test_a_week_is_kept_while_something_of_it_waits(db: Database) -> None:
    staffed(db)
    person, envelope = scene.somebody(db), comes(db, "lunes")
    said = heard(db, envelope, person)

    def is_(state: InboxState) -> None:
        db.write_now(lambda s: setattr(s.get_one(Inbox, envelope), "state", state))

    def waits() -> bool:
        assert "still to be worked" in refused(lambda: carry_out(db, number))
        return due_then(db) == []

    number = ask(db)
    for state in (InboxState.NEW, InboxState.DEAD):
        is_(state)
        assert waits()
    is_(InboxState.ODD)
    odd = Task(kind=TaskKind.ODD, cause=f"odd:{envelope}", due_at=NOW, created_at=NOW)
    db.write_now(lambda s: s.add(odd))
    assert waits()

    def seen(s: Session) -> None:
        s.exec(select(Task)).one().state = TaskState.DONE
        s.add(Unproved(person_id=person, address_id=1, heard_id=said, inbox_id=envelope, number=0,
                       created_at=NOW))  # fmt: skip

    db.write_now(seen)
    assert waits()
    db.write_now(lambda s: s.delete(s.exec(select(Unproved)).one()))
    carry_out(db, number)
    assert db.read_now(lambda s: s.get_one(Inbox, envelope).raw) == b""


@pytest.mark.parametrize("held", ["week", "case", "person", "joined"])
def test_a_hold_on_a_week_or_on_whoever_is_in_it_wins(sqlite_db: Database, held: str) -> None:
    db = sqlite_db
    staffed(db)
    person, case = scene.somebody(db), opened(db)
    heard(db, comes(db, "lunes"), person, case)
    other = scene.somebody(db, "Ana", "+50255550009")
    who = {"week": WEEK, "case": (Subject.CASE, case), "person": (Subject.PERSON, person),
           "joined": (Subject.PERSON, other)}[held]  # fmt: skip
    db.write_now(lambda s: setattr(s.get_one(Person, other), "joined_into", person))
    number = ask(db)
    hold = db.write_now(lambda s: holds.place(s, who, "Una orden del juez", ANA, NOW))
    assert "held" in refused(lambda: carry_out(db, number))
    assert due_then(db) == [("2026-W45", True, True)]
    db.write_now(lambda s: holds.release(s, s.merge(hold), LUIS, NOW))
    carry_out(db, number)
