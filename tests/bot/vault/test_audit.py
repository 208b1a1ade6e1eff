"""The trail as a chain: whatever is changed, cut or put in is found, at its first bad line."""

import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from bot import auditing, migrate
from bot.db import Database
from bot.settings import WrongSetting
from bot.vault import audit, trail
from bot.vault.audit import Line
from bot.vault.keys import Keys
from bot.vault.trail import ZERO, link
from models.base import use_sealer
from models.trail import Checkpoint, Trail

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
MASTER = "31" * 32
KEYS = Keys.from_hex(MASTER)
EDITS = 10_000


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    migrate.upgrade(database_url)
    use_sealer(KEYS)
    opened = Database(database_url)
    yield opened
    opened.close()


def note(number: int, detail: str = "") -> Callable[[Session], None]:
    def act(s: Session) -> None:
        trail.note(s, actor=trail.BOT, act="case.opened", object=f"case:{number}", detail=detail,
                   case_id=number, now=NOW + timedelta(microseconds=number))  # fmt: skip

    return act


def made(size: int, every: int = 7) -> tuple[list[Line], list[Checkpoint]]:
    """Make a chain that was signed now and then, and at its end."""
    lines, signed, chain = [], [], ZERO
    for seq in range(1, size + 1):
        text = f'{{"act":"a{seq}","seq":{seq}}}'
        chain = link(chain, text)
        lines.append(Line(seq, text, chain))
        if seq % every == 0 or seq == size:
            signed.append(audit.checkpoint(KEYS, seq, chain, NOW))
    return lines, signed


def edited(lines: list[Line], chance: random.Random) -> tuple[list[Line], int]:
    """Do one thing to a chain that must be found, and say at which line."""
    kept, at = list(lines), chance.randrange(len(lines))
    one = kept[at]
    match chance.choice(["text", "chain", "detail", "cut", "tail", "swap", "twice"]):
        case "text":
            place = chance.randrange(len(one.text))
            other = chr((ord(one.text[place]) + chance.randrange(1, 90)) % 128)
            kept[at] = replace(one, text=one.text[:place] + other + one.text[place + 1 :])
        case "chain":
            place = chance.randrange(64)
            other = f"{(int(one.chain[place], 16) + chance.randrange(1, 16)) % 16:x}"
            kept[at] = replace(one, chain=one.chain[:place] + other + one.chain[place + 1 :])
        case "detail":
            kept[at] = replace(one, detail_holds=False)
        case "cut":
            del kept[at]
        case "tail":
            del kept[at:]
        case "swap":
            at = min(at, len(lines) - 2)
            there = chance.randrange(at + 1, len(lines))
            kept[at] = replace(lines[there], seq=at + 1)
            kept[there] = replace(lines[at], seq=there + 1)
        case _:  # twice
            kept.insert(at, one)
            at += 1
            return kept, lines[at - 1].seq
    return kept, at + 1


def test_each_of_ten_thousand_edits_is_found_at_its_line() -> None:
    lines, signed = made(40)
    assert audit.examine(lines, signed, KEYS).broken is None
    for seed in range(EDITS):
        tampered, first = edited(lines, random.Random(seed))  # noqa: S311 - chance that can be repeated
        broken = audit.examine(tampered, signed, KEYS).broken
        assert broken is not None, f"Edit {seed} was not found."
        assert broken.seq == first, f"Edit {seed} was at line {first}: {broken}"


def test_who_computes_the_chain_again_is_stopped_by_what_was_signed() -> None:
    """Up to the next signature nobody can tell which line it was, only after which."""
    lines, signed = made(40)
    chain = lines[16].chain
    for at in range(17, 40):
        text = lines[at].text if at > 17 else '{"act":"forged"}'
        chain = link(chain, text)
        lines[at] = Line(at + 1, text, chain)
    verdict = audit.examine(lines, signed, KEYS)
    assert verdict.broken is not None
    assert verdict.broken.seq == 21
    assert "after 14" in verdict.broken.why
    other = [audit.checkpoint(Keys(b"2" * 32), 40, chain, NOW)]
    told = audit.examine(lines, [*signed[:2], *other], KEYS).broken
    assert told is not None
    assert (told.seq, told.why) == (40, "Its checkpoint was not signed by us.")


