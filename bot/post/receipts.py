"""News of sent messages: kept as it came, applied in any order, never backwards."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from bot import crash
from bot.office import tasks
from bot.office.who import noticing
from bot.post import attempts
from bot.post.remedies import Remedies, Try
from channels.base import Channel, Failure, Receipt, Refused, Status, Stopped
from models.outbox import Outbox, OutboxState, Part, ReceiptRow
from models.person import Address
from models.task import TaskKind

_OWN = re.compile(r"[0-9]{1,18}")


def apply(s: Session, channels: Mapping[str, Channel], receipt: Receipt, now: datetime) -> None:
    """Keep one piece of news, and let it move the message it speaks of.

    News of a message we do not know yet stays unlinked, and is applied when we do.
    """
    kept = _keep(s, receipt, now)
    own = int(receipt.key) if _OWN.fullmatch(receipt.key) else None
    attempt = attempts.find(s, own, receipt.attempt, receipt.message_id)
    if attempt is None:
        return
    row = s.get_one(Outbox, attempt.outbox_id, with_for_update=True)
    kept.outbox_id = row.id
    attempt.provider_id = attempt.provider_id or receipt.message_id
    s.add_all((kept, attempt))
    part = s.get_one(Part, attempt.part_id)
    if not part.provider_id or part.state is OutboxState.UNKNOWN:
        part.provider_id = attempt.provider_id
        row.provider_id = row.provider_id or part.provider_id
    moved = attempts.climb(s, row, part, attempt, receipt.status, receipt.code, now)
    if moved and receipt.status is Status.FAILED and part.state is OutboxState.FAILED:
        failure = receipt.failure or Refused("It did not arrive.", code=receipt.code)
        after(
            s, Remedies(channels), Try(row, part, s.get_one(Address, part.address_id), now), failure
        )


def after(s: Session, remedies: Remedies, tried: Try, failure: Failure) -> None:
    """Let a part that failed after it was taken have its next try, another way, or a human."""
    row, part, now = tried.row, tried.part, tried.now
    before = max(0, attempts.alike(s, part, failure.code) - 1) if failure.code else 0
    outcome = remedies.judge(s, tried, failure, before=before)
    if outcome.state is OutboxState.PENDING:
        attempts.try_again(s, row, part, outcome, now)
    settle_failure(s, remedies, tried, failure)


def settle_failure(s: Session, remedies: Remedies, tried: Try, failure: Failure) -> None:
    """Draw the consequences of a failure, once it is known whether it is final."""
    row, now = tried.row, tried.now
    other = remedies.elsewhere(s, tried, failure)
    if row.state is OutboxState.FAILED:
        noticing.undelivered(s, tried.address, failure.code, now)
    remedies.follow(s, tried, failure)
    if other is not None:
        attempts.go_elsewhere(s, row, other, now)
        crash.point("out.leg")
    elif row.state is OutboxState.FAILED:
        # What a human can do at once about a block stands with it.
        tell = f"{failure.remedy.tell} " if isinstance(failure, Stopped) else ""
        ask_human(s, row, now, f"failed:{row.id}", f"{row.reason or failure} {tell}{row.code}")


def ask_human(s: Session, row: Outbox, now: datetime, cause: str, why: str) -> None:
    """Ask staff to see to a message that did not arrive."""
    tasks.need(
        s,
        kind=TaskKind.NOT_SENT,
        cause=cause,
        now=now,
        person_id=row.person_id,
        case_id=row.case_id,
        detail=f"A message by {row.via} did not arrive. {why}".strip(),
    )


def _keep(s: Session, receipt: Receipt, now: datetime) -> ReceiptRow:
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
    return s.exec(
        select(ReceiptRow).where(
            ReceiptRow.account == receipt.account,
            ReceiptRow.provider_id == receipt.message_id,
            ReceiptRow.status == receipt.status.value,
            ReceiptRow.code == receipt.code,
        )
    ).one()
