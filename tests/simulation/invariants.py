"""What must hold after any story: the engine's invariants, each a function that names breaches.

They look at the record with plain SQL, at what the record told of its own changes, and at what the
providers and the phones saw. They use nothing of the product but its files' seal.
"""

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.vault.keyring import Ring, Sealing
from tests.simulation.town import Town

HEIGHT = {"accepted": 10, "sent": 30, "failed": 35, "delivered": 40, "read": 50}
WENT = ("accepted", "sent", "delivered", "read")
ENDS = (*WENT, "failed", "unknown", "expired", "cancelled", "refused")
STOP_WEIGHT = 0
SLACK = timedelta(seconds=2)


class Left:
    """What a story left behind, ready to be asked."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.changes = town.witness.changes
        self._connection = sqlite3.connect(town.path)
        self._connection.row_factory = sqlite3.Row

    def rows(self, query: str, *given: Any) -> list[sqlite3.Row]:
        """Ask the record."""
        return self._connection.execute(query, given).fetchall()

    def file(self, row: sqlite3.Row) -> bytes:
        """Open a stored file with the secret in its row."""
        engine = sa.create_engine(f"sqlite:///{self.town.path}", poolclass=sa.NullPool)
        with engine.connect() as connection:
            opened = Sealing(Ring(), connection).open(row["secret"], "evidence.secret")
        return self.town.files.read(row["path"], opened.decode())

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def asked(self) -> list[Any]:
        """Give all requests to send that reached a provider."""
        return [*self.town.twilio.asked, *self.town.telegram.asked]


Breaches = Iterator[str]
Invariant = Callable[[Left], Breaches]


def moment(text: str) -> datetime:
    """Read an instant as SQLite keeps it."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def d7_1_what_was_answered_is_kept(left: Left) -> Breaches:
    """Every webhook that got 2xx is in the inbox."""
    kept = {(row["account"], row["event_id"]) for row in left.rows("SELECT * FROM inbox")}
    for one in left.town.answered:
        if 200 <= one.status < 300 and (one.account, one.event) not in kept:
            yield f"the webhook of {one.event} was answered {one.status} and is not in the inbox"


def d7_2_many_deliveries_take_effect_once(left: Left) -> Breaches:
    """However often it is delivered, an event is one row and one set of effects."""
    for row in left.rows(
        "SELECT event_id FROM inbox GROUP BY account, event_id HAVING count(*) > 1"
    ):
        yield f"event {row['event_id']} is in the inbox more than once"
    for row in left.rows("SELECT inbox_id FROM heard GROUP BY inbox_id HAVING count(*) > 1"):
        yield f"envelope {row['inbox_id']} was heard more than once"
    ended = Counter(one.id for one in left.changes if one.what == "inbox" and one.old == "new")
    for number, times in ended.items():
        if times > 1:
            yield f"envelope {number} took effect {times} times"


def d7_3_a_lane_keeps_its_order(left: Left) -> Breaches:
    """Events of one lane take effect in the order in which they were kept."""
    hushed = {row["id"] for row in left.rows("SELECT id FROM inbox WHERE hushed")}
    last: dict[str, int] = {}
    for one in left.changes:
        if one.what != "inbox" or one.old != "new" or one.id in hushed:
            continue
        if one.id < last.get(one.more, 0):
            yield f"envelope {one.id} took effect after {last[one.more]} of the same lane"
        last[one.more] = one.id


def d7_4_a_stale_worker_changes_nothing(left: Left) -> Breaches:
    """Only who holds a lane's newest fence lets its envelopes take effect."""
    holder: dict[str, str] = {}
    for one in left.changes:
        if one.what == "lane":
            holder[one.more] = one.by
        elif one.what == "inbox" and one.old == "new" and holder.get(one.more) != one.by:
            yield f"{one.by} worked envelope {one.id}, whose lane {holder.get(one.more)} holds"


