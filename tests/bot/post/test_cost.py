"""What a message costs the record, counted in statements: what is counted does not drift unseen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.db import Database
from bot.office import organisation
from bot.post import inbox
from bot.post.outbox import Claim
from bot.post.outcomes import Outcomes
from channels.base import Sent
from models.person import Via
from tests.bot import here, scene
from tests.bot.post.counter import office_of, sms
from tests.bot.scene import NOW

TURN = 9  # the fence, who wrote, their talks, what was heard and when, who we are, the answer, …
EACH = 3  # whose address it is, whose case, the part


@contextmanager
def counted(db: Database) -> Iterator[list[str]]:
    """Give the statements that are executed meanwhile, but for those of transactions."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            found.append(" ".join(statement.split()[:6]))

    engines = {db._beside, db._writer}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    yield found
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", note)


async def test_a_turn_that_answers_costs_no_more_statements_than_it_needs(
    sqlite_db: Database, tmp_path: Path
) -> None:
    office = office_of(sqlite_db, tmp_path)
    scene.somebody(sqlite_db, via=Via.SMS)
    await office.comes(sms(1, "ayuda"))
    (row,) = office.envelopes()
    (claim,) = sqlite_db.write_now(
        lambda s: inbox.claim_lanes(s, now=NOW, owner="here", most=1),
    )
    read = [(row, office.world.channels["sms"].read(row.raw))]
    with counted(sqlite_db) as statements:
        sqlite_db.write_now(partial(office.lanes._take, claim, read, NOW))
    assert office.heard() == ["ayuda"]
    assert len(statements) == TURN, statements
    await here.closed(office.world)


def test_sends_that_go_and_end_together_share_most_of_their_statements(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world = here.world(sqlite_db, tmp_path)
    sender, outcomes = here.sender(world), Outcomes(world)
    people = [scene.somebody(sqlite_db, f"P{n}", f"+5025555{n:04}", Via.SMS) for n in range(20)]

    def take(ids: list[int]) -> list[Claim]:
        _, ready = sqlite_db.write_now(partial(sender._take, ids=ids, shut=frozenset()))
        return [one.claim for one in ready]

    def cost(of: list[int], turn: int) -> tuple[int, int]:
        ids = [scene.put(sqlite_db, person, f"{turn}.{person}") for person in of]
        with counted(sqlite_db) as taking:
            claims = take(ids)
        assert len(claims) == len(of)
        ended = [(claim, Sent(f"SM{turn}{claim.outbox_id:028}")) for claim in claims]
        with counted(sqlite_db) as ending:
            sqlite_db.write_now(partial(outcomes.ended, ended))
        return len(taking), len(ending)

    few, many = cost(people[:5], 1), cost(people, 2)
    assert many[0] - few[0] == EACH * 15
    assert many[1] == few[1]


@pytest.mark.parametrize("change", [lambda name: f"{name} y más", lambda name: name])
def test_what_we_say_of_ourselves_is_what_was_written_last(
    sqlite_db: Database, change: Callable[[str], str]
) -> None:
    def describe(name: str) -> None:
        sqlite_db.write_now(
            lambda s: organisation.describe(
                s,
                name=name,
                phone="",
                website="",
                hours="",
                owner="Ana",
                review_by=NOW + timedelta(days=1),
                now=NOW,
                actor="staff:1",
            )
        )

    for name in ("Red", change("Red"), "Red"):
        describe(name)
        assert sqlite_db.read_now(organisation.ours).name == name
