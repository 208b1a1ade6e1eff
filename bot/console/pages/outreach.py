"""First contact with a possible parent, and what a human established in the call that follows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import Session
from starlette.responses import Response

from bot.console.doors import Doors, Needs
from bot.console.paper import zone_of
from bot.console.preview import Preview, previews
from bot.console.records import people
from bot.console.records.found import the_call, the_case
from bot.console.visit import Visit
from bot.office import casebook, guard, organisation, wording
from bot.office.reach.addresses import addresses_of, best_address
from bot.office.reach.fitness import exclusion, reason
from bot.office.work import recognition
from models.appointment import AppointmentState, Established
from models.broadcast import Exclusion
from models.case import Case
from models.facts import OutreachGiven
from models.organisation import Organisation
from models.person import Person, Role, Via
from models.text import Text, _

doors = Doors()
NOT_POSSIBLE = _("Choose somebody who may be the person looked for.")
SLOTS = ("slot_1", "slot_2", "slot_3", "slot_4")
PROPOSED = ((1, 9), (1, 17), (2, 9), (2, 17))  # days from today, and the hour on their clock


@dataclass(frozen=True)
class Choice:
    """Somebody who may be the person looked for, and whether we may write to them."""

    person: Person
    via: Via | None
    why_not: Text | None


@doors.get("/cases/{reference}/first-contact", Needs.ACT)
async def new(visit: Visit) -> Response:
    """Show the form for a first contact."""
    return await _form(visit)


@doors.post("/cases/{reference}/first-contact")
async def begin(visit: Visit) -> Response:
    """Show what the person will see; send it when just that has been looked at."""
    form = visit.form
    person_id = form.number("person_id", need=_("Choose who to write to."))
    person = await visit.read(lambda s: s.get(Person, person_id)) if person_id else None
    if person is None:
        form.wrong("person_id", _("Choose who to write to."))
        return await _form(visit)
    if form.raw("step") == "person":
        form.errors.clear()
        return await _form(visit, person)
    zone = zone_of(person.zone)
    found = [form.moment(name, zone, now=visit.now) for name in SLOTS]
    slots = sorted({slot for slot in found if slot is not None})
    if not slots:
        form.wrong(SLOTS[0], _("Offer at least one hour for a call."))
    if not form.fine:
        return await _form(visit, person)
    if form.raw("step") != "send" or form.raw("looked_at") != form.mark():
        return await _form(visit, person, slots)

    def act(s: Session) -> int:
        talked = casebook.outreach(
            s,
            case=the_case(s, visit.place("reference")),
            person_id=person.id or 0,
            slots=slots,
            now=visit.now,
            actor=visit.actor,
        )
        return talked.id or 0

    if await visit.attempt(act) is None:
        return await _form(visit, person)
    return visit.go(f"/console/cases/{visit.place('reference').upper()}", done="outreach")


@doors.get("/calls/{call}", Needs.ACT)
async def call(visit: Visit) -> Response:
    """Show the form to record a call."""
    return await _call(visit)


@doors.post("/calls/{call}")
async def record(visit: Visit) -> Response:
    """Record what became of a call, as the one who is signed in."""
    form = visit.form
    number = visit.number("call")
    state = form.choice("state", AppointmentState, need=_("Say what became of the call."))
    established = form.choice("established", Established) or Established.NOTHING
    note = form.words("note", most=2000)
    if state is None or not form.fine:
        return await _call(visit)

    def act(s: Session) -> str:
        appointment = the_call(s, number)
        casebook.record_call(s, appointment, visit.my_id, state, established, note, visit.now)
        case = s.get(Case, appointment.case_id) if appointment.case_id else None
        return f"/console/cases/{case.reference}" if case else "/console/"

    done = await visit.attempt(act)
    return await _call(visit) if done is None else visit.go(done, done="call-recorded")


async def _call(visit: Visit) -> Response:
    number = visit.number("call")

    def gather(s: Session) -> dict[str, object]:
        appointment = the_call(s, number)
        return {
            "call": appointment,
            "person": s.get_one(Person, appointment.person_id),
            "answers": recognition.answers(s, appointment.case_id or 0, appointment.person_id),
            "reaches": people.reaches(s, appointment.person_id),
            "case": s.get(Case, appointment.case_id) if appointment.case_id else None,
        }

    return visit.again(
        "call.html",
        **await visit.read(gather),
        states=[AppointmentState.HELD, AppointmentState.MISSED, AppointmentState.CANCELLED],
        findings=list(Established),
    )


async def _form(
    visit: Visit, person: Person | None = None, slots: list[datetime] | None = None
) -> Response:
    def gather(s: Session) -> tuple[Case, list[Choice], Organisation]:
        case = the_case(s, visit.place("reference"))
        parents = people.of_role(s, [Role.PARENT, Role.UNKNOWN])
        mine = [one for one in parents if one.id == case.parent_id]
        others = [one for one in parents if one.id != case.parent_id]
        return case, [_choice(s, one) for one in mine + others], organisation.ours(s)

    case, choices, ours = await visit.read(gather)
    if person is None and case.parent_id and visit.request.method == "GET":
        person = next((one.person for one in choices if one.person.id == case.parent_id), None)
    if person is not None:
        visit.form.values.setdefault("person_id", [str(person.id)])
        _propose(visit, person)
    chosen = next(
        (one for one in choices if person is not None and one.person.id == person.id), None
    )
    if slots and (chosen is None or chosen.why_not is not None):
        visit.form.refuse(chosen.why_not if chosen and chosen.why_not else NOT_POSSIBLE)
    first: list[Preview] = []
    then: list[Preview] = []
    if chosen is not None and chosen.via is not None and slots and visit.form.fine:
        given = OutreachGiven(
            case=0,
            slots=tuple(slot.astimezone(UTC).isoformat() for slot in slots),
            zone=chosen.person.zone,
            organisation=ours.name,
            phone=organisation.phone(ours, visit.now),
        )
        language = chosen.person.language
        first = previews(visit.world, "outreach", given, language, [chosen.via])
        then = previews(
            visit.world, "outreach", given, language, [chosen.via], {"safe": {"choice": "now"}}
        )
    words = "\n".join(preview.plain for preview in first)
    return visit.again(
        "outreach_new.html",
        case=case,
        choices=choices,
        chosen=chosen,
        slots=slots or [],
        slot_names=SLOTS,
        first=first,
        then=then,
        tells=bool(words) and chosen is not None and guard.tells(words, chosen.person.language),
        holds_names=bool(words) and bool(wording.names(case, words)),
        mark=visit.form.mark(),
    )


def _choice(s: Session, person: Person) -> Choice:
    why = exclusion(person, addresses_of(s, person))
    address = best_address(s, person)
    return Choice(
        person,
        address.via if address is not None else None,
        None if why is Exclusion.NONE else reason(person, why),
    )


def _propose(visit: Visit, person: Person) -> None:
    """Propose hours at which people are awake and free, on their own clock."""
    today = visit.now.astimezone(zone_of(person.zone))
    if any(visit.form.raw(name) for name in SLOTS):
        return
    for name, (days, hour) in zip(SLOTS[:3], PROPOSED, strict=False):
        at = (today + timedelta(days=days)).replace(hour=hour, minute=0)
        visit.form.values[name] = [at.strftime("%Y-%m-%dT%H:%M")]