def test_acts_are_chained_in_their_own_transactions(db: Database) -> None:
    for number in range(1, 6):
        db.write_now(note(number, "me dicen Chepe" if number % 2 else ""))
    verdict = db.read_now(lambda s: audit.verify(s, KEYS))
    assert (verdict.lines, verdict.broken) == (5, None)


def test_what_was_rolled_back_leaves_no_gap(db: Database) -> None:
    def half(s: Session) -> None:
        note(1)(s)
        undone = s.begin_nested()
        note(2)(s)
        s.flush()
        undone.rollback()
        note(3)(s)

    def none(s: Session) -> None:
        note(4)(s)
        raise LookupError

    db.write_now(half)
    with pytest.raises(LookupError):
        db.write_now(none)
    db.write_now(note(5))
    rows = db.read_now(
        lambda s: s.exec(select(Trail.seq, Trail.object).order_by(col(Trail.seq))).all()
    )
    assert [tuple(row) for row in rows] == [(1, "case:1"), (2, "case:3"), (3, "case:5")]
    assert db.read_now(lambda s: audit.verify(s, KEYS)).broken is None


async def test_many_at_once_make_one_chain(db: Database) -> None:
    import asyncio  # noqa: PLC0415

    await asyncio.gather(*(db.write(note(number)) for number in range(60)))
    verdict = db.read_now(lambda s: audit.verify(s, KEYS))
    assert (verdict.lines, verdict.broken) == (60, None)


@pytest.mark.parametrize("what", ["UPDATE trail SET actor = 'bot'", "DELETE FROM trail"])
def test_the_database_itself_refuses_to_change_a_line(db: Database, what: str) -> None:
    db.write_now(note(1))
    with pytest.raises(DBAPIError, match="never changed or deleted"):
        db.write_now(lambda s: s.connection().execute(sa.text(what)))


def test_a_sealed_detail_that_was_exchanged_is_found(db: Database) -> None:
    for number, said in enumerate(("Chepe", "Kevin", "Marta"), 1):
        db.write_now(note(number, said))

    def exchange(s: Session) -> None:
        connection = s.connection()
        connection.execute(sa.text("DROP TRIGGER trail_no_update" + on))
        sealed = connection.execute(sa.text("SELECT detail FROM trail WHERE seq = 3")).scalar_one()
        connection.execute(sa.text("UPDATE trail SET detail = :d WHERE seq = 2"), {"d": sealed})

    on = "" if db.embedded else " ON trail"
    db.write_now(exchange)
    broken = db.read_now(lambda s: audit.verify(s, KEYS)).broken
    assert broken is not None
    assert broken.seq == 2


UNLOCK = {
    "sqlite": "DROP TRIGGER trail_no_update",
    "postgresql": "DROP TRIGGER trail_no_update ON trail",
}


def unlocked(s: Session, change: str, **values: bytes) -> None:
    """Change the trail as somebody would who owns the database."""
    connection = s.connection()
    connection.execute(sa.text(UNLOCK[connection.dialect.name]))
    connection.execute(sa.text(change), values)


def first_bad(db: Database) -> int | None:
    broken = db.read_now(lambda s: audit.verify(s, KEYS)).broken
    return broken.seq if broken is not None else None


def test_a_detail_given_to_a_line_that_had_none_is_found(db: Database) -> None:
    db.write_now(note(1, "Chepe"))
    db.write_now(note(2))
    change = (
        "UPDATE trail SET detail = (SELECT t.detail FROM trail t WHERE t.seq = 1) WHERE seq = 2"
    )
    db.write_now(lambda s: unlocked(s, change))
    assert first_bad(db) == 2


def test_a_line_put_in_beside_the_chain_is_found(db: Database) -> None:
    db.write_now(note(1))
    forged = Trail(at=NOW, actor="staff:1", act="report.confirmed", object="case:1", detail="")
    db.write_now(lambda s: s.add(forged))
    assert first_bad(db) == 2


@pytest.mark.parametrize("column", ["signature", "text", "chain"])
def test_a_checkpoint_that_was_changed_is_found(db: Database, column: str) -> None:
    db.write_now(note(1))
    db.write_now(lambda s: audit.mark(s, KEYS, NOW))
    db.write_now(lambda s: setattr(s.exec(select(Checkpoint)).one(), column, "no hex"))
    assert first_bad(db) == 1


