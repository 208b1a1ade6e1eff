"""First contact with a possible parent, and the call by which a human takes over."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, col, select

from bot.office import organisation, talks, tasks
from bot.office.consents import sharing
from bot.office.reach.fitness import choose_parent
from bot.office.refusal import Refusal
from bot.office.work import recognition
from bot.office.work.cases import must_be_open
from bot.office.work.threads import about
from bot.vault import trail
from models.appointment import Appointment, AppointmentState, Established
from models.case import Case
from models.conversation import Talked
from models.facts import CallBooked, OutreachGiven
from models.grant import Purpose
from models.person import Person
from models.task import TaskKind
from models.text import _

TRIES = 3  # first contacts with one person in `SPAN`; then a human goes another way
SPAN = timedelta(days=10)
REST = timedelta(days=1)  # between two of them


def outreach(
    s: Session,
    *,
    case: Case,
    person_id: int,
    slots: Sequence[datetime],
    now: datetime,
    actor: str,
) -> Talked:
    """Write to a possible parent for the first time, naming nobody, offering hours for a call.

    Refuses other people, hours gone by, a second contact beside an open one, and too many tries.
    """
    must_be_open(case)
    person = choose_parent(s, person_id)
    if not slots or min(slots) <= now:
        raise Refusal(_("Offer at least one hour for a call, and none that has passed."))
    sharing.not_against(s, person_id, Purpose.CONTACT, now, case.id)
    _not_pressing(s, person, now)
    ours = organisation.ours(s)
    asked = recognition.of(s, case.id or 0)
    talked = talks.start(
        s,
        name="outreach",
        given=OutreachGiven(
            case=case.id or 0,
            slots=tuple(slot.astimezone(UTC).isoformat() for slot in sorted(slots)),
            zone=person.zone,
            organisation=ours.name,
            phone=organisation.phone(ours, now),
            question=asked.question if asked is not None else "",
        ),
        person_id=person_id,
        case_id=case.id,
        code="",  # a code would say that there is a case
        now=now,
    )
    trail.note(
        s,
        actor=actor,
        act="outreach.started",
        object=f"person:{person_id}",
        case_id=case.id,
        now=now,
    )
    return talked


def booked(s: Session, talked: Talked, fact: CallBooked, now: datetime) -> None:
    """Keep the agreed hour, and ask a human to call then."""
    at = datetime.fromisoformat(fact.slot)
    same = select(Appointment.id).where(
        Appointment.person_id == talked.person_id,
        Appointment.case_id == fact.case,
        Appointment.at == at,
    )
    if s.exec(same).first() is not None:
        return
    appointment = Appointment(
        person_id=talked.person_id,
        case_id=fact.case,
        at=at,
        zone=s.get_one(Person, talked.person_id).zone,
        created_at=now,
    )
    s.add(appointment)
    s.flush()
    trail.note(
        s,
        actor=trail.by_person(talked.person_id),
        act="call.booked",
        object=f"appointment:{appointment.id}",
        case_id=fact.case,
        now=now,
    )
    task = tasks.need(
        s,
        kind=TaskKind.CALL,
        cause=f"call-{appointment.id}",
        now=now,
        person_id=talked.person_id,
        case_id=fact.case,
    )
    task.due_at = at
    s.add(task)


def record_call(
    s: Session,
    appointment: Appointment,
    staff_id: int,
    state: AppointmentState,
    established: Established,
    note: str,
    now: datetime,
) -> None:
    """Keep as a named human what became of a call. What was recorded is not written over."""
    kept = s.exec(
        select(Appointment)
        .where(Appointment.id == appointment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if kept.state is not AppointmentState.BOOKED or state is AppointmentState.BOOKED:
        raise Refusal(_("What became of this call is recorded already."))
    if established is not Established.NOTHING and state is not AppointmentState.HELD:
        raise Refusal(_("Only a call that was held can establish something."))
    kept.state = state
    kept.established = established
    kept.note = note
    kept.recorded_by = staff_id
    kept.recorded_at = now
    s.add(kept)
    trail.note(
        s,
        actor=trail.by_staff(staff_id),
        act=f"call.{state.value}",
        object=f"appointment:{kept.id}",
        case_id=kept.case_id,
        detail=established.value,
        now=now,
    )
    tasks.settle(s, f"call-{kept.id}", staff_id, note, now)


def _not_pressing(s: Session, person: Person, now: datetime) -> None:
    if about(s, person.id or 0, lambda given: isinstance(given, OutreachGiven)):
        raise Refusal(_("A first contact with {name} is open already.", name=person.name))
    recent = s.exec(
        select(Talked.started_at)
        .where(
            Talked.name == "outreach",
            Talked.person_id == person.id,
            col(Talked.started_at) > now - SPAN,
        )
        .order_by(col(Talked.started_at).desc())
    ).all()
    if len(recent) >= TRIES or (recent and recent[0] > now - REST):
        raise Refusal(
            _(
                "{name} was written to often enough. Wait a day, and after three tries in ten "
                "days go another way.",
                name=person.name,
            )
        )
