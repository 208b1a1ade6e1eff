"""One row that somebody asked for, or the verdict that there is none."""

from sqlmodel import Session

from bot.console.records import broadcasts, cases
from bot.office.keeping import weeks
from bot.office.reach.addresses import addresses_of
from bot.office.who import links
from models.appointment import Appointment
from models.assignment import Assignment
from models.broadcast import Broadcast
from models.case import Case
from models.document import DocumentRequest
from models.duty import Leave, Shift
from models.evidence import Evidence
from models.person import Address, Link, Person
from models.regrouping import Regrouping
from models.staff import Staff, StaffInvite
from models.task import Task
from models.whereabouts import Whereabouts


class NotFound(Exception):  # noqa: N818 - a verdict: there is no such thing to show
    """There is nothing here, or nothing for this reader."""


def the_case(s: Session, reference: str) -> Case:
    """Find a case by its reference."""
    case = cases.find(s, reference)
    if case is None:
        raise NotFound
    return case


def the_week(written: str) -> int:
    """Give the number of a week of raw envelopes, as 202640 for 2026-W40."""
    number = weeks.read(written)
    if number is None:
        raise NotFound
    return number


def the_broadcast(s: Session, code: str) -> Broadcast:
    """Find a broadcast by its code."""
    broadcast = broadcasts.find(s, code)
    if broadcast is None:
        raise NotFound
    return broadcast


def the_person(s: Session, number: int) -> Person:
    """Find a person."""
    person = s.get(Person, number)
    if person is None:
        raise NotFound
    return person


def the_address(s: Session, person: Person, number: int | None) -> Address:
    """Find an address of somebody."""
    address = s.get(Address, number) if number is not None else None
    if address is None or all(one.id != address.id for one in addresses_of(s, person)):
        raise NotFound
    return address


def the_link(s: Session, person: Person, address_id: int) -> Link:
    """Find the link of a person and an address."""
    link = links.of(s, person.id or 0, address_id)
    if link is None:
        raise NotFound
    return link


def the_regrouping(s: Session, number: int) -> Regrouping:
    """Find what was proposed about who is who."""
    row = s.get(Regrouping, number)
    if row is None:
        raise NotFound
    return row


def the_file(s: Session, number: int) -> Evidence:
    """Find a file."""
    evidence = s.get(Evidence, number)
    if evidence is None:
        raise NotFound
    return evidence


def the_task(s: Session, number: int) -> Task:
    """Find a task."""
    task = s.get(Task, number)
    if task is None:
        raise NotFound
    return task


def the_account(s: Session, number: int) -> Staff:
    """Find an account of staff."""
    staff = s.get(Staff, number)
    if staff is None:
        raise NotFound
    return staff


def the_staff_invite(s: Session, number: int) -> StaffInvite:
    """Find a link by which a colleague opens her account."""
    invite = s.get(StaffInvite, number)
    if invite is None:
        raise NotFound
    return invite


def the_shift(s: Session, number: int) -> Shift:
    """Find hours at which somebody answers."""
    shift = s.get(Shift, number)
    if shift is None:
        raise NotFound
    return shift


def the_leave(s: Session, person: Person, number: int) -> Leave:
    """Find days on which somebody is away."""
    leave = s.get(Leave, number)
    if leave is None or leave.person_id != person.id:
        raise NotFound
    return leave


def the_call(s: Session, number: int, case: Case | None = None) -> Appointment:
    """Find a call, of a case where one is given."""
    call = s.get(Appointment, number)
    if call is None or (case is not None and call.case_id != case.id):
        raise NotFound
    return call


def the_report(s: Session, case: Case, number: int) -> Whereabouts:
    """Find a report of a case."""
    report = s.get(Whereabouts, number)
    if report is None or report.case_id != case.id:
        raise NotFound
    return report


def the_document(s: Session, case: Case, number: int) -> DocumentRequest:
    """Find a document that was asked for in a case."""
    document = s.get(DocumentRequest, number)
    if document is None or document.case_id != case.id:
        raise NotFound
    return document


def the_assignment(s: Session, case: Case, number: int) -> Assignment:
    """Find a piece of work on a case."""
    assignment = s.get(Assignment, number)
    if assignment is None or assignment.case_id != case.id:
        raise NotFound
    return assignment
