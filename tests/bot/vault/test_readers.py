"""Who looked is in the chain, once in a while for each reader and thing, whoever writes it."""

from functools import partial

from sqlmodel import Session, select

from bot.db import Database
from bot.vault import trail
from bot.vault.readers import AGAIN, Readers, look
from models.trail import Trail
from tests.bot.scene import NOW


def test_two_processes_leave_one_line_and_it_is_in_the_chain(db: Database) -> None:
    for at, new in ((NOW, True), (NOW + AGAIN / 2, False), (NOW + AGAIN, True)):
        seen = partial(look, act="case.read", thing="case:7", actor="staff:1", now=at, case_id=7)
        assert db.write_now(seen) is new
    other = partial(look, act="case.read", thing="case:7", actor="staff:2", now=NOW)
    assert db.write_now(other)
    rows = db.read_now(lambda s: [(one.actor, one.case_id) for one in s.exec(select(Trail))])
    assert rows == [("staff:1", 7), ("staff:1", 7), ("staff:2", None)]
    assert db.read_now(trail.end)[0] == 3


async def test_a_page_that_is_loaded_again_writes_nothing(sqlite_db: Database) -> None:
    readers, asked = Readers(), []

    def seen(_s: Session) -> tuple[str, int | None]:
        asked.append(1)
        return "person:1", None

    for at in (NOW, NOW + AGAIN / 2, NOW + AGAIN):
        await readers.note(sqlite_db, "person.read", "person:1", "staff:1", at, seen)
    assert len(asked) == 2
