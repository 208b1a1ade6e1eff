"""Who answers when, as staff see it: now, in the coming days, and who is away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from bot.console.records.slices import readable
from bot.office.duty import shifts
from bot.office.duty.shifts import Span
from models.duty import Leave, Shift
from models.person import Person, Role
from models.staff import Staff


@dataclass(frozen=True)
class Account:
    """An open account, and whose phone rings for it. Without one nobody is told by text."""

    staff: Staff
    phone: Person | None

    @property
    def name(self) -> str:
        """What colleagues call it."""
        return readable(self.staff.name) or self.staff.username


@dataclass(frozen=True)
class Roster:
    """Everything about who answers when. No shifts: nobody has said."""

    accounts: tuple[Account, ...]
    shifts: tuple[Shift, ...]
    here: tuple[Account, ...]
    coming: tuple[Account, ...]
    days: tuple[tuple[date, tuple[tuple[Span, Account], ...]], ...]
    leave: tuple[tuple[Person, Leave], ...]
    phones: tuple[Person, ...]

    def account(self, staff_id: int) -> Account:
        """Give an account by its number."""
        return next(one for one in self.accounts if one.staff.id == staff_id)


def roster(s: Session, zone: ZoneInfo, now: datetime) -> Roster:
    """Look at who answers when, with the days of a reader's calendar."""
    accounts = {
        staff.id or 0: Account(staff, person)
        for staff, person in s.exec(
            select(Staff, Person)
            .outerjoin(Person, col(Person.id) == col(Staff.person_id))
            .where(col(Staff.disabled_at).is_(None))
            .order_by(col(Staff.id))
        )
    }
    phones = s.exec(select(Person).where(Person.role == Role.STAFF).order_by(col(Person.id))).all()
    kept = shifts.kept(s)
    spans = shifts.spans(s, now, kept)

    def named(ids: Sequence[int]) -> tuple[Account, ...]:
        return tuple(accounts[number] for number in ids)

    people = {person.id: person for person in phones}
    leave = shifts.leaves(s, [person.id or 0 for person in phones], now)
    return Roster(
        accounts=tuple(accounts.values()),
        shifts=tuple(kept),
        here=named(shifts.on_duty(spans, now)),
        coming=named(shifts.coming(spans, now)),
        days=tuple(
            (day, tuple((span, accounts[span.staff_id]) for span in found))
            for day, found in shifts.week(spans, zone, now)
        ),
        leave=tuple((people[one.person_id], one) for one in leave),
        phones=tuple(phones),
    )


def accounts(s: Session) -> list[Staff]:
    """Give the accounts a task may be given to."""
    return list(
        s.exec(select(Staff).where(col(Staff.disabled_at).is_(None)).order_by(col(Staff.id)))
    )
