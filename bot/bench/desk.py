"""Staff's desk: broadcasts written and let go in the record of a bot that runs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.bench import town
from bot.bench.yard import Target, Yard
from bot.db import Act, Database
from bot.office import broadcasts, gates
from bot.wiring import keys
from models.broadcast import Recipient
from models.outbox import Outbox, OutboxState, Weight
from models.staff import Staff

T = TypeVar("T")
WORDS = "Reunion el martes a las 9 en la oficina de la red. Puede ir?"
GATE = gates.of_broadcasts("sms")


class Desk:
    """What a coordinator does, straight in the record, beside the process that serves."""

    def __init__(self, yard: Yard, target: Target, database_url: str) -> None:
        self.settings = town.read(yard.environment(target.port, {"DATABASE_URL": database_url}))
        keys(self.settings)
        self._db = Database(self.settings.url)
        self._staff = self._do(_coordinator)

    def broadcast(self, people: Sequence[int]) -> None:
        """Write a broadcast to these people, and let it go."""
        self._do(partial(_send, people=people, staff_id=self._staff))

    def shut(self) -> None:
        """Hold broadcasts back: they are handed over and not sent."""
        self._do(lambda s: gates.shut(s, GATE, "The bench.", _now(), staff_id=self._staff))

    def open(self) -> None:
        """Let broadcasts go again."""
        self._do(lambda s: gates.open_(s, GATE, _now(), staff_id=self._staff))

    def handed_over(self) -> int:
        """Count those of all broadcasts whose own talk was begun."""
        return self._db.read_now(
            lambda s: s.exec(
                select(sa.func.count())
                .select_from(Recipient)
                .where(col(Recipient.conversation_id).is_not(None))
            ).one()
        )

    def waiting(self) -> int:
        """Count the messages of broadcasts that wait to be sent."""
        return self._db.read_now(
            lambda s: s.exec(
                select(sa.func.count())
                .select_from(Outbox)
                .where(
                    Outbox.state == OutboxState.PENDING,
                    Outbox.via == "sms",
                    Outbox.weight == Weight.BROADCAST.value,
                )
            ).one()
        )

    def close(self) -> None:
        """Let go of the record."""
        self._db.close()

    def _do(self, act: Act[T]) -> T:
        return self._db.write_now(act)


def _coordinator(s: Session) -> int:
    made = Staff(username="bench", name="Banco", password_hash="", created_at=_now())
    s.add(made)
    s.flush()
    return made.id or 0


def _send(s: Session, people: Sequence[int], staff_id: int) -> None:
    now = _now()
    made = broadcasts.draft(
        s,
        title="Reunion",
        body_es=WORDS,
        body_en="",
        person_ids=people,
        staff_id=staff_id,
        now=now,
    )
    broadcasts.confirm(s, made, staff_id, now)


def _now() -> datetime:
    return datetime.now(UTC)
