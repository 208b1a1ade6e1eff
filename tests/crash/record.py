"""What is left after crashes, by the record and the simulator's log, and by nothing else."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa

WENT = ("accepted", "sent", "delivered", "read")
ENDS = (*WENT, "failed", "unknown", "expired", "cancelled", "refused")


@dataclass
class Verdict:
    """What was lost, what came twice, and what is otherwise not as it should be."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    repeats: int = 0  # sent once more, and marked so
    handed: int = 0  # left to a human, as unknown

    def must_be_clean(self) -> None:
        """Fail, and say everything that is not right."""
        found = [
            *(f"lost: {one}" for one in self.lost),
            *(f"doubled: {one}" for one in self.doubled),
            *(f"wrong: {one}" for one in self.wrong),
        ]
        assert not found, "\n".join(found)


class Record:
    """The record of a deployment, asked with plain SQL."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, poolclass=sa.NullPool)

    def rows(self, query: str, **given: Any) -> list[Any]:
        """Ask it."""
        with self._engine.connect() as connection:
            return list(connection.execute(sa.text(query), given))

    def number(self, query: str, **given: Any) -> int:
        """Ask it for one number."""
        return int(self.rows(query, **given)[0][0])

    def unrest(self) -> dict[str, int]:
        """Say what is still under way."""
        asked = {
            "inbox": "SELECT count(*) FROM inbox WHERE state = 'new'",
            "outbox": "SELECT count(*) FROM outbox WHERE held IS NULL AND"
            " (state IN ('pending', 'sending') OR (state = 'unknown' AND next_at IS NOT NULL))",
            "files": "SELECT count(*) FROM evidence WHERE state = 'announced' OR acked_at IS NULL",
            "broadcasts": "SELECT count(*) FROM broadcast WHERE state = 'sending'",
            "lines": "SELECT count(*) FROM conversation WHERE state = 'waiting'",
        }
        found = {name: self.number(query) for name, query in asked.items()}
        return {name: count for name, count in found.items() if count}


@dataclass(frozen=True)
class Accepted:
    """A message that a provider took."""

    id: str
    message: int  # our own number, where the provider was told it
    attempt: int
    to: str


def accepted(log: list[dict[str, Any]]) -> Iterator[Accepted]:
    """Find every message that was taken, whether or not we heard so."""
    for entry in log:
        if entry["kind"] != "request":
            continue
        sent, answer = entry["detail"]["sent"], entry["detail"]["answer"]
        if entry["provider"] == "twilio" and isinstance(answer, dict) and "StatusCallback" in sent:
            if str(answer.get("sid", "")).startswith(("SM", "MM")):
                query = parse_qs(urlsplit(sent["StatusCallback"]).query)
                own, attempt = int(query["m"][0]), int(query["a"][0])
                yield Accepted(answer["sid"], own, attempt, sent["To"])
        elif entry["name"] == "sendMessage" and answer.get("ok"):
            result = answer["result"]
            chat = result["chat"]["id"]
            yield Accepted(f"{chat}:{result['message_id']}", 0, 0, str(chat))


def look(record: Record, log: list[dict[str, Any]]) -> Verdict:
    """Hold what is left against what must be."""
    verdict = Verdict()
    _inbox(record, log, verdict)
    _outbox(record, verdict)
    _phones(record, list(accepted(log)), verdict)
    return verdict


def _inbox(record: Record, log: list[dict[str, Any]], verdict: Verdict) -> None:
    """D7.1, D7.2, D8.1 to D8.9: what was sent to us is kept once, worked once, and answered."""
    kept = {row.event_id for row in record.rows("SELECT event_id FROM inbox")}
    for entry in log:
        if entry["kind"] != "webhook":
            continue
        fields = entry["detail"]["fields"]
        status = fields.get("MessageStatus")
        event = str(fields["update_id"]) if "update_id" in fields else fields["MessageSid"]
        taken = entry["answer"] == "200"
        if status is None and event not in kept:
            verdict.lost.append(f"{event} was sent to us and is not in the inbox")
        elif status is not None and taken and not any(event in one for one in kept):
            verdict.lost.append(f"{event} {status} was answered 200 and is not in the inbox")
    for row in record.rows(
        "SELECT account, event_id FROM inbox GROUP BY account, event_id HAVING count(*) > 1"
    ):
        verdict.doubled.append(f"{row.event_id} is in the inbox twice")
    for row in record.rows("SELECT inbox_id FROM heard GROUP BY inbox_id HAVING count(*) > 1"):
        verdict.doubled.append(f"envelope {row.inbox_id} was heard twice")
    for row in record.rows("SELECT id, state FROM inbox WHERE state <> 'done'"):
        verdict.wrong.append(f"envelope {row.id} is {row.state}")
    for row in record.rows(
        "SELECT h.inbox_id FROM heard h JOIN inbox i ON i.id = h.inbox_id WHERE h.files = 0"
        " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.person_id = h.person_id"
        " AND o.created_at = i.done_at)"
        " AND NOT EXISTS (SELECT 1 FROM task t WHERE t.person_id = h.person_id)"
    ):
        verdict.lost.append(f"envelope {row.inbox_id} has no answer")


def _outbox(record: Record, verdict: Verdict) -> None:
    """D7.6, D8.13: one key is one message, and each comes to its end or to a human."""
    for row in record.rows("SELECT key FROM outbox GROUP BY key HAVING count(*) > 1"):
        verdict.doubled.append(f"the key {row.key} is in the outbox twice")
    causes = {row.cause for row in record.rows("SELECT cause FROM task")}
    for row in record.rows("SELECT id, state, held FROM outbox"):
        if row.state not in ENDS and row.held is None:
            verdict.lost.append(f"message {row.id} is still {row.state}")
        if row.state == "unknown":
            verdict.handed += 1
            if f"kept:{row.id}" not in causes:
                verdict.lost.append(f"message {row.id} is unknown, and no human was told")


def _phones(record: Record, taken: list[Accepted], verdict: Verdict) -> None:
    """D7.8, D8.14 to D8.19: a part is on a phone once, but for repeats that are marked."""
    tries = {
        (row.outbox_id, row.n): row
        for row in record.rows(
            "SELECT a.*, o.repeatable, o.via, o.person_id FROM attempt a"
            " JOIN outbox o ON o.id = a.outbox_id"
        )
    }
    parts: dict[int, list[Any]] = defaultdict(list)
    for one in taken:
        if one.message:
            parts[tries[one.message, one.attempt].part_id].append(tries[one.message, one.attempt])
    for part, several in parts.items():
        for row in several[:-1]:
            if row.outcome == "presumed_not_sent":
                verdict.repeats += 1
            elif row.status != "failed":
                verdict.doubled.append(f"part {part} was taken {len(several)} times")
    _telegram(taken, list(tries.values()), verdict)
    _nowhere(record, {one.id for one in taken}, verdict)


def _telegram(taken: list[Accepted], tries: list[Any], verdict: Verdict) -> None:
    """Telegram is not told our number, so what no attempt knows must be explained by a doubt."""
    known = {row.provider_id for row in tries}
    lost_track = [row for row in tries if row.outcome in ("", "unknown")]
    unheard = [one for one in taken if not one.message and one.id not in known]
    if len(unheard) > sum(row.via == "telegram" for row in lost_track):
        verdict.doubled.append(f"Telegram took {len(unheard)} messages that no attempt explains")
    verdict.repeats += len(unheard)


def _nowhere(record: Record, ids: set[str], verdict: Verdict) -> None:
    """What is said to have gone out was taken by somebody."""
    for row in record.rows("SELECT DISTINCT outbox_id, provider_id FROM part"):
        if row.provider_id and row.provider_id not in ids:
            verdict.lost.append(f"message {row.outbox_id} went as {row.provider_id}: nobody has it")
    for row in record.rows(
        "SELECT o.id, o.state FROM outbox o"
        " WHERE o.state IN ('accepted', 'sent', 'delivered', 'read')"
        " AND NOT EXISTS (SELECT 1 FROM part p WHERE p.outbox_id = o.id AND p.provider_id <> '')"
    ):
        verdict.lost.append(f"message {row.id} is {row.state}, and went nowhere")
