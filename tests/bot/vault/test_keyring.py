"""The keyring: each case and person has a key, which is there before whatever it seals."""

from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlmodel import Session, SQLModel, col, select

from bot import migrate
from bot.db import Database
from bot.migrate import WrongDatabase
from bot.post import inbox
from bot.vault import keyring
from bot.vault.keyring import HEAD, VERSION, Key, Ring
from bot.vault.keys import Keys, Unsealable
from channels.base import Envelope, Kind
from models.base import SealedBytes, SealedText
from models.broadcast import Broadcast
from models.case import Case, Program
from models.data_key import DataKey, Subject
from models.inbox import Inbox
from models.outbox import Outbox
from models.person import Address, Person, Role
from models.staff import Staff
from models.task import Task, TaskKind
from tests.bot import scene
from tests.bot.post.test_cost import counted
from tests.bot.scene import KEYS, NOW


def opened(db: Database, reference: str = "GT-0417") -> int:
    """Open a case."""

    def act(s: Session) -> int:
        case = Case(
            reference=reference,
            program=Program.FAMILY_SEPARATION,
            country="GT",
            sought="Ana Xol",
            opened_at=NOW,
        )
        s.add(case)
        s.flush()
        return case.id or 0

    return db.write_now(act)


def asked(db: Database, *, case: int | None = None, person: int | None = None) -> int:
    """Put something on the list of what waits for a human."""

    def act(s: Session) -> int:
        task = Task(
            kind=TaskKind.QUESTION,
            cause=f"{case}.{person}.{s.exec(select(sa.func.count(col(Task.id)))).one()}",
            case_id=case,
            person_id=person,
            detail="Vive en Nebaj",
            due_at=NOW,
            created_at=NOW,
        )
        s.add(task)
        s.flush()
        return task.id or 0

    return db.write_now(act)


def of_before(db: Database) -> int:
    """Write somebody down as it was done before each had a key."""
    values = {"name": "Marta", "note": "", "created_at": NOW, "role": Role.PARENT}
    put = sa.insert(Person).values(**values).returning(col(Person.id))
    return db.write_now(lambda s: s.connection().execute(put).scalar_one()) or 0


def on_disk(db: Database, column: Any, number: int | None = None) -> bytes:
    """Read what is sealed, as a thief does."""
    model = column.class_
    query = sa.select(sa.type_coerce(column, sa.LargeBinary))
    if number is not None:
        query = query.where(model.id == number)
    return db.read_now(lambda s: s.connection().execute(query).scalars().first()) or b""


def holder(db: Database, raw: bytes) -> tuple[Subject, int] | None:
    """Say whose key it was sealed with; nobody's where it was the house's."""
    if not raw.startswith(VERSION):
        return None
    row = db.read_now(lambda s: s.exec(select(DataKey).where(DataKey.token == raw[1:HEAD])).one())
    return row.kind, row.subject


def again(db: Database) -> Database:
    """Open the same record in a process that remembers nothing."""
    return Database(db.url.render_as_string(hide_password=False))


def test_what_is_of_a_case_is_sealed_with_its_key_and_what_is_a_persons_with_theirs(
    db: Database,
) -> None:
    person, case = scene.somebody(db), opened(db)
    assert holder(db, on_disk(db, Person.name)) == (Subject.PERSON, person)
    assert holder(db, on_disk(db, Address.wire)) == (Subject.ADDRESS, 1)
    assert holder(db, on_disk(db, Case.sought)) == (Subject.CASE, case)
    assert holder(db, on_disk(db, Case.guarded)) is None  # nothing is said in it
    task = asked(db, case=case, person=person)
    assert holder(db, on_disk(db, Task.detail, task)) == (Subject.CASE, case)
    alone = asked(db, person=person)
    assert holder(db, on_disk(db, Task.detail, alone)) == (Subject.PERSON, person)
    scene.put(db, person, "a")
    assert holder(db, on_disk(db, Outbox.text)) == (Subject.PERSON, person)
    other = again(db)
    assert other.read_now(lambda s: s.exec(select(Task.detail)).all()) == ["Vive en Nebaj"] * 2
    other.close()


def test_raw_envelopes_are_sealed_with_the_key_of_their_week(db: Database) -> None:
    sent = Envelope("sms", "AC1", "SM1", Kind.MESSAGE, "+50255551234", b"Body=Nebaj", "Nebaj")
    kept = inbox.kept(sent, KEYS, NOW)
    db.write_now(lambda s: inbox.insert(s, [kept], KEYS))
    assert holder(db, on_disk(db, Inbox.raw)) == (Subject.INTAKE, 202645)
    assert db.read_now(lambda s: s.exec(select(Inbox.raw)).one()) == b"Body=Nebaj"


def test_what_is_put_into_another_column_or_under_another_key_does_not_open(
    sqlite_db: Database,
) -> None:
    first, second = opened(sqlite_db), opened(sqlite_db, "GT-0418")
    raw = on_disk(sqlite_db, Case.sought, first)
    stranger = on_disk(sqlite_db, Case.sought, second)
    for column, bad in (
        ("summary", raw),
        ("sought", stranger[:HEAD] + raw[HEAD:]),
        ("sought", raw[:HEAD] + b"short"),
        ("sought", VERSION + b"nobody's" + raw[HEAD:]),
    ):

        def put(s: Session, column: str = column, bad: bytes = bad) -> None:
            s.connection().exec_driver_sql(f'UPDATE "case" SET {column} = ? WHERE id = 1', (bad,))  # noqa: S608 - ours

        sqlite_db.write_now(put)
        with pytest.raises(Unsealable):
            sqlite_db.read_now(lambda s: s.get_one(Case, first))
        sqlite_db.write_now(partial(put, column="sought", bad=raw))