def d7_5_state_and_words_commit_together(left: Left) -> Breaches:
    """An envelope is done if and only if it was heard, and its words are in the outbox."""
    for row in left.rows(
        "SELECT i.id, i.state FROM inbox i JOIN heard h ON h.inbox_id = i.id"
        " WHERE i.state <> 'done'"
    ):
        yield f"envelope {row['id']} was heard and is {row['state']}"
    for row in left.rows(
        "SELECT o.id, i.id AS cause FROM outbox o JOIN inbox i"
        " ON o.key LIKE 'in' || i.id || '.%' WHERE i.state <> 'done'"
    ):
        yield f"message {row['id']} answers envelope {row['cause']}, which is not done"


def d7_6_one_key_is_one_message(left: Left) -> Breaches:
    """One idempotency key, or one person of a broadcast, is at most one message."""
    for row in left.rows("SELECT key FROM outbox GROUP BY key HAVING count(*) > 1"):
        yield f"key {row['key']} is in the outbox more than once"
    for row in left.rows(
        "SELECT code, person_id FROM conversation WHERE name = 'announce'"
        " GROUP BY code, person_id HAVING count(*) > 1"
    ):
        yield f"person {row['person_id']} was asked {row['code']} more than once"


def d7_7_nobody_waits_in_a_transaction(left: Left) -> Breaches:
    """No network call while a transaction is open."""
    yield from left.town.waited_inside


def d7_8_a_part_has_one_accepted_id(left: Left) -> Breaches:
    """A part is accepted once, but for repeats: of what failed for good, or marked, and counted."""
    tries = {
        (str(row["outbox_id"]), row["n"]): row
        for row in left.rows(
            "SELECT a.*, o.repeatable FROM attempt a JOIN outbox o ON o.id = a.outbox_id"
        )
    }
    accepted: dict[int, list[Any]] = defaultdict(list)
    for asked in left.asked():
        if asked.sid:
            accepted[tries[asked.key, asked.attempt]["part_id"]].append(asked)
    for part, several in accepted.items():
        for one in several[:-1]:
            row = tries[one.key, one.attempt]
            given_up = row["outcome"] == "presumed_not_sent" or (
                one.via == "telegram" and row["repeatable"] and row["outcome"] in ("", "unknown")
            )
            if given_up:
                left.town.repeats += 1
            elif row["status"] != "failed":
                numbers = [each.sid for each in several]
                yield f"part {part} was accepted as {numbers}, and {one.sid} was not given up"


def d7_9_news_only_goes_up(left: Left) -> Breaches:
    """A message's state never goes down the lattice."""
    for one in left.changes:
        if one.what not in ("outbox", "part"):
            continue
        before, after = HEIGHT.get(one.old), HEIGHT.get(one.new)
        if before is not None and after is not None and after < before:
            yield f"{one.what} {one.id} went from {one.old} to {one.new}"
        if one.what == "part" and one.old in WENT and after is None:
            yield f"part {one.id} went from {one.old} to {one.new}"


def d7_10_early_news_is_kept_and_applied(left: Left) -> Breaches:
    """A callback before the answer, or for an id nobody knows yet, counts in the end."""
    receipts = {
        (row["provider_id"], row["status"]): row for row in left.rows("SELECT * FROM receipt")
    }
    parts = {
        (str(row["outbox_id"]), row["n"]): row["state"]
        for row in left.rows(
            "SELECT a.outbox_id, a.n, p.state FROM attempt a JOIN part p ON p.id = a.part_id"
        )
    }
    tries = {asked.sid: (asked.key, asked.attempt) for asked in left.asked() if asked.sid}
    for one in left.town.answered:
        sid, _, status = one.event.partition(":")
        if sid not in tries or not status or not 200 <= one.status < 300:
            continue
        row = receipts.get((sid, status))
        state = parts[tries[sid]]
        if row is None:
            yield f"the news {one.event} was taken and is not kept"
        elif row["outbox_id"] is None:
            yield f"the news {one.event} was never applied"
        elif status in ("delivered", "read") and HEIGHT.get(state, 0) < HEIGHT[status]:
            yield f"a part of message {tries[sid][0]} is {state}, and its provider said {status}"


