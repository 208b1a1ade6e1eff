"""When a human answers: by the hours at which somebody does, so that what is told is kept."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
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
APART = 3 * HOUR  # two hours that are offered for a call on one day
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)  # zones that agree then agree in all we reach
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
    zone = clock_of(person, address)
    if zone is None:
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


def slots(s: Session, now: datetime) -> tuple[datetime, ...]:
    """Give two hours to call at, the first and the last of the next ones; or none."""
    earliest, found = _full_hour(now + HOUR), []
    for begins, ends in shifts.windows(shifts.spans(s, now)):
        first, last = max(_full_hour(begins), earliest), ends - HOUR
        found += [first] * (first <= last) + [last] * (last - first >= APART)
    return tuple(found[:2]) if len(found) > 1 else ()


def clock_of(person: Person, address: Address | None) -> ZoneInfo | None:
    """Give the clock somebody reads a time by; None where we cannot know it."""
    zones = _zones(person, address)
    known = len({NOON.astimezone(zone).utcoffset() for zone in zones}) == 1
    return zones[0] if known else None


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
