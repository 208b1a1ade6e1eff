"""Shifts: the hours of the week at which somebody of staff answers, and leave."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from bot.office import hours
from bot.office.refusal import Refusal
from bot.vault import trail
from models.duty import Leave, Shift
from models.person import Person, Role
from models.staff import Staff
from models.text import _

AHEAD = timedelta(days=15)  # looked ahead: a week of leave, and the week after it
DAY = timedelta(days=1)
DAYS = 7
MINUTES = 24 * 60


@dataclass(frozen=True)
class Span:
    """Hours at which one of staff answers, from `begins` until just before `ends`."""

    begins: datetime
    ends: datetime
    staff_id: int


Window = tuple[datetime, datetime]


def kept(s: Session) -> Sequence[Shift]:
    """Give the shifts that hold, by the week. None: nobody has said at which hours we answer."""
    return s.exec(
        select(Shift)
        .join(Staff, col(Staff.id) == col(Shift.staff_id))
        .where(col(Shift.ended_at).is_(None), col(Staff.disabled_at).is_(None))
        .order_by(col(Shift.weekday), col(Shift.begins), col(Shift.id))
    ).all()


def spans(s: Session, now: datetime, shifts: Sequence[Shift] | None = None) -> list[Span]:
    """Give who answers when, from now on, without whoever is away then. The soonest first."""
    shifts = kept(s) if shifts is None else shifts
    away = _away(s) if shifts else {}
    found = [span for shift in shifts for span in _days(shift, away.get(shift.staff_id, []), now)]
    return sorted(found, key=lambda one: (one.begins, one.ends, one.staff_id))


def on_duty(spans: Sequence[Span], now: datetime) -> list[int]:
    """Give the accounts of whoever answers now."""
    return list(dict.fromkeys(one.staff_id for one in spans if one.begins <= now < one.ends))


def coming(spans: Sequence[Span], now: datetime) -> list[int]:
    """Give the accounts of whoever answers next, and not now."""
    here = set(on_duty(spans, now))
    later = [one for one in spans if one.begins > now and one.staff_id not in here]
    return [one.staff_id for one in later if one.begins == later[0].begins]


def windows(spans: Sequence[Span]) -> list[Window]:
    """Give the hours at which anybody answers, those that meet as one."""
    found: list[Window] = []
    for span in spans:
        if found and span.begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], span.ends))
        else:
            found.append((span.begins, span.ends))
    return found


def after(spans: Sequence[Span], start: datetime, counted: timedelta) -> datetime | None:
    """Say when so much time has passed at which somebody answers. None: not as far as we see."""
    for begins, ends in windows(spans):
        begun = max(begins, start)
        if begun >= ends:
            continue
        if counted <= ends - begun:
            return begun + counted
        counted -= ends - begun
    return None


def week(spans: Sequence[Span], zone: ZoneInfo, now: datetime) -> list[tuple[date, list[Span]]]:
    """Give the coming days, by a zone's calendar, each with who answers; also days of nobody."""
    first = now.astimezone(zone).date()
    return [
        (day, [one for one in spans if one.begins.astimezone(zone).date() == day])
        for day in (first + n * DAY for n in range(DAYS))
    ]


def add(
    s: Session,
    staff: Staff,
    *,
    weekdays: Sequence[int],
    begins: int,
    ends: int,
    zone: str,
    now: datetime,
    actor: str,
) -> list[Shift]:
    """Say at which hours somebody answers, in minutes from midnight. Said twice, it is there once.

    Refuses no day, no time, and somebody whose account is closed.
    """
    if staff.disabled_at is not None:
        raise Refusal(_("The account {username} is closed.", username=staff.username))
    if not weekdays or begins == ends or not (0 <= begins < MINUTES and 0 < ends <= MINUTES):
        raise Refusal(_("Choose at least one day, and two different hours."))
    made = []
    for weekday in sorted(set(weekdays)):
        known = s.exec(
            select(Shift).where(
                Shift.staff_id == staff.id,
                Shift.weekday == weekday,
                Shift.begins == begins,
                Shift.ends == ends,
                col(Shift.ended_at).is_(None),
            )
        ).first()
        shift = known or Shift(
            staff_id=staff.id or 0,
            weekday=weekday,
            begins=begins,
            ends=ends,
            zone=zone,
            created_at=now,
        )
        s.add(shift)
        made.append(shift)
    s.flush()
    trail.note(s, actor=actor, act="duty.shift", object=f"staff:{staff.id}", now=now)
    return made


