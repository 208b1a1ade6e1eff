"""Who did what, when: the log of acts that every change leaves, and live pages follow."""

from datetime import datetime

from sqlmodel import Field, Index, SQLModel

from models.base import moment, sealed


class Trail(SQLModel, table=True):
    """One act, in the same transaction as what it did. Rows are never changed.

    Each row carries the hash of the one before it, so that a row that was changed, cut out or put
    in is found. What it says about people is sealed; the chain holds only its salted hash.
    """

    __tablename__ = "trail"
    __table_args__ = (
        Index("ix_trail_case_id_id", "case_id", "id"),
        Index("ix_trail_seq", "seq", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = moment()
    actor: str = Field(max_length=40)  # "staff:3", "person:12", "bot"
    act: str = Field(max_length=60)  # past tense: "offer.accepted"
    object: str = Field(default="", max_length=60)  # "assignment:7"
    case_id: int | None = Field(default=None)
    detail: str = sealed("trail.detail")
    salt: str | None = sealed("trail.salt", default=None)
    digest: str = Field(default="", max_length=64)  # of salt and detail; "" where there is none
    seq: int | None = Field(default=None)  # its line in the chain, from 1 on, without a gap
    chain: str = Field(default="", max_length=64)  # of the line before, and this one


class Checkpoint(SQLModel, table=True):
    """Our signature on how far the trail had come: whoever keeps one can tell what was cut off."""

    __tablename__ = "checkpoint"

    size: int = Field(primary_key=True)  # lines in the chain by then
    chain: str = Field(max_length=64)  # of the last of them
    at: datetime = moment()
    text: str = Field(max_length=300)  # exactly what is signed
    signature: str = Field(max_length=128)  # Ed25519, in hexadecimal characters
