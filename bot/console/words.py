"""The closed lists of the record in words that staff read."""

from collections.abc import Mapping
from enum import Enum

from bot.console.records.tasks import Whose
from models.appointment import AppointmentState, Established
from models.assignment import AssignmentKind, AssignmentState, DeclineReason, OfferState
from models.broadcast import BroadcastState, Exclusion, Reply
from models.case import CaseState, Program
from models.conversation import ConversationState
from models.document import DocumentState, DocumentType, Obstacle
from models.evidence import EvidenceState, Provenance
from models.grant import Giver, GrantAct, Medium, Purpose, Withheld
from models.grant import Standing as Allowed
from models.inbox import InboxState
from models.outbox import Held, OutboxState, Weight
from models.person import Doubt, Kind, Lockout, Role, Trust, Via
from models.recognition import Level, Likeness
from models.regrouping import RegroupingKind, RegroupingState
from models.staff import Duty
from models.task import TaskKind, TaskState, Urgency
from models.template import Approval
from models.text import Text, _, p_
from models.whereabouts import Certainty, Finding, Source, Standing

WORDS: Mapping[Enum, Text] = {
    Program.FAMILY_SEPARATION: _("Family separation"),
    Program.ASYLUM_EVIDENCE: _("Asylum evidence"),
    Program.EXPERT_DECLARATION: _("Expert declaration"),
    Program.LABOR: _("Labor justice"),
    Program.SIJ: _("Special Immigrant Juvenile (SIJ)"),
    Program.REMOTE_TESTIMONY: _("Remote testimony"),
    Program.GENDER_VIOLENCE: _("Gender-based violence"),
    CaseState.OPEN: p_("case", "Open"),
    CaseState.CLOSED: p_("case", "Closed"),
    AssignmentKind.FIELD_SEARCH: _("Field search"),
    AssignmentKind.DOCUMENTS: _("Documents"),
    AssignmentKind.DECLARATION: _("Declaration"),
    AssignmentKind.OTHER: p_("assignment", "Other work"),
    AssignmentState.DRAFT: p_("assignment", "Draft"),
    AssignmentState.OFFERED: p_("assignment", "Offered"),
    AssignmentState.ACCEPTED: p_("assignment", "Taken"),
    AssignmentState.SUBMITTED: p_("assignment", "Reported, awaiting your look"),
    AssignmentState.DONE: p_("assignment", "Done"),
    AssignmentState.WITHDRAWN: p_("assignment", "Withdrawn"),
    OfferState.NEXT: p_("offer", "Next in line"),
    OfferState.OFFERED: p_("offer", "No answer yet"),
    OfferState.ACCEPTED: p_("offer", "Took it"),
    OfferState.DECLINED: p_("offer", "Declined"),
    OfferState.COVERED: p_("offer", "Somebody else took it first"),
    OfferState.LAPSED: p_("offer", "Did not answer in time"),
    OfferState.WITHDRAWN: p_("offer", "Withdrawn"),
    OfferState.PASSED_OVER: p_("offer", "Could not be asked when it was her turn"),
    DeclineReason.TIME: p_("decline", "No time"),
    DeclineReason.DISTANCE: p_("decline", "Too far"),
    DeclineReason.SECURITY: p_("decline", "Not safe"),
    DeclineReason.OTHER: p_("decline", "Another reason"),
    DeclineReason.UNSAID: p_("decline", "Reason not said"),
    Finding.FOUND: p_("finding", "Found"),
    Finding.NOT_THERE: p_("finding", "Not there"),
    Finding.MOVED: p_("finding", "Moved away"),
    Finding.COULD_NOT_LOOK: p_("finding", "Could not look"),
    Source.IN_PERSON: p_("source", "seen in person"),
    Source.FAMILY: p_("source", "told by family"),
    Source.COMMUNITY: p_("source", "told by the community"),
    Certainty.SURE: p_("certainty", "sure"),
    Certainty.LIKELY: p_("certainty", "likely"),
    Certainty.UNSURE: p_("certainty", "not sure"),
    Standing.REPORTED: p_("report", "Awaiting confirmation"),
    Standing.CONFIRMED: p_("report", "Confirmed"),
    Standing.REJECTED: p_("report", "Rejected"),
    DocumentType.BIRTH_CERTIFICATE: _("Birth certificate"),
    DocumentType.NATIONAL_ID: _("National identity document"),
    DocumentType.PASSPORT: _("Passport"),
    DocumentType.DEATH_CERTIFICATE: _("Death certificate"),
    DocumentType.CRIMINAL_RECORD: _("Criminal record"),
    DocumentType.COMPLAINT: _("Complaint to the authorities"),
    DocumentType.COURT_FILE: _("Court file"),
    DocumentType.MEDICAL_RECORD: _("Medical record"),
    DocumentType.CUSTODY: _("Custody paper"),
    DocumentType.SWORN_STATEMENT: _("Sworn statement"),
    DocumentType.OTHER: p_("document", "Other document"),
    DocumentState.REQUESTED: p_("document", "Asked for"),
    DocumentState.RECEIVED: p_("document", "Received, awaiting your look"),
    DocumentState.ACCEPTED: p_("document", "Accepted"),
    DocumentState.REJECTED: p_("document", "Rejected"),
    DocumentState.UNOBTAINABLE: p_("document", "Could not be had"),
    DocumentState.WITHDRAWN: p_("document", "Withdrawn"),
    Obstacle.DESTROYED: p_("obstacle", "The records were destroyed"),
    Obstacle.REFUSED: p_("obstacle", "The office refused"),
    Obstacle.NOT_FOUND: p_("obstacle", "It was not found"),
    Obstacle.UNSAFE: p_("obstacle", "It was not safe"),
    Obstacle.OTHER: p_("obstacle", "Another reason"),
    EvidenceState.ANNOUNCED: p_("file", "Announced, not here yet"),
    EvidenceState.STORED: p_("file", "Stored"),
    EvidenceState.FAILED: p_("file", "Could not be fetched"),
    Provenance.RECOMPRESSED: _("Sent as a photo: the service made it smaller before we got it"),
    Provenance.DOCUMENT: _("Sent as a file: the sender's own bytes"),
    Provenance.UPLOAD: _("Uploaded through a one-time link"),
    AppointmentState.BOOKED: p_("call", "Booked"),
    AppointmentState.HELD: p_("call", "Held"),
    AppointmentState.MISSED: p_("call", "Missed"),
    AppointmentState.CANCELLED: p_("call", "Cancelled"),
    Established.NOTHING: p_("call", "Nothing was established"),
    Established.IS_THE_PERSON: p_("call", "It is the person we look for"),
    Established.IS_NOT_THE_PERSON: p_("call", "It is not the person we look for"),
    Established.UNSURE: p_("call", "Still not sure"),
    BroadcastState.DRAFT: p_("broadcast", "Draft, nobody has it"),
    BroadcastState.SENDING: p_("broadcast", "Going out"),
    BroadcastState.SENT: p_("broadcast", "Sent"),
    BroadcastState.CLOSED: p_("broadcast", "Closed"),
    Reply.YES: p_("broadcast", "Yes"),
    Reply.NO: p_("broadcast", "No"),
    Reply.LATER: p_("broadcast", "Later"),
    Exclusion.NONE: _("Gets it"),
    Exclusion.STOPPED: _("Asked us to stop writing"),
    Exclusion.LOCKED_OUT: _("Locked: only a human may reach this person, by other means"),
    Exclusion.FROZEN: _("Frozen for safety"),
    Exclusion.NO_ADDRESS: _("Has no address that can be used"),
    Exclusion.BLOCKED: _("Blocked us, or the carrier did"),
    Exclusion.NO_TRANSLATION: _("The text is missing in this person's language"),
    Exclusion.ON_LEAVE: _("On leave these days"),
    Exclusion.COVERED: _("Not needed any more: enough had said yes"),
    ConversationState.READY: p_("conversation", "Opens when the person writes its code"),
    ConversationState.WAITING: p_("conversation", "Waits in line"),
    ConversationState.ASKING: p_("conversation", "Waits for an answer"),
    ConversationState.ENDED: p_("conversation", "Ended"),
    ConversationState.CANCELLED: p_("conversation", "Cancelled"),
    ConversationState.STRANDED: p_("conversation", "Stuck: a human takes over"),
    InboxState.NEW: p_("envelope", "New"),
    InboxState.DONE: p_("envelope", "Done"),
    InboxState.ODD: p_("envelope", "Odd"),
    InboxState.DEAD: p_("envelope", "Could not be worked"),
    OutboxState.PENDING: p_("message", "Waiting to go"),
    OutboxState.SENDING: p_("message", "Being sent"),
    OutboxState.ACCEPTED: p_("message", "Taken by the service"),
    OutboxState.SENT: p_("message", "Sent"),
    OutboxState.DELIVERED: p_("message", "Delivered"),
    OutboxState.READ: p_("message", "Read"),
    OutboxState.FAILED: p_("message", "Failed"),
    OutboxState.UNKNOWN: p_("message", "Unknown: it may have gone out"),
    OutboxState.EXPIRED: p_("message", "Too old to send"),
    OutboxState.CANCELLED: p_("message", "Cancelled"),
    OutboxState.REFUSED: p_("message", "Kept back by the guard"),
    Approval.UNSUBMITTED: p_("template", "Not handed in yet"),
    Approval.RECEIVED: p_("template", "WhatsApp is looking at it"),
    Approval.PENDING: p_("template", "WhatsApp is looking at it"),
    Approval.APPROVED: p_("template", "Approved"),
    Approval.REJECTED: p_("template", "Rejected"),
    Approval.PAUSED: p_("template", "Paused by WhatsApp"),
    Approval.DISABLED: p_("template", "Disabled by WhatsApp"),
    Weight.STOP: p_("urgency", "Confirmations of a stop"),
    Weight.REPLY: p_("urgency", "Answers"),
    Weight.URGENT: p_("urgency", "Urgent"),
    Weight.NOTICE: p_("urgency", "Notices"),
    Weight.BROADCAST: p_("urgency", "Broadcasts"),
    Held.WINDOW: _("until the person writes to us on WhatsApp"),
    Held.HOURS: _("until the morning where the person lives"),
    Held.PROOF: _("until the person has shown who they are"),
    Held.HUMAN: _("until the human who has the talk hands it back"),
    Role.DEFENDER: _("Defender"),
    Role.PARENT: _("Possible parent or family"),
    Role.LAWYER: _("Lawyer"),
    Role.STAFF: _("Staff"),
    Role.UNKNOWN: p_("role", "Unknown"),
    Lockout.NONE: p_("lock", "Not locked"),
    Lockout.MINOR: p_("lock", "A minor"),
    Lockout.ADVERSE_PARTY: p_("lock", "The adverse party"),
    Lockout.UNSAFE: p_("lock", "Not safe to write to"),
    Via.WHATSAPP: _("WhatsApp"),
    Via.SMS: _("SMS"),
    Via.TELEGRAM: _("Telegram"),
    Trust.CLAIMED: p_("address", "Claimed, not confirmed"),
    Trust.ENROLLED: p_("address", "Enrolled"),
    Trust.DISPROVED: p_("address", "Not this person's"),
    Kind.PHONE: p_("address", "Phone number"),
    Kind.WHATSAPP_ID: p_("address", "WhatsApp id, the number is hidden"),
    Kind.TELEGRAM_USER: p_("address", "Telegram user"),
    Doubt.NONE: p_("doubt", "No doubt"),
    Doubt.SILENCE: p_("doubt", "In doubt: heard again after a long silence"),
    Doubt.UNDELIVERED: p_("doubt", "In doubt: messages do not arrive"),
    Doubt.NEW_ID: p_("doubt", "In doubt: WhatsApp knows another account there"),
    Doubt.MOVED: p_("doubt", "In doubt: WhatsApp says that the number was changed"),
    Doubt.CONTRADICTED: p_("doubt", "In doubt: who answers there says to be somebody else"),
    Doubt.STAFF: p_("doubt", "In doubt: one of you doubts it"),
    Doubt.DENIED: p_("doubt", "In doubt: on another phone they said that it was not them"),
    RegroupingKind.JOIN: _("Two in the record are one person"),
    RegroupingKind.MOVE: _("An address is somebody else's"),
    RegroupingKind.PART: _("An address is that of somebody who is not in the record yet"),
    RegroupingKind.CHANGE: _("Somebody has another number now"),
    RegroupingState.PROPOSED: p_("proposal", "Proposed, awaiting a human"),
    RegroupingState.DONE: p_("proposal", "Done"),
    RegroupingState.UNDONE: p_("proposal", "Undone"),
    RegroupingState.DROPPED: p_("proposal", "Dropped"),
    Duty.COORDINATOR: _("Coordinator"),
    Duty.READER: _("Reader"),
    Likeness.LIKELY: p_("answer", "Likely: it is as expected"),
    Likeness.POSSIBLE: p_("answer", "Possible: it is not as expected"),
    Level.UNKNOWN: p_("identity", "Not known to be the person looked for"),
    Level.CLAIMS: p_("identity", "Says to be the person looked for"),
    Level.PROVISIONAL_MATCH: p_("identity", "A provisional match, not verified"),
    Level.VERIFIED: p_("identity", "Verified by one of you"),
    TaskKind.QUESTION: p_("task", "Answer a question"),
    TaskKind.UNPLACED: p_("task", "Place a message or a file"),
    TaskKind.PERSON_WANTED: p_("task", "Somebody wants to talk to a person"),
    TaskKind.CALL: p_("task", "Call somebody"),
    TaskKind.DETAILS: p_("task", "Give the details of an assignment"),
    TaskKind.NOBODY_LEFT: p_("task", "Find another Defender: nobody took it"),
    TaskKind.CONFIRM: p_("task", "Confirm or reject a report"),
    TaskKind.REVIEW: p_("task", "Look at a document"),
    TaskKind.WRONG_PERSON: p_("task", "A wrong number"),
    TaskKind.NOT_SENT: p_("task", "A message was not sent"),
    TaskKind.BROKEN: p_("task", "Something could not be worked"),
    TaskKind.ODD: p_("task", "Something odd came in"),
    TaskKind.FORGET: p_("task", "Delete what somebody wants deleted"),
    TaskKind.DUE: p_("task", "Decide about a case that was kept long enough"),
    TaskKind.DOUBT: p_("task", "Find out who is who"),
    TaskKind.CONFLICT: p_("task", "Find out whose an address is: who answers says otherwise"),
    TaskKind.DANGER: p_("task", "Somebody may be in danger"),
    TaskKind.HELD: p_("task", "Answer in a talk that a human has"),
    TaskKind.INTAKE: p_("task", "Somebody wrote to us first"),
    TaskKind.LEAD: p_("task", "Who wrote may be somebody we look for"),
    Urgency.NOW: p_("task", "Now: whoever is on call is woken"),
    Urgency.SOON: p_("task", "Soon: whoever answers at these hours is told"),
    Urgency.WAITS: p_("task", "It can wait: nobody is told"),
    Whose.ALL: p_("task", "Waiting"),
    Whose.MINE: p_("task", "Mine"),
    Whose.NOBODYS: p_("task", "Nobody's"),
    Whose.LATE: p_("task", "Late"),
    Whose.PUT_OFF: p_("task", "Put off"),
    Purpose.CONTACT: p_("purpose", "Be contacted again"),
    Purpose.LAWYER: p_("purpose", "Share with the lawyer"),
    Purpose.PARTNER: p_("purpose", "Share with a named partner"),
    Purpose.LOCATION: p_("purpose", "Share the place with the team"),
    Purpose.DOCUMENTS: p_("purpose", "Keep documents"),
    Purpose.VOICE: p_("purpose", "Record the voice"),
    Purpose.STATISTICS: p_("purpose", "Statistics that identify nobody"),
    GrantAct.ASKED: p_("consent", "Asked"),
    GrantAct.GRANTED: p_("consent", "Allowed"),
    GrantAct.REFUSED: p_("consent", "Said no"),
    GrantAct.UNCLEAR: p_("consent", "Not clear"),
    GrantAct.REVOKED: p_("consent", "Taken back"),
    GrantAct.SHARED: p_("consent", "Shared"),
    GrantAct.OVERRIDDEN: p_("consent", "Shared without consent"),
    Allowed.NOT_ASKED: p_("consent", "Not asked"),
    Allowed.ASKED: p_("consent", "Asked, no answer yet"),
    Allowed.GRANTED: p_("consent", "Allowed"),
    Allowed.REFUSED: p_("consent", "Said no"),
    Allowed.UNCLEAR: p_("consent", "Not clear"),
    Allowed.EXPIRED: p_("consent", "Expired"),
    Allowed.REVOKED: p_("consent", "Taken back"),
    Giver.INDIVIDUAL: p_("giver", "The person"),
    Giver.CAREGIVER: p_("giver", "A caregiver"),
    Giver.OTHER: p_("giver", "Somebody else"),
    Medium.CHAT: p_("medium", "By message"),
    Medium.CALL: p_("medium", "By a call"),
    Medium.IN_PERSON: p_("medium", "In person"),
    Medium.AUDIO: p_("medium", "By a recording"),
    Medium.PAPER: p_("medium", "On paper"),
    Withheld.FEAR: p_("withheld", "Out of fear"),
    Withheld.SELF: p_("withheld", "Wants to tell it in person"),
    Withheld.OTHER: p_("withheld", "Another reason"),
    TaskState.OPEN: p_("task", "Open"),
    TaskState.DONE: p_("task", "Done"),
}

