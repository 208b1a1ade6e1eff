"""What was found out about who is who, as staff and programs read it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from bot.console.records import people
from bot.office.who import regrouping
from bot.office.who.regrouping import Preview
from models.regrouping import Regrouping, RegroupingKind
from models.text import Text, _

BELONGINGS: Mapping[str, Text] = {
    "heard.person_id": _("Messages that came in"),
    "outbox.person_id": _("Messages that went out, or wait"),
    "conversation.person_id": _("Conversations"),
    "evidence.person_id": _("Files"),
    "task.person_id": _("Tasks"),
    "appointment.person_id": _("Calls"),
    "case.parent_id": _("Cases of this family"),
    "case.lawyer_id": _("Cases of this lawyer"),
    "assignment.defender_id": _("Work taken"),
    "offer.person_id": _("Offers of work"),
    "document_request.person_id": _("Documents asked for"),
    "upload_pass.person_id": _("Links that work once"),
    "whereabouts.reported_by": _("Reports on searches"),
    "recipient.person_id": _("Broadcasts"),
    "invite.person_id": _("Invites"),
    "unproved.person_id": _("Messages that wait until it is known who wrote them"),
    "leave.person_id": _("Times away"),
    "staff.person_id": _("Whose phone it is among staff"),
}
"""What moves, in words. What has none yet is said by its name in the record."""

HOLDS: Mapping[str, Text] = {
    "stopped_at": _("One of them asked for no more messages: that holds."),
    "frozen_at": _("Messages to one of them are frozen: that holds."),
    "held_at": _("A human has the talk with one of them: that holds."),
    "lockout": _("Automation may not reach one of them at all: that holds."),
}


@dataclass(frozen=True)
class Proposal:
    """One proposal in a list, with the name of the other."""

    row: Regrouping
    about: str


def proposals(s: Session, person_id: int) -> list[Proposal]:
    """Give all that was proposed about somebody, the newest first."""
    rows = regrouping.concerning(s, person_id)
    others = {one.id: _other(one, person_id) for one in rows}
    names = people.names(s, others.values())
    return [Proposal(one, names.get(others[one.id] or 0, "")) for one in rows]


def moves(looked: Preview) -> list[tuple[Text, int]]:
    """Say what would move, and how much of it."""
    return [(BELONGINGS.get(name) or Text(name), len(rows)) for name, rows in looked.moves.items()]


def holds(looked: Preview) -> list[Text]:
    """Say what will hold messages back afterwards."""
    joins = looked.row.kind is RegroupingKind.JOIN
    return [HOLDS[name] for name in looked.holds] if joins else []


def _other(row: Regrouping, person_id: int) -> int | None:
    return row.person_id if row.other_id == person_id else row.other_id
