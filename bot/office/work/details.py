"""Details: what staff wrote for whoever takes a piece of work, read once by a link."""

import json
from datetime import datetime

from sqlmodel import Session, select

from bot.office import wording
from bot.office.reach import proof
from bot.vault import trail
from models.assignment import Assignment, AssignmentState
from models.case import Case
from models.conversation import Talked
from models.document import UploadPass
from models.facts import OfferGiven, unpack
from models.person import Lockout, Person

AT_WORK = (AssignmentState.ACCEPTED, AssignmentState.SUBMITTED)


def by_link(s: Session, assignment: Assignment) -> bool:
    """Tell whether a link may carry the details: there are some, and they name nobody guarded.

    A name of the case is a human's to give.
    """
    case = s.get_one(Case, assignment.case_id)
    return bool(assignment.details.strip()) and not wording.names(case, assignment.details)


def behind(
    s: Session, digest: str, now: datetime, *, locked: bool = False
) -> tuple[UploadPass, Assignment] | None:
    """Give what a link opens; None when it was used, is too old, or is not hers to read any more.

    The work must still be hers, and somewhere it must be known that it is she who reads.
    """
    query = select(UploadPass).where(UploadPass.token_hash == digest)
    found = s.exec(query.with_for_update() if locked else query).first()
    if found is None or found.used_at is not None or found.expires_at <= now:
        return None
    given = unpack(json.loads(s.get_one(Talked, found.conversation_id).given))
    if not isinstance(given, OfferGiven):
        return None
    assignment = s.get_one(Assignment, given.assignment)
    person = s.get_one(Person, found.person_id)
    hers = assignment.defender_id == person.id and assignment.state in AT_WORK
    if not hers or not _may_read(s, person, now) or not by_link(s, assignment):
        return None
    return found, assignment


def read(s: Session, digest: str, now: datetime) -> Assignment | None:
    """Use a link up and give the work it opens. It leaves a line in the trail."""
    opened = behind(s, digest, now, locked=True)
    if opened is None:
        return None
    link, assignment = opened
    link.used_at = now
    s.add(link)
    trail.note(
        s,
        actor=trail.by_person(link.person_id),
        act="details.read",
        object=f"assignment:{assignment.id}",
        case_id=assignment.case_id,
        now=now,
    )
    return assignment


def _may_read(s: Session, person: Person, now: datetime) -> bool:
    if person.frozen_at is not None or person.lockout is not Lockout.NONE:
        return False
    places = proof.places(s, person)
    return any(proof.proved(person, places, one.address, now) for one in places)
