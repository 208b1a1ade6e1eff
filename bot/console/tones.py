"""How loud a state is drawn: calm, good, warning or bad. Words always say it too."""

from collections.abc import Mapping
from enum import Enum

from models.appointment import AppointmentState, Established
from models.assignment import AssignmentState, OfferState
from models.broadcast import BroadcastState, Reply
from models.case import CaseState
from models.conversation import ConversationState
from models.document import DocumentState
from models.evidence import EvidenceState
from models.inbox import InboxState
from models.outbox import OutboxState
from models.person import Doubt, Lockout, Trust
from models.recognition import Level, Likeness
from models.regrouping import RegroupingState
from models.template import Approval
from models.whereabouts import Standing

GOOD: frozenset[Enum] = frozenset(
    {
        AssignmentState.DONE,
        AssignmentState.ACCEPTED,
        OfferState.ACCEPTED,
        DocumentState.ACCEPTED,
        EvidenceState.STORED,
        OutboxState.DELIVERED,
        OutboxState.READ,
        Standing.CONFIRMED,
        Trust.ENROLLED,
        Reply.YES,
        BroadcastState.SENT,
        Established.IS_THE_PERSON,
        AppointmentState.HELD,
        RegroupingState.DONE,
        Level.VERIFIED,
    }
)
WARNING: frozenset[Enum] = frozenset(
    {
        AssignmentState.SUBMITTED,
        DocumentState.RECEIVED,
        DocumentState.UNOBTAINABLE,
        EvidenceState.ANNOUNCED,
        OutboxState.UNKNOWN,
        OutboxState.EXPIRED,
        Standing.REPORTED,
        AppointmentState.MISSED,
        Established.UNSURE,
        Approval.PAUSED,
        *(one for one in Doubt if one is not Doubt.NONE),
        RegroupingState.PROPOSED,
        Likeness.LIKELY,
        Level.PROVISIONAL_MATCH,
    }
)
BAD: frozenset[Enum] = frozenset(
    {
        DocumentState.REJECTED,
        EvidenceState.FAILED,
        InboxState.DEAD,
        OutboxState.FAILED,
        OutboxState.REFUSED,
        Standing.REJECTED,
        Trust.DISPROVED,
        ConversationState.STRANDED,
        Lockout.MINOR,
        Lockout.ADVERSE_PARTY,
        Lockout.UNSAFE,
        Established.IS_NOT_THE_PERSON,
        Approval.REJECTED,
        Approval.DISABLED,
    }
)
PRESENT: Mapping[Enum, str] = {CaseState.OPEN: "good", BroadcastState.SENDING: "good"}


def tone(member: Enum) -> str:
    """Say how loud a state is drawn."""
    if member in GOOD:
        return "good"
    if member in WARNING:
        return "warning"
    if member in BAD:
        return "bad"
    return PRESENT.get(member, "calm")
