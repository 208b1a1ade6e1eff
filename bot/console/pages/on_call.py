"""On call: who answers people, at which hours, whose phone rings, and who is away."""

from datetime import date, time

from sqlmodel import Session
from starlette.responses import Response

from bot.console import words
from bot.console.doors import Doors
from bot.console.pages.person import sheet as person_sheet
from bot.console.records import duty
from bot.console.records.found import the_account, the_leave, the_person, the_shift
from bot.console.visit import Visit
from bot.office.duty import hands, shifts
from bot.office.duty.ladder import ladder
from models.task import TaskKind, Urgency
from models.text import _

doors = Doors()
DAYS = frozenset(range(7))
MIDNIGHT = 24 * 60


@doors.get("/on-call")
async def sheet(visit: Visit) -> Response:
    """Show who answers now and in the coming days; also when nobody does."""
    return await _sheet(visit)


@doors.post("/on-call")
async def change(visit: Visit) -> Response:
    """Add hours at which somebody answers, take some away, or say whose phone rings."""
    match visit.form.raw("act"):
        case "shift":
            changed = await _add(visit)
        case "end":
            changed = await _end(visit)
        case "phone":
            changed = await _join(visit)
        case _:
            visit.form.wrong("", _("Choose one of the list."))
            changed = False
    return visit.go("/console/on-call", done="duty") if changed else await _sheet(visit)


@doors.post("/people/{person}/leave")
async def leave(visit: Visit) -> Response:
    """Say on which days somebody is away, or that they are not after all."""
    number, form = visit.number("person"), visit.form
    ending = form.number("end")
    today = visit.now.astimezone(visit.reader.zone).date()
    first, last = (form.day(name, today=today) for name in ("first", "last"))
    if ending is None and not (first and last):
        form.wrong("first", _("Write the first and the last day."))
    if not form.fine:
        return await person_sheet(visit)

    def act(s: Session) -> bool:
        person = the_person(s, number)
        if ending is not None:
            shifts.come_back(s, the_leave(s, person, ending), visit.now, visit.actor)
        else:
            days = date.fromisoformat(first), date.fromisoformat(last)
            shifts.go_away(s, person, *days, visit.now, visit.actor)
        hands.rehour(s, visit.now)
        return True

    if await visit.attempt(act) is None:
        return await person_sheet(visit)
    return visit.go(f"/console/people/{number}", done="leave")


async def _add(visit: Visit) -> bool:
    form = visit.form
    staff_id = form.number("account", need=_("Choose whose hours they are."))
    days = [number for number in form.numbers("days") if number in DAYS]
    begins, ends = _minutes(visit, "begins"), _minutes(visit, "ends")
    if not form.fine or staff_id is None or begins is None or ends is None:
        return False

    def act(s: Session) -> bool:
        shifts.add(
            s,
            the_account(s, staff_id),
            weekdays=days,
            begins=begins,
            ends=ends or MIDNIGHT,
            zone=visit.reader.zone.key,
            now=visit.now,
            actor=visit.actor,
        )
        hands.rehour(s, visit.now)
        return True

    return await visit.attempt(act) is not None


async def _end(visit: Visit) -> bool:
    number = visit.form.number("shift", need=_("Choose one of the list."))
    if number is None:
        return False

    def act(s: Session) -> bool:
        shifts.end(s, the_shift(s, number), visit.now, visit.actor)
        hands.rehour(s, visit.now)
        return True

    return await visit.attempt(act) is not None


async def _join(visit: Visit) -> bool:
    staff_id = visit.form.number("account", need=_("Choose whose phone it is."))
    person_id = visit.form.number("person")
    if not visit.form.fine or staff_id is None:
        return False

    def act(s: Session) -> bool:
        person = the_person(s, person_id) if person_id is not None else None
        shifts.join(s, the_account(s, staff_id), person, visit.now, visit.actor)
        return True

    return await visit.attempt(act) is not None


def _minutes(visit: Visit, name: str) -> int | None:
    """Read an hour of the day as minutes from midnight."""
    try:
        at = time.fromisoformat(visit.form.raw(name).strip())
    except ValueError:
        visit.form.wrong(name, _("Write the hour like 08:00."))
        return None
    return at.hour * 60 + at.minute


async def _sheet(visit: Visit) -> Response:
    zone = visit.reader.zone

    def gather(s: Session) -> duty.Roster:
        return duty.roster(s, zone, visit.now)

    table = ladder()
    return visit.again(
        "on_call.html",
        roster=await visit.read(gather),
        weekdays=list(enumerate(words.WEEKDAYS)),
        rungs=[(one, [k for k in TaskKind if table.urgency[k] is one]) for one in Urgency],
    )