def d7_11_nothing_after_a_stop(left: Left) -> Breaches:
    """After a stop is stored no attempt starts, but to confirm it or to answer a call for help."""
    owner = {row["id"]: row for row in left.rows("SELECT id, person_id, weight, state FROM outbox")}
    went = {int(asked.key.partition(".")[0]) for asked in left.asked()}
    stopped: set[int] = set()
    for one in left.changes:
        if one.what == "stop":
            (stopped.add if one.new == "stopped" else stopped.discard)(one.id)
        elif one.what == "attempt":
            row = owner[int(one.more)]
            reached = row["id"] in went
            if reached and row["person_id"] in stopped and row["weight"] != STOP_WEIGHT:
                yield f"attempt {one.id} of message {row['id']} began after a stop"
    for row in owner.values():
        waits = row["state"] in ("pending", "sending") and row["weight"] != STOP_WEIGHT
        if waits and row["person_id"] in stopped:
            yield f"message {row['id']} still waits for somebody who said stop"


def d7_12_nothing_is_sent_late(left: Left) -> Breaches:
    """No attempt begins after a message's time is over, and its provider is told that time."""
    for row in left.rows(
        "SELECT a.id, a.started_at, o.expires_at, o.id AS message FROM attempt a"
        " JOIN outbox o ON o.id = a.outbox_id WHERE o.expires_at IS NOT NULL"
    ):
        if moment(row["started_at"]) > moment(row["expires_at"]):
            late = [one for one in left.asked() if _is(one, row["message"], left, row["id"])]
            if late:
                yield f"message {row['message']} was sent after its time"
    ends = {str(row["id"]): row["expires_at"] for row in left.rows("SELECT * FROM outbox")}
    for asked in left.asked():
        until = ends[asked.key.partition(".")[0]]
        if asked.expires_in is not None and until is not None:
            told = asked.at + timedelta(seconds=asked.expires_in)
            if told > moment(until) + SLACK + timedelta(seconds=abs(left.town.weather.skew)):
                yield f"message {asked.key} may be delivered until {told}, and not after {until}"


def _is(asked: Any, message: int, left: Left, attempt_id: int) -> bool:
    (row,) = left.rows("SELECT n FROM attempt WHERE id = ?", attempt_id)
    return bool(asked.key.partition(".")[0] == str(message) and asked.attempt == row["n"])


def d7_14_a_shut_gate_holds_and_loses_nothing(left: Left) -> Breaches:
    """While a channel's gate is shut nothing goes through it; open, what waited goes."""
    via = {row["id"]: row["via"] for row in left.rows("SELECT id, via FROM outbox")}
    shut: set[str] = set()
    for one in left.changes:
        if one.what == "gate":
            (shut.add if one.new == "shut" else shut.discard)(one.more)
        elif one.what == "attempt" and f"channel:{via[int(one.more)]}" in shut:
            yield f"attempt {one.id} went through the shut gate of {via[int(one.more)]}"


def d7_16_poison_stops_nobody(left: Left) -> Breaches:
    """What our code cannot work is parked, shown to a human, and the lane goes on."""
    for row in left.rows("SELECT id, attempts, state FROM inbox WHERE state IN ('new', 'dead')"):
        if row["state"] == "new":
            yield f"envelope {row['id']} was never worked, after {row['attempts']} tries"
        elif not left.rows("SELECT 1 FROM task WHERE cause = ?", f"dead:{row['id']}"):
            yield f"envelope {row['id']} is dead, and no human was told"


def d7_19_what_is_kept_is_whole(left: Left) -> Breaches:
    """A file that is said to be stored is there with its hash; its original goes only after."""
    sent = {hashlib.sha256(one).hexdigest(): at for at, one in left.town.sent_files.items()}
    for row in left.rows("SELECT * FROM evidence"):
        if row["state"] == "announced":
            yield f"file {row['id']} was never fetched nor given up"
        elif row["state"] == "stored":
            content = left.file(row)
            if hashlib.sha256(content).hexdigest() != row["sha256"] or row["sha256"] not in sent:
                yield f"file {row['id']} is not what its sender sent"
        if row["acked_at"] is None:
            yield f"nobody told the sender what became of file {row['id']}"
    stored = {
        row["sha256"]: moment(row["stored_at"])
        for row in left.rows("SELECT * FROM evidence WHERE state = 'stored'")
    }
    for provider in (left.town.twilio, left.town.telegram):
        for locator, at in provider.erased.items():
            sha256 = hashlib.sha256(left.town.sent_files[locator]).hexdigest()
            if sha256 not in stored or stored[sha256] > at:
                yield f"{locator} was erased before it was stored"


