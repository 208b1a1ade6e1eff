"""The ground: people, cases and work, conversations, what comes in and goes out, who did what.

Columns are written as lists of names: `?` may be empty, `name:40` has a length, `name:person`
refers to a row of another table. Names of constraints follow `models/base.py`.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "address",
    "inbox",
    "lane",
    "organisation",
    "person",
    "staff",
    "trail",
    "api_token",
    "broadcast",
    "case",
    "consent_event",
    "invite",
    "link",
    "staff_session",
    "appointment",
    "assignment",
    "conversation",
    "creation",
    "task",
    "document_request",
    "heard",
    "offer",
    "outbox",
    "upload_pass",
    "whereabouts",
    "attempt",
    "evidence",
    "receipt",
    "recipient",
)
"""In the order in which they refer to each other."""


def upgrade() -> None:
    _people_and_cases()
    _work_and_post()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _people_and_cases() -> None:
    _table(
        "address",
        words="via:40 lookup:64",
        moments="last_heard_at? blocked_at? unsafe_at? bad_at? created_at",
        sealed="wire",
        unique="via lookup",
    )
    _table(
        "inbox",
        words="channel:12 account:64 event_id:160 kind:12 lane:64 state:40 error:300",
        numbers="attempts",
        moments="received_at done_at?",
        sealed="raw",
        unique="account event_id",
    )
    op.create_index("ix_inbox_lane_state_id", "inbox", ["lane", "state", "id"])
    _table(
        "lane",
        id_type=sa.String(64),
        words="owner:40",
        numbers="fence",
        flags="pending",
        moments="next_at? lease_until?",
        indexes="pending",
    )
    _table(
        "organisation",
        words="name:80 phone:40 website:120 hours:120 owner:80",
        numbers="reply_hours",
        moments="review_by",
    )
    _table(
        "person",
        words="role:40 language:8 country:2 zone:40 lockout:40",
        moments="stopped_at? frozen_at? held_at? created_at",
        sealed="name note",
        indexes="role",
    )
    _table(
        "staff",
        words="username:80 duty:40 password_hash:200 language:8",
        moments="created_at disabled_at?",
        sealed="name",
        unique="username",
    )
    _table(
        "trail",
        words="actor:40 act:60 object:60",
        numbers="case_id?",
        moments="at",
        sealed="detail",
    )
    op.create_index("ix_trail_case_id_id", "trail", ["case_id", "id"])
    _table(
        "api_token",
        refers="staff_id:staff?",
        words="label:80 token_hash:64 scopes:300",
        moments="created_at revoked_at?",
        unique="token_hash",
    )
    _table(
        "broadcast",
        refers="created_by:staff",
        words="code:16 title:120 state:40",
        numbers="expanded_to",
        moments="created_at confirmed_at?",
        sealed="body_es body_en",
        unique="code",
    )
    _table(
        "case",
        refers="lawyer_id:person? parent_id:person?",
        words="reference:16 program:40 country:2 state:40",
        moments="opened_at closed_at?",
        sealed="summary sought guarded",
        unique="reference",
        indexes="lawyer_id parent_id state",
    )
    _table(
        "consent_event",
        refers="person_id:person address_id:address? inbox_id:inbox? staff_id:staff?",
        words="kind:40 via:12 rule:40",
        moments="at",
        sealed="words",
        indexes="person_id",
    )
    _table(
        "invite",
        refers="person_id:person used_by:address?",
        words="token_hash:64 via:40",
        moments="expires_at used_at? created_at",
        unique="token_hash",
        indexes="person_id",
    )
    _table(
        "link",
        refers="person_id:person address_id:address",
        words="trust:40",
        moments="confirmed_at? created_at",
        unique="person_id address_id",
        indexes="address_id person_id",
    )
    _table(
        "staff_session",
        refers="staff_id:staff",
        words="token_hash:64 csrf:64",
        moments="created_at seen_at ended_at?",
        unique="token_hash",
        indexes="staff_id",
    )


def _work_and_post() -> None:
    _table(
        "appointment",
        refers="person_id:person case_id:case? recorded_by:staff?",
        words="zone:40 state:40 established:40",
        moments="at recorded_at? created_at",
        sealed="note",
        indexes="at case_id person_id",
    )
    _table(
        "assignment",
        refers="case_id:case defender_id:person?",
        words="kind:40 state:40 language_needed:40 due:10 budget:60 documents:200",
        moments="created_at accepted_at? closed_at?",
        sealed="municipality details",
        indexes="case_id defender_id",
    )
    _table(
        "conversation",
        refers="person_id:person case_id:case?",
        words="name:40 code:16 state:40",
        numbers="asked_in? confused",
        moments="asked_at? patience_until? started_at ended_at?",
        sealed="given journal settled recorded asked",
        indexes="case_id patience_until person_id state",
    )
    _table(
        "creation",
        refers="token_id:api_token",
        words="key_hash:64 request_hash:64",
        moments="created_at",
        sealed="answer",
        unique="key_hash",
    )
    _table(
        "task",
        refers="person_id:person? case_id:case? done_by:staff?",
        words="kind:40 state:40 cause:80",
        moments="due_at created_at done_at?",
        sealed="detail done_note",
        unique="cause",
        indexes="case_id person_id state",
    )
    _table(
        "document_request",
        refers="case_id:case assignment_id:assignment? person_id:person decided_by:staff?",
        words="type:40 state:40 obstacle:40?",
        moments="requested_at answered_at? decided_at?",
        sealed="explanation",
        indexes="case_id person_id",
    )
    _table(
        "heard",
        refers=(
            "inbox_id:inbox person_id:person address_id:address conversation_id:conversation? "
            "case_id:case?"
        ),
        words="via:12 provider_id:120 note:120",
        numbers="files",
        flags="forwarded",
        moments="sent_at? received_at",
        sealed="text",
        indexes="case_id conversation_id inbox_id person_id provider_id",
    )
    _table(
        "offer",
        refers="assignment_id:assignment person_id:person",
        words="state:40 reason:40",
        moments="offered_at answered_at?",
        sealed="note",
        unique="assignment_id person_id",
        indexes="assignment_id person_id",
    )
    _table(
        "outbox",
        refers=(
            "person_id:person address_id:address conversation_id:conversation? case_id:case? "
            "written_by:staff?"
        ),
        words="key:64 via:12 state:40 provider_id:120 code:40 reason:300",
        numbers="weight attempts tries fence",
        flags="repeatable",
        moments="next_at? expires_at? lease_until? created_at sent_at? changed_at?",
        sealed="text options written",
        unique="key",
        indexes="case_id conversation_id person_id provider_id",
    )
    op.create_index("ix_outbox_state_next_at", "outbox", ["state", "next_at", "weight", "id"])
    _table(
        "upload_pass",
        refers="conversation_id:conversation person_id:person",
        words="token_hash:64",
        moments="expires_at used_at? created_at",
        unique="token_hash",
        indexes="conversation_id",
    )
    _table(
        "whereabouts",
        refers="case_id:case assignment_id:assignment? reported_by:person decided_by:staff?",
        words="via:12 finding:40 source:40? certainty:40? standing:40",
        moments="reported_at decided_at?",
        sealed="place pin note decision_note",
        indexes="case_id",
    )
    _table(
        "attempt",
        refers="outbox_id:outbox",
        words="outcome:40 code:40 provider_id:120",
        numbers="n fence",
        moments="started_at ended_at?",
        unique="outbox_id n",
        indexes="outbox_id",
    )
    _table(
        "evidence",
        refers=(
            "inbox_id:inbox? person_id:person address_id:address? conversation_id:conversation? "
            "case_id:case? request_id:document_request? ack_id:outbox?"
        ),
        words=(
            "via:12 kind:12 provenance:40 provider_message_id:120 mime_declared:120 mime_found:120 "
            "state:40 failure:200 sha256:64 path:200 preview_path:200 quality:40"
        ),
        numbers="position attempts size",
        moments="next_at? sent_at? received_at stored_at? acked_at?",
        sealed="locator filename caption",
        unique="inbox_id position",
        indexes="ack_id acked_at case_id conversation_id next_at person_id sha256 state",
    )
    _table(
        "receipt",
        refers="outbox_id:outbox?",
        words="account:64 provider_id:120 status:20 code:40",
        moments="received_at",
        unique="account provider_id status code",
        indexes="outbox_id provider_id",
    )
    _table(
        "recipient",
        refers=(
            "broadcast_id:broadcast person_id:person conversation_id:conversation? "
            "outbox_id:outbox?"
        ),
        words="exclusion:40 reply:40?",
        moments="replied_at?",
        sealed="words",
        unique="broadcast_id person_id",
        indexes="broadcast_id outbox_id person_id",
    )


def _table(
    name: str,
    *,
    id_type: sa.types.TypeEngine[Any] | None = None,
    refers: str = "",
    words: str = "",
    numbers: str = "",
    flags: str = "",
    moments: str = "",
    sealed: str = "",
    unique: str = "",
    indexes: str = "",
) -> None:
    plain = (
        (refers, sa.Integer()),
        (numbers, sa.Integer()),
        (flags, sa.Boolean()),
        (moments, sa.DateTime(timezone=True)),
        (sealed, sa.LargeBinary()),
    )
    op.create_table(
        name,
        sa.Column("id", id_type or sa.Integer(), nullable=False),
        *(_column(one, kind) for written, kind in plain for one in written.split()),
        *(_column(one, sa.String(int(_after(one)))) for one in words.split()),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        *(_reference(name, one) for one in refers.split()),
        *_unique(name, unique),
    )
    for column in indexes.split():
        op.create_index(f"ix_{name}_{column}", name, [column])


def _column(written: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(_before(written), kind, nullable=written.endswith("?"))


def _reference(table: str, written: str) -> sa.ForeignKeyConstraint:
    column, other = _before(written), _after(written)
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def _unique(table: str, columns: str) -> list[sa.UniqueConstraint]:
    name = f"uq_{table}_{columns.replace(' ', '_')}"
    return [sa.UniqueConstraint(*columns.split(), name=name)] if columns else []


def _before(written: str) -> str:
    return written.rstrip("?").partition(":")[0]


def _after(written: str) -> str:
    return written.rstrip("?").partition(":")[2]
