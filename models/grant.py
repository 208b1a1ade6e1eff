"""What somebody allows us to do with what we know of them, purpose by purpose, as a log of acts."""

from datetime import datetime
from enum import Enum

from sqlmodel import Field, SQLModel

from models.base import choice, maybe_choice, maybe_moment, moment, sealed


class Purpose(Enum):
    """What may be allowed. Each is a switch of its own: one says nothing of another."""

    CONTACT = "be_contacted_again"
    LAWYER = "share_with_lawyer"
    PARTNER = "share_with_named_partner"
    LOCATION = "share_location_with_team"
    DOCUMENTS = "store_documents"
    VOICE = "record_voice"
    STATISTICS = "statistics_non_identifying"


class GrantAct(Enum):
    """What happened. The newest answer holds; nothing is ever changed."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    UNCLEAR = "unclear"  # a human explains, and asks again
    REVOKED = "revoked"
    SHARED = "shared"  # it was used: what was shared with whom
    OVERRIDDEN = "overridden"  # shared without consent, by a named human, with a reason


class Standing(Enum):
    """What holds now for one purpose."""

    NOT_ASKED = "not_asked"
    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Giver(Enum):
    """Who answered."""

    INDIVIDUAL = "individual"
    CAREGIVER = "caregiver"
    OTHER = "other"


class Medium(Enum):
    """How the words were put to them."""

    CHAT = "chat"
    CALL = "call"
    IN_PERSON = "in_person"
    AUDIO = "audio"
    PAPER = "paper"


class Withheld(Enum):
    """Why somebody keeps something back."""

    FEAR = "fear"
    SELF = "wants_to_tell_self"
    OTHER = "other"


class Grant(SQLModel, table=True):
    """One act. Rows are never changed or deleted: the database itself refuses.

    `case_id` none: for everything of this person. `words` are theirs, or of an override its reason.
    """

    __tablename__ = "consent_grant"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="case.id", index=True)
    purpose: Purpose = choice(Purpose)
    act: GrantAct = choice(GrantAct)
    partner: str = sealed("consent_grant.partner")  # whom it may be, or was, shared with
    version: str = Field(default="", max_length=40)  # of the words that were put to them
    language: str = Field(default="", max_length=8)  # in which they were put
    medium: Medium | None = maybe_choice(Medium)
    giver: Giver | None = maybe_choice(Giver)
    staff_id: int | None = Field(default=None, foreign_key="staff.id")  # the human who obtained it
    interpreter: str = sealed("consent_grant.interpreter")
    witness: str = sealed("consent_grant.witness")
    words: str = sealed("consent_grant.words")
    inbox_id: int | None = Field(default=None, foreign_key="inbox.id")  # the message that says so
    evidence_id: int | None = Field(default=None, foreign_key="evidence.id")  # paper, or voice
    conversation_id: int | None = Field(default=None, foreign_key="conversation.id")
    withheld: str = sealed("consent_grant.withheld")  # what must not be shared, an item a line
    withheld_why: Withheld | None = maybe_choice(Withheld)
    valid_until: datetime | None = maybe_moment()
    at: datetime = moment()