def end(s: Session, shift: Shift, now: datetime, actor: str) -> None:
    """Say that somebody answers at these hours no more. The same hours can be given again."""
    if shift.ended_at is None:
        shift.ended_at = now
        s.add(shift)
        trail.note(
            s, actor=actor, act="duty.shift_ended", object=f"staff:{shift.staff_id}", now=now
        )


def join(s: Session, staff: Staff, person: Person | None, now: datetime, actor: str) -> None:
    """Say whose phone rings for an account. Refuses who is not of staff, and a phone of two."""
    if person is not None:
        if person.role is not Role.STAFF:
            raise Refusal(_("{name} is not of staff.", name=person.name))
        other = account_of(s, person)
        if other is not None and other.id != staff.id:
            raise Refusal(
                _("{name} belongs to the account {username} already.", **_named(person, other))
            )
    staff.person_id = person.id if person is not None else None
    s.add(staff)
    trail.note(s, actor=actor, act="duty.phone", object=f"staff:{staff.id}", now=now)


def account_of(s: Session, person: Person) -> Staff | None:
    """Give the open account of somebody of staff."""
    return s.exec(
        select(Staff).where(Staff.person_id == person.id, col(Staff.disabled_at).is_(None))
    ).first()


def go_away(
    s: Session, person: Person, first: date, last: date, now: datetime, actor: str
) -> Leave:
    """Say that somebody is away, these two days and those between them."""
    if last < first:
        raise Refusal(_("The last day of leave comes before the first."))
    leave = Leave(
        person_id=person.id or 0, first=first.isoformat(), last=last.isoformat(), created_at=now
    )
    s.add(leave)
    s.flush()
    trail.note(s, actor=actor, act="person.leave", object=f"person:{person.id}", now=now)
    return leave


def come_back(s: Session, leave: Leave, now: datetime, actor: str) -> None:
    """Say that somebody is not away after all."""
    if leave.ended_at is None:
        leave.ended_at = now
        s.add(leave)
        trail.note(
            s, actor=actor, act="person.leave_ended", object=f"person:{leave.person_id}", now=now
        )


def leaves(s: Session, person_ids: Sequence[int], now: datetime) -> list[Leave]:
    """Give the leave of some people that is not over, the soonest first."""
    today = (now - DAY).date().isoformat()  # wherever they live, it is not over yet
    return list(
        s.exec(
            select(Leave)
            .where(
                col(Leave.person_id).in_(person_ids),
                col(Leave.ended_at).is_(None),
                col(Leave.last) >= today,
            )
            .order_by(col(Leave.first), col(Leave.id))
        )
    )


def away(s: Session, people: Sequence[Person], now: datetime) -> set[int]:
    """Give which of some people are on leave today, by the calendar where they live."""
    homes = {person.id or 0: hours.zones_of(person)[0] for person in people}
    return {
        one.person_id
        for one in leaves(s, list(homes), now)
        if one.first <= now.astimezone(homes[one.person_id]).date().isoformat() <= one.last
    }


def _named(person: Person, staff: Staff) -> dict[str, str]:
    return {"name": person.name, "username": staff.username}


def _away(s: Session) -> dict[int, list[Leave]]:
    found: dict[int, list[Leave]] = {}
    for number, leave in s.exec(
        select(Staff.id, Leave)
        .join(Leave, col(Leave.person_id) == col(Staff.person_id))
        .where(col(Leave.ended_at).is_(None))
    ):
        found.setdefault(number or 0, []).append(leave)
    return found


def _days(shift: Shift, away: Sequence[Leave], now: datetime) -> Iterator[Span]:
    """Give the hours of a shift, from those that are not over yet."""
    zone = ZoneInfo(shift.zone)
    day = (now.astimezone(zone) - DAY).date()
    for _n in range((AHEAD + DAY) // DAY):
        if day.weekday() == shift.weekday and not any(
            one.first <= day.isoformat() <= one.last for one in away
        ):
            begins = _at(day, shift.begins, zone)
            ends = _at(day, shift.ends + (MINUTES if shift.ends <= shift.begins else 0), zone)
            if ends > now:
                yield Span(begins, ends, shift.staff_id)
        day += DAY


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    days, rest = divmod(minutes, MINUTES)
    wall = time(rest // 60, rest % 60)
    return datetime.combine(day + days * DAY, wall, zone).astimezone(UTC)
