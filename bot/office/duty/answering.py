"""When a human answers: by the hours at which somebody does, so that what is told is kept."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.office import hours, organisation
from bot.office.duty import shifts
from bot.office.duty.ladder import ladder
from bot.office.duty.shifts import Window
from handlers import promise
from models.person import Address, Person, Role, Via
from models.task import TaskKind
from models.text import Hour, Text

HOUR = timedelta(hours=1)
COUNTRIES = {
    "+501": "BZ",
    "+502": "GT",
    "+503": "SV",
    "+504": "HN",
    "+505": "NI",
    "+506": "CR",
    "+507": "PA",
    "+52": "MX",
}
"""Where a number is from. One with +1 may be anywhere."""


def due(s: Session, kind: TaskKind, now: datetime) -> datetime:
    """Say by when a task is to be done: a full hour at which somebody answers.

    Where nobody has said at which hours we answer, within the hours that we say of ourselves.
    """
    table = ladder()
    if table.rules[table.urgency[kind]].by_clock:
        return now + table.answer[kind]
    kept = shifts.kept(s)
    spans = shifts.spans(s, now, kept)
    at = shifts.after(spans, now, table.answer[kind])
    if not kept or at is None:
        return now + organisation.ours(s).reply_hours * HOUR
    return min(_full_hour(at), _around(shifts.windows(spans), at)[1])


def told(
    s: Session, person: Person, address: Address | None, due_at: datetime, now: datetime
) -> Text:
    """Say when a human answers who is to do it by then, on the reader's own clock.

    Where we cannot know that clock it is said in hours: to name a place would tell too much.
    """
    kept = shifts.kept(s)
    within = promise.within(max(1, -((now - due_at) // HOUR)))
    if not kept:
        return within
    open_ = shifts.windows(shifts.spans(s, now, kept))
    if not open_:
        return promise.some_time()
    window = _around(open_, max(due_at, now))
    begins, ends = window
    at = min(_full_hour(max(due_at, now + HOUR)), ends) if begins <= now else begins
    zone, *others = _zones(person, address)
    if any(at.astimezone(one).utcoffset() != at.astimezone(zone).utcoffset() for one in others):
        return within
    clock = promise.clock(Hour(at.isoformat(), zone.key))
    day = at.astimezone(zone).date()
    if begins <= now:
        return promise.before(clock)
    if day == now.astimezone(zone).date():
        return promise.later(clock)
    if day == (now.astimezone(zone) + 24 * HOUR).date():
        return promise.tomorrow(clock)
    return promise.on_day(Hour(at.isoformat(), zone.key), clock)


def _around(windows: Iterable[Window], at: datetime) -> Window:
    """Give the hours a moment is in, else those that come after it, else the last ones."""
    last = None
    for window in windows:
        last = window
        if at <= window[1]:
            return window
    if last is None:
        raise ValueError("There are no hours at which anybody answers.")
    return last


def _full_hour(at: datetime) -> datetime:
    whole = at.replace(minute=0, second=0, microsecond=0)
    return whole if whole == at else whole + HOUR


def _zones(person: Person, address: Address | None) -> tuple[ZoneInfo, ...]:
    unknown = person.role is Role.UNKNOWN and not person.country
    if unknown and address is not None and address.via is not Via.TELEGRAM:
        number = address.wire.removeprefix("whatsapp:")
        country = next(
            (code for prefix, code in COUNTRIES.items() if number.startswith(prefix)), ""
        )
        if country:
            return tuple(ZoneInfo(name) for name in hours.ZONES[country])
    return hours.zones_of(person)