WEEKDAYS = (
    p_("weekday", "Monday"),
    p_("weekday", "Tuesday"),
    p_("weekday", "Wednesday"),
    p_("weekday", "Thursday"),
    p_("weekday", "Friday"),
    p_("weekday", "Saturday"),
    p_("weekday", "Sunday"),
)

LANGUAGES: Mapping[str, Text] = {
    "spa": _("Spanish"),
    "eng": _("English"),
    "mam": _("Mam"),
    "quc": _("K'iche'"),
    "kek": _("Q'eqchi'"),
    "kjb": _("Q'anjob'al"),
    "knj": _("Akateko"),
    "cac": _("Chuj"),
    "ixl": _("Ixil"),
    "jac": _("Popti'"),
    "acr": _("Achi"),
    "caa": _("Ch'orti'"),
    "cak": _("Kaqchikel"),
    "cab": _("Garífuna"),
    "miq": _("Miskito"),
    "nah": _("Nahuatl"),
    "zap": _("Zapotec"),
    "mix": _("Mixtec"),
    "tzo": _("Tsotsil"),
    "tzh": _("Tseltal"),
}

TALKS: Mapping[str, Text] = {
    "welcome": p_("conversation", "Welcome"),
    "offer": p_("conversation", "Offer of work"),
    "search": p_("conversation", "Report on a search"),
    "papers": p_("conversation", "Photos of a document"),
    "announce": p_("conversation", "Broadcast"),
    "outreach": p_("conversation", "First contact"),
    "consent": p_("conversation", "Question for consent"),
    "intake": p_("conversation", "Wrote to us first"),
    "ping": p_("conversation", "News for the lawyer"),
    "language": p_("conversation", "Choice of language"),
    "which": p_("conversation", "Which request is meant"),
    "proving": p_("conversation", "Proof of who writes"),
    "pin": p_("conversation", "Choice of a PIN"),
    "added": p_("conversation", "Another phone was added"),
}

