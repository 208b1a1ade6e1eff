"""A document that a case needs, asked of a Defender."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel

from models.base import choice, maybe_choice, maybe_moment, moment, sealed


class DocumentType(Enum):
    """The catalogue. Countries call the same paper by their own names."""

    BIRTH_CERTIFICATE = "birth_cert"
    NATIONAL_ID = "national_id"
    PASSPORT = "passport"
    DEATH_CERTIFICATE = "death_cert"
    CRIMINAL_RECORD = "criminal_record"
    COMPLAINT = "complaint"
    COURT_FILE = "court_file"
    MEDICAL_RECORD = "medical_record"
    CUSTODY = "custody"
    SWORN_STATEMENT = "sworn_statement"
    OTHER = "other"


class DocumentState(Enum):
    """How far a request for a document has come. Only a human accepts or rejects."""

    REQUESTED = "requested"
    RECEIVED = "received"  # the Defender says that all photos are there
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNOBTAINABLE = "unobtainable"
    WITHDRAWN = "withdrawn"


class Obstacle(Enum):
    """Why a document could not be had."""

    DESTROYED = "records_destroyed"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    UNSAFE = "unsafe"
    OTHER = "other"


class DocumentRequest(SQLModel, table=True):
    """One document asked for a case, of one Defender."""

    __tablename__ = "document_request"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id", index=True)
    assignment_id: int | None = Field(default=None, foreign_key="assignment.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    type: DocumentType = choice(DocumentType)
    state: DocumentState = choice(DocumentState, DocumentState.REQUESTED)
    obstacle: Obstacle | None = maybe_choice(Obstacle)
    explanation: str = sealed("document_request.explanation")
    requested_at: datetime = moment()
    answered_at: datetime | None = maybe_moment()
    decided_by: int | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = maybe_moment()


class UploadPass(SQLModel, table=True):
    """A one-time link: to upload pictures that SMS cannot carry, or to read what work is about.

    Which of the two it opens is part of what the hash of its token is made of.
    """

    __tablename__ = "upload_pass"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    expires_at: datetime = moment()
    used_at: datetime | None = maybe_moment()
    created_at: datetime = moment()
