"""Rows put past the ORM are the same in the record as rows that it writes."""

import sqlalchemy as sa
from sqlmodel import Session, select

from bot.db import Database
from bot.post.inbox import insert, kept
from channels.base import Envelope, Kind
from models.inbox import Inbox, InboxState, Lane
from tests.bot.scene import KEYS, NOW

PLAIN = (
    "SELECT channel, account, kind, lane, state, hushed, attempts, error, received_at FROM inbox"
)


def envelope(event: str, words: str = "hola") -> Envelope:
    return Envelope("sms", "AC1", event, Kind.MESSAGE, "+50255550001", b"raw\x00bytes", words)


async def test_a_row_is_kept_as_the_orm_would_keep_it(db: Database) -> None:
    one = kept(envelope("SM1"), KEYS, NOW)

    def write(s: Session) -> None:
        insert(s, [one], KEYS)
        s.add(
            Inbox(
                channel="sms",
                account="AC1",
                event_id="SM2",
                kind="message",
                lane=one.lane,
                raw=b"raw\x00bytes",
                received_at=NOW,
            )
        )

    def read(s: Session) -> tuple[list[tuple[object, ...]], list[Inbox], Lane | None]:
        plain = [tuple(row) for row in s.connection().execute(sa.text(PLAIN))]
        return plain, list(s.exec(select(Inbox).order_by(Inbox.event_id))), s.get(Lane, one.lane)

    await db.write(write)
    plain, rows, lane = await db.read(read)
    assert plain[0] == plain[1]
    assert [row.raw for row in rows] == [b"raw\x00bytes"] * 2
    assert [row.state for row in rows] == [InboxState.NEW] * 2
    assert [row.received_at for row in rows] == [NOW] * 2
    assert lane is not None
    assert (lane.pending, lane.fence, lane.owner, lane.lease_until) == (True, 0, "", None)


async def test_rows_of_one_statement_get_their_numbers_in_their_order(db: Database) -> None:
    many = [kept(envelope(f"SM{n:03}"), KEYS, NOW) for n in range(300)]
    await db.write(lambda s: insert(s, many, KEYS))

    def read(s: Session) -> list[str]:
        return list(
            s.connection().execute(sa.text("SELECT event_id FROM inbox ORDER BY id")).scalars()
        )

    assert await db.read(read) == [one.envelope.event_id for one in many]


async def test_what_comes_twice_in_one_statement_is_kept_once(db: Database) -> None:
    one = kept(envelope("SM1"), KEYS, NOW)
    await db.write(lambda s: insert(s, [one, one], KEYS))
    await db.write(lambda s: insert(s, [one], KEYS))

    def count(s: Session) -> object:
        return s.connection().execute(sa.text("SELECT count(*) FROM inbox")).scalar_one()

    assert await db.read(count) == 1
