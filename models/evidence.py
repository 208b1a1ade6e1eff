"""A file as it was received: whose, when, how, and the hash of its very bytes."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel, UniqueConstraint

from models.base import choice, maybe_moment, moment, sealed


class EvidenceState(Enum):
    """How far a file has come. Nobody is thanked before it is stored."""

    ANNOUNCED = "announced"
    STORED = "stored"
    FAILED = "failed"


class Provenance(Enum):
    """What the channel does to a file before we get it."""

    RECOMPRESSED = "channel_recompressed"  # sent as a photo: the service shrank it
    DOCUMENT = "channel_document"  # sent as a file: the sender's own bytes
    UPLOAD = "link_upload"


class Evidence(SQLModel, table=True):
    """One file. The original bytes are never changed; the preview is a working copy.

    `acked_at` is when its burst was over and its sender was told what is stored and what is not;
    `ack_id` the message that said so, if one was sent.
    """

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("inbox_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    inbox_id: int | None = Field(default=None, foreign_key="inbox.id")
    position: int = 0
    person_id: int = Field(foreign_key="person.id", index=True)
    address_id: int | None = Field(default=None, foreign_key="address.id")
    conversation_id: int | None = Field(default=None, foreign_key="conversation.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="case.id", index=True)
    request_id: int | None = Field(default=None, foreign_key="document_request.id")
    via: str = Field(max_length=12)
    kind: str = Field(max_length=12)  # photo, document, voice, video, other: as the sender sent it
    provenance: Provenance = choice(Provenance)
    provider_message_id: str = Field(default="", max_length=120)
    locator: str = sealed("evidence.locator")  # where its provider keeps it, until erased
    filename: str = sealed("evidence.filename")
    caption: str = sealed("evidence.caption")
    mime_declared: str = Field(default="", max_length=120)
    mime_found: str = Field(default="", max_length=120)
    state: EvidenceState = choice(EvidenceState, EvidenceState.ANNOUNCED, index=True)
    failure: str = Field(default="", max_length=200)
    attempts: int = 0
    next_at: datetime | None = maybe_moment(index=True)
    sha256: str = Field(default="", max_length=64, index=True)
    size: int = 0
    path: str = Field(default="", max_length=200)  # below DATA_DIR, sealed bytes
    secret: str | None = sealed("evidence.secret", default=None)  # half of the key of both
    preview_path: str = Field(default="", max_length=200)
    quality: str = Field(default="", max_length=40)  # advisory: blurred, dark, small, unreadable
    sent_at: datetime | None = maybe_moment()  # the provider's word
    received_at: datetime = moment()  # ours
    stored_at: datetime | None = maybe_moment()
    acked_at: datetime | None = maybe_moment(index=True)
    ack_id: int | None = Field(default=None, foreign_key="outbox.id", index=True)
    erase_at: datetime | None = maybe_moment(index=True)  # when its copy at the provider goes
    erase_tries: int = 0
    erased_at: datetime | None = maybe_moment()