COUNTRIES: Mapping[str, Text] = {
    "GT": _("Guatemala"),
    "HN": _("Honduras"),
    "SV": _("El Salvador"),
    "NI": _("Nicaragua"),
    "MX": _("Mexico"),
    "US": _("United States"),
}

ZONES: Mapping[str, str] = {
    "GT": "America/Guatemala",
    "HN": "America/Tegucigalpa",
    "SV": "America/El_Salvador",
    "NI": "America/Managua",
    "MX": "America/Mexico_City",
    "US": "America/New_York",
}


NOTES: Mapping[str, Text] = {
    "button": _("Pressed a button"),
    "edited": _("Changed an earlier message"),
    "photo": _("A photo"),
    "document": _("A file"),
    "pin": _("A place on the map"),
    "voice": _("A voice message"),
    "video": _("A video"),
    "other": _("Something else that is no words"),
}


QUALITIES: Mapping[str, Text] = {
    "small": p_("photo", "Small"),
    "blurred": p_("photo", "Blurred"),
    "dark": p_("photo", "Dark"),
    "unreadable": p_("photo", "Nobody can open it"),
}


def quality(kept: str) -> Text:
    """Say what a look at a photo found."""
    return QUALITIES.get(kept) or Text("{kept}", (("kept", kept),))