def everybody_is_answered(left: Left) -> Breaches:
    """Every message that came in has its reply, or is in a human's hands, or is a file."""
    heard = {
        row["inbox_id"]: row
        for row in left.rows(
            "SELECT h.*, i.done_at FROM heard h JOIN inbox i ON i.id = h.inbox_id"
            " WHERE i.state = 'done' AND h.files = 0"
        )
    }
    stopped: set[int] = set()
    for one in left.changes:
        if one.what == "stop":
            (stopped.add if one.new == "stopped" else stopped.discard)(one.id)
        row = heard.get(one.id) if one.what == "inbox" and one.new == "done" else None
        if row is None or row["person_id"] in stopped:
            continue  # who said stop hears nothing, by their own wish
        said = left.rows(
            "SELECT 1 FROM outbox WHERE person_id = ? AND (created_at = ? OR key LIKE ?)",
            row["person_id"],
            row["done_at"],
            f"in{row['inbox_id']}.%",
        )
        human = left.rows(
            "SELECT 1 FROM task WHERE person_id = ?"
            " AND abs(julianday(created_at) - julianday(?)) < 1",
            row["person_id"],
            row["done_at"],
        )
        consent = left.rows("SELECT 1 FROM consent_event WHERE inbox_id = ?", row["inbox_id"])
        if not (said or human or consent):
            yield f"envelope {row['inbox_id']} of person {row['person_id']} has no answer"


def no_message_is_lost(left: Left) -> Breaches:
    """Every message came to an end, and where it did not arrive a human knows."""
    went = {asked.key.partition(".")[0] for asked in left.asked() if asked.sid}
    for row in left.rows("SELECT * FROM outbox"):
        number, state = row["id"], row["state"]
        if state not in ENDS and row["held"] is None:
            yield f"message {number} is still {state}"
        if state in WENT and str(number) not in went:
            yield f"message {number} is {state}, and no provider ever took it"
        if state in ("failed", "unknown", "expired", "refused") and not left.rows(
            "SELECT 1 FROM task WHERE cause LIKE ? OR cause LIKE ? OR (person_id = ?"
            " AND created_at >= ?)",
            f"kept:{number}%",
            f"failed:{number}%",
            row["person_id"],
            row["created_at"],
        ):
            yield f"message {number} is {state}, and no human was told"


def everything_sent_to_us_is_heard(left: Left) -> Breaches:
    """What people sent is in the inbox, though webhooks were lost: Twilio's list was looked at."""
    kept = {row["event_id"] for row in left.rows("SELECT event_id FROM inbox")}
    for _at, _via, raw in left.town.twilio.heard:
        if json.loads(raw)["event"] not in kept:
            yield f"the message {json.loads(raw)['event']} was sent to us and never came in"
    if left.town.telegram.line:
        yield f"Telegram still holds {len(left.town.telegram.line)} updates back"


INVARIANTS: tuple[Invariant, ...] = (
    d7_1_what_was_answered_is_kept,
    d7_2_many_deliveries_take_effect_once,
    d7_3_a_lane_keeps_its_order,
    d7_4_a_stale_worker_changes_nothing,
    d7_5_state_and_words_commit_together,
    d7_6_one_key_is_one_message,
    d7_7_nobody_waits_in_a_transaction,
    d7_8_a_part_has_one_accepted_id,
    d7_9_news_only_goes_up,
    d7_10_early_news_is_kept_and_applied,
    d7_11_nothing_after_a_stop,
    d7_12_nothing_is_sent_late,
    d7_14_a_shut_gate_holds_and_loses_nothing,
    d7_16_poison_stops_nobody,
    d7_19_what_is_kept_is_whole,
    everybody_is_answered,
    no_message_is_lost,
    everything_sent_to_us_is_heard,
)


def breaches(town: Town) -> list[str]:
    """Name everything that does not hold."""
    left = Left(town)
    try:
        return [
            f"{invariant.__name__}: {breach}"
            for invariant in INVARIANTS
            for breach in invariant(left)
        ]
    finally:
        left.close()
