"""News of sent messages: kept as it came, applied in any order, never backwards."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from bot.office import people, tasks
from bot.post import outbox
from channels.base import BadAddress, Failure, Receipt, Status, Stopped
from models.outbox import Outbox, OutboxState, ReceiptRow
from models.person import Address
from models.task import TaskKind

_OWN = re.compile(r"[0-9]{1,18}")


def apply(s: Session, receipt: Receipt, now: datetime) -> None:
    """Keep one piece of news, and let it move the message it speaks of."""
    connection = s.connection()
    build: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        build.insert(ReceiptRow)
        .values(
            account=receipt.account,
            provider_id=receipt.message_id,
            status=receipt.status.value,
            code=receipt.code,
            received_at=now,
        )
        .on_conflict_do_nothing(index_elements=["account", "provider_id", "status", "code"])
    )
    kept = s.exec(
        select(ReceiptRow).where(
            ReceiptRow.account == receipt.account,
            ReceiptRow.provider_id == receipt.message_id,
            ReceiptRow.status == receipt.status.value,
            ReceiptRow.code == receipt.code,
        )
    ).one()
    own = int(receipt.key) if _OWN.fullmatch(receipt.key) else None
    row = outbox.receive(s, kept, own, now)
    if row is not None and receipt.status is Status.FAILED:
        failed(s, row, receipt.code, now, receipt.failure)


def failed(
    s: Session, row: Outbox, code: str, now: datetime, failure: Failure | None = None
) -> None:
    """Draw the consequences of a message that did not arrive."""
    if row.state is not OutboxState.FAILED:
        return
    address = s.get_one(Address, row.address_id)
    if isinstance(failure, Stopped):
        people.block(s, address, now)
    if isinstance(failure, BadAddress) and address.bad_at is None:
        address.bad_at = now
        s.add(address)
    tasks.need(
        s,
        kind=TaskKind.NOT_SENT,
        cause=f"failed:{row.id}",
        now=now,
        person_id=row.person_id,
        case_id=row.case_id,
        detail=f"A message did not arrive by {row.via}. {row.reason} {code}".strip(),
    )