def test_lines_from_before_the_chain_are_held_to_their_sealed_bytes(database_url: str) -> None:
    use_sealer(KEYS)
    sealed = [KEYS.seal(said.encode(), "trail.detail") for said in ("", "Chepe")]
    with migrate._open(database_url) as engine, migrate._alone(engine) as connection:
        command.upgrade(migrate.config(connection), "0002")
    insert = (
        "INSERT INTO trail (at, actor, act, object, detail)"
        " VALUES ('2026-11-02 15:00:00.000000', 'bot', 'case.opened', '', :d)"
    )
    with migrate._open(database_url) as engine, engine.begin() as connection:
        connection.execute(sa.text(insert), [{"d": detail} for detail in sealed])
    migrate.upgrade(database_url)
    db = Database(database_url)
    try:
        db.write_now(note(3))
        assert first_bad(db) is None
        db.write_now(
            lambda s: unlocked(s, "UPDATE trail SET detail = :d WHERE seq = 1", d=sealed[1])
        )
        assert first_bad(db) == 1
    finally:
        db.close()


def test_it_is_signed_when_it_has_grown_or_time_has_passed(db: Database) -> None:
    def mark(at: datetime) -> bool:
        return db.write_now(lambda s: audit.mark(s, KEYS, at))

    assert not mark(NOW)  # nothing is there
    db.write_now(note(1))
    assert mark(NOW)
    assert not mark(NOW + timedelta(hours=1))  # nothing new
    db.write_now(note(2))
    assert not mark(NOW + timedelta(minutes=9))
    assert mark(NOW + timedelta(minutes=10))
    db.write_now(lambda s: [note(number)(s) for number in range(audit.EVERY)])
    assert mark(NOW + timedelta(minutes=10, seconds=1))
    assert db.read_now(lambda s: audit.verify(s, KEYS)).broken is None


def checked(copy: Path) -> str:
    """Do what the copy's own text says, and give what was printed."""
    shell = auditing.READ_ME.split("The signature:\n")[1].split("\n\nNothing")[0]
    commands = shell.replace("\nThe chain:\n", "\n")
    return subprocess.run(
        ["/bin/bash", "-c", commands], cwd=copy, capture_output=True, text=True, check=True
    ).stdout


def test_a_stranger_checks_a_copy_with_standard_tools(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate.upgrade(sqlite_url)
    use_sealer(KEYS)
    environment = {"DATABASE_URL": sqlite_url, "MASTER_KEY": MASTER, "DATA_DIR": str(tmp_path)}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    db = Database(sqlite_url)
    for number in range(1, 4):
        db.write_now(note(number, "me dicen Chepe"))
    said: list[str] = []
    copy = tmp_path / "copy"
    assert auditing.examine(environment, said.append, to=copy)
    assert "3 lines" in said[0]
    assert "Chepe" not in (copy / "audit.jsonl").read_text()
    assert checked(copy) == "Signature Verified Successfully\n"
    told = (copy / "audit.jsonl").read_text()
    (copy / "audit.jsonl").write_text(told.replace("case:2", "case:9"))
    assert "case:9" in checked(copy)

    db.write_now(note(4))
    assert auditing.examine(environment, said.append, kept=copy / "checkpoint.txt")
    assert "goes on from" in said[-1]
    (tmp_path / "wrong.txt").write_text("hola\n")
    with pytest.raises(WrongSetting, match=r"checkpoint\.txt"):
        auditing.examine(environment, said.append, kept=tmp_path / "wrong.txt")

    def cut(s: Session) -> None:
        s.connection().execute(sa.text("DROP TRIGGER trail_no_delete"))
        s.connection().execute(sa.text("DELETE FROM trail WHERE seq > 2"))

    db.write_now(cut)  # nothing of ours was signed since: only what was kept elsewhere tells
    assert auditing.examine(environment, said.append)
    assert not auditing.examine(environment, said.append, kept=copy / "checkpoint.txt")
    assert "line 3 differs" in said[-1]
    db.close()
