"""How deep the post stands: each number against rows that were put there, on both records."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col

from bot.db import Database
from bot.office import gates
from bot.post import depths
from bot.post.inbox import Kept, insert
from channels.base import Envelope, Kind
from models.evidence import Evidence, EvidenceState, Provenance
from models.inbox import Inbox, InboxState, Lane
from models.outbox import Held, Outbox, OutboxState, Part, Weight
from models.person import Via
from tests.bot.scene import KEYS, NOW, change, later, put, somebody

SECOND = timedelta(seconds=1)


def came(db: Database, lane: str, event: str, *, state: InboxState = InboxState.NEW) -> None:
    """Let an envelope have come in; each a second after the one before."""

    def act(s: Session) -> None:
        kept = Envelope("sms", "AC1", event, Kind.MESSAGE, lane, b"{}")
        insert(s, [Kept(kept, lane, NOW + SECOND * int(event))], KEYS)
        s.flush()
        s.exec(sa.update(Inbox).where(col(Inbox.event_id) == event).values(state=state))

    db.write_now(act)


def lane(db: Database, number: str, **values: object) -> None:
    db.write_now(lambda s: s.exec(sa.update(Lane).where(col(Lane.id) == number).values(**values)))


def stand(db: Database, number: int, state: OutboxState) -> None:
    change(db, number, lambda row: setattr(row, "state", state))


def hold(db: Database, number: int, why: Held) -> None:
    change(db, number, lambda row: setattr(row, "held", why))


def depth(db: Database) -> depths.Depths:
    return db.read_now(lambda s: depths.read(s, later(minutes=1)))


def test_an_empty_post_has_no_depth(db: Database):
    at = depth(db)
    assert (at.envelopes, at.lanes, at.resting, at.files) == (0, 0, 0, 0)
    assert (at.envelope_since, at.due_since, at.file_since) == (None, None, None)
    assert (at.piles, at.held, at.parked, at.unknown_parts) == ((), (), {}, {})
    assert at.shut == frozenset()


def test_envelopes_wait_in_their_lanes_and_some_lanes_rest(db: Database):
    for place, event in (("a", "5"), ("a", "6"), ("b", "7")):
        came(db, place, event)
    came(db, "a", "1", state=InboxState.DONE)
    came(db, "c", "2", state=InboxState.DONE)
    lane(db, "c", pending=False)
    lane(db, "b", next_at=later(minutes=5))
    at = depth(db)
    assert (at.envelopes, at.envelope_since) == (3, NOW + 5 * SECOND)
    assert (at.lanes, at.resting) == (2, 1)


def test_parked_envelopes_are_counted_by_kind_and_wait_no_more(db: Database):
    for number, state in enumerate((InboxState.DEAD, InboxState.ODD, InboxState.ODD)):
        came(db, "a", str(number), state=state)
    lane(db, "a", pending=False)
    at = depth(db)
    assert at.parked == {InboxState.DEAD: 1, InboxState.ODD: 2}
    assert at.envelopes == 0


def test_messages_lie_in_piles_by_state_channel_and_urgency_the_oldest_telling_its_age(
    db: Database,
):
    marta = somebody(db)
    chepe = somebody(db, "Chepe", "70001", Via.TELEGRAM)
    put(db, marta, "a", weight=Weight.BROADCAST, now=later(seconds=1))
    put(db, marta, "b", weight=Weight.BROADCAST, now=later(seconds=2))
    put(db, marta, "c", weight=Weight.REPLY, now=later(seconds=3))
    flying = put(db, chepe, "d", now=later(seconds=4))
    stand(db, flying, OutboxState.SENDING)
    for key, state in (("e", OutboxState.DELIVERED), ("f", OutboxState.FAILED)):
        ended = put(db, chepe, key)
        stand(db, ended, state)
    found = {
        (pile.state, pile.via, pile.weight): (pile.count, pile.since) for pile in depth(db).piles
    }
    assert found == {
        (OutboxState.PENDING, "whatsapp", Weight.BROADCAST): (2, later(seconds=1)),
        (OutboxState.PENDING, "whatsapp", Weight.REPLY): (1, later(seconds=3)),
        (OutboxState.SENDING, "telegram", Weight.REPLY): (1, later(seconds=4)),
    }


def test_what_is_held_is_counted_apart_and_is_not_late(db: Database):
    marta = somebody(db)
    for key, why in (("a", Held.WINDOW), ("b", Held.HOURS), ("c", Held.HOURS)):
        number = put(db, marta, key, now=NOW)
        hold(db, number, why)
    sent = put(db, marta, "d")
    change(db, sent, _sent_after_being_held)
    put(db, marta, "e", now=later(seconds=30))
    put(db, marta, "f", now=later(minutes=2))  # its time is still to come
    at = depth(db)
    assert {(one.why, one.via): one.count for one in at.held} == {
        (Held.WINDOW, "whatsapp"): 1,
        (Held.HOURS, "whatsapp"): 2,
    }
    assert at.due_since == later(seconds=30)


def _sent_after_being_held(row: Outbox) -> None:
    row.held, row.state = Held.WINDOW, OutboxState.SENT


def test_unknown_parts_are_those_of_messages_that_are_unknown(db: Database):
    marta = somebody(db)
    doubtful, known = put(db, marta, "a"), put(db, marta, "b")
    stand(db, doubtful, OutboxState.UNKNOWN)

    def act(s: Session) -> None:
        for message, n, state in (
            (doubtful, 1, OutboxState.ACCEPTED),
            (doubtful, 2, OutboxState.UNKNOWN),
            (known, 1, OutboxState.UNKNOWN),
        ):
            row = s.get_one(Outbox, message)
            s.add(
                Part(
                    outbox_id=message, n=n, of=2, via="sms", address_id=row.address_id, state=state
                )
            )

    db.write_now(act)
    at = depth(db)
    assert at.unknown_parts == {"sms": 1}
    assert [pile.state for pile in at.piles] == [OutboxState.PENDING, OutboxState.UNKNOWN]


def test_files_that_were_announced_wait_to_be_fetched(db: Database):
    marta = somebody(db)

    def act(s: Session) -> None:
        for second, state in (
            (3, EvidenceState.ANNOUNCED),
            (2, EvidenceState.ANNOUNCED),
            (1, EvidenceState.STORED),
        ):
            s.add(
                Evidence(
                    person_id=marta,
                    via="sms",
                    kind="photo",
                    provenance=Provenance.DOCUMENT,
                    state=state,
                    received_at=NOW + second * SECOND,
                )
            )

    db.write_now(act)
    at = depth(db)
    assert (at.files, at.file_since) == (2, NOW + 2 * SECOND)


def test_gates_that_are_shut_are_named(db: Database):
    db.write_now(lambda s: gates.shut(s, gates.of_channel("sms"), "busy", NOW))
    assert depth(db).shut == {"channel:sms"}


def plans(s: Session) -> list[str]:
    """Ask the record how it would look, for each statement that `read` runs."""
    connection = s.connection()
    told: list[str] = []

    def ask(_connection, cursor, statement, parameters, _context, _many) -> None:
        if statement.startswith(("EXPLAIN", "SELECT gate")):
            return
        raw = cursor.connection.cursor()
        raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        told.extend(row[3] for row in raw.fetchall())

    sa.event.listen(connection, "before_cursor_execute", ask)
    depths.read(s, NOW)
    sa.event.remove(connection, "before_cursor_execute", ask)
    return told


def test_no_question_reads_a_whole_table(sqlite_db: Database):
    put(sqlite_db, somebody(sqlite_db), "a")
    told = sqlite_db.read_now(plans)
    assert len(told) > 9
    for table in ("inbox", "outbox", "part", "evidence", "lane"):
        assert not [step for step in told if step == f"SCAN {table}"], told
    for index in ("ix_inbox_parked", "ix_outbox_held", "ix_outbox_due"):
        assert any(f"COVERING INDEX {index}" in step for step in told), (index, told)


@pytest.mark.parametrize("state", list(OutboxState))
def test_a_message_lies_in_a_pile_as_long_as_its_end_is_not_known(db: Database, state: OutboxState):
    number = put(db, somebody(db), "a")
    stand(db, number, state)
    assert [pile.state for pile in depth(db).piles] == [
        one for one in depths.ON_THE_WAY if one is state
    ]