def test_what_gets_its_place_later_is_sealed_anew_with_the_key_of_its_case(db: Database) -> None:
    person, case = scene.somebody(db), opened(db)
    task = asked(db, person=person)
    db.write_now(lambda s: setattr(s.get_one(Task, task), "case_id", case))
    assert holder(db, on_disk(db, Task.detail)) == (Subject.CASE, case)
    assert db.read_now(lambda s: s.get_one(Task, task).detail) == "Vive en Nebaj"


def test_a_key_that_was_taken_back_with_its_act_seals_nothing(db: Database) -> None:
    person = of_before(db)

    def fails(s: Session) -> None:
        s.get_one(Person, person).note = "Nebaj"
        s.flush()
        raise KeyError

    with pytest.raises(KeyError):
        db.write_now(fails)
    asked(db, person=person)
    other = again(db)
    assert other.read_now(lambda s: s.exec(select(Task.detail)).all()) == ["Vive en Nebaj"]
    other.close()


def test_what_was_sealed_before_there_were_keys_is_read_and_sealed_anew_when_it_changes(
    db: Database,
) -> None:
    person = of_before(db)
    assert holder(db, on_disk(db, Person.name)) is None
    assert db.read_now(lambda s: s.get_one(Person, person).name) == "Marta"
    db.write_now(lambda s: setattr(s.get_one(Person, person), "name", "Marta Xol"))
    assert holder(db, on_disk(db, Person.name)) == (Subject.PERSON, person)


def test_a_record_of_the_released_version_is_read_after_its_migration(
    database_url: str, keys: Keys
) -> None:
    with migrate._open(database_url) as engine, migrate._alone(engine) as connection:
        command.upgrade(migrate.config(connection), "0004")
    insert = (
        "INSERT INTO person (name, role, language, country, zone, lockout, on_call, note,"
        " created_at) VALUES (:name, 'parent', 'spa', 'GT', 'America/Guatemala', 'none', :no,"
        " :note, '2026-11-02 15:00:00.000000')"
    )
    sealed = {"name": keys.seal(b"Marta", "person.name"), "note": keys.seal(b"", "person.note")}
    with migrate._open(database_url) as engine, engine.begin() as connection:
        connection.execute(sa.text(insert), {**sealed, "no": False})
    migrate.upgrade(database_url)
    db = Database(database_url)
    try:
        db.write_now(lambda s: setattr(s.exec(select(Person)).one(), "note", "Nebaj"))
        assert db.read_now(lambda s: s.exec(select(Person.name, Person.note)).one()) == (
            "Marta",
            "Nebaj",
        )
        assert holder(db, on_disk(db, Person.name)) is None
        assert holder(db, on_disk(db, Person.note)) == (Subject.PERSON, 1)
    finally:
        db.close()


def test_titles_that_stood_open_are_sealed_by_the_migration(database_url: str, keys: Keys) -> None:
    with migrate._open(database_url) as engine, migrate._alone(engine) as connection:
        command.upgrade(migrate.config(connection), "0013")
    ana = {"id": 1, "username": "ana", "password_hash": "", "created_at": NOW}
    root = {"token": b"12345678", "kind": Subject.ROOT, "subject": 0, "created_at": NOW}
    root |= {"wrapped": keys.wrap(keys.root, b"12345678"), "generation": keys.newest}
    title = (
        "INSERT INTO broadcast (code, title, body_es, body_en, state, created_by, created_at,"
        " expanded_to, reminded_to) VALUES ('AV-0001', 'Viaje a Nebaj', :no, :no, 'draft', 1,"
        " '2026-11-02 15:00:00', 0, 0)"
    )
    with migrate._open(database_url) as engine, engine.begin() as connection:
        connection.execute(sa.insert(Staff), ana)
        connection.execute(sa.insert(DataKey), root)
        connection.execute(sa.text(title), {"no": keys.seal(b"", "broadcast.body_es")})
    with pytest.raises(WrongDatabase, match="Set MASTER_KEY"):
        migrate.upgrade(database_url)
    changing = Keys(b"9" * 32, b"1" * 32)
    changing.grow(b"9" * 32)  # as one that has not seen the record
    migrate.upgrade(database_url, changing)
    db = Database(database_url)
    try:
        assert db.read_now(lambda s: s.exec(select(Broadcast.title)).one()) == "Viaje a Nebaj"
        assert b"Nebaj" not in on_disk(db, Broadcast.title)
    finally:
        db.close()


def test_a_page_of_people_costs_one_question_more_in_a_process_that_has_just_begun(
    sqlite_db: Database,
) -> None:
    for n in range(30):
        scene.somebody(sqlite_db, f"P{n}", f"+5025555{n:04}")
    other = again(sqlite_db)
    with counted(other) as statements:
        names = other.write_now(lambda s: s.exec(select(Person.name)).all())
    assert len(names) == 30
    assert len(statements) == 2, statements
    other.close()


def test_keys_are_remembered_for_a_while_and_not_without_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = [0.0]
    ring = Ring(lambda: time[0])
    monkeypatch.setattr(keyring, "MOST", 2)
    keys = [Key(bytes([n]) * 8, b"k" * 32, 0.0) for n in range(3)]
    ring.learn({(Subject.CASE, n): key for n, key in enumerate(keys)})
    assert ring.by_token(keys[0].token) is None
    assert ring.by_subject((Subject.CASE, 2)) == keys[2]
    time[0] = keyring.FRESH + 1
    assert ring.by_token(keys[2].token) is None


@pytest.mark.usefixtures("keys")
def test_every_sealed_column_names_its_own_place() -> None:
    for table in SQLModel.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, SealedText | SealedBytes):
                assert column.type.place == f"{table.name}.{column.name}"
