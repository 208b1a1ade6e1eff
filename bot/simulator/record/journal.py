"""Every request the product made and every webhook it was sent, with the answer; kept on disk."""

import json
import time
from dataclasses import dataclass
from typing import Any

from bot.simulator.record.store import Store


@dataclass(frozen=True)
class Question:
    """What a reader of the log wants to see."""

    after: int = 0
    limit: int = 500
    provider: str = ""
    kind: str = ""


class Journal:
    """The log of the wire, oldest first."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def request(self, provider: str, name: str, answer: str, detail: dict[str, Any]) -> None:
        """Keep a request of the product and what it was told."""
        self._keep("request", provider, name, answer, detail)

    def webhook(self, provider: str, name: str, answer: str, detail: dict[str, Any]) -> None:
        """Keep one attempt at a webhook and what the product said."""
        self._keep("webhook", provider, name, answer, detail)

    def _keep(self, kind: str, provider: str, name: str, answer: str, detail: object) -> None:
        self._store.write(
            "INSERT INTO log(at, kind, provider, name, answer, detail) VALUES(?, ?, ?, ?, ?, ?)",
            time.time(),
            kind,
            provider,
            name,
            answer,
            json.dumps(detail),
        )

    def entries(self, question: Question) -> list[dict[str, Any]]:
        """The entries that fit the question."""
        rows = self._store.rows(
            "SELECT * FROM log WHERE id > ? AND (? = '' OR provider = ?) AND (? = '' OR kind = ?)"
            " ORDER BY id LIMIT ?",
            question.after,
            question.provider,
            question.provider,
            question.kind,
            question.kind,
            question.limit,
        )
        return [{**dict(row), "detail": json.loads(row["detail"])} for row in rows]

    def latest(self, limit: int) -> list[dict[str, Any]]:
        """The newest entries, newest first."""
        rows = self._store.rows("SELECT * FROM log ORDER BY id DESC LIMIT ?", limit)
        return [{**dict(row), "detail": json.loads(row["detail"])} for row in rows]