def note(kept: str) -> Text:
    """Say what somebody did that is no words."""
    kind, _between, place = kept.partition(" ")
    if kind == "pin" and place:
        return _("A place on the map: {place}", place=place)
    return NOTES.get(kept) or Text("{kept}", (("kept", kept),))


def word(member: Enum) -> Text:
    """Say one of a closed list."""
    return WORDS[member]


def talk(name: str) -> Text:
    """Say what a conversation is about, or give its name where we have no words."""
    return TALKS.get(name) or Text(name or "-")


def language(code: str) -> Text:
    """Say a language by its name, or by its code where we have no name."""
    return LANGUAGES.get(code) or Text(code or "-")


def country(code: str) -> Text:
    """Say a country by its name, or by its code where we have no name."""
    return COUNTRIES.get(code) or Text(code or "-")


def gate_name(key: str) -> Text:
    """Say what a gate stands before."""
    kind, rest = (*key.split(":", 1), "")[:2]
    via, prefix = (*rest.split(":", 1), "")[:2]
    known = next((WORDS[one] for one in Via if one.value == via), Text(via or "-"))
    match kind:
        case "channel":
            return _("Everything by {channel}", channel=known)
        case "broadcasts":
            return _("Broadcasts by {channel}", channel=known)
        case "template":
            return _("The approved words {name}", name=rest)
        case "region":
            return _("Numbers with {prefix} by {channel}", prefix=prefix, channel=known)
        case _:
            return Text(key)
